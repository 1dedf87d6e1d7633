# Shared by every script: where the repository is, how a step speaks, how it retries, how it ends.
# Sourced, never run. The caller has set -euo pipefail.
# shellcheck shell=bash

# Without it a command that fails inside $(...) goes unnoticed.
shopt -s inherit_errexit

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$ROOT/.build

# Progress goes to stderr, so that a script's stdout stays its result.
say() { printf '== %s\n' "$*" >&2; }
warn() { printf '!! %s\n' "$*" >&2; }
die() {
    printf '!! %s\n' "$*" >&2
    exit 1
}
usage_error() {
    printf '%s\n' "$*" >&2
    exit 64
}

# retry TIMES COMMAND...: runs it until it succeeds, waiting 5, 10, 15... seconds in between.
retry() {
    local times=$1 attempt
    shift
    for ((attempt = 1; attempt <= times; attempt++)); do
        "$@" && return 0
        if ((attempt < times)); then
            warn "attempt $attempt of $times failed: $1; trying again in $((attempt * 5)) s"
            sleep $((attempt * 5))
        fi
    done
    return 1
}

# Runs a command as root: directly, or by sudo where we are not root.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "need root for: $*. Expected to be root or to have sudo; run that command as root, then start again."
    fi
}

# bytes_of FILE: its size in bytes.
bytes_of() { stat -c %s "$1"; }
