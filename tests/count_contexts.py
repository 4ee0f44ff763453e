#!/usr/bin/env python3
"""count_contexts.py BINARY DIRECTORY [--verbose]

Counts the TLS contexts of Envoy in every YAML and JSON file of a directory twice: by walking the tree that PyYAML makes, and by
asking `tlslint inventory`. Prints the files in which the two differ, and a last line

    N files, M contexts, D files differ, S not read

where files that PyYAML cannot read (templates) are not held against each other. Exit status 0 where nothing differs.
Needs Python 3 and PyYAML.
"""
import argparse, json, os, subprocess, sys
import yaml

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # no merge keys, no types: names and texts
CONTEXTS = ("DownstreamTlsContext", "UpstreamTlsContext")
WRAPPED = ("downstream_tls_context", "downstreamTlsContext", "upstream_tls_context", "upstreamTlsContext",
           "tls_socket_config", "tlsSocketConfig")
SIGNS = ("TlsContext", "static_resources", "filter_chains", "transport_socket", "load_assignment")


def documents(text):
    """The documents of a text that somebody reads: Envoy the first, Kubernetes all."""
    found = list(yaml.load_all(text, LOADER))
    first = found[0] if found else None
    is_manifest = isinstance(first, dict) and (("apiVersion" in first and "kind" in first) or "configs" in first)
    return found if is_manifest else found[:1]


def type_of(message):
    url = message.get("@type")
    if isinstance(url, str) and url.endswith(".TypedStruct"):
        url = message.get("type_url", message.get("typeUrl"))
    return url.rsplit("/", 1)[-1] if isinstance(url, str) and "/" in url else ""


def count(node):
    """The contexts at and below a node."""
    if isinstance(node, list):
        return sum(map(count, node))
    if isinstance(node, str):
        return embedded(node)
    if not isinstance(node, dict):
        return 0
    total = 0
    name = type_of(node)
    if name.startswith("envoy.") and name.rsplit(".", 1)[-1] in CONTEXTS:
        total += 1
    for key, value in node.items():
        if key in WRAPPED and isinstance(value, dict):
            total += 1
        if key in ("tls_context", "tlsContext") and isinstance(value, dict) and \
                ("common_tls_context" in value or "commonTlsContext" in value):
            total += 1
        total += count(value)
    return total


def embedded(text):
    if "\n" not in text or not any(sign in text for sign in SIGNS):
        return 0
    try:
        return sum(map(count, list(yaml.load_all(text, LOADER))[:1]))
    except (yaml.YAMLError, ValueError):
        return 0


def ours(binary, paths):
    """Places of endpoints that speak TLS, by file."""
    run = subprocess.run([binary, "inventory", *paths, "--dialect", "envoy", "--isolated", "--format", "json"],
                         capture_output=True, text=True)
    found = {}
    try:
        endpoints = json.loads(run.stdout)["endpoints"]
    except ValueError:
        sys.exit(f"tlslint inventory: {run.stderr or run.stdout}"[:2000])
    for endpoint in endpoints:
        if endpoint["transport"] not in ("plaintext", "unknown"):
            place = endpoint["line"], endpoint["column"]
            found.setdefault(os.path.realpath(endpoint["path"]), set()).add(place)
    return {path: len(places) for path, places in found.items()}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("binary")
    parser.add_argument("directory")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    names = [os.path.join(base, name) for base, _, files in os.walk(args.directory) for name in files]
    names = sorted(name for name in names if name.endswith((".yaml", ".yml", ".json")))
    expected, unread = {}, []
    for name in names:
        try:
            expected[name] = sum(map(count, documents(open(name, encoding="utf-8", errors="replace").read())))
        except (yaml.YAMLError, ValueError, RecursionError):
            unread.append(name)
    got = {}
    for start in range(0, len(names), 100):
        got.update(ours(args.binary, names[start:start + 100]))
    different = 0
    for name, number in expected.items():
        mine = got.get(os.path.realpath(name), 0)
        if mine != number:
            different += 1
            print(f"{name}: {mine}, by PyYAML {number}")
    if args.verbose:
        for name in unread:
            print(f"{name}: not read by PyYAML, {got.get(os.path.realpath(name), 0)} by tlslint")
    print(f"{len(expected)} files, {sum(expected.values())} contexts, {different} files differ, {len(unread)} not read")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
