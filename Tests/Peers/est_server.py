#!/usr/bin/env python3
"""An EST server for tests (RFC 7030, RFC 8951, RFC 7616), strict to the RFCs: what a client must not do is refused, and said on
stderr. TLS is Python's, certificates are issued by the openssl command: by programs that are not ours.

Prints "listening PORT" when it is ready. --behave does one thing wrong, or otherwise, on purpose; see `respond`.
"""
import argparse, base64, ctypes, hashlib, os, re, secrets, socket, ssl, subprocess, sys, tempfile, threading, time


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Refusal(Exception):
    """A response that is not 200."""

    def __init__(self, status, text="", fields=()):
        self.status, self.text, self.fields = status, text, list(fields)


class Server:
    def __init__(self, options):
        self.options, self.lock = options, threading.Lock()
        self.number, self.pending, self.nonces = 0, {}, set()
        self.directory = options.log or tempfile.mkdtemp()

    # Certificates

    def certificates(self, *files):
        arguments = [word for file in files for word in ("-certfile", file)]
        return openssl("crl2pkcs7", "-nocrl", *arguments, "-outform", "DER")

    def path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, request, days="30"):
        """The certificate for a request, with the names that it asks for."""
        with open(self.path("leaf.ext"), "w") as file:
            file.write("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                       "extendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\n")
        out = self.path(f"issued-{self.number}.pem")
        serial = "0x" + secrets.token_hex(8)
        openssl("x509", "-req", "-in", request, "-CA", self.options.ca, "-CAkey", self.options.ca_key, "-set_serial", serial,
                "-days", days, "-copy_extensions", "copy", "-extfile", self.path("leaf.ext"), "-out", out)
        return out

    # Requests

    def take_request(self, body, connection, client):
        """Checks a PKCS#10 request, and stores it in a file."""
        try:
            der = base64.b64decode(re.sub(rb"[\r\n]", b"", body), validate=True)
        except ValueError:
            raise Refusal(400, "the body is not base64")
        self.number += 1
        name = self.path(f"request-{self.number}.pem")
        with open(name, "wb") as file:
            file.write(openssl("req", "-inform", "DER", data=der))
        verdict = subprocess.run(["openssl", "req", "-in", name, "-verify", "-noout"], capture_output=True, text=True)
        if verdict.returncode or "verify OK" not in verdict.stdout + verdict.stderr:
            raise Refusal(400, "the request is not signed with its key")
        text = openssl("req", "-in", name, "-noout", "-text").decode()
        if self.options.binding:
            found = re.search(r"challengePassword\s*:(\S+)", text)
            if not found or found[1] != self.binding(connection):
                raise Refusal(400, "the request is not bound to this connection")
        elif "challengePassword" in text:
            raise Refusal(400, "nobody asked for a challengePassword")
        if self.options.wants and self.options.wants not in text:
            raise Refusal(400, f"the request lacks {self.options.wants}")
        return name, text

    def binding(self, connection):
        """RFC 5929 and RFC 9266. Python has no exporter, so OpenSSL's is called (PySSLSocket: the second pointer)."""
        if connection.version() == "TLSv1.2":
            return base64.b64encode(connection.get_channel_binding("tls-unique")).decode()
        handle = ctypes.c_void_p.from_address(id(connection._sslobj) + 24)
        out, label = ctypes.create_string_buffer(32), b"EXPORTER-Channel-Binding"
        library = ctypes.CDLL("libssl.so.3")
        done = library.SSL_export_keying_material(handle, out, ctypes.c_size_t(32), label, ctypes.c_size_t(len(label)), b"",
                                                  ctypes.c_size_t(0), 1)
        assert done == 1
        return base64.b64encode(out.raw).decode()

    def authenticate(self, method, target, fields, client):
        scheme, given = self.options.auth, fields.get("authorization", "")
        if not scheme and given:
            raise Refusal(400, "nobody asked who you are")
        if not scheme or (self.options.cert_instead and client):
            return
        user, password = self.options.user.split(":", 1)
        if scheme in ("basic", "both") and given == "Basic " + base64.b64encode(self.options.user.encode()).decode():
            if scheme == "both":
                raise Refusal(400, "Basic where Digest was offered")
            return
        if scheme in ("digest", "both") and given.startswith("Digest "):
            values = {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', given)}
            digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
            expected = digest(":".join([
                digest(f"{user}:est@test:{password}"), values.get("nonce", ""), values.get("nc", ""),
                values.get("cnonce", ""), "auth", digest(f"{method}:{target}")]))
            if values.get("response") == expected and values.get("uri") == target and values.get("nonce") in self.nonces:
                if self.options.again != "stale-once" or len(self.nonces) > 1:
                    return
        basic, nonce = 'Basic realm="est@test"', secrets.token_hex(8)
        if self.options.again != "stale":
            self.nonces.add(nonce)
        digest = f'Digest realm="est@test", qop="auth", algorithm=SHA-256, nonce="{nonce}", opaque="o"'
        # What a 401 to somebody who has said who he is offers: the same once more, or as --again says.
        again = {"none": [], "bare": ["Digest"], "other": ["Bearer realm=\"est@test\""],
                 "stale": [digest + ", stale=true"], "stale-once": [digest + ", stale=true"]}
        challenges = {"basic": [basic], "digest": [digest], "both": [basic, digest],
                      "md5": ['Digest realm="est@test", qop="auth", nonce="x"']}[scheme]
        if given:
            challenges = again.get(self.options.again, challenges)
        raise Refusal(401, "not you" if given else "who are you?", [("WWW-Authenticate", value) for value in challenges])

    def names(self, text):
        found = re.search(r"Subject Alternative Name:[^\n]*\n\s*([^\n]+)", text)
        return found[1].strip() if found else ""

    def check_renewal(self, request, text, client):
        """RFC 7030 section 4.2.2: the same names, and the certificate that is renewed shown."""
        if not client:
            raise Refusal(403, "a renewal needs the certificate that it renews")
        pem = ssl.DER_cert_to_PEM_cert(client).encode()
        old = openssl("x509", "-noout", "-text", data=pem).decode()
        subject = lambda kind, data: openssl(kind, "-noout", "-subject", data=data)
        with open(request, "rb") as file:
            same = subject("x509", pem) == subject("req", file.read())
        if not same or self.names(old) != self.names(text):
            raise Refusal(400, "a renewal keeps the names")
        if openssl("x509", "-noout", "-pubkey", data=pem) == openssl("req", "-in", request, "-noout", "-pubkey"):
            raise Refusal(400, "a renewal has a new key")

    # Responses

    def answer(self, method, target, fields, body, connection, client):
        base = "/.well-known/est" + (f"/{self.options.label}" if self.options.label else "")
        behave = self.options.behave
        if behave == "redirect-same" and not target.endswith("?again"):
            raise Refusal(307, "", [("Location", target + "?again")])
        operation = target.removesuffix("?again").removeprefix(base + "/")
        if self.options.auth_everywhere:
            self.authenticate(method, target, fields, client)
        elif method == "GET" and "authorization" in fields:
            raise Refusal(400, "nobody asked who you are")
        if operation == "cacerts" and method == "GET":
            if behave == "garbage-cacerts":
                return "application/pkcs7-mime", b"\x30\x03\x02\x01\x01"
            return "application/pkcs7-mime; smime-type=certs-only", self.certificates(*self.options.cacerts)
        if operation == "csrattrs" and method == "GET":
            if self.options.attributes is None:
                raise Refusal(self.options.no_attributes)
            return "application/csrattrs", bytes.fromhex(self.options.attributes)
        if operation not in ("simpleenroll", "simplereenroll") or method != "POST":
            raise Refusal(404, "no such thing here")
        if fields.get("content-type") != "application/pkcs10":
            raise Refusal(400, "a request is application/pkcs10")
        if self.options.need_certificate and not client:
            raise Refusal(403, "show a certificate")
        self.authenticate(method, target, fields, client)
        if behave == "redirect-known" and not target.endswith("?again"):
            raise Refusal(307, "", [("Location", target + "?again")])
        request, text = self.take_request(body, connection, client)
        if operation == "simplereenroll":
            self.check_renewal(request, text, client)
        return self.respond(behave, request)

    def respond(self, behave, request):
        if behave.startswith("pending:"):
            # pending:TIMES:SECONDS[:BEHAVIOUR], the last for what comes after.
            _, times, seconds, *behaviours = behave.split(":")
            key = openssl("req", "-in", request, "-noout", "-pubkey")
            count = self.pending[key] = self.pending.get(key, 0) + 1
            if count <= int(times):
                raise Refusal(202, "", [("Retry-After", seconds)])
            behave = "".join(behaviours)
        if behave.isdigit():
            raise Refusal(int(behave), "because I say \x1b[31mso\n")
        if behave.startswith("redirect:"):
            raise Refusal(307, "", [("Location", behave.removeprefix("redirect:"))])
        if behave == "garbage":
            return "application/pkcs7-mime", os.urandom(300)
        if behave.startswith("busy:"):
            raise Refusal(503, "", [("Retry-After", behave.removeprefix("busy:"))])
        if behave == "hold":
            while not os.path.exists(self.path("go")):
                time.sleep(0.02)
        if behave == "html":
            return "text/html", b"<html>hello"
        if behave == "indefinite":
            return "application/pkcs7-mime", b"\x30\x80" + self.certificates(self.issue(request))[4:] + b"\0\0"
        if behave == "otherkey":
            key, other = self.path("other.key"), self.path("other.csr")
            openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj",
                    "/CN=other", "-out", other)
            request = other
        files = [self.issue(request)] + (self.options.cacerts if behave == "with-chain" else [])
        return "application/pkcs7-mime; smime-type=certs-only", self.certificates(*files)

    def encode(self, data):
        text = base64.b64encode(data)
        style = self.options.lines
        if style == "none":
            return text
        end = b"\r\n" if style == "crlf" else b"\n"
        return end.join(text[i:i + 64] for i in range(0, len(text), 64)) + end

    def send(self, stream, status, kind, body, fields=(), posted=False):
        behave = self.options.behave if posted else ""
        head = [f"HTTP/1.1 {status} Whatever"] + [f"{name}: {value}" for name, value in fields]
        if kind:
            head.append(f"Content-Type: {kind}")
        if self.options.framing == "chunked":
            head.append("Transfer-Encoding: chunked")
            pieces = [body[i:i + 100] for i in range(0, len(body), 100)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        elif self.options.framing != "end":
            head.append(f"Content-Length: {len(body)}")
        data = "\r\n".join(head + ["", ""]).encode() + body
        if behave == "truncate":
            stream.sendall(data[:-20])
            raise ConnectionError
        if behave == "trickle":
            for byte in data:
                stream.sendall(bytes([byte]))
                time.sleep(1)
        stream.sendall(data)
        return self.options.framing != "end"

    def serve(self, stream):
        client = stream.getpeercert(binary_form=True) if isinstance(stream, ssl.SSLSocket) else None
        file = stream.makefile("rb")
        while True:
            line = file.readline(4096)
            if not line:
                return
            found = re.fullmatch(rb"(GET|POST) (/\S*) HTTP/1\.1\r\n", line)
            fields = {}
            while (field := file.readline(8192)) not in (b"\r\n", b""):
                name, value = field.decode("ascii").rstrip("\r\n").split(":", 1)
                fields[name.lower()] = value.strip()
            body = file.read(int(fields.get("content-length", "0")))
            try:
                if not found or "host" not in fields or (found[1] == b"POST") != ("content-length" in fields):
                    raise Refusal(400, "malformed")
                with self.lock:
                    kind, data = self.answer(found[1].decode(), found[2].decode(), fields, body, stream, client)
                keep = self.send(stream, 200, kind, self.encode(data), posted=found[1] == b"POST")
            except Refusal as refusal:
                print("refused:", refusal.status, refusal.text, file=sys.stderr, flush=True)
                empty = refusal.status in (204, 304)
                keep = self.send(stream, refusal.status, "text/plain" if refusal.text else "", refusal.text.encode(),
                                 refusal.fields) if not empty else stream.sendall(b"HTTP/1.1 204 None\r\n\r\n") is None
            if not keep or self.options.framing == "hangs-up":
                return

    def connection(self, raw, context):
        try:
            stream = context.wrap_socket(raw, server_side=True) if context else raw
            try:
                self.serve(stream)
            except ConnectionError:
                pass
            if context:
                # Without close_notify where the behaviour is to break off.
                if self.options.behave != "truncate":
                    stream.unwrap()
            stream.close()
        except (OSError, ValueError) as error:
            print("connection:", error, file=sys.stderr, flush=True)
            raw.close()


def main():
    parser = argparse.ArgumentParser()
    for name in ("cert", "key", "ca", "ca-key", "client-ca", "label", "auth", "again", "user", "attributes", "log", "tls", "wants"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--cacerts", action="append", default=[])
    parser.add_argument("--behave", default="")
    parser.add_argument("--lines", default="lf")
    parser.add_argument("--framing", default="length")
    parser.add_argument("--no-attributes", type=int, default=204)
    for name in ("plain", "binding", "need-certificate", "cert-instead", "auth-everywhere"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    context = None
    if not options.plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        if options.tls == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if options.client_ca:
            context.load_verify_locations(options.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
    server = Server(options)
    listener = socket.create_server(("127.0.0.1", 0))
    print("listening", listener.getsockname()[1], flush=True)
    while True:
        raw, _ = listener.accept()
        raw.settimeout(30)
        threading.Thread(target=server.connection, args=(raw, context), daemon=True).start()


main()
