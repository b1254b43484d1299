"""A real Exim behind the gate: CHUNKING end to end."""
import unittest

from exim import Exim
from postern import Postern


def setUpModule():
    reason = Exim.missing()
    if reason:
        raise unittest.SkipTest(reason)


def gate_before(exim, extra="", **values):
    return Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{exim.port}"] }}', extra=extra, **values)


class Chunking(unittest.TestCase):
    def test_chunks_end_to_end(self):
        with Exim() as exim, gate_before(exim) as gate, gate.connect() as c:
            c.expect(220)
            self.assertIn("CHUNKING", c.expect(250, "EHLO client.example"))
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            for piece, last in (b"Subject: in chunks\r\n\r", ""), (b"\n.\r\n..two\r\n.", ""), (b"\r\nend\r\n", " LAST"):
                c.raw(b"BDAT %d%s\r\n%s" % (len(piece), last.encode(), piece))
                text = c.expect(250)
            self.assertRegex(text, "OK id=")
            exim.wait_log("=> b", "T=box")
            mail, = exim.mails()
            self.assertTrue(mail.endswith(b"\n\n.\n..two\n.\nend\n"), mail)
            self.assertIn(b"Subject: in chunks\n", mail)
            self.assertIn("K", next(l for l in exim.log() if "<= a@example.org" in l).split())
