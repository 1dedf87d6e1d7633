# Finds Swift and says how to get it. Nothing here downloads it.
# shellcheck shell=bash

# need_swift: a Swift 6.3 or newer with the Embedded standard library, or an explanation and the end.
need_swift() {
    local how="Get Swift 6.3 or newer for Debian 12 from https://www.swift.org/install/linux/ (swiftly, or the tar file
   unpacked into /opt/swift), put its usr/bin folder into PATH, and start again."
    command -v swift >/dev/null || die "Swift is not in PATH. $how"
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
    [ -n "$version" ] || die "'swift --version' did not name a version. $how"
    local major=${version% *} minor=${version#* }
    if ((major < 6 || (major == 6 && minor < 3))); then
        die "Swift $major.$minor is too old, 6.3 is needed. $how"
    fi
    SWIFT_BIN=$(dirname "$(readlink -f "$(command -v swift)")")
    [ -d "$SWIFT_BIN/../lib/swift/embedded" ] ||
        die "this Swift has no Embedded standard library (no ../lib/swift/embedded beside $SWIFT_BIN). $how"
}
