"""What scripts/bench-serial does: see there. Bytes are sent through a TLS client at one end of a simulated line and come back
from an echo server at the other, so both directions are full at once; what is measured is what comes back."""

import argparse
import contextlib
import os
import select
import statistics
import sys
import tempfile
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

from serial_peers import ALL, ROOT, Line, make_keys
from svg_chart import Series, chart

# Name for people, bytes corrupted and dropped, baud, latency in ms.
Case = namedtuple("Case", "name corrupt drop baud latency target")

CASES = (
    Case("115200, clean", 0, 0, 115200, 0, 92),
    Case("115200, 1 byte in 10⁵ corrupted", 1e-5, 0, 115200, 0, None),
    Case("115200, 1 byte in 10⁴ corrupted", 1e-4, 0, 115200, 0, 85),
    Case("115200, 3 bytes in 10⁴ corrupted", 3e-4, 0, 115200, 0, None),
    Case("115200, 1 byte in 10³ corrupted", 1e-3, 0, 115200, 0, None),
    Case("115200, 1 in 10³ corrupted, 1 in 10⁴ lost", 1e-3, 1e-4, 115200, 0, 65),
    Case("921600, clean, 32 ms round trip", 0, 0, 921600, 16, 88),
)
BAUDS = (9600, 19200, 38400, 115200, 921600)
TARGETS = {("full", 115200): 0.35, ("full", 9600): 3.0, ("resumed", 115200): 0.2, ("resumed", 9600): 1.2}
# A connection on which nothing arrives for so long is dead.
STALL = 12
BEGIN, END = "<!-- scripts/bench-serial writes what follows -->", "<!-- up to here -->"
PICTURES = os.path.join("Tests", "Serial")


class Echo:
    """What came back of the bytes sent."""

    def __init__(self, sent):
        self.sent = sent
        self.received = bytearray()
        self.arrivals = []

    def run(self, client):
        """Sends everything and reads until everything is back, the client ends, or nothing arrives any more."""
        threading.Thread(target=self._feed, args=(client.stdin,), daemon=True).start()
        while len(self.received) < len(self.sent):
            if not select.select([client.stdout], [], [], STALL)[0]:
                return
            data = os.read(client.stdout.fileno(), 65536)
            if not data:
                return
            self.received += data
            self.arrivals.append((time.monotonic(), len(self.received)))
            self.has_received()

    def has_received(self):
        """For those who want to do something then."""

    def _feed(self, stream):
        try:
            stream.write(self.sent)
            stream.flush()
        except OSError:
            pass

    @property
    def is_whole(self):
        return len(self.received) == len(self.sent)

    @property
    def wrong(self):
        return sum(a != b for a, b in zip(self.received, self.sent)) + max(len(self.received) - len(self.sent), 0)

    def rate(self):
        """Bytes a second, without the first tenth: there the line fills."""
        if not self.is_whole:
            return 0.0
        first = next(index for index, (_, count) in enumerate(self.arrivals) if count >= len(self.sent) / 10)
        (began, before), (ended, after) = self.arrivals[first], self.arrivals[-1]
        return (after - before) / (ended - began) if ended > began else 0.0


