# Unpacks Debian packages of another architecture or suite into a folder, without touching the machine's apt.
# apt runs over a private directory: own state, cache and source list; the mirror and its keyring are the
# ones that the machine's apt already uses, and so are its proxy and network settings.
# shellcheck shell=bash

# What a sysroot holds, by suite: the C library, the compiler's run-time library, mbedTLS and inih. Main suite only.
sysroot_packages() {
    local common="libc6 libc6-dev linux-libc-dev libgcc-s1 libmbedtls-dev libinih1 libinih-dev"
    case $1-$2 in
    bookworm-*) echo "$common libgcc-12-dev libmbedcrypto7" ;;
    # On the build machine itself only mbedTLS is taken from the newer suite: its C library must not shadow the machine's.
    trixie-amd64) echo "libmbedtls-dev libmbedcrypto16" ;;
    trixie-*) echo "$common libgcc-14-dev libmbedcrypto16" ;;
    *) die "no package list for suite $1; the suites known are bookworm (mbedTLS 2.28) and trixie (mbedTLS 3.6)" ;;
    esac
}

# The GNU triplet that names an architecture's library folder.
gnu_triplet() {
    case $1 in
    amd64) echo x86_64-linux-gnu ;;
    arm64) echo aarch64-linux-gnu ;;
    armhf) echo arm-linux-gnueabihf ;;
    armel) echo arm-linux-gnueabi ;;
    *) die "unknown Debian architecture $1; known are amd64, arm64, armhf and armel" ;;
    esac
}

# Lines `URI KEYRING` of the mirrors that apt has for this machine's own suite, the likeliest first.
apt_mirrors() {
    local etc codename files=()
    etc=$(apt-config shell E Dir::Etc/d | sed -n "s/^E='\(.*\)'$/\1/p")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    shopt -s nullglob
    files=("${etc%/}"/sources.list "${etc%/}"/sources.list.d/*.list "${etc%/}"/sources.list.d/*.sources)
    shopt -u nullglob
    local readable=() file
    for file in "${files[@]}"; do [ -r "$file" ] && readable+=("$file"); done
    ((${#readable[@]})) || return 0
    awk -f "$ROOT/scripts/lib/apt-sources.awk" "${readable[@]}" |
        awk -v suite="$codename" '($2 == suite || $2 == "stable" || $2 == "oldstable") && !seen[$1]++ { print $1, $3 }'
}

# private_apt DIR COMMAND ARGS...: apt over the private directory DIR.
private_apt() {
    local dir=$1 command=$2
    shift 2
    APT_CONFIG=$dir/apt.conf "$command" "$@"
}

# Writes DIR/apt.conf and DIR/sources.list for one mirror. $1 DIR, $2 architecture, $3 suite, $4 URI, $5 keyring or -.
private_apt_setup() {
    local dir=$1 arch=$2 suite=$3 uri=$4 keyring=$5 options="arch=$2"
    mkdir -p "$dir"/{lists/partial,cache/archives/partial,debs}
    : >"$dir/status"
    [ "$keyring" != - ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # Without a keyring file apt falls back to all the keys that it trusts; it never goes on without a signature.
    [ ! -r "$keyring" ] || options+=" signed-by=$keyring"
    printf 'deb [%s] %s %s main\n' "$options" "$uri" "$suite" >"$dir/sources.list"
    cat >"$dir/apt.conf" <<CONF
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Sandbox::User "$(id -un)";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
}

# Reads the package lists and downloads the packages into DIR/debs. Answers false when a package cannot be had.
private_apt_download() {
    local dir=$1
    shift
    private_apt "$dir" apt-get -q update -o APT::Update::Error-Mode=any >&2 || return 1
    (cd "$dir/debs" && private_apt "$dir" apt-get -q download "$@" >&2)
}

download_from_any_mirror() {
    local dir=$1 arch=$2 suite=$3 uri keyring
    shift 3
    while read -r uri keyring; do
        private_apt_setup "$dir" "$arch" "$suite" "$uri" "$keyring"
        private_apt_download "$dir" "$@" && return 0
    done < <(apt_mirrors)
    return 1
}

# Links that point to absolute paths must point into the sysroot instead.
relative_links() {
    local root=$1 link target
    while IFS= read -r -d '' link; do
        target=$(readlink "$link")
        [[ $target = /* ]] && ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$root$target")" "$link"
    done < <(find "$root" -type l -print0)
    return 0
}

# Debian 13 has /lib inside /usr, Debian 12's packages still ship both; make them one folder in every sysroot.
merge_usr() {
    local root=$1 name
    for name in lib lib64; do
        mkdir -p "$root/usr/$name"
        if [ -d "$root/$name" ] && [ ! -L "$root/$name" ]; then
            cp -a "$root/$name/." "$root/usr/$name/"
            rm -rf "${root:?}/$name"
        fi
        [ -e "$root/$name" ] || ln -s "usr/$name" "$root/$name"
    done
}

# mbedtls/include and mbedtls/lib in the sysroot: what SWIFTLET_MBEDTLS wants, and nothing of the C library.
mbedtls_view() {
    local root=$1 triplet=$2 entry
    rm -rf "$root/mbedtls"
    mkdir -p "$root/mbedtls/include" "$root/mbedtls/lib"
    for entry in mbedtls psa everest; do
        [ ! -d "$root/usr/include/$entry" ] || ln -s "../../usr/include/$entry" "$root/mbedtls/include/$entry"
    done
    for entry in "$root/usr/lib/$triplet"/libmbed*; do
        ln -s "../../usr/lib/$triplet/$(basename "$entry")" "$root/mbedtls/lib/"
    done
}

# sysroot_dir ARCH SUITE: where the sysroot is, present or not.
sysroot_dir() { echo "$BUILD/sysroots/$2-$1"; }

# make_sysroot ARCH SUITE: the sysroot, made unless a complete one is there. Answers false when it cannot be had.
make_sysroot() {
    local arch=$1 suite=$2 root packages triplet deb
    root=$(sysroot_dir "$arch" "$suite")
    read -r -a packages <<<"$(sysroot_packages "$suite" "$arch")"
    triplet=$(gnu_triplet "$arch")
    # The stamp names the packages, so that a change of the list makes the sysroot anew.
    [ "$(cat "$root/.complete" 2>/dev/null)" = "${packages[*]}" ] && return 0
    say "unpacking a sysroot of Debian $suite for $arch (${packages[*]})"
    rm -rf "$root" "$root.apt"
    retry 4 download_from_any_mirror "$root.apt" "$arch" "$suite" "${packages[@]}" || return 1
    mkdir -p "$root"
    for deb in "$root.apt"/debs/*.deb; do
        dpkg-deb -x "$deb" "$root" || return 1
    done
    merge_usr "$root"
    relative_links "$root"
    mbedtls_view "$root" "$triplet"
    rm -rf "$root.apt"
    echo "${packages[*]}" >"$root/.complete"
}
