"""Every extension of proxy/protocol/extensions.def end to end: offered as far as the backend has it, its parameters carried
word for word, refused where it was not offered.  Postfix, Exim and Sendmail of Debian 12 have no MT-PRIORITY, FUTURERELEASE
or REQUIRETLS, so for these a backend that records what it hears must do; DELIVERBY goes through Sendmail, and the rest
through Postfix, by clients that others wrote.
"""
import contextlib
import json
import shutil
import smtplib
import subprocess
import unittest

from exim import Exim
from hostile import Backend
from peers import Postfix, wait_until
from postern import PATIENCE, ROOT, Postern
from sendmail import Sendmail

NODEMAILER = "nodemailer@6.9.16"

# keyword as the backend and the gate say it, parameters of MAIL, of RCPT
CARRIED = [
    ("8BITMIME", "BODY=8BITMIME", ""),
    ("SMTPUTF8", "SMTPUTF8", ""),
    ("DSN", "RET=HDRS ENVID=QQ+2B314", "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+3Dx@example.net"),
    ("MT-PRIORITY MIXER", "MT-PRIORITY=-3", ""),
    ("DELIVERBY 60", "BY=120;R", ""),
    ("FUTURERELEASE 86400 2027-01-01T00:00:00Z", "HOLDFOR=3600", ""),
    ("FUTURERELEASE 86400 2027-01-01T00:00:00Z", "HOLDUNTIL=2026-12-01T10:00:00Z", ""),
]


def offering(*keywords):
    return Backend(EHLO="\r\n".join(["250-fake"] + [f"250-{k}" for k in keywords] + ["250 PIPELINING"]))


@contextlib.contextmanager
def gate_before(backend, **values):
    with contextlib.closing(backend), Postern(workers=1, backend=backend.config(), **values) as gate:
        yield gate


def words(text):
    return text.split("\n")


class Carried(unittest.TestCase):
    def heard(self, backend, verb):
        return [line.decode() for _, line in backend.heard if line.startswith(verb)]

    def test_word_for_word(self):
        for keyword, mail, rcpt in CARRIED:
            backend = offering(keyword)
            with self.subTest(keyword), gate_before(backend) as gate, gate.connect() as c:
                c.expect(220)
                self.assertIn(keyword, words(c.expect(250, "EHLO client.example")))
                c.expect(250, f"MAIL FROM:<a@example.org> {mail}")
                c.expect(250, f"RCPT TO:<b@example.net> {rcpt}".rstrip())
                c.expect(354, "DATA")
                c.raw(b"Subject: x\r\n\r\nx\r\n.\r\n")
                c.expect(250)
                self.assertIn(f"MAIL FROM:<a@example.org> {mail}", self.heard(backend, b"MAIL"))
                self.assertIn(f"RCPT TO:<b@example.net> {rcpt}".rstrip(), self.heard(backend, b"RCPT"))

    def test_refused_where_it_is_not_offered(self):
        backend = offering()
        with gate_before(backend) as gate, gate.connect() as c:
            c.expect(220)
            offered = words(c.expect(250, "EHLO client.example"))
            for keyword, mail, rcpt in CARRIED:
                self.assertNotIn(keyword, offered)
                c.expect(555, f"MAIL FROM:<a@example.org> {mail}")
                c.expect(250, "MAIL FROM:<a@example.org>")
                if rcpt:
                    c.expect(555, f"RCPT TO:<b@example.net> {rcpt}")
                c.expect(250, "RSET")

    def test_what_is_ours_is_always_offered(self):
        with gate_before(offering()) as gate, gate.connect() as c:
            c.expect(220)
            offered = words(c.expect(250, "EHLO client.example"))
            for keyword in "PIPELINING", "ENHANCEDSTATUSCODES", "CHUNKING", "LIMITS RCPTMAX=1000", "SIZE 52428800":
                self.assertIn(keyword, offered)

    def test_the_narrower_limit(self):
        with gate_before(offering("SIZE 1000", "LIMITS RCPTMAX=2 MAILMAX=9")) as gate, gate.connect() as c:
            c.expect(220)
            offered = words(c.expect(250, "EHLO client.example"))
            self.assertIn("SIZE 1000", offered)
            self.assertIn("LIMITS RCPTMAX=2", offered)
            c.expect(552, "MAIL FROM:<a@example.org> SIZE=1001")

    def test_bad_values(self):
        with gate_before(offering(*dict.fromkeys(k for k, *_ in CARRIED))) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            for bad in ("BODY=9BITMIME", "RET=ALL", "ENVID=a=b", "MT-PRIORITY=10", "BY=120", "HOLDFOR=x", "HOLDUNTIL=now",
                        "SMTPUTF8=1", "RET=FULL RET=FULL"):
                c.expect(501, f"MAIL FROM:<a@example.org> {bad}")


class ThroughPostfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = Postfix.missing()
        if reason:
            raise unittest.SkipTest(reason)
        cls.mta = Postfix({"mx": []}, extra="smtputf8_enable = yes")

    @classmethod
    def tearDownClass(cls):
        cls.mta.close()

    def gate(self, **values):
        return Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{self.mta.ports["mx"]}"] }}', **values)

    def delivered(self, gate):
        """The mail of this gate, as Postfix filed it."""
        verdict = gate.wait_log("verdict", action="accept")
        self.mta.wait_delivered(verdict["reply"])
        mail, = [m for m in self.mta.mails("c") if f"with ESMTP id {verdict['id']}\n".encode() in m
                 or f"UTF8SMTP id {verdict['id']}\n".encode() in m]
        return mail

    def report(self, *parts):
        """Waits until the report of a delivery with these parts is in the sender's mailbox."""
        wait_until(lambda: [m for m in self.mta.mails("b") if all(p in m for p in parts)], f"a report with {parts}")

    def test_smtplib_dsn(self):
        with self.gate() as gate, gate.smtp() as client:
            client.sendmail("b@example.net", ["c@example.net"], b"Subject: dsn\r\n\r\n\xc3\xbc\r\n",
                            mail_options=["BODY=8BITMIME", "RET=HDRS", "ENVID=by-smtplib"],
                            rcpt_options=["NOTIFY=SUCCESS", "ORCPT=rfc822;alias@example.net"])
            self.assertIn(b"\n\xc3\xbc\n", self.delivered(gate))
            self.report(b"Original-Envelope-Id: by-smtplib", b"Original-Recipient: rfc822;alias@example.net",
                        b"Action: delivered")

    def test_smtplib_utf8(self):
        with self.gate() as gate, gate.smtp() as client:
            client.ehlo()
            self.assertTrue(client.has_extn("smtputf8"))
            client.sendmail("grün@example.org", ["c@example.net"], "Subject: grün\r\n\r\nx\r\n".encode(),
                            mail_options=["SMTPUTF8", "BODY=8BITMIME"])
            mail = self.delivered(gate)
            self.assertIn("Return-Path: <grün@example.org>".encode(), mail)
            self.assertIn(b"UTF8SMTP", mail)

    def test_curl_size_and_eight_bits(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        with self.gate() as gate:
            file = gate.dir / "mail"
            file.write_bytes(b"Subject: curl\r\n\r\n\xff\xfe\r\n")
            done = subprocess.run(["curl", "-sS", f"smtp://127.0.0.1:{gate.port}", "--mail-from", "a@example.org",
                                   "--mail-rcpt", "c@example.net", "--upload-file", file], timeout=PATIENCE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn(b"\n\xff\xfe\n", self.delivered(gate))

    def test_exim_is_the_client(self):
        """It pipelines, and sends in chunks, for both are offered; its DSN parameters are carried."""
        reason = Exim.missing()
        if reason:
            self.skipTest(reason)
        with self.gate() as gate, Exim(gate=gate.port, main="dsn_advertise_hosts = *") as exim:
            with smtplib.SMTP("127.0.0.1", exim.port, local_hostname="client.example", timeout=PATIENCE) as client:
                client.sendmail("b@example.net", ["c@example.net"], "Subject: by Exim\r\n\r\n..dots\r\n.\r\n",
                                mail_options=["RET=HDRS", "ENVID=by-exim"], rcpt_options=["NOTIFY=SUCCESS"])
            exim.wait_log("=> c@example.net", "C=\"250")
            self.assertIn(b"Subject: by Exim", self.delivered(gate))
            self.report(b"Original-Envelope-Id: by-exim")

    def test_nodemailer(self):
        package = nodemailer(self)
        with self.gate() as gate:
            sent = by_nodemailer(package, gate.port, {
                "from": "b@example.net", "to": "c@example.net", "subject": "by nodemailer", "text": ".dot\n..dots\nend",
                "dsn": {"id": "by-nodemailer", "return": "headers", "notify": ["success"], "recipient": "b@example.net"}})
            self.assertRegex(sent["response"], "^250 2.0.0 .*queued as")
            self.assertIn(b"Subject: by nodemailer", self.delivered(gate))
            self.report(b"Original-Envelope-Id: by-nodemailer")


class Nodemailer(unittest.TestCase):
    def test_starttls_utf8_and_a_refusal(self):
        package = nodemailer(self)
        backend = offering("8BITMIME", "SMTPUTF8", "DSN")
        with contextlib.closing(backend):
            gate = Postern(workers=1, backend=backend.config())
            crt, key = gate.folder.certificate()
            gate.config.write_text(gate.config.read_text().replace(
                'listener "mx" {', f'listener "mx" {{ tls = required certificate = "{crt}" key = "{key}" '))
            with gate:
                message = {"from": "grün@example.org", "to": "b@example.net", "subject": "x", "text": "x"}
                by_nodemailer(package, gate.port, message, requireTLS=True, tls={"rejectUnauthorized": False})
                mail = next(line.decode() for _, line in backend.heard if line.startswith(b"MAIL"))
                self.assertRegex(mail, r"^MAIL FROM:<grün@example\.org> .*SMTPUTF8")
                refused = by_nodemailer(package, gate.port, message, ignoreTLS=True, fails=True)
                self.assertEqual(refused["code"], 530)


def nodemailer(test):
    """The folder of the package; fetched once, into build/."""
    if not shutil.which("npm") or not shutil.which("node"):
        test.skipTest("npm is not installed")
    folder = ROOT / "build" / NODEMAILER.replace("@", "-")
    package = folder / "node_modules" / "nodemailer"
    if not package.exists():
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", NODEMAILER], cwd=folder,
                              timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            test.skipTest(f"{NODEMAILER} cannot be had: {done.stdout[-200:]}")
    return package


def by_nodemailer(package, port, message, fails=False, **transport):
    job = {"transport": {"host": "127.0.0.1", "port": port, "name": "client.example", **transport}, "message": message}
    done = subprocess.run(["node", ROOT / "tests" / "integration" / "nodemailer.js", package], input=json.dumps(job),
                          text=True, timeout=PATIENCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if (done.returncode != 0) != fails:
        raise AssertionError(done.stdout)
    return json.loads(done.stdout)


class RequireTls(unittest.TestCase):
    def test_only_where_the_backend_is_reached_over_tls(self):
        """A backend that says so in the clear is not believed."""
        backend = offering("REQUIRETLS")
        with contextlib.closing(backend):
            gate = Postern(workers=1, backend=backend.config())
            crt, key = gate.folder.certificate()
            gate.config.write_text(gate.config.read_text().replace(
                'listener "mx" {', f'listener "mx" {{ certificate = "{crt}" key = "{key}" '))
            with gate, gate.connect() as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.expect(220, "STARTTLS")
                c.start_tls()
                self.assertNotIn("REQUIRETLS", c.expect(250, "EHLO client.example"))
                c.expect(555, "MAIL FROM:<a@example.org> REQUIRETLS")


class ThroughSendmail(unittest.TestCase):
    """The one that has DELIVERBY (RFC 2852)."""

    def test_deliver_by(self):
        reason = Sendmail.missing()
        if reason:
            self.skipTest(reason)
        with Sendmail() as mta, Postern(
                workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.port}"] }}') as gate, gate.smtp() as client:
            client.ehlo()
            self.assertEqual(client.esmtp_features["deliverby"], "60")
            client.sendmail("a@example.org", ["b@example.net"], b"Subject: x\r\n\r\n\xfc\r\n",
                            mail_options=["BY=120;R", "BODY=8BITMIME", "RET=HDRS", "ENVID=by-smtplib"],
                            rcpt_options=["NOTIFY=FAILURE", "ORCPT=rfc822;alias@example.net"])
            with self.assertRaises(smtplib.SMTPRecipientsRefused):  # sooner than it can
                client.sendmail("a@example.org", ["b@example.net"], b"Subject: x\r\n\r\nx\r\n", mail_options=["BY=1;R"])
            queued, = mta.queued()
            for line in "!\x02 120", "S<a@example.org>", "Zby-smtplib", "Qrfc822;alias@example.net":
                self.assertIn(line, queued.split("\n"))


if __name__ == "__main__":
    unittest.main()
