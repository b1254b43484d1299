"""A real Exim behind the gate and in front of it: CHUNKING and PRDR end to end."""
import unittest

from exim import Exim
from peers import SmtpSink
from postern import Folder, Postern

REFUSING = """\
  deny local_parts = c
       message = c does not like this
  defer local_parts = d
       message = d cannot just now
"""
# True from the refused recipient on, whom Exim names last: c was accepted by then, and hears it behind the message.
STRICT = """\
recipients "strict" { match = ["c@example.net"] }
verdict "strict" { when = MANY_ERRORS  do = reject  reply = "5.7.1 not for c"  for = ["strict"] }
"""


def setUpModule():
    reason = Exim.missing()
    if reason:
        raise unittest.SkipTest(reason)


def gate_before(server, options="", **values):
    return Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{server.port}"]  {options} }}', **values)


def begin(c, *recipients, parameters=" PRDR"):
    """Up to the message; what was offered."""
    c.expect(220)
    offered = c.expect(250, "EHLO client.example").split("\n")[1:]
    c.expect(250, "MAIL FROM:<a@example.org>" + parameters)
    for r in recipients:
        c.expect(250, f"RCPT TO:<{r}@example.net>")
    return offered


def finish(c, text, count):
    """The message by DATA; all replies to it."""
    c.expect(354, "DATA")
    c.raw(text + b"\r\n.\r\n")
    return [c.reply() for _ in range(count)]


class Chunking(unittest.TestCase):
    def test_chunks_end_to_end(self):
        with Exim() as exim, gate_before(exim) as gate, gate.connect() as c:
            self.assertIn("CHUNKING", begin(c, "b", parameters=""))
            for piece, last in (b"Subject: in chunks\r\n\r", ""), (b"\n.\r\n..two\r\n.", ""), (b"\r\nend\r\n", " LAST"):
                c.raw(b"BDAT %d%s\r\n%s" % (len(piece), last.encode(), piece))
                text = c.expect(250)
            self.assertRegex(text, "OK id=")
            exim.wait_log("=> b", "T=box")
            mail, = exim.mails()
            self.assertTrue(mail.endswith(b"\n\n.\n..two\n.\nend\n"), mail)
            self.assertIn(b"Subject: in chunks\n", mail)
            self.assertIn("K", next(l for l in exim.log() if "<= a@example.org" in l).split())

    def test_a_refused_chunk_leaves_the_connection_usable(self):
        data = "  deny condition = ${if match{$h_Subject:}{bad}}\n       message = not this"
        with Exim(data=data) as exim, gate_before(exim) as gate, gate.connect() as c:
            begin(c, "b", parameters="")
            c.raw(b"BDAT 16 LAST\r\nSubject: bad\r\n\r\n")
            self.assertIn("not this", c.expect(550))
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            c.raw(b"BDAT 17 LAST\r\nSubject: good\r\n\r\n")
            self.assertRegex(c.expect(250), "OK id=")


