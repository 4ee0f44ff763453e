#!/usr/bin/env python3
"""Holds what tlslint says of templates whose values lie beside them against what it says of their real renderings.

usage: values.py TLSLINT [COUNT] [--seed N]

Roles of Ansible, templates of envsubst and, where Ruby's erb is installed, cookbooks of Chef are put together at random, and
filled in by the engine itself with the values of the repository. Every finding of a rendering must be among the template's with a
condition that holds, and none else may be.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import jinja2

PROTOCOLS = [["TLSv1", "TLSv1.2"], ["TLSv1.2"], ["TLSv1.2", "TLSv1.3"], ["TLSv1.1", "TLSv1.2"], ["TLSv1.3"], ["TLSv1"]]
CIPHERS = [["HIGH", "!aNULL"], ["ECDHE-RSA-AES128-GCM-SHA256"], ["ECDHE-RSA-AES128-SHA", "AES128-SHA"], ["ECDHE-ECDSA-AES128-GCM-SHA256", "RC4-SHA"]]
FRAME = """events {{}}
http {{
server {{
listen 443 ssl;
ssl_certificate /c.pem;
ssl_certificate_key /k.pem;
{0}}}
}}
"""


def written(value):
    """A value as YAML has it, in one of several styles."""
    return json.dumps(value)


def role(rng, directory):
    """A role with its values; yields what each of its sets comes to: label, the names with their values."""
    defaults, over = {}, {}
    protocols, ciphers = rng.choice(PROTOCOLS), rng.choice(CIPHERS)
    lines = []
    if rng.random() < 0.5:
        defaults["protocols"] = protocols
        lines.append("ssl_protocols {{ protocols | join(' ') }};")
    else:
        defaults["protocols"] = " ".join(protocols)
        lines.append(rng.choice(["ssl_protocols {{ protocols }};", "ssl_protocols {{ protocols | trim }};"]))
    kind = rng.randrange(4)
    if kind == 0:
        defaults["ciphers"] = ":".join(ciphers)
        lines.append("ssl_ciphers {{ ciphers }};")
    elif kind == 1:
        defaults["ciphers"] = ciphers
        lines.append("ssl_ciphers \"{{ ciphers | join(':') }}\";")
    elif kind == 2:
        defaults |= {"base": ciphers[0], "ciphers": "{{ base }}:AES256-SHA"}
        lines.append("ssl_ciphers {{ ciphers }};")
    else:
        defaults["ciphers"] = ":".join(ciphers)
        lines.append("{% if strict %}\nssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;\n{% else %}\nssl_ciphers {{ ciphers | default('HIGH') }};\n{% endif %}")
    if rng.random() < 0.4:
        defaults["protocols_of_peers"] = rng.choice(PROTOCOLS)
        lines.append("location / {\nproxy_pass https://core.example;\n{% if verify %}\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate /ca.pem;\n{% endif %}\n"
                     "proxy_ssl_protocols {{ protocols_of_peers | join(' ') }};\n}")
    for name in defaults:
        if rng.random() < 0.2 and name in ("protocols", "protocols_of_peers"):
            other = rng.choice(PROTOCOLS)
            over[name] = " ".join(other) if isinstance(defaults[name], str) else other
    usual = defaults | over
    files = {"roles/web/defaults/main.yml": defaults}
    if over:
        files[rng.choice(["group_vars/all.yml", "roles/web/vars/main.yml"])] = over
    sets = {"": usual}
    if rng.random() < 0.5 and not (directory / "x").exists():
        other = rng.choice(PROTOCOLS)
        other = {"protocols": " ".join(other) if isinstance(defaults["protocols"], str) else other}
        # What the role itself lays down goes before its groups; that is another test's.
        if "roles/web/vars/main.yml" not in files:
            files["group_vars/legacy.yml"] = other
            sets["group_vars/legacy.yml"] = usual | other
    for path, values in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("---\n" + "".join(f"{name}: {written(value)}\n" for name, value in values.items()))
    template = FRAME.format("\n".join(lines) + "\n")
    place = directory / "roles/web/templates/nginx.conf.j2"
    place.parent.mkdir(parents=True)
    place.write_text(template)
    environment = jinja2.Environment()

    def fill(values, flags):
        known = {name: environment.from_string(value).render(**values) if isinstance(value, str) else value for name, value in values.items()}
        return environment.from_string(template).render(**known, **flags)

    return sets, fill


def environment_of(rng, directory):
    """A template of envsubst with its Compose file."""
    values = {"NGINX_PROTOCOLS": " ".join(rng.choice(PROTOCOLS)), "NGINX_CIPHERS": ":".join(rng.choice(CIPHERS))}
    template = FRAME.format("ssl_protocols ${NGINX_PROTOCOLS};\nssl_ciphers ${NGINX_CIPHERS};\n")
    (directory / "nginx.conf.template").write_text(template)
    if rng.random() < 0.5:
        lines = [f"      {name}: {json.dumps(value)}\n" for name, value in values.items()]
    else:
        lines = [f"      - {json.dumps(f'{name}={value}')}\n" for name, value in values.items()]
    if rng.random() < 0.5:
        (directory / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    else:
        (directory / "compose.yaml").write_text("services:\n  web:\n    image: nginx\n    environment:\n" + "".join(lines))

    def fill(known, _):
        return subprocess.run(["envsubst"], input=template, env=known, capture_output=True, text=True, check=True).stdout

    return {"": values}, fill


def cookbook(rng, directory):
    """A template of a cookbook with its attributes."""
    protocols, ciphers = rng.choice(PROTOCOLS), rng.choice(CIPHERS)
    attributes = f"default['web']['protocols'] = %w({' '.join(protocols)})\ndefault['web']['ciphers'] = '{':'.join(ciphers)}'\n"
    template = FRAME.format("ssl_protocols <%= node['web']['protocols'].join(' ') %>;\nssl_ciphers <%= node['web']['ciphers'] %>;\n")
    for path, text in {"web/attributes/default.rb": attributes, "web/templates/default/nginx.conf.erb": template}.items():
        place = directory / path
        place.parent.mkdir(parents=True)
        place.write_text(text)

    def fill(known, _):
        head = f"<% node = {{'web' => {{'protocols' => %w({' '.join(known['protocols'])}), 'ciphers' => '{':'.join(known['ciphers'])}'}}}} %>"
        return subprocess.run(["erb"], input=head + template, capture_output=True, text=True, check=True).stdout

    return {"": {"protocols": protocols, "ciphers": ciphers}}, fill


def check(tlslint, directory):
    """The findings: check, the bytes at fault, conditions."""
    run = subprocess.run([tlslint, "check", "--isolated", "--output-format", "json", "-q", "."], cwd=directory, capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"tlslint: {run.stderr}")
    found = set()
    # Findings of one cause are told as one, with all their places.
    for finding, place in ((finding, place) for finding in json.loads(run.stdout)["findings"] for place in finding["places"]):
        text = (directory / place["path"]).read_bytes()[place["byte_range"]["start"]:place["byte_range"]["end"]].decode()
        # Directives are told by their name: what stands in them is written in another way in the rendering.
        words = text.split()
        is_directive = words and re.fullmatch(r"[a-z_]*(ssl|pass|listen)[a-z_]*", words[0])
        # A list has its separators in the rendering, and its brackets in the file of values.
        text = words[0] if is_directive else re.sub(r"""[\\[\\]"', :]+""", " ", text).strip()
        found.add((finding["check"], text, tuple(finding["data"].get("when", []))))
    return found


