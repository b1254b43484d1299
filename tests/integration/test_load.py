"""Under load, in front of real backends, things break: the backend, a worker, the daemon.  What was answered 250 is at the
backend, once; what is at the backend was answered 250, or SMTP itself left it open."""
import hashlib
import os
import re
import signal
import subprocess
import unittest

from load import Load
from peers import SMTP_SINK, SMTP_SOURCE, Postfix, Sink, SmtpSink, wait_until
from postern import Folder, FolderTest, Postern


class Faults(FolderTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(self.folder.path).start()
        self.addCleanup(self.sink.close)

    def gate(self, *sinks):
        servers = ", ".join(f'"{s.address}"' for s in sinks or [self.sink])
        gate = Postern(backend=f'backend "mta" {{ servers = [{servers}] }}')
        self.addCleanup(gate.close)
        return gate.start()

    def test_nothing_breaks(self):
        gate = self.gate()
        with Load(gate.port) as load:
            load.finish()
        load.check(self, self.sink.stored())
        self.assertEqual(load.outcomes(), {"accepted": 400})
        self.assertEqual(gate.stop(), 0)
        self.assertEqual(gate.log("stop")[0]["accepted"], "400")

    def test_the_backend_is_killed(self):
        gate = self.gate()
        with Load(gate.port) as load:
            for count in 60, 160, 260:
                load.wait_accepted(count)
                self.sink.kill()
                gate.wait_log("backend_down")
                self.sink.start()
            load.finish()
        load.check(self, self.sink.stored())

    def test_the_backend_is_killed_with_messages_in_hand(self):
        """A slow answer to the final dot: every kill hits some between dot and answer."""
        self.sink.close()
        self.sink.options = "--slow-dot", "0.05"
        self.sink.start()
        gate = self.gate()
        with Load(gate.port, messages=25) as load:
            for count in 40, 80, 120:
                load.wait_accepted(count)
                self.sink.kill()
                self.sink.start()
            load.finish()
        load.check(self, self.sink.stored())
        self.assertGreater(load.outcomes()["unsure"], 0)

    def test_workers_are_killed(self):
        gate = self.gate()
        with Load(gate.port) as load:
            for n, count in enumerate((50, 120, 190, 260), 1):
                load.wait_accepted(count)
                os.kill(gate.workers()[n % 2], signal.SIGKILL)
                gate.wait_log("worker", count=2 + n, state="started")
            load.finish()
        load.check(self, self.sink.stored())
        self.assertEqual(gate.stop(), 0)

    def test_sigterm(self):
        """A drain breaks nothing: no attempt is left open."""
        gate = self.gate()
        with Load(gate.port, messages=5000, retry=False) as load:
            load.wait_accepted(150)
            gate.tell(signal.SIGTERM)
            self.assertEqual(gate.wait(40), 0)
            load.finish()
        load.check(self, self.sink.stored())
        self.assertEqual(load.outcomes()["unsure"], 0, load.attempts[-30:])
        self.assertEqual(gate.log("stop")[0]["accepted"], str(len(load.accepted)))

    def test_reload(self):
        """Nor does handing over to new workers."""
        gate = self.gate()
        with Load(gate.port, messages=60) as load:
            for n, count in enumerate((60, 160, 260), 2):
                load.wait_accepted(count)
                gate.tell(signal.SIGHUP)
                gate.wait_log("ready", count=n)
            load.finish()
        load.check(self, self.sink.stored())
        self.assertEqual(load.outcomes()["unsure"], 0, [a for a in load.attempts if a[1] == "unsure"])
        self.assertEqual(gate.stop(), 0)

    def test_the_daemon_is_killed(self):
        gate = self.gate()
        with Load(gate.port, messages=5000, retry=False) as load:
            load.wait_accepted(150)
            gate.tell(signal.SIGKILL)
            gate.wait()
            load.finish()
        load.check(self, self.sink.stored())

    def test_one_of_two_backends_is_killed(self):
        """With another one there, clients notice at most the messages in hand."""
        with Sink(self.folder.path) as other:
            gate = self.gate(self.sink, other)
            with Load(gate.port) as load:
                load.wait_accepted(100)
                self.sink.kill()
                load.finish()
            load.check(self, self.sink.stored() + other.stored())
            self.assertGreater(len(self.sink.ids()), 0)
            self.assertGreater(len(other.ids()), 200)


class Source(unittest.TestCase):
    """Postfix's own load generator and sink."""

    def setUp(self):
        if not SMTP_SINK or not SMTP_SOURCE:
            self.skipTest("smtp-source and smtp-sink are not installed")
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def source(self, port, *options):
        return subprocess.run([SMTP_SOURCE, "-f", "a@example.org", "-t", "b@example.net", *map(str, options),
                               f"127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)

    def load(self, count, *options):
        with SmtpSink(self.folder.path) as sink, \
                Postern(backend=f'backend "mta" {{ servers = ["{sink.address}"] }}') as gate:
            done = self.source(gate.port, "-m", count, *options)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertEqual(gate.stop(), 0)
            self.assertEqual(gate.log("stop")[0]["accepted"], str(count))
            self.assertEqual(len(sink.dumps()), count)

    def test_a_connection_for_each(self):
        self.load(500, "-s", 20)

    def test_many_on_a_connection(self):
        self.load(1000, "-s", 10, "-d")

    def test_large_ones(self):
        self.load(40, "-s", 5, "-l", 2000000)

    def test_into_a_maildir(self):
        with Postern() as gate:
            done = self.source(gate.port, "-m", 300, "-s", 10, "-r", 1)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertEqual(gate.stop(), 0)
            self.assertEqual(len(gate.mails()), 300)


class PostfixRestarts(unittest.TestCase):
    def test_in_mid_load(self):
        """With our own accounted load and smtp-source beside it."""
        reason = Postfix.missing()
        if reason:
            self.skipTest(reason)
        mta = Postfix({"mx": ["smtpd_authorized_xforward_hosts=127.0.0.1"]})
        self.addCleanup(mta.close)
        gate = Postern(backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports["mx"]}"] }}')
        self.addCleanup(gate.close)
        gate.start()
        with Load(gate.port, messages=40) as load:
            for count in 60, 160:
                load.wait_accepted(count)
                source = subprocess.Popen([SMTP_SOURCE, "-s", "3", "-m", "1000", "-d", "-f", "a@example.org", "-t",
                                           "c@example.net", f"127.0.0.1:{gate.port}"], stderr=subprocess.DEVNULL)
                mta.wait_line(r"to=<c@example.net>.*status=sent")
                mta.stop()
                source.wait(60)  # it gives up at the first 4xx
                mta.start()
            load.finish()
        # Its log may lack what happened while it was being stopped: the mailbox tells.
        wait_until(lambda: load.accepted.keys() <= {m["id"] for m in self.stored(mta)}, "every mail that was accepted")
        load.check(self, self.stored(mta))

    @staticmethod
    def stored(mta):
        """By Postfix's own id: that it may file twice what it was stopped in is no doing of ours."""
        found = {}
        for mail in mta.mails():
            head, _, body = mail.partition(b"\n\n")
            ids = [line[11:].strip().decode() for line in head.split(b"\n") if line.startswith(b"X-Load-Id:")]
            queued = re.search(rb"by mta\.example \(Postfix\) with ESMTP id (\w+)", head).group(1)
            body = body[:-1].replace(b"\n", b"\r\n")
            found[queued] = {"id": ids[0], "copies": str(len(ids)), "digest": hashlib.sha1(body).hexdigest()}
        return found.values()


if __name__ == "__main__":
    unittest.main()
