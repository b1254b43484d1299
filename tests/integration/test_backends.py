"""Backends of every kind: LMTP, unix sockets, TLS that is demanded and verified, several servers of which some fail."""
import re
import smtplib
import socket
import threading
import unittest

from peers import SMTP_SINK, Postfix, Sink, SmtpSink
from postern import Folder, FolderTest, Postern, free_port


def gate_before(*servers, options="", **values):
    listed = ", ".join(f'"{s}"' for s in servers)
    return Postern(workers=1, backend=f'backend "mta" {{ servers = [{listed}]  {options} }}', **values)


class Kinds(FolderTest):
    def smtp_sink(self, *options, unix=False):
        if not SMTP_SINK:
            self.skipTest("smtp-sink is not installed")
        sink = SmtpSink(self.folder.path, *options, path=str(self.folder.path / "sink.sock") if unix else None)
        self.addCleanup(sink.close)
        return sink

    def deliver(self, sink, options=""):
        with gate_before(sink.address, options=options) as gate:
            for n in range(5):
                gate.send(f"mail-{n}")
            gate.wait_log("verdict", count=5, action="accept", backend=sink.address)
        self.assertEqual(len(sink.dumps()), 5)
        for n, mail in enumerate(sorted(sink.dumps(), key=lambda m: re.search(rb"Subject: (.*)", m).group(1))):
            self.assertIn(f"Subject: mail-{n}".encode(), mail)

    def test_smtp_over_a_unix_socket(self):
        self.deliver(self.smtp_sink(unix=True))

    def test_lmtp(self):
        self.deliver(self.smtp_sink("-L"), "protocol = lmtp")

    def test_lmtp_over_a_unix_socket(self):
        self.deliver(self.smtp_sink("-L", unix=True), "protocol = lmtp")

    def test_without_esmtp(self):
        self.deliver(self.smtp_sink("-e"))

    def test_without_pipelining(self):
        self.deliver(self.smtp_sink("-p"))

    def test_refusals_of_smtp_sink(self):
        """Whatever it refuses, and however: the client hears it, and nothing is delivered."""
        for options, code in ((["-f", "RCPT"], 500), (["-r", "RCPT"], 450), (["-f", "MAIL"], 500), (["-r", "MAIL"], 450),
                              (["-f", "DATA"], 500), (["-r", "DATA"], 450), (["-f", "."], 500), (["-r", "."], 450),
                              (["-q", "RCPT"], 451), (["-q", "DATA"], 451), (["-q", "."], 451), (["-q", "MAIL"], 451),
                              (["-Q", "RCPT"], 451), (["-Q", "DATA"], 451), (["-Q", "."], 451), (["-Q", "CONNECT"], 451),
                              (["-q", "CONNECT"], 451), (["-q", "EHLO"], 451), (["-f", "CONNECT"], 451)):
            sink = self.smtp_sink(*options)
            with gate_before(sink.address) as gate, self.assertRaises(
                    (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError), msg=options) as refused:
                gate.send()
            e = refused.exception
            got = e.smtp_code if isinstance(e, smtplib.SMTPDataError) else list(e.recipients.values())[0][0]
            self.assertEqual(got, code, options)
            sink.close()

    def test_recipients_of_lmtp(self):
        """LMTP answers each recipient after the dot, SMTP once: so one at a time, and a late refusal is heard."""
        with Sink(self.folder.path, "--lmtp", path=str(self.folder.path / "lmtp.sock")) as sink, \
                gate_before(sink.address, options="protocol = lmtp") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            self.assertRegex(c.expect(452, "RCPT TO:<c@example.net>"), r"^4\.5\.3 ")
            c.expect(354, "DATA")
            self.assertIn("stored for", c.expect(250, "Subject: x\r\n\r\nbody\r\n."))
            code, text = c.mail("Subject: x\r\n\r\nbody", to="refused@example.net")
            self.assertEqual(code, 550)
            self.assertIn("is refused after the dot", text)
            self.assertEqual([m["to"] for m in sink.stored()], ["<b@example.net>"])

    def test_recipients_of_a_maildir(self):
        with Postern(workers=1) as gate:
            gate.send(to=("b@example.net", "c@example.net"))
            self.assertEqual(len(gate.mails()), 1)

    def test_a_socket_that_is_not_there(self):
        with gate_before(f"unix:{self.folder.path}/none.sock") as gate:
            code, text = gate.rcpt()
            self.assertEqual(code, 451)
            self.assertRegex(text, r"^4\.4\.1 ")
            self.assertIn("none.sock", gate.wait_log("backend_failed")["server"])


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = Postfix.missing()
        if reason:
            raise unittest.SkipTest(reason)
        cls.folder = Folder()
        cls.good = cls.folder.certificate("localhost")
        cls.wrong = cls.folder.certificate("other.example")

        def tls(pair, *options):
            return [f"smtpd_tls_cert_file={pair[0]}", f"smtpd_tls_key_file={pair[1]}", "smtpd_tls_received_header=yes",
                    "smtpd_tls_loglevel=1", *options]

        cls.mta = Postfix({
            "good": tls(cls.good, "smtpd_tls_security_level=encrypt"),
            "wrong": tls(cls.wrong, "smtpd_tls_security_level=may"),
            "implicit": tls(cls.good, "smtpd_tls_wrappermode=yes"),
            "clear": ["smtpd_tls_security_level=none"],
            "old": tls(cls.good, "smtpd_tls_security_level=may", "smtpd_tls_protocols=TLSv1", "tls_preempt_cipherlist=yes"),
        })

    @classmethod
    def tearDownClass(cls):
        cls.mta.close()
        cls.folder.remove()

    def gate(self, service, options, host="localhost"):
        return gate_before(f"{host}:{self.mta.ports[service]}", options=options)

    def passes(self, service, options, encrypted, host="localhost"):
        subject = f"{service}-{abs(hash((service, options)))}"
        with self.gate(service, options, host) as gate:
            gate.send(subject)
            self.mta.wait_delivered(gate.wait_log("verdict")["reply"])
        mail = next(m for m in self.mta.mails() if f"Subject: {subject}\n".encode() in m)
        self.assertEqual(b"by mta.example (Postfix) with ESMTPS" in mail, encrypted, mail)

    def refused(self, service, options, text, host="localhost"):
        before = len(self.mta.mails())
        with self.gate(service, options, host) as gate:
            code, said = gate.rcpt()
            self.assertEqual(code, 451)
            self.assertRegex(said, r"^4\.4\.1 .*\[\w+-1\]$")
            failure = gate.wait_log("backend_failed", server=f"127.0.0.1:{self.mta.ports[service]}")
            self.assertIn(text, failure["detail"])
        self.assertEqual(len(self.mta.mails()), before)

    def test_verified(self):
        self.passes("good", f'tls = required  tls_ca = "{self.good[0]}"', True)

    def test_verified_implicit(self):
        self.passes("implicit", f'tls = implicit  tls_ca = "{self.good[0]}"', True)

    def test_the_wrong_name(self):
        self.refused("wrong", f'tls = required  tls_ca = "{self.wrong[0]}"', "mismatch")

    def test_the_wrong_name_by_address(self):
        self.refused("good", f'tls = required  tls_ca = "{self.good[0]}"', "mismatch", host="127.0.0.1")

    def test_an_authority_nobody_knows(self):
        self.refused("good", f'tls = required  tls_ca = "{self.wrong[0]}"', "self-signed")
        self.refused("good", "tls = required", "self-signed")

    def test_not_offered(self):
        self.refused("clear", f'tls = required  tls_ca = "{self.good[0]}"', "STARTTLS is not offered")

    def test_implicit_where_it_is_not(self):
        self.refused("clear", f'tls = implicit  tls_ca = "{self.good[0]}"', "")

    def test_not_verified(self):
        self.passes("wrong", "tls = required  tls_verify = no", True)

    def test_optional(self):
        self.passes("wrong", "tls = optional", True)
        self.passes("clear", "tls = optional", False)

    def test_optional_with_a_handshake_that_fails(self):
        """Opportunistic: in the clear on a new connection, said loudly."""
        with self.gate("old", "tls = optional") as gate:
            gate.send("in-the-clear")
            self.mta.wait_delivered(gate.wait_log("verdict")["reply"])
            self.assertIn("handshake", gate.wait_log("backend_clear")["text"])

    def test_none(self):
        self.passes("wrong", "tls = none", False)

    def test_a_ca_file_that_is_not_there(self):
        gate = self.gate("good", 'tls = required  tls_ca = "/nowhere/ca.pem"')
        gate.start(wait=False)
        try:
            self.assertNotEqual(gate.wait(), 0)
            self.assertRegex(gate.text(), r"postern\.conf:\d+:\d+: .*/nowhere/ca\.pem")
        finally:
            gate.close()


