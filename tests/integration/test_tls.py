"""TLS toward clients, with OpenSSL's own client: certificates by name and type, resumption, renewal, profiles, client
certificates, ALPN."""
import json
import re
import shutil
import signal
import subprocess
import unittest

from postern import PATIENCE, Client, Folder, Postern, run


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, text=True, timeout=PATIENCE, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def worker_of(line):
    """The number of the worker, which is a part of its session ids (proxy/base/id.h)."""
    number = 0
    for c in line["id"]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(c)
    return number >> 13 & 63


class Authority:
    """A certification authority in a folder of its own, for what a stranger would trust."""

    def __init__(self, folder):
        self.folder, self.path = folder, folder.path
        self.certificate = self.path / "ca.pem"
        self.must("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                  "-subj", "/CN=test authority", "-keyout", self.path / "ca.key", "-out", self.certificate)

    @staticmethod
    def must(*arguments):
        done = openssl(*arguments)
        if done.returncode:
            raise AssertionError(done.stdout)

    def issue(self, file, *names, kind="ec", days=90, usage="serverAuth"):
        """FILE.pem with the key in it, for these DNS names."""
        key = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"]}[kind]
        crt, request = self.path / f"{file}.pem", self.path / f"{file}.csr"
        self.must("req", "-newkey", *key, "-nodes", "-subj", f"/CN={file}", "-keyout", self.path / f"{file}.key",
                  "-out", request)
        extensions = self.folder.write(f"{file}.ext", f"extendedKeyUsage={usage}\nbasicConstraints=critical,CA:false\n"
                                       "keyUsage=critical,digitalSignature\n"
                                       "crlDistributionPoints=URI:http://crl.example.org/ca.crl\n" +
                                       ("subjectAltName=" + ",".join("DNS:" + n for n in names) if names else ""))
        self.must("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.path / "ca.key",
                  "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", crt)
        crt.write_text(crt.read_text() + (self.path / f"{file}.key").read_text())
        crt.chmod(0o644)
        return crt


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.authority = Authority(cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.folder.remove()

    def gate(self, *certificates, mode="implicit", listener="", **values):
        paths = ", ".join(f'"{c}"' for c in certificates)
        return Postern(listener=f"tls = {mode}  certificate = [{paths}]  {listener}", **values)

    def connect(self, gate, *options, said="quit\r\n"):  # s_client takes a capital Q or R for itself
        return openssl("s_client", "-connect", f"127.0.0.1:{gate.port}", "-ign_eof", "-CAfile",
                       self.authority.certificate, *options, stdin=said).stdout


class Certificates(Tls):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        issue = cls.authority.issue
        cls.ec = issue("ec", "mx.example.org", "mail.example.org")
        cls.rsa = issue("rsa", "mx.example.org", kind="rsa")
        cls.wild = issue("wild", "*.example.net", "example.net")
        cls.one = issue("one", "one.example.net", kind="rsa")

    def shown(self, gate, name, *options):
        """The common name of the certificate that a client is shown who asks for this name."""
        text = self.connect(gate, *(["-servername", name] if name else ["-noservername"]), *options)
        self.assertIn("221 2.0.0", text)
        return re.search(r"subject=CN = (\S+)", text).group(1)

    def test_by_name_and_by_type(self):
        with self.gate(self.ec, self.rsa, self.wild, self.one, workers=1) as gate:
            ecdsa, rsa = ["-sigalgs", "ECDSA+SHA256:RSA-PSS+SHA256"], ["-sigalgs", "RSA-PSS+SHA256"]
            for name, options, want in (
                    ("mx.example.org", ecdsa, "ec"), ("mx.example.org", rsa, "rsa"), ("MX.Example.ORG", rsa, "rsa"),
                    ("mail.example.org", ecdsa, "ec"), ("any.example.net", ecdsa, "wild"),
                    ("example.net", ecdsa, "wild"), ("a.b.example.net", rsa, "rsa"),
                    ("one.example.net", ecdsa, "wild"), ("one.example.net", rsa, "one"),
                    ("other.example.com", ecdsa, "ec"), ("other.example.com", rsa, "rsa"), (None, ecdsa, "ec")):
                for version in "-tls1_3", "-tls1_2":
                    with self.subTest(f"{name} {version} {want}"):
                        self.assertEqual(self.shown(gate, name, version, *options), want)
            self.assertEqual(gate.wait_log("tls")["sni"], "mx.example.org")

    def test_a_name_that_is_verified(self):
        with self.gate(self.ec, self.wild, mode="required", workers=1) as gate:
            for name in "mail.example.org", "smtp.example.net":
                text = self.connect(gate, "-starttls", "smtp", "-servername", name, "-verify_hostname", name,
                                    "-verify_return_error")
                self.assertIn("Verification: OK", text)
                self.assertIn("Verified peername", text)

    def test_what_is_wrong_is_said_where(self):
        nameless = self.authority.issue("nameless")
        text = nameless.read_text()
        self.authority.must("req", "-x509", "-key", self.folder.path / "nameless.key", "-days", "1", "-subj", "/O=none",
                            "-out", nameless)
        nameless.write_text(nameless.read_text() + text[text.index("-----BEGIN PRIVATE"):])
        twin = self.authority.issue("twin", "else.example.org", "mail.example.org")
        for lists, at, words in (
                (f'certificate = ["{self.ec}", "{nameless}"]', "2:", "nameless.pem: this certificate has no name"),
                (f'certificate = ["{self.ec}", "{twin}"]', "2:", "another ECDSA certificate for mail.example.org"),
                (f'certificate = ["{self.ec}", "{self.ec}"]', "2:", "another ECDSA certificate"),
                (f'certificate = ["{self.ec}", "{self.rsa}"] key = ["{self.ec}", "{self.ec}"]', "2:", "does not belong"),
                (f'certificate = ["{self.ec}", "{self.rsa}"] key = "{self.ec}"', "2:", 'has no "key"'),
                (f'certificate = "{self.ec}" key = ["{self.ec}", "{self.rsa}"]', "2:", 'needs its "certificate"'),
                (f'certificate = "{self.ec}" client_certificate = ask client_ca = "/nowhere.pem"', "2:", "/nowhere.pem"),
                (f'certificate = "{self.ec}" client_ca = "{self.ec}"', "2:", "client_certificate = ask")):
            with self.subTest(words):
                path = self.folder.write("x.conf", 'backend "b" { maildir = "mail" }\n'
                                         'listener "x" { address = "127.0.0.1:2525"  tls = required  ' + lists + " }\n")
                done = run("check", "-c", path)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertRegex(done.stderr, r"x\.conf:2:\d+: [^\n]*" + re.escape(words))
                if "ec}" not in lists and "[" in lists:
                    self.assertNotIn("x.conf:2:1:", done.stderr)


class Resumption(Tls):
    def resumed(self, gate, version, times=12):
        session = self.folder.path / "session.pem"
        first = self.connect(gate, version, "-sess_out", session)
        self.assertIn("New, ", first)
        for _ in range(times):
            self.assertIn("Reused, ", self.connect(gate, version, "-sess_in", session, "-sess_out", session))

    def test_by_any_worker_and_after_a_reload(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, workers=2) as gate:
            for version in "-tls1_3", "-tls1_2":
                self.resumed(gate, version)
            session = self.folder.path / "kept.pem"
            self.connect(gate, "-sess_out", session)
            gate.tell(signal.SIGHUP)
            gate.wait_log("ready", count=2)
            for _ in range(6):
                self.assertIn("Reused, ", self.connect(gate, "-sess_in", session))
            # Of the generation before the reload both workers have taken tickets that either may have given.
            self.assertGreaterEqual(len({worker_of(f) for f in gate.log("tls", resumed="yes")}), 2)


class Renewal(Tls):
    def serial(self, gate):
        text = self.connect(gate, "-starttls", "smtp", "-showcerts")
        return openssl("x509", "-noout", "-serial", stdin=text[text.index("-----BEGIN"):]).stdout

    def test_a_new_file_takes_effect_with_a_reload(self):
        """No session is dropped: one in a transaction ends it with the worker that it began with."""
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, mode="optional", extra="certificate_watch = 0") as gate, gate.connect() as c:
            c.expect(220)
            c.expect(220, "STARTTLS")
            c.start_tls()
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            before = self.serial(gate)
            self.authority.issue("mx", "mx.example.org")
            self.assertEqual(self.serial(gate), before)
            gate.tell(signal.SIGHUP)
            gate.wait_log("drain", count=2, what="handed-over")
            self.assertNotEqual(self.serial(gate), before)
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.say("Subject: through a reload", "", "body", ".")
            c.expect(250)
            self.assertEqual(len(gate.mails()), 1)

    def test_a_renewed_file_is_noticed(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, mode="optional", extra="certificate_watch = 100ms", workers=1) as gate:
            before = self.serial(gate)
            good = crt.read_text()
            crt.write_text(good[:400])  # a writer that is killed, a full disk
            gate.wait_log("certificate", what="refused")
            self.assertIn("mx.pem", gate.wait_log("certificate", severity="error")["text"])
            self.assertEqual(self.serial(gate), before)
            self.authority.issue("other", "mx.example.org")
            crt.write_text(good[:good.index("-----BEGIN PRIVATE")] + (self.folder.path / "other.key").read_text())
            gate.wait_log("certificate", what="refused", count=2)
            self.assertEqual(self.serial(gate), before)
            gate.send()
            self.authority.issue("mx", "mx.example.org")
            gate.wait_log("certificate", what="replaced")
            gate.wait_log("drain", what="handed-over")
            self.assertNotEqual(self.serial(gate), before)
            self.assertEqual(len(gate.log("reload")), 1)

    def test_one_that_has_expired_is_not_taken(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, mode="optional", extra="certificate_watch = 100ms", workers=1) as gate:
            before = self.serial(gate)
            self.authority.issue("mx", "mx.example.org", days=-1)
            gate.wait_log("certificate", what="refused")
            self.assertIn("expired on", gate.wait_log("certificate", severity="error")["text"])
            self.assertEqual(self.serial(gate), before)

    def test_a_symbolic_link_that_moves(self):
        """As certbot renews: the files stay, links to them change."""
        first, second = (self.authority.issue(n, "mx.example.org") for n in ("mx1", "mx2"))
        link = self.folder.path / "live.pem"
        link.symlink_to(first)
        with self.gate(link, mode="optional", extra="certificate_watch = 100ms", workers=1) as gate:
            before = self.serial(gate)
            link.unlink()
            link.symlink_to(second)
            gate.wait_log("drain", what="handed-over")
            self.assertNotEqual(self.serial(gate), before)


class Profiles(Tls):
    def test_modern_is_1_3_alone(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, listener="tls_profile = modern", workers=1) as gate:
            self.assertIn("221 2.0.0", self.connect(gate, "-tls1_3"))
            self.assertIn("alert protocol version", self.connect(gate, "-tls1_2"))
            self.assertEqual(gate.wait_log("disconnect", by="handshake")["error"], "unsupported protocol")

    def test_intermediate_has_forward_secrecy(self):
        crt = self.authority.issue("mx", "mx.example.org", kind="rsa")
        with self.gate(crt, workers=1) as gate:
            for cipher in "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305":
                self.assertIn(f"Cipher is {cipher}", self.connect(gate, "-tls1_2", "-cipher", cipher))
            for cipher in "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256":
                self.assertIn("alert handshake failure", self.connect(gate, "-tls1_2", "-cipher", cipher))
            self.assertIn("alert handshake failure", self.connect(gate, "-tls1_2", "-curves", "P-521"))

    def test_other_protocols_are_refused(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, workers=1) as gate:
            for offered, want in ("smtp", "ALPN protocol: smtp"), ("h2,esmtp", "ALPN protocol: esmtp"), \
                    ("h2,http/1.1", "alert no application protocol"), ("ftp", "alert no application protocol"):
                self.assertIn(want, self.connect(gate, "-alpn", offered))

    def test_no_early_data(self):
        crt = self.authority.issue("mx", "mx.example.org")
        with self.gate(crt, workers=1) as gate:
            self.assertIn("Max Early Data: 0", self.connect(gate, "-tls1_3"))


class Testssl(Tls):
    """testssl.sh, as far as it takes seconds: protocols, ciphers by category, forward secrecy, what the server shows.  The
    rest (preference, vulnerabilities, simulated clients) takes minutes and is for hands: testssl HOST:PORT."""

    def findings(self, mode, *sections):
        if not shutil.which("testssl"):
            raise unittest.SkipTest("testssl is not installed")
        names = "mx.example.org", "localhost"
        certificates = self.authority.issue("ec", *names), self.authority.issue("rsa", *names, kind="rsa")
        report = self.folder.path / f"{mode}.json"
        with self.gate(*certificates, mode=mode, listener="tls_profile = modern", workers=1) as gate:
            subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca",
                            self.authority.certificate, "--jsonfile", report, "--ip", "127.0.0.1", *sections,
                            f"mx.example.org:{gate.port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           timeout=300, check=False)
        return json.loads(report.read_text())

    def nothing_worse_than_low(self, mode, *sections):
        found = self.findings(mode, *sections)
        self.assertEqual([f for f in found if f["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")], [])
        said = {f["id"]: f["finding"] for f in found}
        self.assertIn("not offered", said["TLS1_1"])
        self.assertIn("not offered", said["TLS1_2"])
        self.assertRegex(said["TLS1_3"], "^offered")
        self.assertRegex(said["PFS"], "^offered")
        return said

    def test_implicit(self):
        said = self.nothing_worse_than_low("implicit", "-p", "-s", "-f", "-S")
        self.assertEqual({said[f"cert_chain_of_trust <cert#{n}>"] for n in (1, 2)}, {"passed."})

    def test_starttls(self):
        self.nothing_worse_than_low("optional", "-t", "smtp", "-p", "-f")


class ClientCertificates(Tls):
    LISTENER = "client_certificate = ask"
    VERDICTS = ('verdict "known" { when = CLIENT_CERTIFICATE_VERIFIED do = accept }\n'
                'verdict "seen" { when = CLIENT_CERTIFICATE do = reject reply = "5.7.1 %{CLIENT_CERTIFICATE.detail}" }\n')
    SAID = "ehlo client.example\r\nmail from:<a@example.org>\r\nrcpt to:<b@example.net>\r\nquit\r\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mx = cls.authority.issue("mx", "mx.example.org")
        cls.client = cls.authority.issue("client", "client.example", usage="clientAuth")
        cls.stranger, key = cls.folder.certificate("stranger")
        cls.stranger.write_text(cls.stranger.read_text() + key.read_text())

    def fingerprint(self, crt):
        text = openssl("x509", "-noout", "-fingerprint", "-sha256", "-in", crt).stdout
        return text.split("=")[1].strip().replace(":", "").lower()

    def replay(self, gate, *options):
        return self.connect(gate, *options, said=self.SAID)

    def test_facts_and_verdicts(self):
        for version in "-tls1_3", "-tls1_2":
            with self.gate(self.mx, listener=f'{self.LISTENER}  client_ca = "{self.authority.certificate}"',
                           extra=self.VERDICTS, workers=1) as gate:
                self.replay(gate, version)
                self.assertNotIn("fingerprint", gate.wait_log("tls"))
                gate.wait_log("disconnect")
                self.assertEqual(gate.log("verdict"), [])
                session = self.folder.path / "client.session"
                self.replay(gate, version, "-cert", self.client, "-sess_out", session)
                line = gate.wait_log("tls", count=2)
                self.assertEqual((line["fingerprint"], line["verified"]), (self.fingerprint(self.client), "yes"))
                self.assertIn("Reused", self.replay(gate, version, "-sess_in", session))
                line = gate.wait_log("tls", count=3)
                self.assertEqual((line["resumed"], line["fingerprint"], line["verified"]),
                                 ("yes", self.fingerprint(self.client), "yes"))
                self.assertIn("550 5.7.1 " + self.fingerprint(self.stranger),
                              self.replay(gate, version, "-cert", self.stranger))
                self.assertEqual(gate.wait_log("tls", count=4)["verified"], "no")

    def test_without_an_authority_it_is_only_told(self):
        with self.gate(self.mx, listener=self.LISTENER, extra=self.VERDICTS, workers=1) as gate:
            self.assertIn("550 5.7.1 " + self.fingerprint(self.client), self.replay(gate, "-cert", self.client))

    def test_the_certificate_itself_may_be_trusted(self):
        with self.gate(self.mx, listener=f'{self.LISTENER}  client_ca = "{self.stranger}"', extra=self.VERDICTS,
                       workers=1) as gate:
            self.replay(gate, "-cert", self.stranger)
            self.assertEqual(gate.wait_log("tls")["verified"], "yes")
            self.assertIn("550 5.7.1", self.replay(gate, "-cert", self.client))

    def test_a_server_certificate_is_no_client_certificate(self):
        with self.gate(self.mx, listener=f'{self.LISTENER}  client_ca = "{self.authority.certificate}"', workers=1) as gate:
            self.replay(gate, "-cert", self.mx)
            self.assertEqual(gate.wait_log("tls")["verified"], "no")

    def test_not_asked_for(self):
        with self.gate(self.mx, extra=self.VERDICTS, workers=1) as gate:
            self.replay(gate, "-cert", self.client)
            self.assertNotIn("fingerprint", gate.wait_log("tls"))

    def test_a_chain_without_end(self):
        chain = self.folder.write("chain.pem", self.client.read_text() + self.authority.certificate.read_text() * 40)
        with self.gate(self.mx, listener=self.LISTENER, workers=1) as gate:
            self.replay(gate, "-cert", self.client, "-cert_chain", chain)
            self.assertEqual(gate.wait_log("disconnect", by="handshake")["error"], "excessive message size")
            with Client(gate.port) as c:
                c.start_tls().expect(220)


class Received(Tls):
    def test_says_how_it_came(self):
        crt = self.authority.issue("mx", "mx.example.org", kind="rsa")
        with self.gate(crt, mode="optional", workers=1) as gate:
            done = subprocess.run(["swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                                   "b@example.net", "--tls", "--tls-protocol", "tlsv1_2", "--tls-sni", "mx.example.org"],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stdout)
            mail, = gate.mails()
            line = gate.wait_log("tls", version="TLSv1.2", sni="mx.example.org")
            self.assertIn(f"\t(using TLSv1.2 with cipher {line['cipher']})", mail.decode())
            self.assertRegex(mail.decode(), r"for <b@example\.net>\r?\n\ttls TLS_ECDHE_RSA_WITH_[A-Z0-9_]+;\r?\n")


if __name__ == "__main__":
    unittest.main()
