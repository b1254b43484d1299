"""SMTP smuggling: fake ends of data.  A message with one, a second transaction behind it and a real end is one
delivery or a refusal, never two, whatever the backend takes for an end (an old Postfix takes LF.LF for one)."""
import contextlib
import itertools
import json
import re
import unittest

from hostile import Backend
from peers import Postfix, Sink
from postern import SUITES, Folder, Postern

PUBLISHED = SUITES / "smtp" / "smuggling-sequences.json"
BEHIND = b"MAIL FROM:<smuggled@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: smuggled\r\n\r\nbody"

# Every pair of what may stand before and behind a dot; CRLF and CRLF is the real end, so it is left out.
EDGES = (b"", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n", b"\r\n\r", b"\n\r", b"\r\n\0", b"\0\r\n", b"\0", b"\x0b",
         b"\x85", b"\xe2\x80\xa8", b"\r\n ", b"\r\n\t", b" \r\n", b"\r\0\n", b"\x8d\x8a", b"\r\n.")
OURS = [before + b"." + behind for before, behind in itertools.product(EDGES, EDGES)
        if not (before.endswith(b"\r\n") and behind.startswith(b"\r\n"))]


class Recorder(Backend):
    """Keeps every byte it is sent."""

    class Socket:
        def __init__(self, c, to):
            self.c, self.to, self.sendall = c, to, c.sendall

        def makefile(self, mode):
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.c.close()

        def __iter__(self):
            with self.c.makefile("rb") as f:
                for line in f:
                    self.to.append(line)
                    yield line

    def __init__(self, **answers):
        self.raw = []
        super().__init__(**answers)

    def _serve(self, c, number):
        super()._serve(self.Socket(c, self.raw), number)


def published():
    if not PUBLISHED.exists():
        raise unittest.SkipTest(f"{PUBLISHED} is not there")
    return [s.encode("latin-1") for s in json.loads(PUBLISHED.read_text())["sequences"]]


def everything(ours=OURS):
    return [*ours, *(published() if PUBLISHED.exists() else [])]


class Smuggling(unittest.TestCase):
    def play(self, gate, sequences, chunk=False):
        """Every sequence on one connection, in one write; what the client heard: True when it was accepted."""
        with gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            for n, sequence in enumerate(sequences):
                if n % 10 == 9:  # before too many errors end the session
                    c.expect(221, "QUIT")
                    c.close()
                    c.__init__(gate.port)
                    c.expect(220)
                    c.expect(250, "EHLO client.example")
                c.expect(250, "MAIL FROM:<a@example.org>")
                c.expect(250, "RCPT TO:<b@example.net>")
                message = b"X-Load-Id: %d\r\nSubject: x\r\n\r\nbody" % n + sequence + BEHIND + b"\r\n"
                if chunk:
                    c.raw(b"BDAT %d LAST\r\n" % len(message) + message)
                else:
                    c.expect(354, "DATA")
                    c.raw(message + b".\r\n")
                code, text = c.reply()
                self.assertIn(code // 100, (2, 5), (sequence, text))
                c.expect(250, "RSET")  # the next reply is the one to this: there was no second end
                yield sequence, code == 250

    def against_the_sink(self, mode, sequences):
        folder = Folder()
        self.addCleanup(folder.remove)
        with Sink(folder.path) as sink, Postern(
                workers=1, listener=f"bare_newline = {mode}  errors_max = 100",
                backend=f'backend "mta" {{ servers = ["{sink.address}"] }}') as gate:
            told = list(self.play(gate, sequences))
            stored = sink.stored()
        self.assertEqual([m["id"] for m in stored], [str(n) for n, (_, accepted) in enumerate(told) if accepted])
        self.assertEqual({m["from"] for m in stored} - {"<a@example.org>"}, set())
        accepted = [s for s, yes in told if yes]
        if mode == "reject":
            self.assertEqual([s for s in accepted if re.search(rb"\r|\n", s.replace(b"\r\n", b""))], [],
                             "a bare CR or LF was accepted")
        else:
            self.assertTrue(accepted, "nothing was accepted")

    def test_published_reject(self):
        self.against_the_sink("reject", published())

    def test_published_normalize(self):
        self.against_the_sink("normalize", published())

    def test_ours_reject(self):
        self.against_the_sink("reject", OURS)

    def test_ours_normalize(self):
        self.against_the_sink("normalize", OURS)

    def against_postfix(self, mode, options=(), chunk=False):
        reason = Postfix.missing()
        if reason:
            self.skipTest(reason)
        sequences = everything(OURS[::5])
        mta = Postfix({"mx": options})
        self.addCleanup(mta.close)
        with Postern(workers=1, listener=f"bare_newline = {mode}  errors_max = 100",
                     backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports["mx"]}"] }}') as gate:
            accepted = [s for s, yes in self.play(gate, sequences, chunk) if yes]
            for n in range(len(accepted)):
                mta.wait_delivered(gate.wait_log("verdict", count=n + 1, action="accept")["reply"])
        self.assertEqual(len(mta.mails()), len(accepted))
        self.assertFalse([m for m in mta.mails() if b"Return-Path: <smuggled" in m])

    def against_the_recorder(self, mode, chunk):
        """Raw bytes: no bare CR or LF among them, and a line that is a dot only where the message ends."""
        with contextlib.closing(Recorder()) as mta, Postern(
                workers=1, listener=f"bare_newline = {mode}  nul = keep  errors_max = 100",
                backend=mta.config()) as gate:
            accepted = [s for s, yes in self.play(gate, everything(), chunk) if yes]
            raw = b"".join(mta.raw)
        self.assertTrue(accepted)
        self.assertEqual(len(mta.mails), len(accepted))
        self.assertIsNone(re.search(rb"(?<!\r)\n|\r(?!\n)", raw))
        self.assertEqual(len(re.findall(rb"(?<=\r\n)\.(?=\r\n)", raw)), len(accepted))
        self.assertNotIn(b"\nMAIL FROM:<smuggled", re.sub(rb"\nDATA\r\n.*?\r\n\.\r\n", b"", raw, flags=re.S))

    def test_raw_reject(self):
        self.against_the_recorder("reject", False)

    def test_raw_normalize(self):
        self.against_the_recorder("normalize", False)

    def test_raw_reject_chunk(self):
        self.against_the_recorder("reject", True)

    def test_raw_normalize_chunk(self):
        self.against_the_recorder("normalize", True)

    def test_postfix_behind_it_reject(self):
        self.against_postfix("reject")

    def test_postfix_behind_it_normalize(self):
        self.against_postfix("normalize  nul = keep")

    def test_postfix_behind_it_chunk(self):
        self.against_postfix("normalize  nul = keep", chunk=True)

    def test_postfix_without_chunking_behind_it(self):
        self.against_postfix("normalize  nul = keep", ["smtpd_discard_ehlo_keywords=chunking"], chunk=True)


if __name__ == "__main__":
    unittest.main()