class Prdr(unittest.TestCase):
    """Exim behind the gate."""

    def test_its_own_answer_for_each_reaches_the_client(self):
        with Exim(prdr=REFUSING) as exim, gate_before(exim) as gate, gate.connect() as c:
            self.assertIn("PRDR", begin(c, "b", "c", "d", "postmaster"))
            replies = finish(c, b"Subject: one by one\r\n\r\nbody", 6)
            self.assertEqual([code for code, _ in replies], [353, 250, 550, 450, 250, 250])
            self.assertIn("c does not like this", replies[2][1])
            self.assertIn("d cannot just now", replies[3][1])
            exim.wait_log("Completed")
            self.assertEqual([len(exim.mails(u)) for u in ("b", "c", "d", "postmaster")], [1, 0, 0, 1])
            gate.wait_log("verdict", count=4)
            verdicts = [(v["rcpt"], v["reply"][:3]) for v in gate.log("verdict")]
            self.assertEqual(verdicts, [("b@example.net", "250"), ("c@example.net", "550"), ("d@example.net", "450"),
                                        ("postmaster@example.net", "250")])
            c.expect(250, "NOOP")

    def test_in_chunks(self):
        with Exim(prdr=REFUSING) as exim, gate_before(exim) as gate, gate.connect() as c:
            begin(c, "c", "b")
            message = b"Subject: x\r\n\r\n.\r\n..\r\n"
            c.raw(b"BDAT %d LAST\r\n%s" % (len(message), message))
            self.assertEqual([c.reply()[0] for _ in range(4)], [353, 550, 250, 250])
            exim.wait_log("Completed")
            self.assertEqual(len(exim.mails("b")), 1)

    def test_nobody_wants_it(self):
        with Exim(prdr="  deny message = no") as exim, gate_before(exim) as gate, gate.connect() as c:
            begin(c, "b", "c")
            self.assertEqual([code for code, _ in finish(c, b"Subject: x\r\n\r\n", 4)], [353, 550, 550, 550])
            self.assertEqual(exim.mails("b") + exim.mails("c"), [])

    def test_what_it_said_for_one_is_void_when_its_data_acl_refuses(self):
        with Exim(prdr=REFUSING, data="  defer message = after all, later") as exim, gate_before(exim) as gate, \
                gate.connect() as c:
            begin(c, "b", "c")
            replies = finish(c, b"Subject: x\r\n\r\n", 4)
            self.assertEqual([code for code, _ in replies], [353, 451, 550, 451])
            self.assertIn("after all, later", replies[1][1])
            self.assertEqual(exim.mails("b"), [])

    def test_without_prdr_one_answer_for_all(self):
        with Exim(prdr=REFUSING) as exim, gate_before(exim) as gate, gate.connect() as c:
            begin(c, "b", "c", parameters="")
            self.assertEqual([code for code, _ in finish(c, b"Subject: x\r\n\r\n", 1)], [250])
            c.expect(250, "NOOP")
            exim.wait_log("Completed")
            self.assertEqual([len(exim.mails(u)) for u in "bc"], [1, 1])


class Sending(unittest.TestCase):
    """Exim in front of the gate, with hosts_try_prdr.  The sender is null: nobody is written to of a refusal."""

    def test_two_recipients_two_verdicts(self):
        with Exim(rcpt="  deny local_parts = x") as store, \
                gate_before(store, extra=STRICT, listener="errors_max = 2") as gate, \
                Exim(gate=gate.port) as exim:
            exim.send("Subject: for two\n\nbody\n", "<>", "b@example.net", "c@example.net", "x@example.net")
            self.assertIn("PRDR", exim.wait_log("=> b@example.net"))
            self.assertRegex(exim.wait_log("** c@example.net"), "PRDR error after .*5.7.1 not for c")
            store.wait_log("=> b", "T=box")
            self.assertEqual([len(store.mails(u)) for u in "bc"], [1, 0])
            gate.wait_log("verdict", action="reject")
            self.assertEqual({(v["rcpt"], v["action"]) for v in gate.log("verdict")},
                             {("b@example.net", "accept"), ("c@example.net", "reject")})

    def test_from_exim_to_exim(self):
        with Exim(prdr=REFUSING) as store, gate_before(store) as gate, Exim(gate=gate.port) as exim:
            exim.send("Subject: for three\n\nbody\n", "<>", "b@example.net", "c@example.net", "d@example.net")
            self.assertIn("PRDR", exim.wait_log("=> b@example.net"))
            self.assertIn("c does not like this", exim.wait_log("** c@example.net"))
            self.assertIn("d cannot just now", exim.wait_log("== d@example.net"))
            store.wait_log("Completed")
            self.assertEqual([len(store.mails(u)) for u in "bcd"], [1, 0, 0])

    def test_to_lmtp(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        with SmtpSink(folder.path, "-L") as store, gate_before(store, "protocol = lmtp") as gate, \
                Exim(gate=gate.port) as exim:
            exim.send("Subject: for two\n\nbody\n", "<>", "b@example.net", "c@example.net")
            self.assertIn("PRDR", exim.wait_log("=> b@example.net"))
            self.assertIn("PRDR", exim.wait_log("-> c@example.net"))
            dump, = store.dumps()
            self.assertIn(b"b@example.net", dump)
            self.assertIn(b"c@example.net", dump)
            gate.wait_log("verdict", action="accept", count=2)
