"""HAProxy's configuration language: one configuration written in many ways, and in several files."""

# Words that stand for ports or paths are filled in later, and no part of them may be changed.
PLACEHOLDER = "@"
CONDITIONS = [
    "version_atleast(2.4)", "version_atleast(2.8)", "version_before(3.0)", "openssl_version_atleast(3.0.0)", "feature(OPENSSL)",
    "!feature(OPENSSL)", "defined(NOT_DEFINED)", "defined(MINIMUM)", "streq(a,a)", "openssl_version_before(1.1.1)",
    "1", "0", "!0", "1 && 0", "0 || version_atleast(2.4)", "!(1 && 0)", "strneq(a,b) && feature(THREAD)", "",
    "ssllib_name_startswith(OpenSSL)",
]  # fmt: skip


def section(name, lines):
    return [name, *(line if line.startswith(".") else f"  {line}" for line in lines)]


def conditional(random, lines, others, depth=0):
    """`lines` under a condition, or instead of them others or nothing."""
    inside = list(lines)
    if depth < 2 and random.random() < 0.3:
        inside = conditional(random, inside, others, depth + 1)
    out = [f".if {random.choice(CONDITIONS)}", *inside]
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        out += [f".elif {random.choice(CONDITIONS)}", *random.choice(others)]
    if random.random() < 0.4:
        out += [".else", *random.choice(others)]
    return [*out, ".endif"]


def disguise(random, line):
    """`line` with some of its words quoted, escaped or commented, mostly without changing what it means."""
    if line.lstrip().startswith(".") or not line.strip():
        return line
    indent = line[: len(line) - len(line.lstrip())]
    words = line.split()
    # What a word of another kind may hold, nobody asks.
    concerns_tls = words[0].startswith(("bind", "server", "default-server", "ssl-", "tune.ssl"))
    words = [disguised_word(random, word, at > 0 and concerns_tls) if random.random() < 0.12 else word for at, word in enumerate(words)]
    blank = random.choice([" ", " ", " ", "  ", "\t", " \t "])
    comment = random.choice(["", "", "", "", "", "", " # ssl-min-ver TLSv1.0", "#ssl", " \t"]) if random.random() < 0.2 else ""
    return random.choice([indent, indent, "", "\t"]) + blank.join(words) + comment


def disguised_word(random, word, is_argument):
    style = random.random()
    if style < 0.2 and "'" not in word and '"' not in word:
        return f"'{word}'"
    if style < 0.4 and '"' not in word and "'" not in word:
        return f'"{word}"'
    if PLACEHOLDER in word or any(mark in word for mark in "\"'\\$#"):
        return word
    at = random.randrange(len(word))
    if style < 0.6:
        return f'{word[:at]}"{word[at:]}"' if style < 0.5 else f"{word[:at]}'{word[at:]}'"
    if style < 0.75:
        return f"{word[:at]}\\x{ord(word[at]):02x}{word[at + 1:]}"
    if style < 0.9 and is_argument:
        return f'"${{NOT_SET-{word}}}"'
    if style < 0.92 and is_argument:
        # What means something else, or nothing at all.
        return random.choice([f"{word[:at]}\\{word[at:]}", f"{word} \\", f"${{NOT_SET-{word}}}", f"'{word}", f"{word}\\ "])
    return word + random.choice(['""', "''"])


def write(random, sections):
    """({file: text}, arguments): one file, or several and the arguments that name them."""
    if random.random() < 0.4:
        sections = [[disguise(random, line) for line in lines] for lines in sections]
    texts = ["".join(f"{line}\n" for line in lines) for lines in sections]
    if random.random() < 0.03:
        texts = [text.replace("\n", "\r\n") for text in texts]
    if random.random() < 0.02:
        texts[-1] = texts[-1].removesuffix("\n")
    kind = random.random()
    if kind < 0.85:
        return {"haproxy.cfg": "".join(texts)}, []
    cut = random.randint(1, len(texts))
    first, second = "".join(texts[:cut]), "".join(texts[cut:]) or "# nothing\n"
    if kind < 0.93:
        return {"a.cfg": first, "b.cfg": second}, ["-f", "@DIR@/a.cfg", "-f", "@DIR@/b.cfg"]
    # Of a directory only what ends in .cfg counts, in the order of the names.
    files = {"conf.d/20-b.cfg": second, "conf.d/10-a.cfg": first, "conf.d/15.cfg.bak": "nonsense\n", "conf.d/.hidden.cfg": "nonsense\n"}
    return files, ["-f", "@DIR@/conf.d"]
