#!/usr/bin/env python3
"""Holds what tlslint says of templates against what it says of their real renderings.

usage: renderings.py TLSLINT [COUNT] [--seed N]

Templates are put together at random and rendered by the engine itself (Jinja's, from PyPI) for random values. Every finding of a
rendering must be among the template's with a condition that holds for these values, and none else may be.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import jinja2

FLAGS = ["tls", "strict", "legacy"]
MODES = ["old", "modern", "other"]
PROTOCOLS = ["TLSv1 TLSv1.1 TLSv1.2", "TLSv1.2", "TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2", "TLSv1.3"]
CIPHERS = ["HIGH:!aNULL", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA:AES128-SHA"]


def condition(rng):
    flag = rng.choice(FLAGS)
    kinds = [
        flag,
        f"not {flag}",
        f"{flag} and {rng.choice(FLAGS)}",
        f"{flag} or not {rng.choice(FLAGS)}",
        f"mode == '{rng.choice(MODES)}'",
        f"mode != '{rng.choice(MODES)}'",
        f"mode in ['old', 'modern'] and {flag}",
        "extra is defined",
        f"extra is not defined or {flag}",
        f"level {rng.choice(['>', '<', '>=', '<='])} {rng.randrange(1, 4)}",
        f"({flag} and mode == 'old') or strict",
    ]
    return rng.choice(kinds)


def choice(rng, lines, depth):
    """Lines in branches; each of `lines` makes one branch's."""
    text = f"{{% if {condition(rng)} %}}\n{lines(depth)}"
    while rng.random() < 0.3:
        text += f"{{% elif {condition(rng)} %}}\n{lines(depth)}"
    if rng.random() < 0.5:
        text += f"{{% else %}}\n{lines(depth)}"
    return text + "{% endif %}\n"


def setting(rng, number):
    """A directive that is written differently every time, so that findings can be told apart."""
    kind = rng.randrange(3)
    if kind == 0:
        return f"ssl_protocols {rng.choice(PROTOCOLS)};\n"
    if kind == 1:
        return f"ssl_ciphers {rng.choice(CIPHERS)};\n"
    return f"ssl_prefer_server_ciphers {rng.choice(['on', 'off'])};\n"


def settings(rng, depth=2):
    def one(left):
        if left and rng.random() < 0.5:
            return choice(rng, one, left - 1)
        return setting(rng, 0)

    return one(depth)


def server(rng, port):
    listen = f"listen {port} ssl;\n"
    clear = f"listen 127.0.0.1:{port + 1};\n"
    listens = rng.choice([
        listen,
        f"{{% if {condition(rng)} %}}\n{listen}{{% else %}}\n{clear}{{% endif %}}\n",
        f"listen {port}{{% if {condition(rng)} %}} ssl{{% endif %}};\n",
    ])
    # One directive of each kind at most: whichever branch is taken, none stands twice.
    protocols = rng.choice(["", choice_of(rng, "ssl_protocols", PROTOCOLS)])
    upstream = rng.choice([
        "",
        "location / {\n" + f"{{% if {condition(rng)} %}}\nproxy_pass https://core:{port};\n"
        + f"{{% if {condition(rng)} %}}\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate /ca.pem;\n{{% endif %}}\n"
        + f"{{% else %}}\nproxy_pass http://127.0.0.1:{port};\n{{% endif %}}\n}}\n",
    ])
    return f"server {{\n{listens}ssl_certificate /c{port}.pem;\nssl_certificate_key /k.pem;\n{protocols}{upstream}}}\n"


def choice_of(rng, directive, values):
    def line(left):
        if left and rng.random() < 0.4:
            return choice(rng, line, left - 1)
        return f"{directive} {rng.choice(values)};\n"

    return line(2)


def template(rng):
    head = ""
    inside = ""
    if rng.random() < 0.5:
        head = f"{{% set protocols = '{rng.choice(PROTOCOLS)}' %}}\n"
        head += f"{{% if {condition(rng)} %}}\n{{% set protocols = '{rng.choice(PROTOCOLS)}' %}}\n{{% endif %}}\n"
        inside = "ssl_protocols {{ protocols }};\n"
    ciphers = rng.choice(["", choice_of(rng, "ssl_ciphers", CIPHERS)])
    servers = "".join(server(rng, 4000 + 10 * n) for n in range(rng.randrange(1, 3)))
    if rng.random() < 0.4:
        servers += f"{{% for site in sites %}}\n{server(rng, 5000)}{{% endfor %}}\n"
    return f"{head}events {{}}\nhttp {{\n{ciphers}{inside}{servers}}}\n"


