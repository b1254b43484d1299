"""A real Postfix behind the gate: its words reach the client, it learns the true client, its greylisting works."""
import smtplib
import threading
import unittest

from peers import PolicyService, Postfix
from postern import Postern

MESSAGE = "From: <a@example.org>\r\nSubject: hello\r\n\r\n.dots\r\n..at\r\nthe start\r\n"


def greylist():
    """Defers the first attempt of each (client, sender, recipient)."""
    seen, lock = set(), threading.Lock()

    def answer(attributes):
        key = tuple(attributes[k] for k in ("client_address", "sender", "recipient"))
        with lock:
            known = key in seen
            seen.add(key)
        return "DUNNO" if known else "DEFER_IF_PERMIT 4.2.0 greylisted, come back later"

    return answer


def setUpModule():
    global mta, policy
    reason = Postfix.missing()
    if reason:
        raise unittest.SkipTest(reason)
    policy = PolicyService(greylist())
    mta = Postfix({
        "xclient": ["smtpd_authorized_xclient_hosts=127.0.0.1", "smtpd_peername_lookup=yes"],
        "xforward": ["smtpd_authorized_xforward_hosts=127.0.0.1"],
        "plain": [],
        "nochunks": ["smtpd_discard_ehlo_keywords=chunking"],
        "grey": ["smtpd_authorized_xclient_hosts=127.0.0.1", "{smtpd_recipient_restrictions="
                 f"check_policy_service inet:127.0.0.1:{policy.port}}}"],
        "busy": ["{smtpd_recipient_restrictions=check_recipient_access "
                 "inline:{{busy@example.net=450 4.2.1 mailbox busy, says the backend}}}"],
        "small": ["message_size_limit=20000"],
        "picky": ["smtpd_authorized_xclient_hosts=127.0.0.1", "smtpd_delay_reject=no",
                  "{smtpd_client_restrictions=check_client_access inline:{{127.0.0.66=554 5.7.1 unwelcome client}}}",
                  "{smtpd_helo_restrictions=check_helo_access inline:{{bad.example=550 5.7.1 unwelcome name}}}"],
        "nobody": ["{smtpd_client_restrictions=check_client_access "
                   "static:{554 5.7.1 not you}}", "smtpd_delay_reject=no"],
    })


def tearDownModule():
    mta.close()
    policy.close()


def gate_before(service, extra="", **values):
    return Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports[service]}"] }}',
                   extra=extra, **values)


class Accepting(unittest.TestCase):
    def test_a_mail_arrives_byte_by_byte(self):
        with gate_before("plain") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            code, text = c.mail(MESSAGE.replace("\r\n.", "\r\n..").replace("hello", "exact").rstrip())
            self.assertEqual(code, 250, text)
            self.assertIn("queued as", text)
            mta.wait_delivered(text)
            mail = next(m for m in mta.mails() if b"Subject: exact" in m)
            self.assertTrue(mail.endswith(b"\n\n.dots\n..at\nthe start\n"), mail)
            self.assertIn(b"X-Postern-Verdict:", mail)
            verdict = gate.wait_log("verdict", action="accept")
            self.assertEqual(verdict["backend"], f"127.0.0.1:{mta.ports['plain']}")
            self.assertIn("queued as", verdict["reply"])

    def test_what_postfix_offers_and_the_gate_can_carry(self):
        with gate_before("plain") as gate, gate.connect() as c:
            c.expect(220)
            offered = c.expect(250, "EHLO client.example").split("\n")[1:]
            self.assertEqual(sorted(w.split()[0] for w in offered),
                             ["8BITMIME", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "ETRN", "LIMITS", "PIPELINING",
                              "PRDR", "SIZE", "SMTPUTF8"])
            self.assertIn("SIZE 10240000", offered)

    def test_a_message_larger_than_postfix_takes(self):
        with gate_before("small") as gate, gate.connect() as c:
            c.expect(220)
            self.assertIn("SIZE 20000", c.expect(250, "EHLO client.example"))
            c.expect(552, "MAIL FROM:<a@example.org> SIZE=20001")
            code, _ = c.mail("Subject: large\r\n\r\n" + ("x" * 70 + "\r\n") * 300)
            self.assertEqual(code, 552)
            c.expect(250, "NOOP")

    def test_dsn_and_smtputf8_reach_it(self):
        with gate_before("plain") as gate, gate.smtp() as c:
            c.ehlo()
            self.assertEqual(c.mail("grün@example.org", ["SMTPUTF8", "BODY=8BITMIME", "RET=HDRS", "ENVID=QQ314"])[0], 250)
            self.assertEqual(c.docmd("RCPT", "TO:<b@example.net> NOTIFY=FAILURE ORCPT=rfc822;b@example.net")[0], 250)
            code, text = c.data("Subject: grün\r\n\r\nüber\r\n".encode())
            self.assertEqual(code, 250)
            lines = mta.wait_delivered(text.decode())
            self.assertTrue(any("from=<grün@example.org>" in line for line in lines), lines)

    def test_many_recipients(self):
        with gate_before("plain") as gate, gate.smtp() as c:
            refused = c.sendmail("a@example.org", ["b@example.net", "nobody@example.net", "c@example.net"],
                                 "Subject: three\r\n\r\nbody\r\n")
            self.assertEqual(list(refused), ["nobody@example.net"])
            self.assertIn(b"User unknown", refused["nobody@example.net"][1])
            text = gate.wait_log("verdict", action="accept")["reply"]
            mta.wait_delivered(text)
            self.assertTrue(any(b"Subject: three" in m for m in mta.mails("b")))
            self.assertTrue(any(b"Subject: three" in m for m in mta.mails("c")))


