"""Logins through the gate at a real Postfix with Cyrus SASL: every mechanism it has, by clients that others wrote; right
and wrong passwords, lost connections, several clients at a time.  And ETRN."""
import base64
import hashlib
import hmac
import os
import pathlib
import re
import shutil
import signal
import smtplib
import subprocess
import unittest

from peers import Passwords, Postfix
from postern import PATIENCE, Client, Postern
from unpacked import unpacked

HERE = pathlib.Path(__file__).resolve().parent
JOE, ANN = ("joe@mta.example", "joe's password"), ("ann@mta.example", "ann's password")
AWAY = "somebody@elsewhere.example"  # only who has logged in may send there
MAIL = ["--mail-from", "joe@example.net", "--mail-rcpt", "b@example.net"]
TEXT = "From: <joe@example.net>\r\nSubject: {}\r\n\r\nHello.\r\n"


def setUpModule():
    global mta, users
    reason = Postfix.missing() or Passwords.missing()
    if reason:
        raise unittest.SkipTest(reason)
    users = Passwords(joe=JOE[1], ann=ANN[1])
    certificate, key = users.folder.certificate("mta.example")
    auth = "smtpd_sasl_auth_enable=yes"
    mta = Postfix({
        "xclient": [auth, "smtpd_authorized_xclient_hosts=127.0.0.1"],
        "xforward": [auth, "smtpd_authorized_xforward_hosts=127.0.0.1"],
        "plain": [auth],
        "tls": [auth, "smtpd_tls_auth_only=yes", "smtpd_tls_security_level=may", f"smtpd_tls_cert_file={certificate}",
                f"smtpd_tls_key_file={key}"],
        "without": [],
    }, """\
default_transport = discard:
relay_domains = later.example
relay_transport = discard:
# Its smtpd are killed here.
service_throttle_time = 1s
""", passwords=users)


def tearDownModule():
    mta.close()
    users.close()


def gate_before(service, mode="optional", listener="profile = submission", backend="", **values):
    """One worker; its certificate is for "localhost"."""
    gate = Postern(workers=1, backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports[service]}"] {backend} }}', **values)
    gate.certificate, gate.key = gate.folder.certificate("localhost")
    gate.config.write_text(gate.config.read_text().replace(
        'listener "mx" {', f'listener "mx" {{ {listener} tls = {mode} certificate = "{gate.certificate}" key = "{gate.key}" '))
    return gate.start()


def tool(*command, stdin="", **more):
    if not shutil.which(command[0]):
        raise unittest.SkipTest(f"{command[0]} is not installed")
    return subprocess.run([str(c) for c in command], input=stdin, text=True, timeout=PATIENCE, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def logged_in(gate, who=JOE):
    """An smtplib client."""
    client = gate.smtp()
    client.starttls()
    client.login(*who)
    return client


class Scram:
    """RFC 5802 and 7677, the client's side."""

    def __init__(self, name, password):
        self.first = f"n={name},r=fyko+d2lbbFgONRv9qkxdawL"
        self.password = password.encode()

    def __call__(self, challenge=None):
        if not challenge:
            return "n,," + self.first
        text = challenge.decode()
        if text.startswith("v="):
            return ""
        nonce, salt, rounds = re.match("r=(.*),s=(.*),i=([0-9]+)", text).groups()
        last = f"c=biws,r={nonce}"
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(salt), int(rounds))
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{self.first},{text},{last}".encode(), "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        return f"{last},p={base64.b64encode(proof).decode()}"


