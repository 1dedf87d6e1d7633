"""What scripts/check-enrolment does: see there."""
import argparse
import concurrent.futures
import hashlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

options = argparse.ArgumentParser()
options.add_argument("--quick", action="store_true")
options.add_argument("program", type=os.path.abspath)
options.add_argument("server", type=os.path.abspath)
OPTIONS = options.parse_args()
PROGRAM, SERVER = OPTIONS.program, OPTIONS.server
# What changes a store, or could; --quick leaves most of the others out.
CHANGES = re.compile(r"open|creat|write|sync|rename|link|mkdir|rmdir|chmod|chown|truncate|flock")
# Of those, the ones that a full disk, a broken or a read-only one has fail.
FAILING = re.compile(r"open|write|sync|rename|link|mkdir|rmdir|chmod|chown|flock|^close$")
ERRORS = ("ENOSPC", "EIO", "EROFS")


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


def make_due(folder, store):
    """A store with an identity of 30 days that is 25 days old."""
    key, request, certificate = (f"{folder}/old.{kind}" for kind in ("key", "csr", "pem"))
    with open(f"{folder}/old.ext", "w") as file:
        file.write("subjectAltName=DNS:device.example")
    for words in (["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                   "/CN=device.example", "-keyout", key, "-out", request],
                  ["faketime", "-f", "-25d", "openssl", "x509", "-req", "-in", request, "-CA", f"{folder}/ca.pem", "-CAkey",
                   f"{folder}/ca.key", "-set_serial", "77", "-days", "30", "-extfile", f"{folder}/old.ext", "-out", certificate],
                  [PROGRAM, "identity", "install", "--store", store, "--key", key, "--cert", certificate, "--anchors",
                   f"{folder}/ca.pem"]):
        subprocess.run(words, check=True, capture_output=True)


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
        self.trace(log)
        for line in open(log):
            match = re.match(r"\d+ +(\w+)\(", line)
            if match:
                name = match.group(1)
                seen[name] = seen.get(name, 0) + 1
                calls.append((name, seen[name]))
        calls = [call for call in calls if call[0] not in ("execve", "exit_group")]
        return [call for index, call in enumerate(calls) if self.is_chosen(index, call[0])]

    def trace(self, log):
        result = run(["strace", "-f", "-s", "0", "-o", log] + self.words + ["--store", self.store("trace")])
        if result.returncode != self.expected:
            raise Failure(f"{self.name} fails: {result.stderr}")

    def is_chosen(self, index, name):
        return not OPTIONS.quick or index % 6 == 0 or CHANGES.search(name)

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

    def fail(self, number, name, occurrence, error):
        """Whether it failed with the call."""
        where = f"{self.name}, {name} number {occurrence} failing with {error}"
        store = self.store(f"{number}-{error}")
        before = loaded(store)
        result = run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                      f"inject={name}:error={error}:when={occurrence}"] + self.words + ["--store", store])
        after = loaded(store)
        if result.returncode < 0 or result.returncode != 0 and not result.stderr:
            raise Failure(f"{where}: {result.returncode} {result.stderr}")
        if self.name == "renew" and after is None:
            raise Failure(f"{where}: the identity is gone")
        again = run(self.words + ["--store", store])
        if again.returncode != 0 or loaded(store) in (before, after):
            raise Failure(f"{where}: given again, it fails: {again.stderr}")
        shutil.rmtree(store)
        return result.returncode != 0

    def fail_all(self, pool, calls):
        points = [(number, *call, error) for number, call in enumerate(calls) if FAILING.search(call[0]) for error in ERRORS]
        jobs = [pool.submit(self.fail, *point) for point in points]
        failed = sum(job.result() for job in jobs)
        if not 0 < failed < len(points):
            raise Failure(f"{self.name}: {failed} of {len(points)} failing calls make it fail: this shows nothing")
        print(f"{self.name}: {len(points)} failing system calls, with {failed} of which it failed", flush=True)


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


