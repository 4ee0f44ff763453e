"""Asks `tlslint negotiate` about a case, and holds the answer against what the live server did."""

import json
import subprocess


def differences(binary, case, target, directory, ports, result):
    """Every way in which the predictions of `binary` differ from `result`, each one line."""

    def ask(*question):
        return negotiate(binary, case, target, directory, question)

    if not result["starts"]:
        got = ask("--connect", f"127.0.0.1:{next(iter(ports.values()), 1)}", "--no-sni")
        if "error" in got:
            return [f"start: {got['error']}"]
        return [f"start: said it starts; the server: {result['start_messages'][:2]}"] if got.get("starts") else []
    out = []
    probes = {probe["name"]: probe for probe in case.probes}
    for real in result.get("endpoints", []):
        if suite_b_groups_are_chance(case, result):
            real["groups"] = {}
        probe = probes[real["probe"]]
        sni = ["--sni", probe["sni"]] if probe.get("sni") is not None else ["--no-sni"]
        over = ["--quic"] if probe.get("quic") else []
        got = ask("--connect", f"{probe.get('host', '127.0.0.1')}:{ports[probe['port']]}", *sni, *over)
        if over:
            suites = failure(got) or set_difference("suites", got.get("tls13_suites", []), real["quic"]["suites"])
            out += [f"{real['probe']}: over QUIC: {line}" for line in suites]
            continue
        out += [f"{real['probe']}: {line}" for line in failure(got) or endpoint_differences(got, real, probe.get("starttls"))]
    upstreams = {upstream["name"]: upstream for upstream in case.upstreams}
    for real in result.get("upstreams", []):
        upstream = upstreams[real["upstream"]]
        got = ask("--to", f"127.0.0.1:{ports[upstream['port']]}")
        out += [f"{real['upstream']}: {line}" for line in failure(got) or upstream_differences(got, real, upstream)]
    return out


def suite_b_groups_are_chance(case, result):
    """Whether the library reads past the end of Suite B's list of groups: OpenSSL 3.5 and 3.6 walk it by the tuples of another."""
    numbers = [int(part) for part in result["tls_library"].split()[-1].split(".")[:2] if part.isdigit()]
    return numbers >= [3, 5] and any("SUITEB" in text for text in case.files.values())


def negotiate(binary, case, target, directory, question):
    paths = [str(directory / case.main_file)]
    if case.server == "haproxy" and case.arguments:
        paths = [word.replace("@DIR@", str(directory)) for word in case.arguments if word != "-f"]
    openssl = case.environment.get("OPENSSL_CONF", "distro")
    if openssl == "none":
        target += ",openssl-conf=none"
    elif openssl != "distro":
        target += f",openssl-conf={directory / openssl}"
    options = ["--dialect", case.server, "--isolated", "--target", target, "--format", "json"]
    run = subprocess.run([binary, "negotiate", *paths, *options, *question], capture_output=True, text=True, timeout=120)
    try:
        return json.loads(run.stdout)
    except ValueError:
        return {"error": (run.stderr or run.stdout).strip()[:500] or f"exit status {run.returncode} and no word"}


def failure(got):
    """The one line that leaves nothing to compare, or nothing."""
    if "error" in got:
        return [got["error"]]
    if not got.get("starts"):
        return [f"said it refuses to start: {got.get('reason')}"]
    return []


def endpoint_differences(got, real, starttls):
    out = []
    # Where every connection is closed, whether TLS was meant does not show.
    silent = not real["protocols"] and got.get("transport") == "none"
    # A listener that waits for a word before TLS takes a ClientHello for data, unless it got the word.
    waits = real["transport"] == ("tls" if starttls else "plaintext") and got.get("transport") == "starttls"
    if got.get("transport") != real["transport"] and not silent and not waits:
        out.append(f"transport {got.get('transport')}, really {real['transport']}")
    out += set_difference("protocols", got.get("protocols", []), real["protocols"])
    mine = got.get("suites", {})
    for version in [version for version in real["protocols"] if version != "TLSv1.3"]:
        out += set_difference(version, mine.get(version, []), real["tls12_and_below"][version])
    if "TLSv1.3" in real["protocols"]:
        out += set_difference("TLSv1.3", got.get("tls13_suites", []), real["tls13"])
    for version, groups in real["groups"].items():
        predicted = got.get("groups", {}).get(version, [])
        if set(predicted) != set(groups):
            out += set_difference(f"{version} groups", predicted, groups)
        elif version in real["groups_in_server_order"] and predicted != groups:
            out.append(f"{version} groups in the order {predicted}, really {groups}")
    return out


def upstream_differences(got, real, upstream):
    hello = real["client_hello"]
    if hello is None:
        # Nothing came although the proxy was asked to connect: it has nothing it could offer.
        return set_difference("protocols offered", got.get("protocols", []), [])
    transport = "plaintext" if hello.get("plaintext") else "tls"
    if got.get("transport") != transport:
        return [f"transport {got.get('transport')}, really {transport}"]
    if transport == "plaintext":
        return []
    out, mine, versions = [], got.get("protocols", []), hello["versions"]
    if len(versions) == 1 and versions[0].startswith("<="):
        if not mine or max(mine) != versions[0].removeprefix("<="):
            out.append(f"protocols offered {mine}, really {versions}")
    else:
        out += set_difference("protocols offered", mine, versions)
    # A name that comes with each request is not in the files.
    if got.get("sni") != (None if upstream.get("sni_of_request") else hello["sni"]):
        out.append(f"SNI {got.get('sni')}, really {hello['sni']}")
    suites = [suite for listed in got.get("suites", {}).values() for suite in listed] + got.get("tls13_suites", [])
    out += set_difference("suites offered", suites, hello["suites"])
    groups = [group for listed in got.get("groups", {}).values() for group in listed]
    out += set_difference("groups offered", groups, hello["groups"])
    accepts = real["accepts"]
    # Where not even the right certificate will do, nothing can be said of the wrong ones.
    if accepts["right"]:
        verifies = {"chain": not accepts["untrusted"], "hostname": not accepts["wrong-name"]}
        if got.get("verifies") != verifies:
            out.append(f"verifies {got.get('verifies')}, really {verifies}")
    return out


def set_difference(what, predicted, real):
    if set(predicted) == set(real):
        return []
    extra, missing = sorted(set(predicted) - set(real)), sorted(set(real) - set(predicted))
    return [f"{what}: predicted but not real {extra}, real but not predicted {missing}"]
