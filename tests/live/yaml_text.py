"""Writes a tree as YAML in a random style, or as JSON.

A tree is made of lists, scalars and mappings; a mapping is a list of (key, value) tuples in a `Map`, so that a key can
come twice.
"""

import json
import re

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*$")
# What YAML 1.1 reads as something else than a string.
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}


class Map(list):
    """A mapping as (key, value) tuples, in order."""


def as_map(value):
    """`value` with its dictionaries as `Map`s."""
    if isinstance(value, dict):
        return Map((key, as_map(inner)) for key, inner in value.items())
    if isinstance(value, Map):
        return Map((key, as_map(inner)) for key, inner in value)
    if isinstance(value, list):
        return [as_map(inner) for inner in value]
    return value


def yaml(random, tree):
    return "\n".join(block(random, as_map(tree), "")) + "\n"


def block(random, value, indent):
    """The lines of `value` in block style; short parts may turn into flow style."""
    lines = []
    if isinstance(value, Map) and value:
        for key, inner in value:
            lines += entry(random, f"{indent}{scalar(random, key)}:", inner, indent + "  ")
        return lines
    if isinstance(value, list) and value:
        for inner in value:
            if isinstance(inner, (Map, list)) and inner and random.random() < 0.9:
                first, *rest = block(random, inner, indent + "  ")
                lines += [f"{indent}- {first.lstrip()}", *rest]
            else:
                lines.append(f"{indent}- {flow(random, inner)}")
        return lines
    return [indent + flow(random, value)]


def entry(random, head, value, indent):
    short = len(flow(random, value)) < random.choice([0, 20, 60, 100])
    if not isinstance(value, (Map, list)) or not value or short:
        return [f"{head} {flow(random, value)}"]
    return [head, *block(random, value, indent)]


def flow(random, value):
    if isinstance(value, Map):
        return "{" + ", ".join(f"{scalar(random, key)}: {flow(random, inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(random, inner) for inner in value) + "]"
    return scalar(random, value)


def scalar(random, value):
    if value is None:
        return random.choice(["null", "~"])
    if not isinstance(value, str):
        return json.dumps(value)
    plain = PLAIN.match(value) and value.lower() not in WORDS
    if value.startswith("@PEM:"):
        # The line ends in it are escaped.
        return json.dumps(value)
    # A placeholder for a port has to stay bare to become a number.
    if value.startswith("@P") or value.startswith("@U"):
        return value
    style = random.random()
    if plain and style < 0.8:
        return value
    if style < 0.5 and "'" not in value:
        return f"'{value}'"
    return json.dumps(value)


def as_json(tree):
    """`tree` as JSON, ports bare."""
    return re.sub(r'"(@[PU]\d@)"', r"\1", json_text(as_map(tree))) + "\n"


def json_text(value):
    if isinstance(value, Map):
        return "{" + ", ".join(f"{json.dumps(key)}: {json_text(inner)}" for key, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(json_text(inner) for inner in value) + "]"
    return json.dumps(value)
