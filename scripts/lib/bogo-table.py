"""Turns the JSON of BoringSSL's test runner into the table of Tests/Bogo/README.md.

usage: bogo-table.py RESULTS CONFIG

The table goes to stdout; the totals, and the names of failed tests, to stderr. Tests are put into families by their
names: the first pattern that is found decides.
"""
import collections
import json
import re
import sys

# Title, pattern, and why tests of it are unsupported where they are.
FAMILIES = [
    ("Older versions: TLS 1.0 and 1.1, SSL 2 hellos", r"TLS1(?![23])(?:1|-|_|$)|SSL3|V2ClientHello", "never"),
    ("Renegotiation, NPN, false start", r"Renego|NPN|NextProto|FalseStart|HelloRequest", "not supported"),
    ("Encrypted ClientHello", r"ECH", "not supported"),
    ("Delegated credentials", r"Delegated", "not supported"),
    ("Channel ID", r"ChannelID", "not supported"),
    ("Raw public keys (RFC 7250)", r"CertificateType|RawPublicKey|RPK", "keys of Ed25519; a client that refuses though it was not to look"),
    ("Compression of certificates (RFC 8879)", r"CertCompression|CertificateCompression", "not supported"),
    ("PAKE (SPAKE2+)", r"PAKE|SPAKE", "not supported"),
    ("Trust anchor identifiers", r"TrustAnchor", "not supported"),
    ("Application settings (ALPS)", r"ALPS|ApplicationSettings", "not supported"),
    ("Padding that a server adds", r"ServerPadding", "not supported"),
    ("OCSP staples and certificate timestamps", r"OCSP|SCT|SignedCertificateTimestamp", "certificate timestamps, which most of these have as well; callbacks"),
    ("SRTP", r"SRTP", "not supported"),
    ("Compliance policies of BoringSSL", r"^Compliance", "policies that ask for ML-KEM-1024"),
    ("Hints of a handshake split over processes", r"Hint|Handoff", "not supported"),
    ("External PSKs", r"^PSK|PSKImporter|PSK-|PSK_WITH|PSKHint", "suites of TLS 1.2 with PSKs"),
    ("TLS 1.2", r"TLS12|EMS|ExtendedMasterSecret|TLSUnique|FallbackSCSV|BadRSAClientKeyExchange|ChangeCipherSpec|PointFormat|Downgrade",
     "CBC, RSA key transport; sessions by identifier; flags for something that is not supported"),
    ("Early data (0-RTT)", r"EarlyData|0RTT|HalfRTT", "a write that is under way, or that waits for a message; why a server refused"),
    ("Resumption and tickets", r"Resum|Ticket|Session|Renew|RetainOnly",
     "what needs BoringSSL's ticket format, session cache or callbacks, or 0-RTT"),
    ("Groups and key shares", r"Curve|KeyShare|Group|PostQuantum|MLKEM|Kyber|ECPoint",
     "secp521r1 and the post-quantum groups; several key shares"),
    ("Signatures and their schemes", r"Sign|Verify|ECDSA|RSA|Ed25519|MLDSA|ML-DSA|PSS",
     "secp521r1, Ed25519, ML-DSA; lists of the peer's schemes, which are not shown"),
    ("Which certificate is shown", r"CertificateSelection|Credential", "what BoringSSL alone can choose by"),
    ("Certificates", r"Certificate|ClientAuth|KeyUsage|VerifyFail|CertCallback|Cert", "a client that goes on though it refused"),
    ("Application protocols and server names", r"ALPN|ServerName|SNI", "an empty choice; lists of the peer's protocols, which are not shown"),
    ("Exporters", r"Export", "secrets of the traffic itself are not given out"),
    ("KeyUpdate", r"KeyUpdate", "not supported"),
    ("Cipher suites", r"Cipher|AES|CHACHA", "lists in BoringSSL's language; a preference that depends on the processor"),
    ("Records, alerts, endings", r"Record|Alert|Fragment|Shutdown|Peek|Padding|Plaintext|Ciphertext|Unclean|Empty|Packed|AppData", "sessions by identifier, callbacks"),
    ("The rest", r"", "a flag for something that is not supported"),
]


def family(name):
    return next(title for title, pattern, _ in FAMILIES if re.search(pattern, name))


def count(tests):
    table = collections.defaultdict(collections.Counter)
    for name, test in tests.items():
        table[family(name)][test["actual"]] += 1
    return table


def reasons(config):
    """Each name of BoringSSL's that the shim says otherwise, with its reason."""
    reasons = config["ErrorReasons"]
    lacking = sorted(set(config["ErrorMap"]) ^ set(reasons))
    if lacking:
        sys.exit(f"bogo-table: ErrorMap and ErrorReasons differ in {', '.join(lacking)}; give each name its reason")
    return reasons


def write(table, total, config):
    print("# BoringSSL's protocol test runner against Swiftlet\n")
    print("Written by `scripts/bogo`, which see; `config.json` is what the runner is told about us.\n")
    print(f"All tests over TCP: {total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} unsupported.\n")
    print("| family | passed | failed | unsupported | why unsupported |\n|---|---:|---:|---:|---|")
    for title, _, reason in FAMILIES:
        row = table[title]
        if sum(row.values()):
            print(f"| {title} | {row['PASS']} | {row['FAIL']} | {row['SKIP']} | {reason if row['SKIP'] else ''} |")
    print("\nNot run, since another answer than BoringSSL's is right, or the test is about something else:\n")
    print("| tests | why |\n|---|---|")
    for pattern, reason in config["DisabledTests"].items():
        print(f"| `{pattern}` | {reason} |")
    print("\nErrors that we call otherwise than BoringSSL:\n")
    print("| BoringSSL's name | ours | why |\n|---|---|---|")
    for name, reason in reasons(config).items():
        ours = ", ".join(f"`{alternative}`" for alternative in config["ErrorMap"][name])
        print(f"| `{name}` | {ours} | {reason} |")


def main(results, config):
    tests = {name: test for name, test in json.load(open(results))["tests"].items()}
    total = collections.Counter(test["actual"] for test in tests.values())
    write(count(tests), total, json.load(open(config)))
    for name, test in tests.items():
        if test["actual"] == "FAIL":
            print(f"!! failed: {name}", file=sys.stderr)
    print(f"== {total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} unsupported", file=sys.stderr)


main(*sys.argv[1:])
