"""Clients that others wrote: swaks, openssl s_client, curl, smtplib; TLS in every way, right and wrong."""
import shutil
import smtplib
import socket
import ssl
import subprocess
import unittest

from postern import PATIENCE, Client, Postern

MESSAGE = "From: a@example.org\nTo: b@example.net\nSubject: {}\n\nHello.\n.leading dot\n"


def tool(*command, stdin=""):
    if not shutil.which(command[0]):
        raise unittest.SkipTest(f"{command[0]} is not installed")
    return subprocess.run([str(c) for c in command], input=stdin, text=True, timeout=PATIENCE, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def tls_gate(mode="optional", **values):
    """One worker with a certificate for "localhost"."""
    gate = Postern(workers=1, **values)
    gate.certificate, gate.key = gate.folder.certificate("localhost")
    text = gate.config.read_text().replace(
        'listener "mx" {', f'listener "mx" {{ tls = {mode} certificate = "{gate.certificate}" key = "{gate.key}" ')
    gate.config.write_text(text)
    return gate.start()


class Plain(unittest.TestCase):
    def test_swaks(self):
        with Postern(workers=1) as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                        "b@example.net", "--header", "Subject: by swaks", "--body", "one\n.\ntwo\n")
            self.assertEqual(done.returncode, 0, done.stdout)
            mail, = gate.mails()
            self.assertIn(b"Subject: by swaks", mail)
            self.assertRegex(mail, rb"\n\.\r?\ntwo")

    def test_swaks_pipelined(self):
        with Postern(workers=1) as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                        "b@example.net,c@example.net", "--pipeline")
            self.assertEqual(done.returncode, 0, done.stdout)
            gate.wait_log("verdict", count=2, action="accept")
            self.assertEqual(len(gate.mails()), 1)

    def test_swaks_with_prdr(self):
        with Postern() as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--prdr", "--from", "a@example.org", "--to",
                        "b@example.net,c@example.net")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertRegex(done.stdout, r"353 [^\n]*\n<-  250 [^\n]*\n<-  250 [^\n]*\n<-  250 .*2 of 2 recipients")
            gate.wait_log("verdict", action="accept", count=2)

    def test_swaks_refused(self):
        with Postern(workers=1, extra='verdict "x" { when = NULL_SENDER do = reject reply = "5.7.1 no bounces" }') as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "<>", "--to", "b@example.net")
            self.assertEqual(done.returncode, 24, done.stdout)  # swaks: no recipient was accepted
            self.assertIn("550 5.7.1 no bounces", done.stdout)

    def test_curl(self):
        with Postern(workers=1) as gate:
            done = tool("curl", "-sS", "--crlf", f"smtp://127.0.0.1:{gate.port}/client.example", "--mail-from", "a@example.org",
                        "--mail-rcpt", "b@example.net", "--mail-rcpt", "c@example.net", "--upload-file", "-",
                        stdin=MESSAGE.format("by curl"))
            self.assertEqual(done.returncode, 0, done.stdout)
            mail, = gate.mails()
            self.assertIn(b"Subject: by curl", mail)
            self.assertIn(b"\n.leading dot", mail)

    def test_smtplib(self):
        with Postern(workers=1) as gate, gate.smtp() as client:
            for n in range(5):
                client.sendmail("a@example.org", ["b@example.net"], MESSAGE.format(n))
            self.assertEqual(client.noop()[0], 250)
            self.assertEqual(client.verify("b@example.net")[0], 252)
            self.assertEqual(client.docmd("EXPN list")[0], 502)
            self.assertEqual(client.docmd("HELP")[0], 214)
            self.assertEqual(len(gate.mails()), 5)


