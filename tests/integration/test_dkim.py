"""DKIM by signed mails of ten implementations (when they are there), and by cases of our own, through `postern scan`."""
import base64
import json
import random
import socket
import subprocess
import unittest

from dnsstub import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, DnsStub
from postern import FolderTest, Postern, run, suite_file

CONFIG = """
resolver {{ servers = ["127.0.0.1:{port}"]  timeout = 400ms }}
rdns {{ enabled = no }}
spf {{ enabled = no }}
dkim {{ {options} }}
verdict "signed" {{ when = dkim.domains != "" do = tag }}
"""
WORDS = {"TIMEOUT": TIMEOUT, "SERVFAIL": SERVFAIL, "NXDOMAIN": NXDOMAIN, "NODATA": NODATA}

# Where we do not say what a source expects: what we say, and why.
SHA1 = ["permerror"], "RFC 8301 3.1: rsa-sha1 has failed, whatever it says"
OLD = ["permerror"], "RFC 6376 3.5: v= has to be there, and is 1"
DIFFERENT = {
    "mine_ietf01_1.txt": OLD, "mine_ietf01_3.txt": OLD, "mine_ietf05_1.txt": OLD, "good_ietf01_2.txt": OLD,
    "bad_ietf01_1.txt": OLD, "bad_ietf01_3.txt": OLD, "no_body_2.txt": OLD,
    "good_rfc4871_4.txt": SHA1, "good_83176.txt": SHA1, "good_qp_2.txt": SHA1, "bad_1878954.txt": SHA1,
    "goodkey_1.txt": SHA1, "goodkey_3.txt": SHA1,
    "multiple_2.txt": (["permerror", "permerror", "permerror", "neutral"],
                       "RFC 8301 3.1, and RFC 8601 2.7.1 for the last one, which is no tag list"),
    "DKIM Accept Large Key Below Limit": (["permerror"], "RFC 8301 3.2: keys over 4096 bits need not be taken"),
}


def zone_of(records):
    zone = {}
    for name, record in records.items():
        if "rcode" in record:
            zone[name.lower(), "*"] = WORDS[record["rcode"]]
        else:
            texts = record.get("all") or [record["txt"]]
            zone[name.lower(), "TXT"] = [t.encode("latin-1") for t in texts]
    return zone


MAIL = b"""From: Ann <ann@example.org>\r
To: bob@example.net\r
Subject: a  test\r
 with a fold\r
Date: Fri, 27 Nov 2026 10:00:00 +0000\r
Message-ID: <1@example.org>\r
\r
Hello  Bob, \r
..\r
.\r
\r
this \xc3\xa4 is signed.\r
\r
"""
KEY = "k1._domainkey.example.org"


def tool(*words, stdin=b""):
    """A program's output.  Those of Debian may be written in a Python of their own."""
    return subprocess.run(words, input=stdin, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


class Signer:
    """Keys of example.org, and the signers of Debian: dkimpy (python3-dkim), and opendkim-testmsg (opendkim-tools),
    which knows no SHA-256."""

    def __init__(self, folder):
        self.rsa, self.ed25519 = folder.path / "rsa.pem", folder.path / "ed25519.key"
        tool("openssl", "genrsa", "-traditional", "-out", self.rsa, "2048")
        der = tool("openssl", "rsa", "-in", self.rsa, "-pubout", "-outform", "DER")
        self.rsa_record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
        pem = folder.path / "ed25519.pem"
        tool("openssl", "genpkey", "-algorithm", "ed25519", "-out", pem)
        self.ed25519.write_bytes(base64.b64encode(tool("openssl", "pkey", "-in", pem, "-outform", "DER")[-32:]))
        der = tool("openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER")
        self.ed25519_record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:])
        self.zone = {(KEY, "TXT"): [self.rsa_record, self.ed25519_record]}

    def dkimpy(self, mail=MAIL, algorithm="rsa-sha256", header="relaxed", body="relaxed"):
        key = self.rsa if algorithm.startswith("rsa") else self.ed25519
        return tool("/usr/bin/dkimsign", "--signalg", algorithm, "--hcanon", header, "--bcanon", body, "k1",
                    "example.org", key, stdin=mail)

    def opendkim(self, mail=MAIL):
        return tool("/usr/sbin/opendkim-testmsg", "-C", "-d", "example.org", "-k", self.rsa, "-s", "k1", stdin=mail)


def is_right(case, found):
    expected = case["expected"]
    if case["id"] in DIFFERENT:
        return found == DIFFERENT[case["id"]][0]
    if expected == "none":
        return found == []
    if expected == "pass":
        return "pass" in found
    if expected == "invalid":
        return set(found) <= {"permerror", "temperror"} and found
    if expected in ("fail", "permerror", "temperror"):
        return set(found) == {expected}
    return "pass" not in found


GATE = Postern.DEFAULT.replace('resolver {{ servers = ["127.0.0.1:{dns}"]  timeout = 1s }}\n', "")


def cut(text, dice):
    while text:
        n = dice.randint(1, 200)
        yield text[:n]
        text = text[n:]