class Daemon:
    """A daemon with a tunnel that shows a store's identity, and a renewal of that."""

    def __init__(self, folder, url, store, strace=None):
        self.log, configuration = f"{store}.log", f"{store}.conf"
        with open(configuration, "w") as file:
            file.write(f"[tunnel t]\nrole = server\naccept = 127.0.0.1:0\nconnect = 127.0.0.1:9\nidentity = {store}\n"
                       f"client-certificates = none\n[renewal own]\nidentity = {store}\nserver = {url}\n")
        environment = dict(os.environ)
        if strace:
            environment |= {"LD_PRELOAD": f"{folder}/helper.so", "HELPER_STRACE": strace, "HELPER_PROGRAM": PROGRAM}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([PROGRAM, "--config", configuration], stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=environment)
        words = self.process.stdout.readline().split()
        if len(words) != 4:
            raise Failure(f"the daemon does not start: {self.lines()}")
        self.port = int(words[3].rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def lines(self):
        with open(self.log) as file:
            return file.read()

    def wait(self, *texts):
        """Waits for one of some texts in the log."""
        end = time.monotonic() + 60
        while not any(text in self.lines() for text in texts):
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failure(f"the daemon: waited for {texts} in vain: {self.lines()}")
            time.sleep(0.02)

    def shown(self):
        """The fingerprint of the certificate that the tunnel shows."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 20) as raw, context.wrap_socket(raw) as stream:
            return hashlib.sha256(stream.getpeercert(binary_form=True)).hexdigest()


class Helper(Change):
    """The process of the daemon that makes an attempt at a renewal. Killed, it must not take the daemon with it."""

    taken_up = "tunnel t: new handshakes show generation "

    def __init__(self, folder, url):
        super().__init__(folder, url, "renew")
        self.name, self.url, self.template = "the daemon's renewal", url, f"{folder}/template-due"
        make_due(folder, self.template)
        subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                        os.path.join(os.path.dirname(__file__), "helper_under_strace.c"), "-o", f"{folder}/helper.so"], check=True)

    def store(self, number):
        path = f"{self.folder}/helper-{number}"
        shutil.copytree(self.template, path)
        return path

    def trace(self, log):
        with Daemon(self.folder, self.url, self.store("trace"), f"-f -s 0 -o {log}") as daemon:
            daemon.wait(self.taken_up)

    def is_chosen(self, index, name):
        return not OPTIONS.quick or CHANGES.search(name) and "open" not in name

    def kill(self, number, name, occurrence):
        where = f"{self.name}, its process killed at {name} number {occurrence}"
        store = self.store(number)
        before = loaded(store)
        strace = f"-f -o /dev/null -e trace={name} -e inject={name}:signal=KILL:when={occurrence}"
        with Daemon(self.folder, self.url, store, strace) as daemon:
            daemon.wait("renewal own: failed: ", self.taken_up)
            killed = "renewal own: renewed" not in daemon.lines()
            after = loaded(store)
            if after == before and "its process has ended without saying why; the identity stays as it was" not in daemon.lines():
                raise Failure(f"{where}: {daemon.lines()}")
            # Killed behind its last step, it has left what the daemon finds. Killed just before, a generation that is not used.
            if after != before:
                daemon.wait(self.taken_up)
            if daemon.shown() != after:
                raise Failure(f"{where}: the tunnel does not show what the store has")
        # The next attempt is that of the next daemon, which does not wait for the back-off of this one.
        with Daemon(self.folder, self.url, store) as daemon:
            if after == before:
                daemon.wait(self.taken_up)
            current = loaded(store)
            if current in (None, before) or daemon.shown() != current:
                raise Failure(f"{where}: the next attempt does not succeed: {daemon.lines()}")
        # What is left where there is a new identity goes with the next change.
        if after == before and [entry for entry in os.listdir(store) if entry.startswith(".") or entry == "pending"]:
            raise Failure(f"{where}: something was left behind")
        shutil.rmtree(store)
        return killed, after != before


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
            for change in (enroll, Change(folder, url, "renew"), ask, again, Helper(folder, url)):
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
                if change.name in ("enroll", "renew") and not OPTIONS.quick:
                    change.fail_all(pool, calls)
        finally:
            server.kill()
            slow_server.kill()


try:
    main()
except Failure as failure:
    sys.exit(f"!! {failure}")
