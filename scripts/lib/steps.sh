# Runs the steps of a test run one after the other and remembers how each ended. Nothing passes silently: what could
# not be run is named as such in the last lines.
# shellcheck shell=bash

STEP_RESULTS=()
STEPS_FAILED=0
STEPS_NOT_RUN=0

# step NAME COMMAND...: runs the command; the run goes on whatever comes of it. Exit code 77 of the command means that
# something it needs is not there; its reason is then the last line of the file that NOT_RUN_REASON names.
step() {
    local name=$1 began=$SECONDS code
    shift
    printf '\n== %s\n' "$name"
    export NOT_RUN_REASON=$BUILD/not-run-reason
    rm -f "$NOT_RUN_REASON"
    # A subshell with its own -e: within an `if` bash would ignore it.
    set +e
    (
        set -e
        "$@"
    )
    code=$?
    set -e
    case $code in
    0) STEP_RESULTS+=("passed   $(printf '%5d s' $((SECONDS - began)))  $name") ;;
    77) step_not_run "$name" "$(tail -n 1 "$NOT_RUN_REASON" 2>/dev/null)" ;;
    *)
        STEP_RESULTS+=("FAILED   $(printf '%5d s' $((SECONDS - began)))  $name (exit code $code)")
        STEPS_FAILED=$((STEPS_FAILED + 1))
        ;;
    esac
}

# step_not_run NAME REASON
step_not_run() {
    STEP_RESULTS+=("NOT RUN           $1: ${2:-no reason given}")
    STEPS_NOT_RUN=$((STEPS_NOT_RUN + 1))
}

# Ends a step as not run.
not_run() {
    printf '%s\n' "$*" >"$NOT_RUN_REASON"
    exit 77
}

# The table, what was not run last. Answers false when a step failed, or, with $1 = full, when one was not run.
steps_summary() {
    printf '\nSummary\n'
    printf '%s\n' "${STEP_RESULTS[@]}" | grep -v '^NOT RUN' || true
    printf '%s\n' "${STEP_RESULTS[@]}" | grep '^NOT RUN' || true
    printf '%d steps: %d failed, %d not run, %d s\n' "${#STEP_RESULTS[@]}" "$STEPS_FAILED" "$STEPS_NOT_RUN" "$SECONDS"
    ((STEPS_FAILED == 0)) && { [ "${1:-}" != full ] || ((STEPS_NOT_RUN == 0)); }
}
