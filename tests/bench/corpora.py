"""The 600 honest mails and 600 others of the corpora beside the checkout, their two halves, and what a score is worth on them."""
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
from postern import ROOT, SUITES, run  # noqa: E402

CORPORA = SUITES / "corpora"
# What a local judgement is: nothing is asked of a name server, and nothing is remembered.
LOCAL = """
rdns { enabled = no }
spf { enabled = no }
dkim { enabled = no }
dmarc { enabled = no }
arc { enabled = no }
rbl { ask = no }
"""
RATES = 0.001, 0.01  # of honest mail that may be taken for spam


class Mail:
    def __init__(self, name, spam):
        self.name = name
        self.path = CORPORA / name
        self.spam = spam
        # Which half does not change when mails are added: scores are found on one, and the other tells what they are worth.
        self.held_out = hashlib.sha256(self.path.name.encode()).digest()[0] % 2 == 1


def mails():
    if not CORPORA.is_dir():
        sys.exit(f"skipped: {CORPORA} is not there")
    with open(CORPORA / "index.json") as f:
        return [Mail(row["file"], row["label"] != "ham") for row in json.load(f)["slice"]]


def more_honest(but):
    """Other honest mails, none of which is among these."""
    def digest(mail):
        return hashlib.sha256(mail.path.read_bytes()).digest()
    known = {digest(m) for m in but}
    with open(CORPORA / "index.json") as f:
        return [m for m in (Mail(name, False) for name in json.load(f)["alone"]) if digest(m) not in known]


def scan(config, paths, jobs=1):
    """What postern says of each mail."""
    done = run("scan", "-c", config, "--json", "--jobs", jobs, *paths, timeout=600)
    if done.returncode:
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def threshold(pairs, rate):
    """The lowest score from which on at most that share of honest mail is."""
    honest = sorted((score for score, spam in pairs if not spam), reverse=True)
    return honest[int(rate * len(honest))] + 1e-6


def caught(pairs, rate):
    """The share of spam that is found when at most `rate` of honest mail is."""
    least = threshold(pairs, rate)
    spam = [score for score, is_spam in pairs if is_spam]
    return sum(score >= least for score in spam) / len(spam)


def confusion(pairs, least):
    """Spam found and missed, honest mail taken for it and not."""
    hits = [[sum(1 for score, is_spam in pairs if is_spam == spam and (score >= least) == found)
             for found in (True, False)] for spam in (True, False)]
    return *hits[0], *hits[1]
