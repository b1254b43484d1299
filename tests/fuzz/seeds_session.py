#!/usr/bin/python3
"""Prints the seeds of fuzz_session into tests/corpus/session: what the clients of tests/session/*.smtp say, with
one config or the other, and something that goes wrong at the backend."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TO = ROOT / "tests/corpus/session"
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


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


def talk(path):
    out, speaking = b"", False
    for line in path.read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word in ("C:", "C+:"):
            said = (rest + "\r\n").encode() if word == "C:" else unescape(rest)
            out += said.replace(b"\xff", b"\xff\xff")
            speaking = True
        elif speaking:
            out += b"\xff\x00"
            speaking = False
    return out


def main():
    TO.mkdir(parents=True, exist_ok=True)
    for i, path in enumerate(sorted((ROOT / "tests/session").glob("*.smtp"))):
        said = talk(path)
        if not 0 < len(said) < 4000:
            continue
        (TO / path.stem).write_bytes(bytes([i % 2, i % 9, i % 11, 3]) + said)


main()