class Tls(unittest.TestCase):
    def test_swaks_starttls(self):
        with tls_gate() as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                        "b@example.net", "--tls", "--tls-verify", "--tls-ca-path", gate.certificate, "--tls-sni", "localhost")
            self.assertEqual(done.returncode, 0, done.stdout)
            mail, = gate.mails()
            self.assertRegex(mail, rb"by gate\.example \(Postern\) with ESMTPS")

    def test_swaks_implicit(self):
        with tls_gate("implicit") as gate:
            done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                        "b@example.net", "--tls-on-connect")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(len(gate.mails()), 1)

    def test_curl_starttls_verified(self):
        with tls_gate("required") as gate:
            done = tool("curl", "-sS", "--crlf", "--ssl-reqd", "--cacert", gate.certificate, "--connect-to",
                        f"localhost:{gate.port}:127.0.0.1:{gate.port}", f"smtp://localhost:{gate.port}",
                        "--mail-from", "a@example.org", "--mail-rcpt", "b@example.net", "--upload-file", "-",
                        stdin=MESSAGE.format("by curl"))
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(len(gate.mails()), 1)

    def test_openssl_in_both_ways(self):
        said = "EHLO client.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n" \
               "Subject: by openssl\r\n\r\nbody\r\n.\r\nQUIT\r\n"
        for mode, option in ("optional", ["-starttls", "smtp"]), ("implicit", []):
            with tls_gate(mode) as gate:
                done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", *option, "-servername",
                            "localhost", "-CAfile", gate.certificate, "-verify_return_error", "-quiet", stdin=said)
                self.assertIn("221 2.0.0", done.stdout)
                self.assertIn(b"Subject: by openssl", gate.mails()[0], mode)

    def test_versions(self):
        for version in "-tls1_2", "-tls1_3":
            with tls_gate("implicit") as gate:
                done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", version, "-quiet",
                            stdin="QUIT\r\n")
                self.assertIn("221 2.0.0", done.stdout, version)

    def test_an_old_version_is_refused(self):
        with tls_gate("implicit") as gate:
            done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", "-tls1_1", "-cipher",
                        "ALL:@SECLEVEL=0", "-quiet", stdin="QUIT\r\n")
            self.assertNotIn("221 2.0.0", done.stdout)
            gate.wait_log("disconnect", by="handshake")
            with Client(gate.port) as c:
                c.start_tls().expect(220)

    def test_smtplib(self):
        with tls_gate() as gate:
            context = ssl.create_default_context(cafile=gate.certificate)
            with smtplib.SMTP("localhost", gate.port, timeout=PATIENCE) as client:
                client.starttls(context=context)
                client.ehlo()
                self.assertNotIn("starttls", client.esmtp_features)
                client.sendmail("a@example.org", ["b@example.net"], MESSAGE.format("tls"))
            self.assertEqual(len(gate.mails()), 1)

    def test_ehlo_after_starttls(self):
        """What was said before is forgotten (RFC 3207 4.2): the greeting, and the transaction."""
        with tls_gate() as gate, gate.connect() as c:
            c.expect(220)
            self.assertIn("STARTTLS", c.expect(250, "EHLO client.example").split("\n"))
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(220, "STARTTLS")
            c.start_tls()
            c.expect(503, "RCPT TO:<b@example.net>")
            c.expect(503, "MAIL FROM:<a@example.org>")
            self.assertNotIn("STARTTLS", c.expect(250, "EHLO client.example").split("\n"))
            c.expect(503, "STARTTLS")
            self.assertEqual(c.mail("Subject: x\r\n\r\nbody")[0], 250)
            mail, = gate.mails()
            self.assertIn(b"with ESMTPS", mail)

    def test_injection_behind_starttls(self):
        """CVE-2011-0411 and its kin: what came in the clear behind STARTTLS is never taken for what came in TLS."""
        for tail in (b"EHLO injected.example\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.net>\r\n",
                     b"EHLO injected.example\r\n", b"NOOP\r\n" * 50, b"RSET", b"\r\n"):
            with tls_gate() as gate, gate.connect() as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.raw(b"STARTTLS\r\n" + tail)
                c.expect(220)
                c.start_tls()
                c.expect(503, "MAIL FROM:<a@example.org>")  # the injected EHLO was not heard
                c.expect(250, "EHLO client.example")
                self.assertEqual(c.mail("Subject: mine\r\n\r\nbody")[0], 250)
                mail, = gate.mails()
                self.assertNotIn(b"evil", mail)
                self.assertIn(b"from client.example", mail)

    def test_required(self):
        with tls_gate("required") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            self.assertIn("STARTTLS", c.expect(530, "MAIL FROM:<a@example.org>"))
            c.expect(250, "NOOP")
            c.expect(220, "STARTTLS")
            c.start_tls()
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")

    def test_not_offered_without_a_certificate(self):
        with Postern(workers=1) as gate, gate.connect() as c:
            c.expect(220)
            self.assertNotIn("STARTTLS", c.expect(250, "EHLO client.example"))
            self.assertIn(c.ask("STARTTLS")[0], (454, 502, 503))
            c.expect(250, "NOOP")

    def test_a_tls_client_on_a_plain_port(self):
        """It speaks before it is greeted, in binary: it is refused, and nobody else is disturbed."""
        with tls_gate() as gate:
            done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", "-quiet")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("wrong version number", done.stdout)
            gate.wait_log("disconnect")
            gate.send()

    def test_a_plain_client_on_an_implicit_port(self):
        with tls_gate("implicit") as gate:
            with gate.connect() as c:
                c.say("EHLO client.example", "MAIL FROM:<a@example.org>", "QUIT")
                try:
                    heard = c.socket.recv(4096)
                except ConnectionResetError:
                    heard = b""
                self.assertFalse(heard.startswith(b"220"), heard)
            gate.wait_log("disconnect", by="handshake")
            with Client(gate.port) as c:
                c.start_tls().expect(220)

    def test_gone_in_the_handshake(self):
        with tls_gate("implicit") as gate:
            hello = bytes.fromhex("16030100")
            for cut in range(len(hello) + 1):
                with socket.create_connection(("127.0.0.1", gate.port)) as s:
                    s.sendall(hello[:cut])
            gate.wait_log("disconnect", count=len(hello) + 1, by="handshake")

    def test_gone_without_close_notify_in_a_message(self):
        """A cut connection is no end of data: nothing is delivered."""
        with tls_gate() as gate:
            c = gate.connect()
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(220, "STARTTLS")
            c.start_tls()
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.say("Subject: cut", "", "half of")
            c.file.close()
            socket.socket(fileno=c.socket.detach()).close()
            gate.wait_log("disconnect", by="client")
            self.assertEqual(gate.mails(), [])

    def test_a_large_mail(self):
        body = "".join(f"line {n} " + "x" * 60 + "\r\n" for n in range(60000))
        with tls_gate() as gate, smtplib.SMTP("127.0.0.1", gate.port, timeout=60) as client:
            client.starttls()
            client.sendmail("a@example.org", ["b@example.net"], "Subject: large\r\n\r\n" + body)
            self.assertIn(b"line 59999", gate.mails()[0])


if __name__ == "__main__":
    unittest.main()
