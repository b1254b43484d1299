"""Rules that ask DNS for names made of the message (askdns), of a real name server and of a hostile one."""
import base64
import json
import unittest

import dkim
import nacl.signing

from dnsstub import SERVFAIL, DnsStub
from peers import UNBOUND, Unbound
from postern import Folder, Postern, run

KEY = nacl.signing.SigningKey(b"a test key that is 32 bytes long")
RECORD = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(KEY.verify_key))
MAIL = b"From: a@author.test\r\nTo: b@example.net\r\nSubject: x\r\nReply-To: c@mail.reply.com\r\n\r\nhello\r\n"

RULES = r"""
askdns OPEN _SENDERDOMAIN_ TXT /^v=spf1 \+all$/
askdns CLOSED _SENDERDOMAIN_ TXT "v=spf1 -all"
askdns FRESH _AUTHORDOMAIN_.fresh.test. A /^127\.2\.0\.2$/
askdns FRESH_14 _AUTHORDOMAIN_.fresh.test. A 127.2.0.14
askdns SIGNER _DKIMDOMAIN_.lookup.test A m{^127\.\d+\.3\.\d+$}
askdns SIGNER_BITS _DKIMDOMAIN_.lookup.test A 0x04
askdns SIGNER_MAIL _DKIMDOMAIN_.lookup.test A,TXT 'bulk \# list'
askdns LISTED _LASTEXTERNALREVIP_.bl.test
askdns HELO_DNS _LASTEXTERNALHELO_ A /./
askdns REPLY _HEADER(Reply-To:addr:domain)_.rhs.test A 127.0.0.0-127.0.0.9
askdns UNKNOWN _SENDERDOMAIN_.nothing.test A [NXDOMAIN]
askdns BROKEN _AUTHORDOMAIN_.broken.test A [SERVFAIL,REFUSED]
askdns MX _SENDERDOMAIN_ MX "10 mx.sender.test."
askdns SILENT _SENDERDOMAIN_.silent.test A
score SILENT 0
"""
RECORDS = [
    'sender.test TXT "v=spf1 +" "all"',
    "sender.test MX 10 MX.sender.test",
    "author.test.fresh.test A 127.2.0.2",
    f'k._domainkey.author.test TXT "{RECORD.decode()}"',
    "author.test.lookup.test A 127.4.3.4",
    'author.test.lookup.test TXT "bulk # list"',
    "7.100.51.198.bl.test A 127.0.0.2",
    "client.test A 198.51.100.7",
    "reply.com.rhs.test A 127.0.0.9",
]
FOUND = {"OPEN", "FRESH", "SIGNER", "SIGNER_BITS", "SIGNER_MAIL", "LISTED", "HELO_DNS", "REPLY", "UNKNOWN", "BROKEN", "MX"}
# The gate is asked by a neighbour, who is no stranger.
RECEIVED = "Received: from client.test (x.test [198.51.100.7])\r\n by mx.test (Postfix) with SMTP id 1abc\r\n"
ASKDNS = {line.split()[1] for line in RULES.splitlines() if line.startswith("askdns")}


def signed(mail, domain=b"author.test"):
    return dkim.sign(mail, b"k", domain, base64.b64encode(bytes(KEY)), signature_algorithm=b"ed25519-sha256",
                     include_headers=[b"from", b"subject"]) + mail


