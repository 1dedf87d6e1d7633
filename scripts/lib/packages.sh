# Debian packages of the machine we run on: finds out what is missing and installs it with apt.
# Never changes apt's sources, its keys or the machine's architectures.
# shellcheck shell=bash

# What a build and its tests need beside Swift. One list, so that `scripts/test` on a new machine needs one apt run.
BUILD_PACKAGES=(
    git ca-certificates libc6-dev libgcc-12-dev libstdc++-12-dev binutils libmbedtls-dev libinih-dev
    # What the Swift tools themselves are linked with.
    libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 zlib1g
)
BOARD_PACKAGES=(qemu-user-static)
# The compiler is for the peers of Tests/Peers; python3-cryptography-vectors holds NIST's PKITS; strace stops
# programs at system calls (scripts/check-store); softhsm2 is a PKCS#11 token in files; procps has pgrep; swaks speaks TLS
# by Net::SSLeay; socat joins pseudo-terminals; faketime sets a program's clock.
PEER_PACKAGES=(
    openssl gnutls-bin python3 curl nginx-light gcc libwolfssl-dev libbearssl-dev python3-cryptography-vectors strace
    python3-aiosmtpd swaks libnet-ssleay-perl socat softhsm2 procps faketime mosquitto mosquitto-clients
)

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_install_once() {
    # The package lists may be old, or the mirror half-synchronised: read them anew at each attempt.
    as_root apt-get -o DPkg::Lock::Timeout=120 -q update >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q -y \
            --no-install-recommends install "$@" >&2 </dev/null
}

# need_packages NAME...: installs those that are missing; ends the script when that cannot be done.
need_packages() {
    command -v dpkg-query >/dev/null ||
        die "this script installs packages with apt and expects Debian 12. Install by hand what it names: $*"
    local name missing=()
    for name in "$@"; do
        package_installed "$name" || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    retry 5 apt_install_once "${missing[@]}" ||
        die "apt could not install ${missing[*]}. See its messages above; install them by hand, then start again."
}