class Mechanisms(unittest.TestCase):
    """Of each: the mail arrives, Postfix knows the login and the way, the gate's log knows the name and no password."""

    def check(self, gate, mechanism, before, name=JOE[0]):
        auth = gate.wait_log("auth", count=before + 1)
        self.assertEqual((auth["mechanism"], auth["result"], auth["login"]), (mechanism, "accepted", name), auth)
        reply = gate.wait_log("verdict", count=before + 1, action="accept", login=name)["reply"]
        lines = mta.wait_delivered(reply)
        self.assertTrue(any(f"sasl_method={mechanism}, sasl_username={JOE[0]}" in line for line in lines), lines)
        self.assertNotIn("password", gate.text())
        self.assertNotIn(base64.b64encode(JOE[1].encode()).decode()[:-4], gate.text())

    def swaks(self, mode, *options):
        with gate_before("xclient", mode) as gate:
            for n, mechanism in enumerate(("PLAIN", "LOGIN", "CRAM-MD5")):
                with self.subTest(mechanism):
                    done = tool("swaks", "--server", f"127.0.0.1:{gate.port}", *options, "--auth", mechanism, "--auth-user",
                                JOE[0], "--auth-password", JOE[1], "--from", "joe@example.net", "--to", "b@example.net")
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.check(gate, mechanism, n)

    def test_swaks_starttls(self):
        self.swaks("optional", "--tls")

    def test_swaks_implicit(self):
        self.swaks("implicit", "--tls-on-connect")

    def curl(self, mode, scheme):
        with gate_before("xforward", mode) as gate:
            for n, mechanism in enumerate(("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5")):
                with self.subTest(mechanism):
                    done = tool("curl", "-sS", "--crlf", "--ssl-reqd", "-k", f"{scheme}://127.0.0.1:{gate.port}/client.example",
                                "--user", ":".join(JOE), "--login-options", f"AUTH={mechanism}", *MAIL,
                                "--upload-file", "-", stdin="Subject: by curl\n\nHello.\n")
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.check(gate, mechanism, n)

    def test_curl_starttls(self):
        self.curl("optional", "smtp")

    def test_curl_implicit(self):
        self.curl("implicit", "smtps")

    def test_scram(self):
        with gate_before("xclient") as gate:
            for n, initial in enumerate((True, False)):
                with gate.smtp() as client:
                    client.starttls()
                    client.ehlo()
                    code, text = client.auth("SCRAM-SHA-256", Scram("joe", JOE[1]), initial_response_ok=initial)
                    self.assertEqual(code, 235, text)
                    client.sendmail("joe@example.net", ["b@example.net"], TEXT.format("by SCRAM"))
                    self.check(gate, "SCRAM-SHA-256", n, name="joe")

    def test_smtplib_chooses(self):
        with gate_before("xclient") as gate:
            with logged_in(gate) as client:
                for n in range(3):
                    client.sendmail("joe@example.net", ["b@example.net"], TEXT.format(n))
                self.assertEqual(gate.wait_log("verdict", count=3)["login"], JOE[0])
            self.assertEqual(len(gate.log("auth")), 1)

    def test_nodemailer(self):
        if not shutil.which("node"):
            self.skipTest("node is not installed")
        package = unpacked("node-nodemailer")
        if not package:
            self.skipTest("nodemailer is not to be had")
        modules = package / "usr/share/nodejs"
        script = """const [port, secure, method, user, pass] = process.argv.slice(2);
const transport = require("nodemailer").createTransport({host: "127.0.0.1", port, secure: secure == "yes", authMethod: method,
    requireTLS: secure == "no", tls: {rejectUnauthorized: false}, auth: {user, pass}, pool: true, maxConnections: 1});
const mail = n => transport.sendMail({from: "joe@example.net", to: "b@example.net", subject: "nodemailer " + n, text: "x"});
mail(1).then(() => mail(2)).then(done => { console.log(done.response); transport.close(); },
    error => { console.log(error.message); process.exit(1); });
"""
        for mode, secure in ("optional", "no"), ("implicit", "yes"):
            with gate_before("xclient", mode) as gate:
                path = gate.folder.write("mail.js", script)
                for n, method in enumerate(("PLAIN", "LOGIN", "CRAM-MD5")):
                    done = tool("node", path, gate.port, secure, method, *JOE, env=os.environ | {"NODE_PATH": str(modules)})
                    self.assertEqual(done.returncode, 0, done.stdout)
                    self.assertEqual(gate.wait_log("auth", count=n + 1)["mechanism"], method)
                    gate.wait_log("verdict", count=2 * n + 2, action="accept", login=JOE[0])


class Offered(unittest.TestCase):
    def offered(self, *arguments, **more):
        with gate_before(*arguments, **more) as gate, gate.smtp() as client:
            client.ehlo()
            clear = client.esmtp_features.get("auth", "").split()
            client.starttls()
            client.ehlo()
            return clear, sorted(client.esmtp_features.get("auth", "").split())

    def test_over_tls_only(self):
        self.assertEqual(self.offered("plain"), ([], sorted(Passwords.MECHANISMS)))

    def test_a_backend_that_offers_it_over_tls_only(self):
        required = "tls = required tls_verify = no"
        self.assertEqual(self.offered("tls", backend=required), ([], sorted(Passwords.MECHANISMS)))
        self.assertEqual(self.offered("tls", backend="tls = none"), ([], []))
        with gate_before("tls", backend=required) as gate, logged_in(gate) as client:
            client.sendmail("joe@example.net", [AWAY], TEXT.format("twice TLS"))

    def test_as_the_listener_says(self):
        self.assertEqual(self.offered("plain", listener="auth = none"), ([], []))
        clear, encrypted = self.offered("plain", listener="auth = always")
        self.assertEqual(sorted(clear), encrypted)

    def test_a_backend_without_it(self):
        self.assertEqual(self.offered("without"), ([], []))


