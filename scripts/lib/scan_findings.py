"""Reads what sslyze or testssl.sh found and prints every finding above LOW. Exit code 1 where there is one.

scan_findings.py disable|modern|testssl REPORT.json OUTPUT.txt

`disable` judges each of sslyze's results; `modern` takes sslyze's own verdict on Mozilla's configuration from its output
as well. A scan that did not run to its end is a finding: a scanner that was turned away saw nothing.
"""

import json
import sys

OLD_VERSIONS = ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"]

# What testssl.sh says that is not Swiftlet's: of the machine's openssl, which has no GOST engine.
NOT_OURS = {"engine_problem"}


def certificate_findings(result):
    for deployment in result["certificate_deployments"]:
        ours = [v for v in deployment["path_validation_results"] if v["trust_store"]["name"] == "Supplied CA file"]
        if not ours or not ours[0]["was_validation_successful"]:
            yield "certificate: does not verify with the authority that issued it"
        if not deployment["received_chain_has_valid_order"]:
            yield "certificate: the chain is not in order"
        if deployment["received_chain_contains_anchor_certificate"]:
            yield "certificate: the chain contains its anchor"
        if deployment["verified_chain_has_sha1_signature"]:
            yield "certificate: signed with SHA-1"


def judge(name, result, kind):
    """What is wrong in one result of sslyze's."""
    if name == "tls_1_2_cipher_suites" and kind == "disable":
        # The policy may have it; each suite is looked at by testssl.sh.
        return
    old_versions = OLD_VERSIONS + ["tls_1_2"]
    expected = {
        "tls_compression": ("supports_compression", False),
        "tls_1_3_early_data": ("supports_early_data", False),
        "openssl_ccs_injection": ("is_vulnerable_to_ccs_injection", False),
        "heartbleed": ("is_vulnerable_to_heartbleed", False),
        "tls_fallback_scsv": ("supports_fallback_scsv", True),
        "tls_extended_master_secret": ("supports_ems_extension", True),
        "robot": ("robot_result", "NOT_VULNERABLE_RSA_NOT_SUPPORTED"),
        "elliptic_curves": ("supports_ecdh_key_exchange", True),
        "http_headers": ("http_error_trace", None),
    }
    if name in expected:
        key, value = expected[name]
        if result[key] != value:
            yield f"{name}: {key} is {result[key]}, expected {value}"
    elif name == "session_renegotiation":
        if result["is_vulnerable_to_client_renegotiation_dos"] or not result["supports_secure_renegotiation"]:
            yield "session_renegotiation: not secure"
    elif name == "certificate_info":
        yield from certificate_findings(result)
    elif name.endswith("_cipher_suites"):
        is_offered = bool(result["accepted_cipher_suites"])
        if is_offered != (name.removesuffix("_cipher_suites") not in old_versions):
            yield f"{name}: {'offered' if is_offered else 'not offered'}"
    elif name != "session_resumption":
        # With tickets of TLS 1.2 alone, which there are none of.
        yield f"{name}: a result that nobody judges"


def sslyze_findings(report, kind):
    servers = report["server_scan_results"]
    if len(servers) != 1 or servers[0]["scan_status"] != "COMPLETED":
        yield "the scan did not run to its end"
        return
    judged = 0
    for name, scan in servers[0]["scan_result"].items():
        if scan["status"] == "NOT_SCHEDULED":
            continue
        judged += 1
        if scan["status"] == "COMPLETED":
            yield from judge(name, scan["result"], kind)
        else:
            yield f"{name}: {scan['status']}"
    if judged < 10:
        yield f"only {judged} of the scans ran"


def compliance_findings(output):
    lines = output.splitlines()
    if not any(line.endswith(": OK - Compliant.") for line in lines):
        yield from [line.strip() for line in lines if line.startswith("        * ")] or ["no verdict on compliance"]


def testssl_findings(report):
    for finding in report:
        if finding["severity"] not in ("OK", "INFO", "LOW", "DEBUG") and finding["id"] not in NOT_OURS:
            yield f"{finding['severity']} {finding['id']}: {finding['finding']}"
    found = {finding["id"]: finding["finding"] for finding in report}
    if not found.get("TLS1_3", "").startswith("offered"):
        yield "TLS 1.3 was not seen"
    # The first and the last thing that -U looks at, and the time it took.
    if not {"heartbleed", "RC4", "scanTime"} <= found.keys():
        yield "the scan did not run to its end"


def main():
    kind, report_path, output_path = sys.argv[1:]
    try:
        with open(report_path) as file:
            report = json.load(file)
    except (OSError, ValueError) as error:
        print(f"!! no report: {error}; what the scanner said is in {output_path}")
        return 1
    findings = list(testssl_findings(report) if kind == "testssl" else sslyze_findings(report, kind))
    if kind == "modern":
        with open(output_path) as file:
            findings += compliance_findings(file.read())
    for finding in findings:
        print(f"!! {finding}")
    print(f"{len(findings)} findings above LOW")
    return 1 if findings else 0


sys.exit(main())