class Bench:
    """All measurements, each once for a seed."""

    def __init__(self, keys, options):
        self.keys, self.options = keys, options
        self.wrong = dict.fromkeys(options.peers, 0)

    @contextlib.contextmanager
    def pair(self, peer, case, seed):
        """A line and the programs at it, the server started."""
        with tempfile.TemporaryDirectory() as folder:
            line = Line(folder, case.baud, case.latency, seed, corrupt=case.corrupt, drop=case.drop)
            peers = ALL[peer](self.keys, self.options.program)
            try:
                peers.server(line, case.baud)
                yield line, peers
            finally:
                peers.close()
                line.close()

    def goodput(self, peer, case):
        """The median share of the line in percent, and how many connections died."""
        shares, died = [], 0
        for seed in range(1, self.options.seeds + 1):
            echo = Echo(os.urandom(int(case.baud / 10 * self.options.seconds)))
            with self.pair(peer, case, seed) as (line, peers):
                echo.run(peers.client(line, case.baud, None))
            self.wrong[peer] += echo.wrong
            shares.append(100 * echo.rate() / (case.baud / 10))
            died += not echo.is_whole
        return statistics.median(shares), died

    def handshake(self, peer, baud):
        """The median times until the first byte is back: of a full handshake, and of a resumed one where there is one."""
        times = ([], [])
        case = Case("", 0, 0, baud, 16 if baud > 500_000 else 0, None)
        for seed in range(1, self.options.seeds + 1):
            with self.pair(peer, case, seed) as (line, peers), tempfile.TemporaryDirectory() as folder:
                session = os.path.join(folder, "session") if peers.can_resume else None
                for each in times if session else times[:1]:
                    each.append(self.first_byte(line, peers, baud, session))
                    # The server has the line for itself before the next one comes.
                    time.sleep(1)
        return tuple(statistics.median(each) if each and None not in each else None for each in times)

    def first_byte(self, line, peers, baud, session):
        """From the first byte on the line until the first of payload is back; None where it does not come."""
        line.command("mark")
        client = peers.client(line, baud, session)
        echo = Echo(b"x")
        echo.run(client)
        client.stdin.close()
        client.wait(20)
        began = line.statistics()["ab"]["first_at"]
        return echo.arrivals[0][0] - began if echo.arrivals else None


def note(text):
    print(text, file=sys.stderr, flush=True)


def measure(bench, options):
    """Everything; answers {(peer, case name): (share, died)} and {(peer, kind, baud): seconds}."""
    goodput, handshake = {}, {}

    def measure_goodput(peer, case):
        goodput[peer, case.name] = share, died = bench.goodput(peer, case)
        note(f"{ALL[peer].name}: {case.name}: {share:.1f} %" + (f", {died} of {options.seeds} died" if died else ""))

    def measure_handshake(peer, baud):
        for kind, seconds in zip(("full", "resumed"), bench.handshake(peer, baud)):
            if seconds:
                handshake[peer, kind, baud] = seconds
                note(f"{ALL[peer].name}: {kind} handshake at {baud}: {seconds:.3f} s")

    cases = [each for each in CASES if not options.quick or each.target]
    bauds = (9600, 115200) if options.quick else BAUDS
    with ThreadPoolExecutor(options.jobs) as pool:
        running = [pool.submit(measure_goodput, peer, case) for case in cases for peer in options.peers]
        running += [pool.submit(measure_handshake, peer, baud) for baud in bauds for peer in options.peers]
        for each in running:
            each.result()
    return goodput, handshake


