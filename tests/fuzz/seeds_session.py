#!/usr/bin/python3
"""Prints the seeds of fuzz_session into tests/corpus/session: what the clients of tests/session/*.smtp say and do, what
their backends do as far as the target has it, with the config that fits best.  What fuzzing found stays: found_*."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TO = ROOT / "tests/corpus/session"
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}
CONTROL = {"close": b"\xff\x80", "reset": b"\xff\x81", "half-close": b"\xff\x82", "stall": b"\xff\x83",
           "unstall": b"\xff\x84", "drain": b"\xff\x87"}
MEMORY = {"scarce": b"\xff\x8d\x01", "enough": b"\xff\x8d\x00"}
SEED_MAX = 3000


def table(name):
    """The strings of a table of fuzz_session.c."""
    text = (ROOT / "tests/fuzz/fuzz_session.c").read_text()
    body = re.search(r"\b" + name + r"\[\] = \{(.*?)\n?\};", text, re.S).group(1)
    return re.findall(r'"((?:[^"\\]|\\.)*)"', body)


STEPS, ACTS = table("steps"), table("acts")


def unescape(text):
    out, i = "", 0
    while i < len(text):
        if text[i] != "\\":
            out += text[i]
            i += 1
        elif text[i + 1] == "x":
            out += chr(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            out += ESCAPES[text[i + 1]]
            i += 2
    return out.encode("latin-1")


def backend(rest):
    """The act of the target that is most like it."""
    once = rest.startswith("once ")
    words = rest.split()[1 if once else 0:]
    if words[0] not in STEPS:
        return b""
    text = " ".join(w for w in words[1:] if not w.startswith(("<", "*")))
    like = [i for i, act in enumerate(ACTS) if act == text] or \
        [i for i, act in enumerate(ACTS) if act and act[:2] == text[:2]] or [0]
    return bytes([0xff, 0x88, STEPS.index(words[0]) | (0x80 if once else 0), like[0]])


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def wait(text):
    s = seconds(text)
    return bytes([0xff, 0x8b, min(int(s / 10), 255)]) if s > 12 else bytes([0xff, max(1, int(s * 10))])


def said(word, rest):
    if word == "C:":
        return (rest + "\r\n").encode()
    if word == "C+:":
        return unescape(rest)
    count, _, text = rest.partition(" ")
    if word == "C#:":
        return text.encode() + b"a" * min(int(count), 200)
    return b"".join((text.replace("%d", str(i)) + "\r\n").encode() for i in range(1, min(int(count), 20) + 1))


def talk(lines):
    out, speaking, clients = b"", False, 0
    for line in lines:
        word, _, rest = line.partition(" ")
        if word.startswith("C"):
            out += said(word, rest).replace(b"\xff", b"\xff\xff")
            speaking = True
            continue
        if speaking:
            out += b"\xff\x00"
        speaking = False
        if word == "from":
            out += b"\xff\x80\xff\x85" if clients else b""
            clients += 1
        elif word == "backend":
            out += backend(rest)
        elif word == "memory":
            out += MEMORY[rest.strip()]
        elif word == "wait":
            out += wait(rest.strip())
        else:
            out += CONTROL.get(word, b"")
    return out


def config(text):
    for i, sign in ((9, "identity = proxy"), (8, "PRDR"), (8, "memory"), (8, "greeting = backend"), (7, "auth = always"),
                    (6, "proxy_from"), (6, "pregreet"), (5, "tls = implicit"), (4, "tls = required"), (3, "lmtp"), (1, "normalize"),
                    (1, "certificate"), (2, "xclient_from"), (2, "verdict"), (2, "timeout"), (2, "connections")):
        if sign in text:
            return i
    return 0


def main():
    TO.mkdir(parents=True, exist_ok=True)
    for old in TO.iterdir():
        if not old.name.startswith("found_"):
            old.unlink()
    for path in sorted((ROOT / "tests/session").glob("*.smtp")):
        text = path.read_text()
        did = talk(text.splitlines())
        if 0 < len(did) < SEED_MAX:
            (TO / path.stem).write_bytes(bytes([config(text), 8, 0, 0x0f if "verdict" in text else 0]) + did)


main()
