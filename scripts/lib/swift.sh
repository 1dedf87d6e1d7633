# Finds Swift and says how to get it. Nothing here downloads it.
# shellcheck shell=bash

# need_swift: sets SWIFT_BIN, the folder of the tools. Expects a Swift 6.3 or newer with the Embedded standard library, or explains and ends.
need_swift() {
    local how="Get Swift 6.3 or newer for Debian 12 from https://www.swift.org/install/linux/ (swiftly, or the tar file
   unpacked into /opt/swift), put its usr/bin folder into PATH, and start again."
    command -v swift >/dev/null || die "Swift is not in PATH. $how"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1) || true
    [ -n "$version" ] || die "'swift --version' named no version but said: $(swift --version 2>&1 | head -n 3 || true). $how"
    local major=${version% *} minor=${version#* }
    if ((major < 6 || (major == 6 && minor < 3))); then
        die "Swift $major.$minor is too old, 6.3 is needed. $how"
    fi
    # Asked for, not guessed from PATH: what is in PATH may be a wrapper. Clang, lld and the LLVM tools lie beside it.
    local resources
    resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    [ -d "$resources/embedded" ] || die "this Swift has no Embedded standard library ($resources/embedded). $how"
    SWIFT_BIN=$(cd "$resources/../../bin" && pwd)
}
