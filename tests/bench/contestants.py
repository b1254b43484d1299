"""Who judges mails, each on one core and with local rules only: no block list, no Bayes, nothing remembered.

    with Spamd() as one:
        one.judge(paths, times)     # scores of the mails; what it took to judge each of them so many times, one after another

CPU is of all processes of a contestant; what starting costs is no part of it.
"""
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import time

from corpora import LOCAL, ROOT, scan
from dnsstub import DnsStub
from postern import Folder, free_port
import rspamd
from said import Said

STOCK = "/usr/share/spamassassin"


class Judged:
    def __init__(self, scores, wall_s, cpu_s, count):
        self.scores, self.rate, self.cpu_ms = scores, count / wall_s, 1000 * cpu_s / count


class Contestant:
    missing = None  # why it cannot take part

    def __enter__(self):
        self.folder = Folder()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.remove()

    def start(self):
        pass

    def stop(self):
        pass

    def judge(self, paths, times):
        """Of a server: it is asked over one connection after another, or one that stays."""
        self.score(paths[0])
        wall, cpu = time.monotonic(), self.cpu_s()
        scores = [self.score(p) for _ in range(times) for p in paths]
        return Judged(scores[:len(paths)], time.monotonic() - wall, self.cpu_s() - cpu, len(scores))


class Postern(Contestant):
    speed = 20  # how often it judges what others do once

    def __init__(self, name, rules, tags, jobs=1):
        self.name, self.rules, self.tags, self.jobs = name, rules, tags, jobs

    def start(self):
        self.config = self.folder.write("corpus.conf", f'rules {{ files = ["{self.rules}"]  scores = local }}\n{LOCAL}')

    def judge(self, paths, times):
        """In one process; without what a scan of one mail takes."""
        one = self.timed(paths[:1], 1)
        whole = self.timed(paths, times)
        return Judged(whole[0][:len(paths)], whole[1] - one[1], whole[2] - one[2], len(whole[0]) - 1)

    def timed(self, paths, times):
        wall, cpu = time.monotonic(), cpu_of_children()
        results = scan(self.config, list(paths) * times, self.jobs)
        return [r["score"] for r in results], time.monotonic() - wall, cpu_of_children() - cpu


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Spamd(Contestant):
    """One child, on a port of loopback, with no home and no Bayes."""
    name, tags, speed = "SpamAssassin 4 (spamd -L)", 5, 1
    if not shutil.which("spamd"):
        missing = "spamd is not installed"

    def start(self):
        self.port = free_port()
        home = self.folder.path / "spamd"
        home.mkdir()
        self.process = subprocess.Popen(
            ["spamd", "-L", "-x", "-i", "127.0.0.1", "-p", str(self.port), "-m", "1", "--max-conn-per-child=1000000", "-H", home,
             "-s", "stderr", "--cf=use_bayes 0", "--cf=use_auto_whitelist 0", "--cf=use_txrep 0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if not Said(self.process.stderr, lambda line: "server successfully spawned child process" in line).wait(120):
            self.stop()
            sys.exit("spamd does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def score(self, path):
        data = path.read_bytes()
        with socket.create_connection(("127.0.0.1", self.port)) as c:
            c.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(data) + data)
            c.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: c.recv(65536), b""))
        # Spam: True ; 12.3 / 5.0
        return float(answer.decode("latin-1").split("Spam:")[1].split(";")[1].split("/")[0])

    def cpu_s(self):
        return rspamd.cpu_us(self.process.pid) / 1e6


class Rspamd(Contestant):
    """Beside a name server that knows no name: with none it would wait for the few that it asks for all the same."""
    name, tags, speed = "rspamd 3.4", 6, 8

    def __init__(self):
        if not rspamd.installed():
            self.missing = "rspamd is not installed"

    def start(self):
        self.dns = DnsStub().__enter__()
        self.server = rspamd.Rspamd(self.folder, self.dns.port, rspamd.LOOKUPS).__enter__()

    def stop(self):
        self.server.__exit__()
        self.dns.__exit__()

    def score(self, path):
        return self.server.scan(path.read_bytes(), {})["score"]

    def cpu_s(self):
        return self.server.cpu_us() / 1e6


def everybody():
    cores = os.cpu_count()
    yield Postern("Postern, rules of its own", ROOT / "rules" / "*.cf", 5)  # where tests/bench/tune wants them to differ
    yield Postern(f"Postern, rules of its own, --jobs {cores}", ROOT / "rules" / "*.cf", 5, cores)
    stock = Postern("Postern, SpamAssassin's rules", STOCK + "/*.cf", 5)
    if not os.path.isdir(STOCK):
        stock.missing = "spamassassin is not installed"
    yield stock
    yield Spamd()
    yield Rspamd()
