"""What scripts/check-store does: see there."""
import concurrent.futures
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
ERRORS = ["ENOSPC", "EIO", "EROFS"]
# The calls that change a file system, or tell whether that went well.
CHANGING = {"mkdirat", "openat", "write", "fchmod", "fchown", "fsync", "close", "renameat", "unlinkat", "flock"}


class Failure(Exception):
    """Something that must hold does not."""


def run(arguments, limit=None):
    """Runs a program; `limit` is the greatest size of a file that it may write."""
    def restrict():
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run(arguments, capture_output=True, text=True, preexec_fn=restrict, timeout=120)


class Change:
    """A change of a store: what is there before, the command, and which identities may be there after it."""

    def __init__(self, name, before, command, outcomes, final):
        self.name = name
        self.before = before      # identities installed one after the other
        self.command = command    # arguments behind `--store DIR`
        self.outcomes = outcomes  # subjects that may be loaded after an interruption; None is no identity
        self.final = final        # the subject that is loaded when the change has been made


def make_identities(folder):
    for name in ["one", "two", "three"]:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}.example", "-keyout", f"{folder}/{name}.key",
             "-out", f"{folder}/{name}.pem"], check=True, capture_output=True)


def install(folder, name):
    return ["install", "--key", f"{folder}/{name}.key", "--cert", f"{folder}/{name}.pem",
            "--anchors", f"{folder}/{name}.pem"]


def command(change, store):
    return [PROGRAM, "identity", change.command[0], "--store", store] + change.command[1:]


def loaded(store):
    """The subject of the identity that the store loads; None where it is empty or not there."""
    result = run([PROGRAM, "identity", "status", "--store", store])
    if result.returncode == 0:
        if result.stderr:
            raise Failure(f"the store loads with a warning: {result.stderr}")
        return re.search(r"^subject +CN=(\w+)$", result.stdout, re.M).group(1)
    if "there is no identity in it" in result.stderr or "No such file or directory" in result.stderr:
        return None
    raise Failure(f"the store does not load: {result.stderr}")