def scan(case, dns, mail, rules, *arguments, options=""):
    folder = Folder()
    case.addCleanup(folder.remove)
    rules = folder.write("test.cf", rules)
    config = folder.write("x.conf", f'resolver {{ servers = ["127.0.0.1:{dns.port}"]  timeout = 400ms }}\n'
                          'store { url = "memory:" }\nspf { enabled = no }\nrdns { enabled = no }\nhelo { enabled = no }\n'
                          f'rules {{ files = ["{rules}"] }}\nrbl {{ {options} }}\n')
    path = folder.path / "mail"
    path.write_bytes(mail)
    done = run("scan", "-c", config, "--json", *arguments, str(path))
    case.assertEqual(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


@unittest.skipUnless(UNBOUND, "unbound is not installed")
class Unbounded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = Unbound({"test": "static", "broken.test": "always_refuse"}, RECORDS)

    @classmethod
    def tearDownClass(cls):
        cls.dns.close()

    def test_the_gate(self):
        gate = Postern(workers=1, dns=self.dns.port)
        gate.folder.write("test.cf", RULES.replace("score SILENT 0", ""))
        gate.config.write_text(gate.config.read_text() + 'rules { files = ["test.cf"] }\n')
        with gate.start(), gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.test")
            self.assertEqual(c.mail(RECEIVED + signed(MAIL).decode(), sender="s@sender.test")[0], 250)
            symbols = {s.split("(")[0] for s in gate.wait_log("verdict")["symbols"].split(",")}
            self.assertEqual(symbols & ASKDNS, FOUND)
        self.dns.wait_line(r"sender\.test\.silent\.test\. A IN")

    def test_scan(self):
        found = scan(self, self.dns, signed(MAIL), RULES, "--client-ip", "198.51.100.7", "--helo", "client.test",
                     "--mail-from", "s@sender.test")
        self.assertEqual(ASKDNS & set(found["rules"]), FOUND)


class Hostile(unittest.TestCase):
    """Zones of strangers, whose answers no honest server would give."""

    def scan(self, dns, mail, rules, options=""):
        return scan(self, dns, mail, rules, "--client-ip", "192.0.2.7", "--helo", "loop.evil.test",
                    "--mail-from", "s@evil.test", options=options)

    def test_answers_that_are_too_much(self):
        rules = ("askdns MUCH _SENDERDOMAIN_ TXT /(a+)+b$/\naskdns MANY _SENDERDOMAIN_ A 10.0.0.9\n"
                 "askdns LOOP _LASTEXTERNALHELO_ A\naskdns ODD _AUTHORDOMAIN_ TXT /^\\x00\\x1b\\[31m\\r\\n$/\n"
                 "askdns BAD _AUTHORDOMAIN_ A [SERVFAIL]\n"
                 "askdns LISTED _SENDERDOMAIN_.bl.test A 127.0.0.2\nheader RBL eval:check_rbl('a-lastexternal', 'rbl.test')\n")
        with DnsStub() as dns:
            dns.zone = {("evil.test", "TXT"): [b"a" * 4000] * 15, ("evil.test", "A"): ["10.0.0.9"] * 2000,
                        ("loop.evil.test", "CNAME"): ["b.evil.test"], ("b.evil.test", "CNAME"): ["loop.evil.test"],
                        ("odd.test", "TXT"): [b"\0\x1b[31m\r\n"], ("odd.test", "A"): SERVFAIL,
                        ("evil.test.bl.test", "A"): ["127.0.0.2"], ("7.2.0.192.rbl.test", "A"): ["127.0.0.2"]}
            found = self.scan(dns, MAIL.replace(b"author.test", b"odd.test"), rules)
        self.assertEqual(set(found["rules"]) & {"MUCH", "MANY", "LOOP", "ODD", "BAD", "LISTED", "RBL"},
                         {"MANY", "ODD", "BAD", "LISTED", "RBL"})

    def test_many_authors_ask_few_questions(self):
        authors = ", ".join(f"a@d{i}.test" for i in range(60)).encode()
        mail = MAIL.replace(b"a@author.test", authors)
        with DnsStub() as dns:
            found = self.scan(dns, mail, "askdns X _AUTHORDOMAIN_.bl.test A\n")
            asked = [name for name, _ in dns.asked if name.endswith(".bl.test")]
        self.assertEqual(len(asked), 9)
        self.assertIn("RBL_LIMIT", [s["name"] for s in found["symbols"]])

    def test_nobody_is_asked_who_is_not_to_be(self):
        with DnsStub() as dns:
            self.scan(dns, MAIL, RULES, "ask = no")
            others = {"localhost", "author.test", "_dmarc.author.test", "_dmarc.test"}  # the resolver's, and DMARC's
            self.assertEqual({name for name, _ in dns.asked} - others, set())


if __name__ == "__main__":
    unittest.main()