class Chunking(unittest.TestCase):
    """BDAT from the client, BDAT to Postfix; or DATA to a Postfix that hides it."""

    def by_chunks(self, service):
        with gate_before(service) as gate, gate.smtp() as c:
            c.ehlo()
            self.assertTrue(c.has_extn("chunking"))
            self.assertEqual(c.mail("a@example.org")[0], 250)
            self.assertEqual(c.rcpt("b@example.net")[0], 250)
            first, second = f"Subject: chunks {service}\r\n\r\n.dot\r".encode(), b"\n.\r\nend\r\n"
            c.sock.sendall(b"BDAT %d\r\n%b" % (len(first), first))
            self.assertEqual(c.getreply()[0], 250)
            c.sock.sendall(b"BDAT %d LAST\r\n%bNOOP\r\n" % (len(second), second))
            code, text = c.getreply()
            self.assertEqual(code, 250, text)
            self.assertEqual(c.getreply()[0], 250)
            mta.wait_delivered(text.decode())
            mail = next(m for m in mta.mails() if b"Subject: chunks " + service.encode() in m)
            self.assertTrue(mail.endswith(b"\n\n.dot\n.\nend\n"), mail)

    def test_through(self):
        self.by_chunks("plain")

    def test_many_chunks(self):
        with gate_before("plain") as gate, gate.smtp() as c:
            c.ehlo()
            c.mail("a@example.org")
            c.rcpt("b@example.net")
            chunk = b"x" * 998 + b"\r\n"
            c.sock.sendall(b"BDAT 24\r\nSubject: many chunks\r\n\r\n")
            self.assertEqual(c.getreply()[0], 250)
            for _ in range(200):
                c.sock.sendall(b"BDAT 1000\r\n" + chunk)
                self.assertEqual(c.getreply()[0], 250)
            c.sock.sendall(b"BDAT 0 LAST\r\n")
            code, text = c.getreply()
            self.assertEqual(code, 250, text)
            mta.wait_delivered(text.decode())
            mail = next(m for m in mta.mails() if b"Subject: many chunks" in m)
            self.assertEqual(mail.count(b"x" * 998 + b"\n"), 200)

    def test_converted_to_data(self):
        self.by_chunks("nochunks")