def holds(label, flags, when):
    return not when or any(all(answer(label, flags, one) for one in re.split(r" and (?=`|the values)", alternative)) for alternative in when)


def answer(label, flags, words):
    chosen = re.match(r"the values of `(.*)` are (not )?used", words)
    if chosen:
        return (chosen.group(1) == label) == (chosen.group(2) is None)
    name, said = re.match(r"`(.*?)` is (true|false) ", words).groups()
    return flags[name] == (said == "true")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tlslint")
    arguments.add_argument("count", nargs="?", type=int, default=40)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    tlslint = str(pathlib.Path(arguments.tlslint).resolve())
    rng = random.Random(arguments.seed)
    kinds = [role, role]
    kinds += [environment_of] if shutil.which("envsubst") else []
    kinds += [cookbook] if shutil.which("erb") else []
    compared = wrong = 0
    while compared < arguments.count:
        kind = kinds[compared % len(kinds)]
        with tempfile.TemporaryDirectory() as name:
            tree = pathlib.Path(name)
            subprocess.run(["git", "init", "-q", name], check=True)
            sets, fill = kind(rng, tree)
            of_template = check(tlslint, tree)
            label = rng.choice(sorted(sets))
            flags = {"strict": rng.random() < 0.5, "verify": rng.random() < 0.5}
            text = fill(sets[label], flags)
        with tempfile.TemporaryDirectory() as name:
            (pathlib.Path(name) / "nginx.conf").write_text(text)
            of_rendering = {one[:2] for one in check(tlslint, pathlib.Path(name))}
        of_template = {one[:2] for one in of_template if holds(label, flags, one[2])}
        compared += 1
        if of_template != of_rendering:
            wrong += 1
            print(f"-- {kind.__name__} {label} {sets[label]} {flags}\n{text}")
            print(f"only of the rendering: {sorted(of_rendering - of_template)}")
            print(f"only of the template: {sorted(of_template - of_rendering)}")
    print(f"{compared - wrong} of {compared} renderings with the repository's values agree with their templates")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
