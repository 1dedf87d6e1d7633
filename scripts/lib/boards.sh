# Builds for a board and runs the result under emulation. Needs common.sh, swift.sh and sysroots.sh.
# shellcheck shell=bash

BOARD_PROGRAMS=(swiftletd swiftlet-selftest)

# Every board that has a folder.
all_boards() { (cd "$ROOT/boards" && printf '%s\n' */board.env | sed 's,/board.env,,'); }

# load_board NAME: reads boards/NAME/board.env into variables.
load_board() {
    [[ $1 =~ ^[a-z0-9-]+$ && -f $ROOT/boards/$1/board.env ]] ||
        usage_error "unknown board '$1'. Boards: $(all_boards | tr '\n' ' ')"
    # shellcheck disable=SC1090
    . "$ROOT/boards/$1/board.env"
}

# The Debian suite that carries an mbedTLS version.
suite_of_mbedtls() {
    case $1 in
    2.28) echo bookworm ;;
    3.6) echo trixie ;;
    *) usage_error "unknown mbedTLS version '$1': 2.28 (Debian 12) and 3.6 (Debian 13) are the ones supported" ;;
    esac
}

# board_dir BOARD MBEDTLS: where a board's programs are. Debian 12's mbedTLS is the default and has the short name.
board_dir() {
    if [ "$2" = 2.28 ]; then echo "$BUILD/boards/$1"; else echo "$BUILD/boards/$1-mbedtls-$2"; fi
}

# build_link BOARD MBEDTLS static|dynamic: builds and strips the programs for one link. load_board came before.
build_link() {
    local board=$1 mbedtls=$2 link=$3 out sysroot flag program suite static=()
    suite=$(suite_of_mbedtls "$mbedtls")
    sysroot=$(sysroot_dir "$DEBIAN_ARCH" "$suite")
    out=$(board_dir "$board" "$mbedtls")/$link
    if [ "$link" = static ]; then flag=$STATIC_LINK static=(SWIFTLET_STATIC=1); else flag=-pie; fi
    mkdir -p "$out"
    sed -e "s|@SYSROOT@|$sysroot|g" -e "s|@LINK@|$flag|g" "$ROOT/boards/$board/toolset.json" >"$out/toolset.json"
    say "building for $board, $link, mbedTLS $mbedtls"
    for program in "${BOARD_PROGRAMS[@]}"; do
        # Each configuration has its own scratch folder: link options are part of what the build system compares.
        (cd "$ROOT" && unset SWIFTLET_MBEDTLS SWIFTLET_NO_ALLOCATIONS SWIFTLET_STATIC &&
            env SWIFTLET_EMBEDDED=1 "${static[@]}" swift build -c release --triple "$SWIFT_TRIPLE" --toolset "$out/toolset.json" \
                --scratch-path "$out/scratch" --product "$program" >&2) || return 1
        # llvm-objcopy comes with Swift; the machine's own strip does not know ARM.
        "$SWIFT_BIN/llvm-objcopy" --strip-all "$out/scratch/release/$program" "$out/$program" || return 1
    done
}

# board_sizes BOARD MBEDTLS LINK...: a line for each program built.
board_sizes() {
    local board=$1 dir link program
    dir=$(board_dir "$1" "$2")
    shift 2
    for link in "$@"; do
        for program in "${BOARD_PROGRAMS[@]}"; do
            printf '%-18s %-8s %-18s %9d bytes\n' "$board" "$link" "$program" "$(bytes_of "$dir/$link/$program")"
        done
    done
}

# run_emulated BOARD MBEDTLS PROGRAM ARGS...: natively where the machine is of that architecture. load_board came before.
run_emulated() {
    local mbedtls=$2 program=$3 suite emulator
    shift 3
    if [ "$(dpkg --print-architecture)" = "$DEBIAN_ARCH" ]; then exec "$program" "$@"; fi
    emulator=$(command -v "$QEMU-static" || command -v "$QEMU") ||
        die "$QEMU-static is not installed. Run: apt-get install qemu-user-static"
    suite=$(suite_of_mbedtls "$mbedtls")
    # -L: where a dynamically linked program finds its loader and its libraries. A static one does not look.
    exec "$emulator" -L "$(sysroot_dir "$DEBIAN_ARCH" "$suite")" "$program" "$@"
}