class Refusing(unittest.TestCase):
    def test_its_550_reaches_the_client_at_rcpt(self):
        with gate_before("plain") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            text = c.expect(550, "RCPT TO:<stranger@example.net>")
            self.assertRegex(text, r"^5\.1\.1 <stranger@example\.net>: Recipient address rejected: User unknown")
            self.assertIn(gate.wait_log("recipient")["id"], text)
            text = c.expect(554, "RCPT TO:<b@elsewhere.example>")
            self.assertIn("Relay access denied", text)
            c.expect(503, "DATA")
            c.expect(250, "RCPT TO:<b@example.net>")

    def test_guessed_recipients_do_not_slow_down_others(self):
        """Postfix makes who errs ten times wait: a shared connection is given up before that."""
        with gate_before("plain") as gate:
            with gate.connect() as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.expect(250, "MAIL FROM:<a@example.org>")
                for n in range(9):
                    c.expect(550, f"RCPT TO:<guess{n}@example.net>")
            mta.wait_line(r"disconnect from .* rcpt=0/9 .*quit=1")
            gate.send("after-the-guesses")

    def test_a_refused_connection(self):
        with gate_before("nobody") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            self.assertIn(c.ask("RCPT TO:<b@example.net>")[0] // 100, (4, 5))
            gate.wait_log("backend_failed")


class Greylisting(unittest.TestCase):
    def test_a_450_and_the_retry(self):
        with gate_before("grey") as gate:
            for attempt, code in enumerate((450, 250)):
                with gate.connect("127.0.0.77") as c:
                    c.expect(220)
                    c.expect(250, "EHLO client.example")
                    c.expect(250, "MAIL FROM:<a@example.org>")
                    text = c.expect(code, "RCPT TO:<grey@example.net>")
                    if attempt == 0:
                        self.assertIn("greylisted, come back later", text)
                        c.expect(221, "QUIT")
                        continue
                    c.expect(354, "DATA")
                    c.raw(b"Subject: second try\r\n\r\nbody\r\n.\r\n")
                    mta.wait_delivered(c.expect(250))
        self.assertEqual(policy.requests[-1]["client_address"], "127.0.0.77")
        self.assertTrue(any(b"Subject: second try" in m for m in mta.mails("grey")))

    def test_another_client_is_another_one(self):
        """The greylist behind the gate works only because it sees the true address, over a shared connection."""
        with gate_before("grey") as gate:
            for source in "127.0.0.78", "127.0.0.79":
                with gate.connect(source) as c:
                    c.expect(220)
                    c.expect(250, f"EHLO {source}.example")
                    c.expect(250, "MAIL FROM:<a@example.org>")
                    c.expect(450, "RCPT TO:<grey@example.net>")
            with gate.connect("127.0.0.78") as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.expect(250, "MAIL FROM:<a@example.org>")
                c.expect(250, "RCPT TO:<grey@example.net>")

    def test_one_busy_recipient(self):
        with gate_before("busy") as gate, gate.smtp() as c:
            refused = c.sendmail("a@example.org", ["busy@example.net", "b@example.net"], "Subject: one\r\n\r\nbody\r\n")
            self.assertEqual(refused["busy@example.net"][0], 450)
            self.assertIn(b"mailbox busy, says the backend", refused["busy@example.net"][1])


class Identity(unittest.TestCase):
    def send(self, service, source, subject, helo="client.example", extra=""):
        with gate_before(service, extra) as gate, gate.connect(source) as c:
            c.expect(220)
            c.expect(250, f"EHLO {helo}")
            code, text = c.mail(f"Subject: {subject}\r\n\r\nbody\r\n")
            self.assertEqual(code, 250, text)
            lines = mta.wait_delivered(text)
            return lines, next(m for m in mta.mails() if f"Subject: {subject}\n".encode() in m)

    def test_xclient(self):
        lines, mail = self.send("xclient", "127.0.0.42", "by-xclient")
        self.assertTrue(any("client=unknown[127.0.0.42]" in line for line in lines), lines)
        self.assertIn(b"from client.example (unknown [127.0.0.42])", mail)
        self.assertNotIn(b"[127.0.0.1]", mail)

    def test_xclient_changes_with_the_client(self):
        with gate_before("xclient") as gate:
            for n in range(43, 48):
                with gate.connect(f"127.0.0.{n}") as c:
                    c.expect(220)
                    c.expect(250, f"EHLO client{n}.example")
                    code, text = c.mail(f"Subject: shared-{n}\r\n\r\nbody\r\n")
                    self.assertEqual(code, 250)
                    lines = mta.wait_delivered(text)
                    self.assertTrue(any(f"client=unknown[127.0.0.{n}]" in line for line in lines), lines)
        for n in range(43, 48):
            mail = next(m for m in mta.mails() if f"Subject: shared-{n}\n".encode() in m)
            self.assertIn(f"from client{n}.example (unknown [127.0.0.{n}])".encode(), mail)

    def test_xclient_and_a_hostile_helo(self):
        _, mail = self.send("xclient", "127.0.0.49", "hostile", helo="[127.0.0.1]+0D+0AMAIL=x")
        self.assertIn(b"(unknown [127.0.0.49])", mail)

    def test_a_client_or_a_name_that_postfix_refuses(self):
        """Its objection to one client is no objection to XCLIENT: the next one is named again."""
        with gate_before("picky") as gate:
            for source, helo, text in (("127.0.0.66", "client.example", "unwelcome client"),
                                       ("127.0.0.67", "bad.example", "unwelcome name")):
                with gate.connect(source) as c:
                    c.expect(220)
                    c.expect(250, f"EHLO {helo}")
                    c.expect(250, "MAIL FROM:<a@example.org>")
                    code, said = c.ask("RCPT TO:<b@example.net>")
                    self.assertIn(code, (550, 554))
                    self.assertIn(text, said)
            with gate.connect("127.0.0.67") as c:
                c.expect(220)
                c.expect(250, "EHLO good.example")
                lines = mta.wait_delivered(c.mail("Subject: after the refused\r\n\r\nbody")[1])
                self.assertTrue(any("client=unknown[127.0.0.67]" in line for line in lines), lines)

    def test_xforward(self):
        lines, mail = self.send("xforward", "127.0.0.52", "by-xforward")
        self.assertTrue(any("orig_client=unknown[127.0.0.52]" in line for line in lines), lines)
        self.assertIn(b"client.example", mail)

    def test_nobody_is_told_who_may_not_know(self):
        lines, _ = self.send("plain", "127.0.0.53", "anonymous")
        self.assertTrue(any("client=unknown[127.0.0.1]" in line for line in lines), lines)
        self.assertFalse(any("orig_client" in line for line in lines), lines)


class Gone(unittest.TestCase):
    def test_postfix_stopped_and_started_again(self):
        """Pooled connections die with it; the client hears 451 while it is away, and nothing else."""
        with gate_before("plain") as gate:
            gate.send("before")
            mta.stop()
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                gate.send("meanwhile")
            (code, text), = refused.exception.recipients.values()
            self.assertEqual(code, 451)
            self.assertRegex(text, rb"^4\.4\.1 ")
            mta.start()
            gate.wait_log("backend_down")
            while True:  # a server that failed is left alone for a second
                try:
                    gate.send("after")
                    break
                except smtplib.SMTPRecipientsRefused:
                    pass
            gate.wait_log("backend_up")


if __name__ == "__main__":
    unittest.main()
