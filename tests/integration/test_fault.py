"""Under load: whatever was answered 250 is in the Maildir, also when workers are killed, the config is
read again, and the program is told to stop."""
import os
import random
import re
import signal
import smtplib
import threading
import unittest

from postern import Postern


class Load:
    """Clients that send one small mail after another, and remember what was answered 250."""

    def __init__(self, gate, clients):
        self.gate = gate
        self.acknowledged = set()
        self.lock = threading.Lock()
        self.grown = threading.Condition(self.lock)
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(clients)]
        for t in self.threads:
            t.start()

    def run(self, client):
        n = 0
        while not self.stopped.is_set():
            name = f"load-{client}-{n}"
            n += 1
            try:
                self.gate.send(name)
            except (smtplib.SMTPException, OSError):
                continue  # not acknowledged: a real client would send it again
            with self.grown:
                self.acknowledged.add(name)
                self.grown.notify_all()

    def wait_for_more(self, count, timeout=30):
        """Until that many more were acknowledged than now."""
        with self.grown:
            goal = len(self.acknowledged) + count
            return self.grown.wait_for(lambda: len(self.acknowledged) >= goal, timeout)

    def stop(self):
        self.stopped.set()
        for t in self.threads:
            t.join(60)
        return self.acknowledged


def subjects(gate):
    """A Maildir has the line ends of its system."""
    return [re.search(rb"(?m)^Subject: (\S+)$", mail).group(1).decode() for mail in gate.mails()]


class Faults(unittest.TestCase):
    def check(self, gate, load):
        acknowledged = load.stop()
        there = subjects(gate)
        self.assertEqual(acknowledged - set(there), set(), "answered 250 and not stored")
        # Only what was under way when a worker was killed may be there without an acknowledgement.
        self.assertEqual(len(there), len(set(there)), "stored twice")
        self.assertLessEqual(len(set(there) - acknowledged), 60)

    def test_workers_killed_and_config_reloaded_under_load(self):
        chance = random.Random(7)
        with Postern(workers=2) as gate:
            load = Load(gate, 6)
            for n in range(1, 7):
                self.assertTrue(load.wait_for_more(20))
                os.kill(chance.choice(gate.workers()), signal.SIGKILL)
                gate.wait_log("worker", count=n, state="ended", signal="9")
            for n in range(2, 4):
                self.assertTrue(load.wait_for_more(20))
                gate.tell(signal.SIGHUP)
                gate.wait_log("ready", count=n)
            self.assertTrue(load.wait_for_more(20))
            self.check(gate, load)
            self.assertEqual(gate.stop(), 0)

    def test_told_to_stop_under_load(self):
        with Postern(workers=2) as gate:
            load = Load(gate, 6)
            self.assertTrue(load.wait_for_more(50))
            self.assertEqual(gate.stop(), 0)
            self.check(gate, load)


if __name__ == "__main__":
    unittest.main()