class Logins(unittest.TestCase):
    def test_only_who_has_logged_in_may_send_elsewhere(self):
        for service in "xclient", "xforward", "plain":
            with gate_before(service, listener="") as gate:
                with gate.smtp() as stranger, logged_in(gate) as client:
                    client.sendmail("joe@example.net", [AWAY], TEXT.format("relayed"))
                    with self.assertRaises(smtplib.SMTPRecipientsRefused, msg=service):
                        stranger.sendmail("joe@example.net", [AWAY], TEXT.format("refused"))
                    client.sendmail("joe@example.net", [AWAY], TEXT.format("relayed again"))
                    stranger.sendmail("joe@example.net", ["b@example.net"], TEXT.format("local"))
                    with self.assertRaises(smtplib.SMTPRecipientsRefused, msg=service):
                        stranger.sendmail("joe@example.net", [AWAY], TEXT.format("refused"))

    def test_postfix_knows_the_true_client(self):
        with gate_before("xclient") as gate:
            with gate.smtp("127.0.0.77") as client:
                client.starttls()
                client.login(*JOE)
                client.sendmail("joe@example.net", ["b@example.net"], TEXT.format("from 77"))
            lines = mta.wait_delivered(gate.wait_log("verdict")["reply"])
            self.assertTrue(any("client=unknown[127.0.0.77]" in line for line in lines), lines)

    def test_a_wrong_password(self):
        with gate_before("xclient", listener="login_rate = 2/10m unlimited_from = []") as gate:
            with gate.smtp() as client:
                client.starttls()
                client.ehlo()
                code, text = client.docmd("AUTH", "PLAIN " + base64.b64encode(b"\0joe\0Tr0ub4dor").decode())
                self.assertEqual(code, 535, text)
                self.assertIn(b"5.7.8 Error: authentication failed", text)
                client.user, client.password = JOE[0], "Tr0ub4dor"
                with self.assertRaises(smtplib.SMTPAuthenticationError):
                    client.auth("CRAM-MD5", client.auth_cram_md5)
                self.assertEqual(client.docmd("AUTH", "PLAIN AGpvZQB4")[0], 421)
            refused = gate.wait_log("auth", count=2, result="refused")
            self.assertEqual((refused["mechanism"], refused["login"]), ("CRAM-MD5", JOE[0]))
            self.assertIn("535 5.7.8", refused["reply"])
            self.assertNotIn("ub4dor", gate.text())
            self.assertNotIn(base64.b64encode(b"\0joe\0Tr0ub4dor").decode()[:-4], gate.text())

    def test_policy_sees_it(self):
        verdicts = 'verdict "ours" {{ when = AUTHENTICATED do = accept }} verdict "others" {{ when = CLIENT_TLS do = reject }}'
        with gate_before("xclient", listener="", extra=verdicts.replace("{{", "{").replace("}}", "}")) as gate:
            with logged_in(gate) as client:
                client.sendmail("joe@example.net", ["b@example.net"], TEXT.format("trusted"))
            with gate.smtp() as stranger:
                stranger.starttls()
                with self.assertRaises(smtplib.SMTPRecipientsRefused):
                    stranger.sendmail("joe@example.net", ["b@example.net"], TEXT.format("not trusted"))
            lines = mta.wait_delivered(gate.wait_log("verdict", verdict="ours")["reply"])
            mail = next(m for m in mta.mails() if b"Subject: trusted" in m)
            self.assertRegex(mail, rb"by gate.example \(Postern\) with ESMTPSA id")

    def test_submission_asks_for_it(self):
        with gate_before("xclient") as gate, Client(gate.port) as client:
            client.expect(220)
            client.expect(250, "EHLO client.example")
            client.expect(530, "MAIL FROM:<joe@example.net>")
            client.expect(220, "STARTTLS")
            client.start_tls()
            client.expect(250, "EHLO client.example")
            self.assertIn("authentication required", client.expect(530, "MAIL FROM:<joe@example.net>"))
            client.expect(501, "AUTH PLAIN ***")
            client.expect(504, "AUTH EXTERNAL =")
            client.expect(334, "AUTH LOGIN")
            client.expect(501, "*")
            client.expect(235, "AUTH PLAIN " + base64.b64encode("\0".join(("", *JOE)).encode()).decode())
            client.expect(503, "AUTH LOGIN")
            code, text = client.mail(TEXT.format("in the end"), sender="joe@example.net")
            self.assertEqual(code, 250, text)


