// The other programs of the daemon's tests: TLS peers and plain programs behind tunnels, in Python over OpenSSL. Each
// scenario plays both ends of a tunnel and ends with exit 0 when what should happen has happened.

/// The program, to be written into a file and run with a scenario's name and arguments.
let peersProgram = #"""
    import hashlib, os, random, select, socket, ssl, struct, sys, threading, time

    LIMIT = int(os.environ.get("LIMIT","90"))
    started = time.monotonic()

    def remaining():
        left = LIMIT - (time.monotonic() - started)
        if left <= 0: raise SystemExit("the scenario took too long")
        return left

    def address(text):
        if text.startswith("unix:"): return socket.AF_UNIX, text[5:]
        host, port = text.rsplit(":", 1)
        return socket.AF_INET, (host, int(port))

    def dial(text):
        family, where = address(text)
        s = socket.socket(family, socket.SOCK_STREAM)
        s.settimeout(remaining())
        s.connect(where)
        return s

    def listen(text):
        family, where = address(text)
        s = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(where)
        s.listen(128)
        return s

    def context(server, directory, name):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        ctx.minimum_version = ssl.TLSVersion.TLSv1_3
        ctx.load_verify_locations(directory + "/authority.pem")
        if server: ctx.verify_mode = ssl.CERT_REQUIRED
        if name != "-": ctx.load_cert_chain(directory + "/" + name + ".pem", directory + "/" + name + ".key")
        return ctx

    class Reset(Exception): pass
    class Truncated(Exception): pass

    class Plain:
        def __init__(self, s):
            self.s = s
            s.setblocking(False)
        def wants_write(self): return False
        def feed(self, data):
            try: return self.s.send(data)
            except BlockingIOError: return 0
            except (ConnectionResetError, BrokenPipeError): raise Reset()
        def read(self):
            try: return self.s.recv(65536)
            except BlockingIOError: return None
            except ConnectionResetError: raise Reset()
        def half_close(self): self.s.shutdown(socket.SHUT_WR)
        def flush(self): pass

    class Tls(Plain):
        def __init__(self, s, ctx, server, name=None):
            self.i, self.o, self.pending = ssl.MemoryBIO(), ssl.MemoryBIO(), b""
            self.obj = ctx.wrap_bio(self.i, self.o, server_side=server, server_hostname=name)
            super().__init__(s)
            while True:
                try: self.obj.do_handshake(); break
                except ssl.SSLWantReadError:
                    self.flush()
                    select.select([s], [], [], remaining())
                    self.fill()
                except ssl.SSLError:
                    self.flush()
                    raise
            self.flush()
        def fill(self):
            try: data = self.s.recv(65536)
            except BlockingIOError: return False
            except ConnectionResetError: raise Reset()
            if data: self.i.write(data)
            else: self.i.write_eof()
            return True
        def flush(self):
            self.pending += self.o.read()
            while self.pending:
                try: n = self.s.send(self.pending)
                except BlockingIOError: return
                except (ConnectionResetError, BrokenPipeError): raise Reset()
                self.pending = self.pending[n:]
        def wants_write(self): return bool(self.pending)
        def feed(self, data):
            self.flush()
            if self.pending: return 0
            n = self.obj.write(data[:16384])
            self.flush()
            return n
        def read(self):
            self.flush()
            while True:
                try: return self.obj.read(65536)
                except ssl.SSLWantReadError:
                    if not self.fill(): return None
                except ssl.SSLZeroReturnError: return b""
                except ssl.SSLEOFError: raise Truncated()
        def half_close(self):
            # close_notify is sent first; unwrap then looks for the peer's, and finds data in its place.
            try: self.obj.unwrap()
            except ssl.SSLError: pass
            self.flush()

    class Stream:
        # Bytes that both ends can compute.
        def __init__(self, seed, count):
            self.block, self.count, self.offset = random.Random(seed).randbytes(1 << 16), count, 0
        def peek(self):
            at = self.offset % len(self.block)
            return self.block[at:at + min(self.count - self.offset, 32768)]
        def digest(self):
            h = hashlib.sha256()
            while self.offset < self.count:
                piece = self.peek()
                h.update(piece)
                self.offset += len(piece)
            return h.hexdigest()

    def exchange(peer, seed, count, wait=False, pace=0):
        # Sends a stream and reads until the end; `wait`: sends only after the other side has ended.
        out, h, got, closed, ended = Stream(seed, count), hashlib.sha256(), 0, False, None
        sending = not wait
        while ended is None or not closed or peer.wants_write():
            want_write = peer.wants_write() or (sending and not closed)
            _, w, _ = select.select([peer.s] if ended is None else [], [peer.s] if want_write else [], [], remaining())
            peer.flush()
            # First, and even if nothing has come now: what came with the end of the handshake waits within, and half_close
            # would stumble over it.
            while ended is None:
                data = peer.read()
                if data is None: break
                if not data:
                    ended = "clean"
                    sending = True
                got += len(data)
                h.update(data)
                if pace: time.sleep(pace)
            if w and sending and not closed:
                piece = out.peek()
                if piece: out.offset += peer.feed(piece)
                if out.offset == out.count:
                    peer.half_close()
                    closed = True
        return got, h.hexdigest()

    def serve(text, handler):
        # Answers each connection at `text` in a thread of its own; the results are put into the list returned.
        listener, results = listen(text), []
        def one(s):
            try: results.append(handler(s))
            except Exception as e: results.append(repr(e))
            s.close()
        def loop():
            while True:
                s, _ = listener.accept()
                threading.Thread(target=one, args=(s,), daemon=True).start()
        threading.Thread(target=loop, daemon=True).start()
        return results

    def echo(s):
        total = 0
        try:
            while True:
                data = s.recv(65536)
                if not data: break
                total += len(data)
                s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except ConnectionResetError:
            s.close()
            return "reset"
        s.close()
        return total

    def wait_for(results, count):
        while len(results) < count:
            remaining()
            time.sleep(0.02)
        return results

    def expect(value, expected):
        if value != expected: raise SystemExit("expected %r, got %r" % (expected, value))

    def peers(mode, tls, plain, directory):
        # Both ends of a tunnel. mode server: we are the TLS client of it. mode client: its TLS server.
        if mode == "server":
            near = lambda: Tls(dial(tls), context(False, directory, "peer"), False, "device.example")
            return near, plain, lambda s: Plain(s)
        ctx = context(True, directory, "peer")
        return lambda: Plain(dial(plain)), tls, lambda s: Tls(s, ctx, True)

    # Scenarios: each ends with exit 0 when what should happen has happened.

    def transfer(mode, tls, plain, directory, count, wait="no"):
        count = int(count)
        near, where, wrap = peers(mode, tls, plain, directory)
        far = serve(where, lambda s: exchange(wrap(s), 2, count, wait=wait == "far"))
        got = exchange(near(), 1, count, wait=wait == "near")
        expect(got, (count, Stream(2, count).digest()))
        expect(wait_for(far, 1)[0], (count, Stream(1, count).digest()))

    def chain(near, far, count):
        # Plain streams at both ends of two tunnels.
        count = int(count)
        results = serve(far, lambda s: exchange(Plain(s), 2, count))
        expect(exchange(Plain(dial(near)), 1, count), (count, Stream(2, count).digest()))
        expect(wait_for(results, 1)[0], (count, Stream(1, count).digest()))

    def slow(mode, tls, plain, directory, count):
        # The far end reads slowly while the near end sends as fast as it can.
        count = int(count)
        near, where, wrap = peers(mode, tls, plain, directory)
        far = serve(where, lambda s: exchange(wrap(s), 2, 10, pace=0.02))
        got = exchange(near(), 1, count)
        expect(got, (10, Stream(2, 10).digest()))
        expect(wait_for(far, 1)[0], (count, Stream(1, count).digest()))

    def echoes(tls, plain, directory, connections, together):
        # Many connections, one after the other or all at once, each of which gets back what it sends.
        results = serve(plain, echo)
        ctx = context(False, directory, "peer")
        def one(number):
            got, digest = exchange(Tls(dial(tls), ctx, False, "device.example"), number, 20000)
            return (got, digest) == (20000, Stream(number, 20000).digest())
        numbers = range(int(connections))
        if together == "together":
            outcomes, threads = [], []
            for n in numbers:
                t = threading.Thread(target=lambda n=n: outcomes.append(one(n)))
                t.start()
                threads.append(t)
            for t in threads: t.join(remaining())
        else:
            outcomes = [one(n) for n in numbers]
        expect(outcomes, [True] * len(numbers))
        expect(sorted(wait_for(results, len(numbers))), [20000] * len(numbers))

    def broken(how, mode, tls, plain, directory):
        # The near end breaks off after some bytes; the far end must not see a clean end.
        near, where, wrap = peers(mode, tls, plain, directory)
        def read(s):
            got = 0
            peer = wrap(s)
            try:
                while True:
                    select.select([peer.s], [], [], remaining())
                    data = peer.read()
                    if data == b"": return got, "clean"
                    got += len(data or b"")
            except Reset: return got, "reset"
            except Truncated: return got, "truncated"
            except ConnectionResetError: return got, "reset"
        far = serve(where, read)
        peer = near()
        piece, sent = b"x" * 5000, 0
        while sent < len(piece): sent += peer.feed(piece[sent:])
        peer.flush()
        time.sleep(0.3)
        if how == "reset":
            peer.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.s.close()
        # Not close: a ticket that has not been read would make a reset of it.
        else: peer.s.shutdown(socket.SHUT_WR)
        got, ended = wait_for(far, 1)[0]
        expect(got, 5000)
        if ended == "clean": raise SystemExit("the far end saw a clean end")

    def garbage(tls, plain, directory):
        # Bytes that are no TLS get an alert and no connection behind the tunnel.
        results = serve(plain, echo)
        for text in [b"GET / HTTP/1.0\r\n\r\n", b"\0" * 100, b"\xff" * 5000, b"\x16\x03\x01\xff\xff" + b"a" * 100,
                     b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"\x15\x03\x03\x00\x02\x02\x28"]:
            s = dial(tls)
            s.sendall(text)
            try:
                answer = s.recv(100)
                expect(answer[:1] in (b"\x15", b""), True)
            except ConnectionResetError: pass
            s.close()
        for seed in range(100):
            s = dial(tls)
            data = random.Random(seed).randbytes(random.Random(seed).randrange(1, 600))
            s.sendall((b"\x16\x03\x01" + struct.pack(">H", len(data)) if seed % 2 else b"") + data)
            s.close()
        expect(results, [])

    def silent(tls, seconds):
        # Connects and says nothing; must be closed in time.
        s = dial(tls)
        begin = time.monotonic()
        try: expect(s.recv(100), b"")
        except ConnectionResetError: pass
        took = time.monotonic() - begin
        if not float(seconds) - 0.5 < took < float(seconds) + 3: raise SystemExit("closed after %.1f s" % took)

    def idle(tls, plain, directory, seconds):
        # An established connection without bytes is closed in time, and not before; bytes keep it.
        results = serve(plain, echo)
        peer = Tls(dial(tls), context(False, directory, "peer"), False, "device.example")
        for _ in range(3):
            time.sleep(float(seconds) * 0.6)
            peer.feed(b"x")
            select.select([peer.s], [], [], remaining())
            data = None
            while data is None: data = peer.read()
            expect(data, b"x")
        begin = time.monotonic()
        try:
            while True:
                select.select([peer.s], [], [], remaining())
                if peer.read() == b"": raise SystemExit("closed cleanly")
        except (Reset, Truncated): pass
        took = time.monotonic() - begin
        if not float(seconds) - 0.5 < took < float(seconds) + 3: raise SystemExit("closed after %.1f s" % took)
        expect(wait_for(results, 1), ["reset"])

    def full(tls, plain, directory, connections):
        # One connection more than there are places is refused; when one ends there is a place again.
        results = serve(plain, echo)
        ctx = context(False, directory, "peer")
        open_ = [Tls(dial(tls), ctx, False, "device.example") for _ in range(int(connections))]
        for peer in open_:
            peer.feed(b"hello")
            select.select([peer.s], [], [], remaining())
        try:
            Tls(dial(tls), ctx, False, "device.example")
            raise SystemExit("one too many was served")
        except (Reset, ssl.SSLError, OSError): pass
        open_[0].half_close()
        wait_for(results, 1)
        time.sleep(0.3)
        expect(exchange(Tls(dial(tls), ctx, False, "device.example"), 5, 1000), (1000, Stream(5, 1000).digest()))

    def crowd(tls, plain, directory, silent_, seconds):
        # More silent connections than workspaces: an honest one waits until their time is up, and is served.
        results = serve(plain, echo)
        silents = [dial(tls) for _ in range(int(silent_))]
        time.sleep(0.3)
        begin = time.monotonic()
        got = exchange(Tls(dial(tls), context(False, directory, "peer"), False, "device.example"), 5, 1000)
        expect(got, (1000, Stream(5, 1000).digest()))
        took = time.monotonic() - begin
        if took > float(seconds) + 4: raise SystemExit("waited %.1f s" % took)

    def refused(tls, plain, directory, name, alert):
        # A client that shows `name` (or `-`, nothing) is refused with an alert, and nothing behind the tunnel is reached.
        results = serve(plain, echo)
        try:
            peer = Tls(dial(tls), context(False, directory, name), False, "device.example")
            while True:
                select.select([peer.s], [], [], remaining())
                if peer.read() == b"": raise SystemExit("closed cleanly")
        except ssl.SSLError as e:
            if alert not in str(e).lower().replace("_", " "): raise SystemExit("another error: %r" % e)
        except (Reset, Truncated): raise SystemExit("no alert was seen")
        expect(results, [])

    def untrusted(tls, plain, directory, name):
        # A server that shows `name` is refused by the daemon, and the plain client is reset.
        ctx = context(True, directory, name)
        errors = serve(tls, lambda s: Tls(s, ctx, True) and "served")
        s = dial(plain)
        s.sendall(b"secret")
        try: expect(s.recv(100), b"")
        except ConnectionResetError: pass
        seen = wait_for(errors, 1)[0]
        # The server's handshake is over for it before our alert arrives, unless it waits for our certificate.
        if "alert" not in seen.lower() and seen != "served": raise SystemExit(seen)

    def stopped(tls, plain, directory, pid):
        # SIGTERM: close_notify for who is connected, and no new connections.
        results = serve(plain, echo)
        peer = Tls(dial(tls), context(False, directory, "peer"), False, "device.example")
        peer.feed(b"hello")
        select.select([peer.s], [], [], remaining())
        time.sleep(0.3)
        data = peer.read()
        expect(data, b"hello")
        os.kill(int(pid), 15)
        select.select([peer.s], [], [], remaining())
        while True:
            data = peer.read()
            if data is not None: break
            select.select([peer.s], [], [], remaining())
        expect(data, b"")
        try:
            dial(tls)
            raise SystemExit("a new connection was taken")
        except (ConnectionRefusedError, FileNotFoundError): pass
        peer.half_close()

    def starved(tls, plain, directory, flood):
        # Bytes of an established connection go on while others shake hands: the longest wait is printed, in seconds.
        results = serve(plain, echo)
        ctx = context(False, directory, "peer")
        peer = Tls(dial(tls), ctx, False, "device.example")
        running = True
        def hammer():
            while running:
                try: Tls(dial(tls), ctx, False, "device.example").s.close()
                except Exception: pass
        threads = [threading.Thread(target=hammer, daemon=True) for _ in range(int(flood))]
        for t in threads: t.start()
        worst = 0
        for _ in range(100):
            begin = time.monotonic()
            peer.feed(b"ping")
            data = None
            while data is None:
                select.select([peer.s], [], [], remaining())
                data = peer.read()
            worst = max(worst, time.monotonic() - begin)
            time.sleep(0.01)
        running = False
        print("%.3f" % worst, flush=True)  # os._exit below flushes nothing
        if worst > 2: raise SystemExit("an established connection waited %.1f s" % worst)

    globals()[sys.argv[1]](*sys.argv[2:])
    os._exit(0)
    """#
