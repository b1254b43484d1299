"""Mails that are made for measuring: honest ones of two sizes, and what they are made of; SpamAssassin's rules, and their words."""
import pathlib
import random
import subprocess
import sys

UNPACK = pathlib.Path(__file__).resolve().parent.parent / "integration" / "unpack-package"

HEADER = ("Received: from mx.example.org (mx.example.org [192.0.2.1]) by mx.example.net; Sat, 28 Nov 2026 10:00:00 +0000\n"
          "From: Ann <ann@example.org>\nTo: joe@example.net\nSubject: minutes of the meeting\n"
          "Date: Sat, 28 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.org>\nMIME-Version: 1.0\n")
WORDS = """account address again agreement already amount answer archive arrange before below between board bridge budget
customer daily decide deliver depend design detail develop device differ direct discuss document double free money offer
click here price list order now credit card please visit our website for more information about your account""".split()
HTML = "Content-Type: text/html; charset=utf-8\n"


def text(size, seed=1):
    pick = random.Random(seed)
    lines = []
    while sum(map(len, lines)) < size:
        lines.append(" ".join(pick.choices(WORDS, k=11)) + "\n" + "\n" * (pick.random() < 0.2))
    return "".join(lines)


def html(size):
    out = []
    for n, line in enumerate(text(size).split("\n")):
        if line:
            out.append(f'<tr><td class="c" style="color:#333333;font-size:14px"><a href="https://www.example.org/{n}">'
                       f"{line[:20]}</a> {line[20:]}</td></tr>\n")
        if sum(map(len, out)) > size:
            break
    return "<html><body><table>\n" + "".join(out) + "</table></body></html>\n"


def small():
    return HEADER + "\n" + text(1700)


def large():
    return HEADER + HTML + "\n" + html(50000)


def stock_rules():
    """The folder of SpamAssassin's rules, as Debian has them."""
    done = subprocess.run([UNPACK, "spamassassin"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("skipped: the package spamassassin is not to be had")
    return pathlib.Path(done.stdout.strip()) / "usr/share/spamassassin"


def words_of(rules):
    """What stands in the rules: text that each of them might match."""
    words = []
    for path in sorted(rules.glob("*.cf")):
        for line in path.read_text(errors="replace").split("\n"):
            if line.lstrip().startswith(("body", "rawbody", "full")):
                words += [w for w in "".join(c if c.isalpha() else " " for c in line).split() if len(w) > 2]
    return " ".join(words)