class Lanes(unittest.TestCase):
    """A login is on one connection, and the connection is one client's."""

    def server_of(self, gate, client):
        """The pid of the smtpd that serves this client; with its first mail."""
        client.sendmail("joe@example.net", ["b@example.net"], TEXT.format("who are you"))
        reply = gate.wait_log("verdict", action="accept")["reply"]
        queued = re.search(r"queued as (\w+)", reply).group(1)
        return int(mta.wait_line(rf"smtpd\[(\d+)\]: {queued}: client=").group(1))

    def test_the_backend_is_killed_after_the_login(self):
        with gate_before("xclient") as gate, logged_in(gate) as client:
            os.kill(self.server_of(gate, client), signal.SIGKILL)
            self.assertEqual(gate.wait_log("disconnect")["by"], "backend")
            code, text = client.getreply()
            self.assertEqual(code, 421, text)
            with logged_in(gate) as again:
                again.sendmail("joe@example.net", [AWAY], TEXT.format("again"))
            client.close()

    def test_the_backend_is_killed_in_a_transaction(self):
        with gate_before("xclient") as gate, logged_in(gate) as client:
            server = self.server_of(gate, client)
            client.mail("joe@example.net")
            client.rcpt(AWAY)
            client.putcmd("DATA")
            self.assertEqual(client.getreply()[0], 354)
            os.kill(server, signal.SIGKILL)
            mta.wait_line(rf"process id {server} killed by signal 9|pid {server} killed by signal 9")
            client.send(b"Subject: nowhere\r\n\r\n.\r\n")
            self.assertEqual(client.getreply()[0], 451)
            self.assertEqual(client.getreply()[0], 421)
            self.assertEqual(gate.wait_log("disconnect")["by"], "backend")
            client.close()

    def test_two_at_a_time_never_share_one(self):
        for service in "xclient", "plain":
            with gate_before(service, listener="") as gate:
                start = len(mta.lines)
                with logged_in(gate, JOE) as joe, logged_in(gate, ANN) as ann, gate.smtp() as nobody:
                    for n in range(10):
                        for sender, client in ("joe", joe), ("ann", ann), ("nobody", nobody):
                            client.sendmail(f"{sender}@example.net", ["b@example.net"], TEXT.format(n))
                gate.wait_log("disconnect", count=3)
                accepted = gate.log("verdict", action="accept")
                self.assertEqual(len(accepted), 30)
                servers = {}
                for verdict in accepted:
                    sender = verdict["from"].split("@")[0]
                    queued = re.search(r"queued as (\w+)", verdict["reply"]).group(1)
                    server, rest = mta.wait_line(rf"smtpd\[(\d+)\]: {queued}: (client=.*)").groups()
                    login = re.search("sasl_username=(.*)@", rest)
                    self.assertEqual(login and login.group(1), None if sender == "nobody" else sender, rest)
                    servers.setdefault(sender, set()).add(server)
                self.assertEqual(len(servers["joe"]), 1)
                self.assertEqual(len(servers["ann"]), 1)
                self.assertFalse(servers["joe"] & servers["ann"] | servers["joe"] & servers["nobody"])
                self.assertGreater(len(mta.lines), start)

    def test_logins_left_open_keep_nobody_out(self):
        """Of four connections three are for logins; clients that answer no challenge take turns on them."""
        with gate_before("plain", listener="auth = always", backend="connections = 4") as gate:
            silent = []
            for _ in range(6):
                c = gate.connect()
                c.expect(220)
                c.expect(250, "EHLO silent.example")
                c.expect(334, "AUTH LOGIN")
                silent.append(c)
            with logged_in(gate) as client:
                client.sendmail("joe@example.net", [AWAY], TEXT.format("among silent ones"))
            for c in silent[:4]:  # the first who came were the first to go
                c.expect(421)
            for c in silent[4:]:
                c.expect(334, "am9l")
            for c in silent:
                c.close()

    def test_it_is_closed_with_the_session(self):
        with gate_before("plain") as gate:
            with logged_in(gate) as client:
                server = self.server_of(gate, client)
            gate.wait_log("disconnect", by="quit")
            mta.wait_line(rf"smtpd\[{server}\]: disconnect from .* auth=1 .*quit=1")


class Etrn(unittest.TestCase):
    def test_it_reaches_postfix(self):
        with gate_before("xclient", listener="") as gate, gate.smtp() as client:
            client.ehlo()
            self.assertTrue(client.has_extn("etrn"))
            code, text = client.docmd("ETRN", "later.example")
            self.assertEqual((code, text.split()[1:]), (250, b"Queuing started".split()))
            code, text = client.docmd("ETRN", "elsewhere.example")
            self.assertEqual(code, 459, text)
            self.assertEqual(client.docmd("ETRN", "(bad")[0], 501)
            client.mail("a@example.org")
            self.assertEqual(client.docmd("ETRN", "later.example")[0], 503)
            self.assertEqual(client.rset()[0], 250)
