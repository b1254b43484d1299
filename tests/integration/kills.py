#!/usr/bin/python3
"""Workers killed at random under mail that the embedded store holds up, counts and remembers.

    tests/integration/kills.py [KILLS]     prints what it saw

Every mail is greylisted first, rates, reputation and mail that is alike are counted.  What must hold: what was answered 250 is at the
backend, once; whoever was let through is known to the store as one who has passed; nothing failed or was found damaged,
and at the end every record of the file can be read.
"""
import os
import random
import re
import signal
import subprocess
import sys
import unittest

from load import Load
from peers import Sink
from postern import BINARY, PATIENCE, Folder, Postern

EXTRA = """
control { socket = "run/control.sock" }
vantage { except = "127.0.0.0/8" }
greylist { delay = 1s  allow_after = 0 }
rate "mails" { per = address  counts = messages  limit = 1000000/1h }
reputation { }
bulk { }
rdns { enabled = no }  spf { enabled = no }  dkim { enabled = no }  arc { enabled = no }  dmarc { enabled = no }
verdict "grey" { when = not AUTHENTICATED   do = greylist }
"""


def rcpt(name):
    return f"user{name}@example.net"


class Killer:
    """Kills a worker whenever so many mails more were tried, `between` on average, and the one before it was replaced."""

    def __init__(self, gate, load, between=50, seed=1):
        self.gate, self.load, self.between, self.chance, self.kills = gate, load, between, random.Random(seed), 0

    def run(self, kills):
        for _ in range(kills):
            self.load.wait_attempts(self.chance.randrange(1, 2 * self.between))
            os.kill(self.chance.choice(self.gate.workers()), signal.SIGKILL)
            self.kills += 1
            self.gate.wait_log("worker", count=2 + self.kills, state="started")


def passed(gate):
    """Recipients of the mails that have passed, as `postern greylist show` tells them."""
    out = subprocess.run([BINARY, "greylist", "-c", gate.config, "show", "example.net"], text=True, check=True,
                         timeout=PATIENCE, cwd=gate.dir, stdout=subprocess.PIPE).stdout
    return set(re.findall(r"^passed .* a@example\.org (\S+)$", out, re.M))


def kills(test, times):
    folder = Folder()
    test.addCleanup(folder.remove)
    sink = Sink(folder.path).start()
    test.addCleanup(sink.close)
    gate = Postern(backend=f'backend "mta" {{ servers = ["{sink.address}"] }}', extra=EXTRA)
    test.addCleanup(gate.close)
    gate.start()
    with Load(gate.port, messages=1000000, rcpt=rcpt, deadline=60 + 10 * times) as load:
        killer = Killer(gate, load)
        killer.run(times)
        load.wait_accepted(1)  # each is held up for a second
        load.stop()
    load.check(test, sink.stored())
    let_through = passed(gate)
    test.assertFalse({rcpt(name) for name in load.accepted} - let_through, "passed, and not known to have")
    os.kill(gate.workers()[0], signal.SIGSEGV)  # every record is read then
    gate.wait_log("store", what="sound")
    gate.wait_log("worker", count=3 + killer.kills, state="started")
    test.assertEqual(gate.stop(), 0)
    test.assertEqual(gate.log("error") + gate.log("degraded", what="store"), [])
    test.assertEqual(len(gate.log("worker", state="ended", signal="9")), killer.kills)
    return {"kills": killer.kills, "attempts": len(load.attempts), **load.outcomes(), "stored": len(sink.stored()),
            "passed": len(let_through)}


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 300

    class ByHand(unittest.TestCase):
        def runTest(self):
            print(*(f"{k}={v}" for k, v in kills(self, times).items()))

    return not unittest.TextTestRunner().run(ByHand()).wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())