class Moments(FolderTest):
    """The backend goes, or the client dawdles, at a certain moment of a transaction."""

    def setUp(self):
        super().setUp()
        self.sink = Sink(self.folder.path, "--talk").start()
        self.addCleanup(self.sink.close)
        self.gate = gate_before(self.sink.address).start()
        self.addCleanup(self.gate.close)

    def begin(self, upto="DATA"):
        c = self.gate.connect()
        self.addCleanup(c.close)
        c.expect(220)
        for code, line in (250, "EHLO client.example"), (250, "MAIL FROM:<a@example.org>"), \
                (250, "RCPT TO:<b@example.net>"), (250, "RCPT TO:<c@example.net>"), (354, "DATA"):
            c.expect(code, line)
            if line.startswith(upto):
                break
        return c

    def finish(self, c):
        c.raw(b"Subject: x\r\n\r\nbody\r\n.\r\n")
        return c.reply()

    def test_it_restarts_in_the_message(self):
        c = self.begin()
        self.sink.kill()
        self.sink.start()
        self.assertEqual(self.finish(c)[0], 250)
        self.assertEqual([m["to"] for m in self.sink.stored()], ["<b@example.net>,<c@example.net>"])

    def test_it_is_gone_in_the_message(self):
        c = self.begin()
        self.sink.kill()
        code, text = self.finish(c)
        self.assertEqual(code, 451)
        self.assertRegex(text, r"^4\.4\.1 ")
        self.assertIn("451", self.gate.wait_log("verdict")["reply"])
        c.expect(250, "MAIL FROM:<a@example.org>")
        self.assertEqual(self.sink.ids(), [])

    def test_it_restarts_between_two_recipients(self):
        c = self.begin("RCPT")
        self.sink.kill()
        self.sink.start()
        c.expect(250, "RCPT TO:<c@example.net>")
        c.expect(354, "DATA")
        self.assertEqual(self.finish(c)[0], 250)
        self.assertEqual([m["to"] for m in self.sink.stored()], ["<b@example.net>,<c@example.net>"])

    def test_it_restarts_between_two_mails(self):
        for n in range(3):
            self.gate.send(str(n))
            self.sink.kill()
            self.sink.start()
        self.gate.send("last")
        self.assertEqual(len(self.sink.ids()), 4)

    def test_it_refuses_what_it_accepted(self):
        """Asked again on another connection it has changed its mind: nobody gets the message, the client hears why."""
        for refusal, code in ("RCPT", 451), ("DOT", 451):
            c = self.begin()
            self.sink.kill()
            self.sink.options = "--talk", "--refuse", refusal
            self.sink.start()
            self.assertEqual(self.finish(c)[0], code, refusal)
            self.sink.kill()
            self.sink.options = "--talk",
            self.sink.start()
        self.assertEqual(self.sink.ids(), [])

    def test_the_client_dawdles(self):
        """It loses the lease, not the mail: the envelope is said again at the end."""
        c = self.begin()
        self.sink.program.wait_line("RSET")
        self.assertEqual(self.finish(c)[0], 250)
        self.assertEqual([m["to"] for m in self.sink.stored()], ["<b@example.net>,<c@example.net>"])

    def test_the_client_goes(self):
        for upto in "RCPT", "DATA":
            c = self.begin(upto)
            c.close()
            self.gate.wait_log("disconnect")
        self.sink.program.wait_line("RSET", count=2)
        self.gate.send("another")
        self.assertEqual(len(self.sink.ids()), 1)

    def test_slow_and_many(self):
        """A hundred clients that dawdle hold no backend connections: others are served."""
        clients = [self.begin() for _ in range(100)]
        self.gate.send("meanwhile")
        self.sink.program.wait_line("RSET", count=100)
        self.gate.send("afterwards")
        for c in clients:
            self.assertEqual(self.finish(c)[0], 250)
        self.assertEqual(len(self.sink.ids()), 102)