def values(rng):
    found = {flag: rng.random() < 0.5 for flag in FLAGS}
    found |= {"mode": rng.choice(MODES), "level": rng.randrange(0, 5), "sites": [1] * rng.randrange(2)}
    if rng.random() < 0.5:
        found["extra"] = "x"
    return found


def holds(environment, known, when):
    """Whether one of the alternatives of `when` holds; none at all always does."""
    return not when or any(all(answer(environment, known, one) for one in alternative.split(" and `")) for alternative in when)


def answer(environment, known, words):
    words = "`" + words.lstrip("`")
    name, said = re.fullmatch(r"`(.*?)` (.*?) \([^()]*:\d+\)", words).groups()
    value = environment.compile_expression(name, undefined_to_none=False)(**known)
    defined = not isinstance(value, jinja2.Undefined)
    if said in ("is true", "is false"):
        return bool(value) == (said == "is true")
    if said in ("has entries", "is empty"):
        return bool(value) == (said == "has entries")
    if said in ("is defined", "is not defined"):
        return defined == (said == "is defined")
    kind, text = re.fullmatch(r"is (not|below|at least|at most|above)? ?(.*)", said).groups()
    if text.startswith("'"):
        return (value == text.strip("'")) == (kind is None)
    number = float(text)
    return {"below": value < number, "at least": value >= number, "at most": value <= number, "above": value > number}[kind]


def check(tlslint, directory):
    """The findings (check, the bytes at fault, conditions), and whether all combinations were read."""
    run = subprocess.run(
        [tlslint, "check", "--isolated", "--output-format", "json", "-q", "nginx.conf"], cwd=directory, capture_output=True, text=True
    )
    if run.returncode not in (0, 1):
        sys.exit(f"tlslint: {run.stderr}")
    document = json.loads(run.stdout)
    found = set()
    # Findings of one cause are told as one, with all their places.
    for finding, place in ((finding, place) for finding in document["findings"] for place in finding["places"]):
        text = (directory / place["path"]).read_bytes()[place["byte_range"]["start"]:place["byte_range"]["end"]].decode()
        # What tags stand in is written in another way in the rendering: the directive and its first word tell it.
        words = re.sub(r"{%.*?%}", " ", text).rstrip(";").split()
        text = " ".join(words[:1] if words[:1] == ["ssl_protocols"] else words[:2])
        found.add((finding["check"], text, tuple(finding["data"].get("when", []))))
    return found, document["summary"]["worlds"]["past_bound"] == 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tlslint")
    arguments.add_argument("count", nargs="?", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    tlslint = str(pathlib.Path(arguments.tlslint).resolve())
    rng = random.Random(arguments.seed)
    environment = jinja2.Environment()
    compared = wrong = passed_over = 0
    while compared < arguments.count:
        text, known = template(rng), values(rng)
        found = []
        for content in (text, environment.from_string(text).render(**known)):
            with tempfile.TemporaryDirectory() as name:
                (pathlib.Path(name) / "nginx.conf").write_text(content)
                found.append(check(tlslint, pathlib.Path(name)))
        (of_template, is_whole), (of_rendering, _) = found
        if not is_whole:
            passed_over += 1
            continue
        compared += 1
        # What takes too many words is told by its number of renderings.
        untold = {(check, at) for check, at, when in of_template if any("renderings do so" in one for one in when)}
        of_template = {one for one in of_template if one[:2] not in untold}
        of_rendering = {one for one in of_rendering if one[:2] not in untold}
        of_template = {(check, at) for check, at, when in of_template if holds(environment, known, when)}
        of_rendering = {(check, at) for check, at, _ in of_rendering}
        if of_template != of_rendering:
            wrong += 1
            print(f"-- {known}\n{text}only of the rendering: {sorted(of_rendering - of_template)}")
            print(f"only of the template: {sorted(of_template - of_rendering)}")
    print(f"{compared - wrong} of {compared} renderings agree with their templates; {passed_over} templates with too many")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