def send(port, mail, dice, chunked, ends=b"250"):
    """One message, in pieces of any size."""
    with socket.create_connection(("127.0.0.1", port)) as s, s.makefile("rb") as replies:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def expect(code):
            while (line := replies.readline())[3:4] == b"-":
                pass
            if line[:3] != code:
                raise AssertionError(line)

        expect(b"220")
        for command, code in ((b"EHLO x.example", b"250"), (b"MAIL FROM:<ann@example.org> BODY=8BITMIME", b"250"),
                              (b"RCPT TO:<bob@example.net>", b"250")):
            s.sendall(command + b"\r\n")
            expect(code)
        if not chunked:
            s.sendall(b"DATA\r\n")
            expect(b"354")
            stuffed = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:]
            for piece in cut(stuffed + b".\r\n", dice):
                s.sendall(piece)
            expect(ends)
            return
        for piece in cut(mail, dice):
            s.sendall(b"BDAT %d\r\n" % len(piece) + piece)
            expect(b"250")
        s.sendall(b"BDAT 0 LAST\r\n")
        expect(ends)


class Dkim(FolderTest):
    maxDiff = None

    def scan(self, dns, mail, now=None, options=""):
        config = self.folder.write("x.conf", CONFIG.format(port=dns.port, options=options))
        done = run("scan", "-c", config, "--json", *(("--now", now) if now else ()), mail)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_suite(self):
        path = suite_file("dkim", "cases.json")
        suite = json.loads(path.read_text())
        wrong = []
        with DnsStub() as dns:
            for case in suite["cases"]:
                dns.zone = zone_of(suite["zones"][case["zone"]])
                result = self.scan(dns, path.parent / case["message"], case["now"])
                found = result["auth"]["dkim"]
                if (result["verdict"]["name"] == "signed") != any(f["result"] == "pass" for f in found):
                    wrong.append(f"{case['id']}: {found}, but the verdict is {result['verdict']}")
                if not is_right(case, [f["result"] for f in found]):
                    wrong.append(f"{case['id']}: {found}, not {case['expected']}")
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(suite['cases'])} differ")
        self.assertEqual({c["id"] for c in suite["cases"]} & DIFFERENT.keys(), DIFFERENT.keys())

    def results(self, dns, mail, **more):
        path = self.folder.path / "mail"
        path.write_bytes(mail)
        return [(d["result"], d["reason"]) for d in self.scan(dns, path, **more)["auth"]["dkim"]]

    def test_mails_signed_by_others(self):
        signer = Signer(self.folder)
        good = [("pass", "")]
        with DnsStub() as dns:
            dns.zone = signer.zone
            for algorithm in "rsa-sha256", "ed25519-sha256":
                for header in "simple", "relaxed":
                    for body in "simple", "relaxed":
                        mail = signer.dkimpy(MAIL, algorithm, header, body)
                        self.assertEqual(self.results(dns, mail), good, (algorithm, header, body))
                        for old, new in (b"Hello", b"Hallo"), (b"Hello  Bob", b"Hello   Bob"):
                            if body == "simple" or old == b"Hello":
                                self.assertEqual(self.results(dns, mail.replace(old, new)),
                                                 [("fail", "the body hash does not match")])
                        for old, new in (b"a  test", b"another test"), (b"ann@example.org>", b"eve@example.org>"):
                            self.assertEqual(self.results(dns, mail.replace(old, new)),
                                             [("fail", "the signature does not match")])
            for mail in signer.opendkim(), signer.dkimpy(MAIL, "rsa-sha1"):
                self.assertEqual(self.results(dns, mail), [("permerror", "rsa-sha1 is historic (RFC 8301)")])

    def test_dns_that_fails(self):
        signer = Signer(self.folder)
        mail = signer.dkimpy()
        with DnsStub() as dns:
            for answer, expected in ((TIMEOUT, "temperror"), (SERVFAIL, "temperror"), (NXDOMAIN, "permerror"),
                                     (NODATA, "permerror")):
                dns.zone = {(KEY, "*"): answer}
                self.assertEqual(self.results(dns, mail)[0][0], expected, answer)
            dns.zone = {(KEY, "CNAME"): ["loop.example.org"], ("loop.example.org", "CNAME"): [KEY]}
            self.assertIn(self.results(dns, mail)[0][0], ("temperror", "permerror"))
            dns.zone = {(KEY, "CNAME"): ["real.example.org"], ("real.example.org", "TXT"): [signer.rsa_record]}
            self.assertEqual(self.results(dns, mail), [("pass", "")])
            dns.zone = {(KEY, "TXT"): [b"v=DKIM1; p=" + b"A" * 5000]}
            self.assertIn(self.results(dns, mail)[0][0], ("temperror", "permerror"))

    def test_through_the_gate(self):
        """What goes in, however it is cut, is what was signed: DATA with its dots, BDAT with its chunks."""
        signer = Signer(self.folder)
        mail = signer.dkimpy(MAIL, "rsa-sha256", "simple", "simple")
        with DnsStub() as dns:
            dns.zone = signer.zone
            extra = "rdns { enabled = no }\nspf { enabled = no }\n" \
                    'verdict "altered" { when = not DKIM_PASS  do = reject }\n' \
                    f'resolver {{ servers = ["127.0.0.1:{dns.port}"]  timeout = 1s }}'
            with Postern(GATE, workers=1, extra=extra) as gate:
                dice = random.Random(6376)
                for turn in range(12):
                    send(gate.port, mail, dice, chunked=turn % 2 == 1)
                for turn in range(2):
                    altered = mail.replace(b"Hello", b"Hallo")
                    send(gate.port, altered, dice, chunked=turn % 2 == 1, ends=b"550")
                self.assertEqual(len(gate.mails()), 12)
                self.assertEqual([n for n, _ in dns.asked].count(KEY), 1)


if __name__ == "__main__":
    unittest.main()