class Failover(FolderTest):
    def setUp(self):
        super().setUp()
        self.sinks = [Sink(self.folder.path).start() for _ in range(2)]
        for s in self.sinks:
            self.addCleanup(s.close)

    def listener(self, serve):
        """A server of a few lines; serve(connection) in a thread."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def loop():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                self.addCleanup(connection.close)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=loop, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    def stored(self):
        return sum(len(s.ids()) for s in self.sinks)

    def test_turn_by_turn(self):
        with gate_before(*(s.address for s in self.sinks)) as gate:
            clients = [gate.connect() for _ in range(10)]
            for c in clients:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.say("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>", "DATA")
            for c in clients:
                c.expect(250)
                c.expect(250)
                c.expect(354)
            for c in clients:
                c.raw(b"Subject: x\r\n\r\nbody\r\n.\r\n")
                c.expect(250)
                c.close()
        self.assertEqual(self.stored(), 10)
        self.assertTrue(all(s.ids() for s in self.sinks))

    def test_one_that_is_down(self):
        for order in 1, -1:
            servers = [f"127.0.0.1:{free_port()}", self.sinks[0].address][::order]
            with gate_before(*servers) as gate:
                for n in range(6):
                    gate.send(str(n))
        self.assertEqual(self.stored(), 12)

    def test_one_that_never_greets(self):
        silent = self.listener(lambda c: c.recv(1000))
        with gate_before(silent, self.sinks[0].address, options="reply_timeout = 300ms") as gate:
            for n in range(6):
                gate.send(str(n))
            gate.wait_log("backend_down", what=silent)
        self.assertEqual(self.stored(), 6)

    def test_one_that_hangs_up_or_refuses_or_talks_rubbish(self):
        for greeting in b"", b"554 no service here\r\n", b"421 too busy\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 5000:
            def serve(c, greeting=greeting):
                c.sendall(greeting)
                c.shutdown(socket.SHUT_WR)

            before = self.stored()
            with gate_before(self.listener(serve), self.sinks[0].address) as gate:
                for n in range(3):
                    gate.send(str(n))
            self.assertEqual(self.stored(), before + 3, greeting)

    def test_all_down_and_back(self):
        for s in self.sinks:
            s.kill()
        with gate_before(*(s.address for s in self.sinks)) as gate:
            code, text = gate.rcpt()
            self.assertEqual(code, 451)
            self.assertRegex(text, r"^4\.4\.1 ")
            for s in self.sinks:
                s.start()
            while gate.rcpt()[0] != 250:  # they are left alone for a second
                pass
            gate.wait_log("backend_up")
            gate.send()
        self.assertEqual(self.stored(), 1)

    def test_gone_after_the_final_dot(self):
        """Nobody knows: 451, and no second delivery by our own doing."""
        seen = []

        def serve(c):
            f = c.makefile("rwb", buffering=0)
            f.write(b"220 odd\r\n")
            for line in f:
                word = line[:4].upper()
                seen.append(word)
                if word == b"DATA":
                    f.write(b"354 go\r\n")
                    for text in f:
                        if text == b".\r\n":
                            break
                    c.shutdown(socket.SHUT_RDWR)
                    return
                f.write(b"250 ok\r\n")

        with gate_before(self.listener(serve), self.listener(serve)) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            code, text = c.mail("Subject: x\r\n\r\nbody")
            self.assertEqual(code, 451)
            self.assertRegex(text, r"^4\.4\.")
            self.assertEqual(seen.count(b"DATA"), 1)
            verdict = gate.wait_log("verdict")
            self.assertIn("451", verdict["reply"])
            c.expect(250, "NOOP")


if __name__ == "__main__":
    unittest.main()