def table(options, bench, goodput, handshake):
    """The README's table."""
    heads = ["share of the line, both ways at once"] + [ALL[peer].name for peer in options.peers] + ["target"]
    rows = [heads, ["---"] * len(heads)]
    for case in CASES:
        if (options.peers[0], case.name) not in goodput:
            continue
        cells = []
        for peer in options.peers:
            share, died = goodput[peer, case.name]
            cells.append("dies" if died > options.seeds / 2 else f"{share:.1f} %" + (f" ({died} died)" if died else ""))
        rows.append([case.name, *cells, f"≥ {case.target} %" if case.target else ""])
    for kind in ("full", "resumed"):
        for baud in BAUDS:
            cells = [handshake.get((peer, kind, baud)) for peer in options.peers]
            if any(cells):
                target = TARGETS.get((kind, baud))
                rows.append([
                    f"{kind} handshake at {baud}" + (", 32 ms round trip" if baud > 500_000 else ""),
                    *(f"{each:.2f} s" if each else "" for each in cells), f"≤ {target} s" if target else ""])
    rows.append(["wrong bytes delivered", *(str(bench.wrong[peer]) for peer in options.peers), "0"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def pictures(options, goodput, handshake):
    """{file name: SVG}"""
    lines = []
    # Without errors at the left end of a logarithmic axis: there is no other place for 0.
    rates = [(case, case.corrupt or 3e-6) for case in CASES if case.baud == 115200 and not case.drop]
    for peer in options.peers:
        points = [(x, goodput[peer, case.name][0]) for case, x in rates if (peer, case.name) in goodput]
        lines.append(Series(ALL[peer].name, points, list(ALL).index(peer)))
    across = ("bytes corrupted", [(3e-6, "none"), (1e-5, "10⁻⁵"), (1e-4, "10⁻⁴"), (1e-3, "10⁻³")], True)
    share = ("payload as a share of the line, %", [(value, str(value)) for value in range(0, 101, 20)], False)
    times = []
    for peer in options.peers:
        for kind in ("full", "resumed"):
            points = sorted((baud, each) for (of, what, baud), each in handshake.items() if (of, what) == (peer, kind))
            if points:
                name = ALL[peer].name + (", resumed" if kind == "resumed" else "")
                times.append(Series(name, points, list(ALL).index(peer), kind == "resumed"))
    bauds = ("baud", [(baud, str(baud)) for baud in (9600, 38400, 115200, 921600)], True)
    seconds = ("seconds", [(0.03, "0.03"), (0.1, "0.1"), (0.3, "0.3"), (1, "1"), (3, "3"), (10, "10")], True)
    return {
        "goodput.svg": chart(
            "TLS payload over a line of 115200 baud", across, share, lines, "0: the connection dies\nBoth ways at once"),
        "handshake.svg": chart(
            "Mutual TLS 1.3, until the first byte is back", bauds, seconds, times, "921600: with 32 ms\nround trip"),
    }


def conditions(options):
    """How the figures were taken, for below the table."""
    seeds = "one seed" if options.seeds == 1 else f"the median of {options.seeds} seeds"
    return f"Each figure is {seeds}, {options.seconds:g} seconds of the line each, with optimised programs (`-c release`)."


def write_readme(text):
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        readme = file.read()
    if BEGIN not in readme or END not in readme:
        sys.exit(f"README.md has no lines {BEGIN} and {END} to write between")
    before, rest = readme.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n{text}\n{END}{after}")


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench-serial", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only what has a target, one seed, 4 seconds")
    parser.add_argument("--seeds", type=int, help="the median of so many runs (5)")
    parser.add_argument("--seconds", type=float, help="bytes for so many seconds of the line in each run (15)")
    parser.add_argument("--peers", default=",".join(ALL), help=f"of {','.join(ALL)}")
    parser.add_argument("--jobs", type=int, default=1, help="lines at once (1); more of them want more processors")
    parser.add_argument("--write", action="store_true", help=f"write README.md's table and {PICTURES}/*.svg")
    parser.add_argument("--program", help=argparse.SUPPRESS, required=True)
    options = parser.parse_args()
    options.seeds = options.seeds or (1 if options.quick else 5)
    options.seconds = options.seconds or (4 if options.quick else 15)
    options.peers = options.peers.split(",")
    for peer in options.peers:
        if peer not in ALL:
            parser.error(f"no peer is called {peer}")
    return options


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(make_keys(options.program, folder), options)
        goodput, handshake = measure(bench, options)
    text = table(options, bench, goodput, handshake) + "\n\n" + conditions(options)
    target = os.path.join(ROOT, PICTURES if options.write else os.path.join(".build", "bench-serial"))
    os.makedirs(target, exist_ok=True)
    for name, svg in pictures(options, goodput, handshake).items():
        with open(os.path.join(target, name), "w", encoding="utf-8") as file:
            file.write(svg)
    if options.write:
        write_readme(text)
    print(text)


if __name__ == "__main__":
    main()