class Bench:
    """Prepares stores, traces changes, interrupts them."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        make_identities(folder)

    def template(self, change):
        path = f"{self.folder}/template-{change.name}"
        for name in change.before:
            words = install(self.folder, name)
            result = run([PROGRAM, "identity", words[0], "--store", path] + words[1:])
            if result.returncode != 0:
                raise Failure(f"cannot prepare {change.name}: {result.stderr}")
        return path

    def copy(self, change):
        self.count += 1
        path = f"{self.folder}/store-{change.name}-{self.count}"
        template = f"{self.folder}/template-{change.name}"
        if os.path.exists(template):
            shutil.copytree(template, path)
        return path

    def trace(self, change):
        """The calls of the change, from the first one about the store on: lines of strace, paths included."""
        store = self.copy(change)
        log = f"{self.folder}/trace-{change.name}"
        result = run(["strace", "-f", "-y", "-s", "0", "-o", log] + command(change, store))
        if result.returncode != 0:
            raise Failure(f"{change.name} fails: {result.stderr}")
        if loaded(store) != change.final:
            raise Failure(f"{change.name} leaves another identity than it should")
        with open(log) as file:
            lines = [re.sub(r"^\d+ +", "", line.rstrip()) for line in file]
        calls, seen, started = [], {}, False
        for line in lines:
            match = re.match(r"(\w+)\(", line)
            if not match:
                continue
            name = match.group(1)
            seen[name] = seen.get(name, 0) + 1
            started = started or store in line and not line.startswith("execve")
            if started:
                calls.append((name, seen[name], line))
        return store, calls

    def interrupted(self, change, name, occurrence, action):
        """Makes the change with an action at one system call. The result, and what is loaded then."""
        store = self.copy(change)
        result = run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                      f"inject={name}:{action}:when={occurrence}"] + command(change, store))
        return store, result

    def finish(self, change, store, where):
        """The same change, made again, succeeds."""
        after = loaded(store)
        if after not in change.outcomes:
            raise Failure(f"{where}: {after} is loaded")
        if change.command[0] == "rollback" and after == change.final:
            return after
        again = run(command(change, store))
        if again.returncode != 0:
            raise Failure(f"{where}: made again, {change.name} fails: {again.stderr}")
        if loaded(store) != change.final:
            raise Failure(f"{where}: made again, {change.name} leaves {loaded(store)}")
        leftovers = [entry for entry in os.listdir(store) if entry.startswith(".")]
        if leftovers:
            raise Failure(f"{where}: {leftovers} were left behind")
        shutil.rmtree(store)
        return after

    def kill(self, change, name, occurrence):
        where = f"{change.name}, killed at {name} number {occurrence}"
        store, result = self.interrupted(change, name, occurrence, "signal=KILL")
        if result.returncode != -signal.SIGKILL:
            raise Failure(f"{where}: it was not killed but answered {result.returncode} {result.stderr}")
        self.finish(change, store, where)

    def fail(self, change, name, occurrence, error, line):
        where = f"{change.name}, {name} number {occurrence} answering {error}"
        store, result = self.interrupted(change, name, occurrence, f"error={error}")
        lines = result.stderr.splitlines()
        if result.returncode == 0:
            # Only what comes after the change, or does not matter to it, may fail without a word.
            if loaded(store) != change.final:
                raise Failure(f"{where}: it says that all is well, but {loaded(store)} is loaded")
        elif result.returncode != 1 or len(lines) != 1 or not re.match(r"swiftletd: cannot .*: .*; ", lines[0]):
            raise Failure(f"{where}: {result.returncode} {result.stderr}, called as {line}")
        self.finish(change, store, where)

    def cut(self, change, limit):
        """A disk that takes part of a file: the write is short and the next one fails."""
        where = f"{change.name}, no file longer than {limit}"
        store = self.copy(change)
        result = run(command(change, store), limit)
        if result.returncode == 0:
            raise Failure(f"{where}: it says that all is well")
        if not re.match(r"swiftletd: cannot write .*: File too large; the identity before is still there", result.stderr):
            raise Failure(f"{where}: {result.stderr}")
        self.finish(change, store, where)


def check_syncs(store, calls):
    """What a rename makes reachable was synced before it, and its directory after it. Answers what is wrong, or None."""
    unsynced, renamed = set(), set()
    for name, _, line in calls:
        if not re.search(r"= (\d|\?)", line):
            continue
        path = re.match(r"\w+\(\d+<([^>]*)>", line)
        path = path and path.group(1)
        entry = re.match(r'\w+\((?:AT_FDCWD|\d+)(?:<([^>]*)>)?, "([^"]*)"', line)
        full = entry and os.path.normpath(os.path.join(entry.group(1) or "", entry.group(2)))
        if name == "openat" and "O_CREAT" in line:
            unsynced |= {full, os.path.dirname(full)}
        elif name == "mkdirat":
            unsynced |= {full, os.path.dirname(full)}
            if full == store:
                renamed.add(os.path.dirname(full))
        elif name in ("write", "fchmod", "fchown") and path:
            unsynced.add(path)
        elif name == "unlinkat" and full == f"{store}/current":
            # What is wiped must not come back.
            renamed.add(os.path.dirname(full))
        elif name == "fsync":
            unsynced.discard(path)
            renamed.discard(path)
        elif name == "renameat":
            inside = [one for one in unsynced if one == full or one.startswith(full + "/")]
            if inside:
                return f"{line}: not synced before: {inside}"
            if os.path.dirname(full) in renamed:
                return f"{line}: the rename before it was not synced"
            renamed.add(os.path.dirname(full))
    return f"not synced at the end: {renamed}" if renamed else None


def without(calls, name):
    """The calls but those of one name."""
    return [call for call in calls if call[0] != name]


def check_trace(change, store, calls):
    wrong = check_syncs(store, calls)
    if wrong:
        raise Failure(f"{change.name}: {wrong}")
    syncs = [index for index, call in enumerate(calls) if call[0] == "fsync"]
    needed = 0
    for index in syncs:
        if check_syncs(store, calls[:index] + calls[index + 1:]):
            needed += 1
        elif change.command[0] != "wipe":  # which syncs after the first step and after the last
            raise Failure(f"{change.name}: without {calls[index][2]} the trace would look as good")
    if not check_syncs(store, without(calls, "fsync")):
        raise Failure(f"{change.name}: without any sync the trace would look as good")
    return needed


def main():
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bench = Bench(folder)
        changes = [
            Change("first", [], install(folder, "one"), [None, "one"], "one"),
            Change("next", ["one", "two"], install(folder, "three"), ["two", "three"], "three"),
            Change("rollback", ["one", "two"], ["rollback"], ["one", "two"], "one"),
            Change("wipe", ["one", "two"], ["wipe"], [None, "two"], None),
        ]
        for change in changes:
            bench.template(change)
            store, calls = bench.trace(change)
            syncs = check_trace(change, store, calls)
            jobs = [pool.submit(bench.kill, change, name, number) for name, number, _ in calls if name != "exit_group"]
            kills = len(jobs)
            # The last write is the program's own report.
            reports = [number for name, number, line in calls if name == "write" and store not in line]
            jobs += [
                pool.submit(bench.fail, change, name, number, error, line)
                for name, number, line in calls if name in CHANGING and not (name == "write" and number in reports)
                for error in ERRORS]
            failures = len(jobs) - kills
            if change.command[0] == "install":
                jobs += [pool.submit(bench.cut, change, limit) for limit in (0, 1, 50, 100, 200, 240, 300, 380)]
            for job in concurrent.futures.as_completed(jobs):
                job.result()
            print(f"{change.name}: killed at {kills} system calls, {failures} failures of system calls, "
                  f"{len(jobs) - kills - failures} files cut short, {syncs} syncs shown to be needed", flush=True)


try:
    main()
except Failure as failure:
    sys.exit(f"!! {failure}")
