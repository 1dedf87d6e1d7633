"""What scripts/check-enrolment does: see there."""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

options = argparse.ArgumentParser()
options.add_argument("--quick", action="store_true")
options.add_argument("program", type=os.path.abspath)
options.add_argument("server", type=os.path.abspath)
OPTIONS = options.parse_args()
PROGRAM, SERVER = OPTIONS.program, OPTIONS.server
# What changes a store, or could; --quick leaves most of the others out.
CHANGES = re.compile(r"open|creat|write|sync|rename|link|mkdir|rmdir|chmod|chown|truncate|flock")


class Failure(Exception):
    """Something that must hold does not."""


def run(arguments):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120)


def make_authority(folder):
    """An authority, and a server's certificate under it."""
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    subprocess.run(new + ["-subj", "/CN=authority", "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem"], check=True,
                   capture_output=True)
    subprocess.run(new + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext",
                          "basicConstraints=critical,CA:FALSE", "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key",
                          "-keyout", f"{folder}/server.key", "-out", f"{folder}/server.pem"], check=True, capture_output=True)


def start_server(folder, *options):
    server = subprocess.Popen(
        [sys.executable, SERVER, "--cert", f"{folder}/server.pem", "--key", f"{folder}/server.key", "--ca", f"{folder}/ca.pem",
         "--ca-key", f"{folder}/ca.key", "--client-ca", f"{folder}/ca.pem", "--cacerts", f"{folder}/ca.pem", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, f"https://localhost:{server.stdout.readline().split()[1]}"


def loaded(store):
    """The fingerprint of what the store loads; None where it is empty or not there."""
    result = run([PROGRAM, "identity", "status", "--store", store])
    if result.returncode == 0 and not result.stderr:
        return re.search(r"^sha256 +(\w+)$", result.stdout, re.M).group(1)
    if "there is no identity in it" in result.stderr or "No such file or directory" in result.stderr:
        return None
    raise Failure(f"the store does not load: {result.stderr}")


class Change:
    """`enroll` into nothing, or `renew` of what is there."""

    def __init__(self, folder, url, name):
        self.folder, self.name, self.expected = folder, name, 0
        self.words = [PROGRAM, name, "--server", url] + (
            ["--name", "device.example", "--anchor", f"{folder}/ca.pem"] if name == "enroll" else [])
        self.template = f"{folder}/template"

    def store(self, number):
        path = f"{self.folder}/{self.name}-{number}"
        if self.name == "renew":
            shutil.copytree(self.template, path)
        return path

    def calls(self):
        """The system calls of the change: name and number among those of that name."""
        log, seen, calls = f"{self.folder}/trace", {}, []
        result = run(["strace", "-f", "-s", "0", "-o", log] + self.words + ["--store", self.store("trace")])
        if result.returncode != self.expected:
            raise Failure(f"{self.name} fails: {result.stderr}")
        for line in open(log):
            match = re.match(r"\d+ +(\w+)\(", line)
            if match:
                name = match.group(1)
                seen[name] = seen.get(name, 0) + 1
                calls.append((name, seen[name]))
        calls = [call for call in calls if call[0] not in ("execve", "exit_group")]
        return [call for index, call in enumerate(calls) if not OPTIONS.quick or index % 6 == 0 or CHANGES.search(call[0])]

    def kill(self, number, name, occurrence):
        """Whether it was killed; reads of a socket may be fewer this time."""
        where = f"{self.name}, killed at {name} number {occurrence}"
        store = self.store(number)
        before = loaded(store)
        result = run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                      f"inject={name}:signal=KILL:when={occurrence}"] + self.words + ["--store", store])
        killed = result.returncode == -signal.SIGKILL
        if not killed and result.returncode != 0:
            raise Failure(f"{where}: {result.returncode} {result.stderr}")
        after = loaded(store)
        if self.name == "renew" and after is None:
            raise Failure(f"{where}: the identity is gone")
        again = run(self.words + ["--store", store])
        if again.returncode != 0 or loaded(store) in (before, after):
            raise Failure(f"{where}: given again, it fails: {again.stderr}")
        if [entry for entry in os.listdir(store) if entry.startswith(".")]:
            raise Failure(f"{where}: something was left behind")
        shutil.rmtree(store)
        return killed, after != before


class Pending(Change):
    """`enroll` where the server decides the second time (202), first into nothing, then with the request that was kept."""

    def __init__(self, folder, url, name):
        super().__init__(folder, url, "enroll")
        self.name = name
        self.expected = 1 if name == "ask" else 0
        self.template = f"{folder}/template-pending"

    def store(self, number):
        path = f"{self.folder}/{self.name}-{number}"
        if self.name == "ask again":
            shutil.copytree(self.template, path)
        return path

    def run(self, store):
        return run(self.words + ["--store", store])

    def kill(self, number, name, occurrence):
        where = f"{self.name}, killed at {name} number {occurrence}"
        store = self.store(number)
        result = run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                      f"inject={name}:signal=KILL:when={occurrence}"] + self.words + ["--store", store])
        killed = result.returncode == -signal.SIGKILL
        if not killed and result.returncode != self.expected:
            raise Failure(f"{where}: {result.returncode} {result.stderr}")
        after, is_kept = loaded(store), os.path.exists(f"{store}/pending")
        if self.name == "ask again" and not after and not is_kept:
            raise Failure(f"{where}: the request that was kept is gone, and nothing has come of it")
        again = self.run(store)
        # A request that was kept whole is granted now; any other is asked for anew.
        if again.returncode == 1 and "kept in the store" in again.stderr and (after or not is_kept):
            again = self.run(store)
        if again.returncode != 0 or loaded(store) in (None, after):
            raise Failure(f"{where}: given again, it fails: {again.stderr}")
        left = [entry for entry in os.listdir(store) if entry.startswith(".") or entry == "pending"]
        if left:
            raise Failure(f"{where}: left behind: {left}")
        shutil.rmtree(store)
        return killed, is_kept if self.name == "ask" else after is not None


def main():
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        make_authority(folder)
        server, url = start_server(folder)
        slow_server, slow_url = start_server(folder, "--behave", "pending:1:1")
        try:
            enroll = Change(folder, url, "enroll")
            if run(enroll.words + ["--store", enroll.template]).returncode != 0:
                raise Failure("cannot enrol")
            ask, again = Pending(folder, slow_url, "ask"), Pending(folder, slow_url, "ask again")
            if ask.run(ask.template).returncode != 1:
                raise Failure("no request is kept")
            for change in (enroll, Change(folder, url, "renew"), ask, again):
                calls = change.calls()
                jobs = [pool.submit(change.kill, number, *call) for number, call in enumerate(calls)]
                outcomes = [job.result() for job in jobs]
                killed = sum(was_killed for was_killed, _ in outcomes)
                changed = sum(was_killed and has_changed for was_killed, has_changed in outcomes)
                if killed < len(calls) * 9 // 10 or not 0 < changed < killed:
                    raise Failure(f"{change.name}: killed at {killed} of {len(calls)} calls, what it is for was there after "
                                  f"{changed}: this shows nothing")
                what = "request kept" if change is ask else "new identity in place"
                print(f"{change.name}: killed at {killed} system calls, after {changed} of them with the {what}", flush=True)
        finally:
            server.kill()
            slow_server.kill()


try:
    main()
except Failure as failure:
    sys.exit(f"!! {failure}")
