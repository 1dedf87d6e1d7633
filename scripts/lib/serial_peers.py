"""The pairs of programs that scripts/bench-serial runs at the two ends of a simulated line: an echo server over TLS, and a
client that sends its stdin and prints what comes back."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Line:
    """scripts/line while it runs, with flow control: a program that is not given the processor in time loses nothing."""

    def __init__(self, folder, baud, latency=0, seed=1, **rates):
        self.a, self.b = os.path.join(folder, "a"), os.path.join(folder, "b")
        options = [f"--{kind}={rate}" for kind, rate in rates.items()]
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "scripts", "line"), "--json", f"--baud={baud}", f"--latency={latency}",
             f"--seed={seed}", "--flow-control", *options, self.a, self.b],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().startswith("ready"):
            raise RuntimeError("scripts/line does not start")

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def statistics(self):
        self.command("statistics")
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.terminate()
        self.process.communicate()


class Peers:
    """Starts and ends programs."""

    name = ""
    can_resume = False

    def __init__(self, keys, program, client_errors=subprocess.DEVNULL):
        self.keys, self.program, self.client_errors = keys, program, client_errors
        self.running = []

    def start(self, command, stderr=subprocess.DEVNULL, **options):
        process = subprocess.Popen(command, stderr=stderr, **options)
        self.running.append(process)
        return process

    def close(self):
        """Ends what was started, the last first."""
        for process in reversed(self.running):
            process.kill()
            process.wait()
        self.running = []

    def client(self, line, baud, session):
        raise NotImplementedError

    def server(self, line, baud):
        raise NotImplementedError

    def start_client(self, command):
        return self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.client_errors)


class Ours(Peers):
    """swiftlet connect and serve."""

    kind = ""
    can_resume = True

    def server(self, line, baud):
        process = self.start(
            [self.program, "serve", "--listen", f"{self.kind}:{line.b},{baud}", "--echo", "--cert", self.keys.chain, "--key",
             self.keys.key, "--client-ca", self.keys.anchor, "--require-client-cert"], stdout=subprocess.PIPE, text=True)
        if not process.stdout.readline().startswith("listening"):
            raise RuntimeError("swiftlet serve does not start")

    def client(self, line, baud, session):
        return self.start_client(
            [self.program, "connect", f"{self.kind}:{line.a},{baud}", "--servername", self.keys.name, "--ca",
             self.keys.anchor, "--cert", self.keys.chain, "--key", self.keys.key] + (["--session", session] if session else []))


class OurLink(Ours):
    name, kind = "Swiftlet link:", "link"


class OurSerial(Ours):
    name, kind = "Swiftlet serial: (bare)", "serial"


class Gensio(Peers):
    """gensiot of Debian's gensio-bin: ssl over relpkt over msgdelim over serialdev."""

    name = "gensio, ssl,relpkt,msgdelim"

    def server(self, line, baud):
        self.start(
            ["gensiot", "-i", "echo", f"ssl(mode=server,key={self.keys.key},cert={self.keys.chain},CA={self.keys.anchor},"
             f"clientauth),relpkt(mode=server),msgdelim,serialdev,{line.b},{baud}N81"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        # It says nothing when it is ready; its first packet asks the other side to begin.
        time.sleep(0.5)

    def client(self, line, baud, session):
        return self.start_client(
            ["gensiot", f"ssl(CA={self.keys.anchor},key={self.keys.key},cert={self.keys.chain}),relpkt,msgdelim,serialdev,"
             f"{line.a},{baud}N81"])


class OpenSSL(Peers):
    """OpenSSL in socat, brought to the line without anything against its errors."""

    name = "OpenSSL in socat (bare)"

    def tls(self, rest):
        return (f"{rest},cafile={self.keys.anchor},cert={self.keys.chain},key={self.keys.key},verify=1,"
                "openssl-min-proto-version=TLS1.3")

    def server(self, line, baud):
        port = free_port()
        self.start(["socat", self.tls(f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr"), "PIPE"])
        self.await_port(port)
        self.start(["socat", "-b", "256", f"FILE:{line.b},rawer", f"TCP:127.0.0.1:{port}"])

    def client(self, line, baud, session):
        port = free_port()
        self.start(["socat", "-b", "256", f"TCP-LISTEN:{port},bind=127.0.0.1", f"FILE:{line.a},rawer"])
        self.await_port(port)
        return self.start_client(["socat", "-", self.tls(f"OPENSSL:127.0.0.1:{port},commonname={self.keys.name}")])

    def await_port(self, port):
        """Waits until somebody listens, without connecting: that would be taken for the client."""
        wanted = f"0100007F:{port:04X}"
        for _ in range(1000):
            with open("/proc/net/tcp", encoding="ascii") as table:
                if any(line.split()[1] == wanted and line.split()[3] == "0A" for line in table.readlines()[1:]):
                    return
            time.sleep(0.01)
        raise RuntimeError(f"nobody listens on port {port}")


Keys = namedtuple("Keys", "anchor chain key name")


def make_keys(program, folder):
    """An authority, and one certificate for both sides."""
    ca, leaf = os.path.join(folder, "ca"), os.path.join(folder, "leaf")
    for command in (
        ["ca", "init", "--dir", ca, "--name", "Serial CA"],
        ["ca", "issue", "--ca", ca, "--name", "line.example", "--server", "--client", "--out", leaf],
    ):
        subprocess.run([program, *command], check=True, stdout=subprocess.DEVNULL)
    return Keys(f"{ca}/ca.pem", f"{leaf}/cert.pem", f"{leaf}/key.pem", "line.example")


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


ALL = {"link": OurLink, "serial": OurSerial, "gensio": Gensio, "openssl": OpenSSL}
