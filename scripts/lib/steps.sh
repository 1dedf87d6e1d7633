# Runs the steps of a test run one after the other and remembers how each ended. Nothing passes silently: what could
# not be run is named as such in the last lines.
# shellcheck shell=bash

STEP_RESULTS=()
STEPS_FAILED=0
STEPS_NOT_RUN=0
BESIDE_NAMES=()
BESIDE_IDS=()

# step NAME COMMAND...: runs the command; the run goes on whatever comes of it. Exit code 77 of the command means that
# something it needs is not there; its reason is then the last line of the file that NOT_RUN_REASON names.
step() {
    local name=$1 began=$SECONDS code
    shift
    printf '\n== %s\n' "$name"
    export NOT_RUN_REASON=$BUILD/not-run-reason-$BASHPID
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
    rm -f "$NOT_RUN_REASON"
}

# beside NAME FUNCTION: runs the steps of FUNCTION beside what comes next: builds can go on while tests wait for their peers.
# What they print is shown when they are joined. NAME is that of a file.
# shellcheck disable=SC2030  # The subshell counts for itself and hands its counts over in files.
beside() {
    local name=$1
    BESIDE_NAMES+=("$name")
    rm -f "$BUILD/beside-$name."*
    (
        STEP_RESULTS=()
        STEPS_FAILED=0
        STEPS_NOT_RUN=0
        "$2"
        printf '%s\n' "${STEP_RESULTS[@]}" >"$BUILD/beside-$name.results"
        echo "$STEPS_FAILED $STEPS_NOT_RUN" >"$BUILD/beside-$name.counts"
    ) >"$BUILD/beside-$name.log" 2>&1 &
    BESIDE_IDS+=($!)
}

# Waits for all that run beside, shows what they printed and takes over how their steps ended.
# shellcheck disable=SC2031  # See beside.
join_steps() {
    local index name failed not_run line
    for index in "${!BESIDE_NAMES[@]}"; do
        name=${BESIDE_NAMES[$index]}
        wait "${BESIDE_IDS[$index]}" || rm -f "$BUILD/beside-$name.counts"
        cat "$BUILD/beside-$name.log"
        if [ ! -s "$BUILD/beside-$name.counts" ]; then
            STEP_RESULTS+=("FAILED           $name: ended before its last step; see above")
            STEPS_FAILED=$((STEPS_FAILED + 1))
            continue
        fi
        read -r failed not_run <"$BUILD/beside-$name.counts"
        while IFS= read -r line; do STEP_RESULTS+=("$line"); done <"$BUILD/beside-$name.results"
        STEPS_FAILED=$((STEPS_FAILED + failed))
        STEPS_NOT_RUN=$((STEPS_NOT_RUN + not_run))
        rm -f "$BUILD/beside-$name."*
    done
    BESIDE_NAMES=()
    BESIDE_IDS=()
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
