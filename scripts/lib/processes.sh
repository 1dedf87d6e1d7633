# Background programs of a script: free ports, waiting until something listens, and an end for everything started.
# shellcheck shell=bash

STARTED_PIDS=()

# free_ports N: N different TCP ports of 127.0.0.1 that nobody uses now, on one line.
free_ports() {
    python3 -c '
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])' "$1"
}

# start LOG COMMAND...: runs it in the background, its output in LOG. Its process id is in STARTED.
start() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null &
    STARTED=$!
    STARTED_PIDS+=("$STARTED")
}

# Ends what `start` began. For a trap on EXIT.
stop_started() {
    local pid
    for pid in "${STARTED_PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${STARTED_PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
    STARTED_PIDS=()
}

# await_port PORT LOG: until something listens on 127.0.0.1:PORT; ends the script, showing LOG, after 20 s. It looks
# into the kernel's table and does not connect: a connection would be one more handshake for the program under test.
await_port() {
    local port=$1 log=$2 row tries
    row=$(printf ':%04X 00000000:0000 0A' "$port")
    for ((tries = 0; tries < 200; tries++)); do
        grep -qF "$row" /proc/net/tcp && return 0
        kill -0 "$STARTED" 2>/dev/null || break
        sleep 0.1
    done
    die "nothing listens on 127.0.0.1:$port. What the program said:
$(cat "$log")"
}
