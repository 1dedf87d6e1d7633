# Reads callgrind's output for a number of handshakes (`rounds`) and prints what each primitive costs in one of them, all
# of them together, the whole, and the ratio of the two. With `most`, a ratio above it is a failure.
# The file has blocks "fn=NAME" with "calls=" lines; the line after each has the inclusive cost of that call.

/^fn=/ { caller = substr($0, 4) }
/^cfn=/ { callee = substr($0, 5) }
/^calls=/ {
    getline
    # Only calls from Swift ($e...): CMbedTLS calls itself, and mbedTLS calls it back for random bytes.
    if (callee ~ /^swl_/ && caller ~ /^\$/) { primitives += $2; each[callee] += $2 }
}
/^(summary|totals):/ { all = $2 }
END {
    if (!all || !primitives) { print "callgrind saw no handshake" > "/dev/stderr"; exit 1 }
    for (name in each) printf "%-28s %14d\n", name, each[name] / rounds | "sort -k2 -n -r"
    close("sort -k2 -n -r")
    printf "instructions per handshake   %14d\n", all / rounds
    printf "of which primitives          %14d\n", primitives / rounds
    printf "ratio                        %14.4f\n", all / primitives
    if (most && all > primitives * most) {
        printf "a handshake takes %.4f times its primitives, and at most %s is expected\n", all / primitives, most > "/dev/stderr"
        exit 1
    }
}
