"""A client that is gone when the gate says 250 sends its mail again: a real Postfix behind the gate has it once."""
import socket
import struct
import unittest

from peers import Postfix
from postern import Postern

BODY = "From: <a@example.org>\r\nSubject: {subject}\r\n\r\n" + "a line of the message\r\n" * 20
LARGE = BODY + ("x" * 76 + "\r\n") * 30000


def setUpModule():
    global mta
    reason = Postfix.missing()
    if reason:
        raise unittest.SkipTest(reason)
    mta = Postfix({"plain": ["smtpd_authorized_xclient_hosts=127.0.0.1"]})


def tearDownModule():
    mta.close()


class Lost(unittest.TestCase):
    def gate(self, extra=""):
        return Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports["plain"]}"] }}',
                       listener="timeout = 2s", extra=extra)

    def envelope(self, c, to):
        c.expect(220)
        c.expect(250, "EHLO client.example")
        c.expect(250, "MAIL FROM:<a@example.org>")
        for one in to:
            c.expect(250, f"RCPT TO:<{one}>")
        c.expect(354, "DATA")

    def lose(self, gate, text, to=("b@example.net",)):
        said = gate.lose(text, to)
        mta.wait_delivered(said["reply"])
        return said

    def again(self, gate, text, to=("b@example.net",)):
        with gate.connect() as c:
            self.envelope(c, to)
            c.raw(text.encode() + b".\r\n")
            answer = c.expect(250)
            c.expect(221, "QUIT")
            return answer

    def copies(self, subject, who="b"):
        return sum(f"Subject: {subject}".encode() in m for m in mta.mails(who))

    def test_it_is_delivered_once(self):
        text = BODY.format(subject="lost-once")
        with self.gate() as gate:
            self.lose(gate, text)
            self.assertEqual(gate.wait_log("unheard")["recipients"], "1")
            self.assertIn("delivered before", self.again(gate, text))
            gate.wait_log("duplicate", recipients=1)
            self.assertEqual(len(gate.log("verdict")), 1)
        self.assertEqual(self.copies("lost-once"), 1)

    def test_a_large_one_too_and_for_several(self):
        text = LARGE.format(subject="lost-large")
        both = ("b@example.net", "c@example.net")
        with self.gate() as gate:
            self.lose(gate, text, both)
            gate.wait_log("unheard", recipients=2)
            self.assertIn("delivered before", self.again(gate, text, tuple(reversed(both))))
        self.assertEqual((self.copies("lost-large"), self.copies("lost-large", "c")), (1, 1))

    def test_a_changed_byte_is_another_mail(self):
        text = BODY.format(subject="lost-changed")
        with self.gate() as gate:
            self.lose(gate, text)
            gate.wait_log("unheard")
            answer = self.again(gate, text.replace("line", "Line", 1))
            self.assertIn("queued as", answer)
            mta.wait_delivered(answer)
            self.assertFalse(gate.log("duplicate"))
        self.assertEqual(self.copies("lost-changed"), 2)

    def test_who_says_quit_has_heard(self):
        text = BODY.format(subject="heard")
        with self.gate() as gate:
            for _ in range(2):
                answer = self.again(gate, text)
                self.assertIn("queued as", answer)
                mta.wait_delivered(answer)
            gate.wait_log("disconnect", count=2)
            self.assertFalse(gate.log("unheard"))
        self.assertEqual(self.copies("heard"), 2)

    def test_who_breaks_off_behind_our_answer_has_heard(self):
        text = BODY.format(subject="alarm")
        with self.gate() as gate:
            for n in range(1, 5):
                c = gate.connect()
                self.envelope(c, ["b@example.net"])
                c.raw(text.encode() + b".\r\n")
                answer = c.expect(250)
                c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.close()
                self.assertIn("queued as", answer)
                mta.wait_delivered(answer)
                gate.wait_log("disconnect", count=n)
            self.assertFalse(gate.log("unheard"))
        self.assertEqual(self.copies("alarm"), 4)

    def test_who_closes_its_half_has_heard(self):
        text = BODY.format(subject="half")
        with self.gate() as gate:
            for n in range(1, 3):
                c = gate.connect()
                c.say("EHLO client.example", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>", "DATA")
                c.raw(text.encode() + b".\r\nQUIT\r\n")
                c.socket.shutdown(socket.SHUT_WR)
                heard = c.file.read()
                c.close()
                self.assertIn(b"queued as", heard)
                gate.wait_log("disconnect", count=n)
            self.assertFalse(gate.log("unheard"))
            self.assertFalse(gate.log("duplicate"))

    def test_off_is_off(self):
        text = BODY.format(subject="lost-off")
        with self.gate("duplicates { enabled = no }") as gate:
            self.lose(gate, text)
            gate.wait_log("disconnect")
            answer = self.again(gate, text)
            mta.wait_delivered(answer)
        self.assertEqual(self.copies("lost-off"), 2)
