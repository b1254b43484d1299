"""ARC by a suite of chains (when it is there), and by chains that dkimpy makes, through `postern scan`."""
import base64
import hashlib
import json
import random
import re
import smtplib
import subprocess
import unittest

import dkim
from dkim.canonicalization import CanonicalizationPolicy

from dnsstub import NXDOMAIN, SERVFAIL, TIMEOUT, DnsStub
from postern import ROOT, FolderTest, Postern, run, suite_file

CONFIG = """
hostname = "gate.example"
resolver {{ servers = ["127.0.0.1:{port}"]  timeout = 400ms }}
rdns {{ enabled = no }}
spf {{ enabled = no }}
{more}
"""


def crlf(text):
    return text.encode("latin-1", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def new_key(bits=2048):
    """A private key in PEM, and the text of its record."""
    pem = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True,
                         capture_output=True).stdout
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


def add_set(message, key, domain, results=b"spf=pass smtp.mailfrom=a@example.com; dmarc=pass", **more):
    """The message with one more set of dkimpy's, at the top."""
    # dkimpy believes this field, also of the chain so far.
    seen = b"arc=pass; " if b"ARC-Seal:" in message else b""
    message = b"Authentication-Results: %s; %s%s\r\n" % (domain, seen, results) + message
    return b"".join(dkim.arc_sign(message, b"sel", domain, key, domain, **more)) + message


MAIL = (b"From: a@example.com\r\nTo: b@example.net\r\nSubject: hello\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n"
        b"Message-ID: <1@example.com>\r\n\r\nHello  there \r\n\r\n.dot\r\n\r\n")


class Arc(FolderTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.key, cls.record = new_key()

    def zone(self, *domains):
        return {(f"sel._domainkey.{d}", "TXT"): [self.record] for d in domains}

    def sign(self, message, *domains, **more):
        """A set of each, one after the other."""
        for d in domains:
            message = add_set(message, self.key, d.encode(), **more)
        return message

    def scan(self, dns, *messages, more=""):
        config = self.folder.write("x.conf", CONFIG.format(port=dns.port, more=more))
        paths = []
        for i, m in enumerate(messages):
            paths.append(self.folder.path / f"mail{i}")
            paths[-1].write_bytes(m)
        done = run("scan", "-c", config, "--json", "--mail-from", "", *map(str, paths))
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_suite_of_chains(self):
        path = suite_file("arc", "validation.json")
        wrong, count = [], 0
        with DnsStub() as dns:
            for scenario in json.loads(path.read_text()):
                dns.zone = {(name.lower(), "TXT"): [value.encode()]
                            for name, value in scenario["txt_records"].items()}
                found = self.scan(dns, *(crlf(t["message"]) for t in scenario["tests"]))
                for t, f in zip(scenario["tests"], found):
                    count += 1
                    # One case leaves open what becomes of a chain that its newest sealer calls broken: it fails.
                    wanted = t["cv"].lower() or "fail"
                    if f["auth"]["arc"]["result"] != wanted:
                        wrong.append(f"{t['name']}: {f['auth']['arc']}, not {wanted}")
        self.assertEqual(wrong, [], f"{len(wrong)} of {count} differ")
        self.assertEqual(count, 60)

    def result(self, dns, message, more=""):
        found, = self.scan(dns, message, more=more)
        return found["auth"]["arc"], {s["name"] for s in found["symbols"]}, found["authentication_results"]

    def test_chains_of_dkimpy(self):
        with DnsStub() as dns:
            dns.zone = self.zone("one.example", "two.example", "three.example")
            chain = self.sign(MAIL, "one.example", "two.example", "three.example")
            arc, symbols, line = self.result(dns, chain)
            self.assertEqual((arc["result"], arc["domain"]), ("pass", "three.example"), arc)
            self.assertIn("ARC_PASS", symbols)
            self.assertIn("gate.example; arc=pass", line)
            for old, new in ((b".dot", b".dut"), (b"Subject: hello", b"Subject: h"), (b"i=2; two", b"i=2; twx"),
                             (b"i=2; cv=pass", b"i=2; cv=fail")):
                self.assertIn(old, chain)
                arc, symbols, _ = self.result(dns, chain.replace(old, new))
                self.assertEqual(arc["result"], "fail", (old, arc))
                self.assertIn("ARC_FAIL", symbols)
            self.assertEqual(self.result(dns, MAIL)[0]["result"], "none")

    def test_random_messages_are_hashed_as_dkimpy_does(self):
        rng = random.Random(5)
        words = [b" ", b"\t", b"\r\n", b"\r\n\r\n", b"a", b"bc", b".", b"\xc3\xa4", b"x" * 1100, b" \r\n"]
        with DnsStub() as dns:
            dns.zone = self.zone("one.example")
            made = []
            for _ in range(40):
                body = b"".join(rng.choices(words, k=rng.randrange(30)))
                subject = b"".join(rng.choices([b" ", b"\t", b"\r\n ", b"w", b":", b";"], k=rng.randrange(1, 12))) + b"e"
                head = b"From: a@example.com\r\nSubject:" + subject + b"\r\nTO:b@example.net\r\n\r\n"
                made.append(self.sign(head + body + b"\r\n", "one.example"))
            for m, f in zip(made, self.scan(dns, *made)):
                self.assertEqual(f["auth"]["arc"]["result"], "pass", (f["auth"]["arc"], m))

    def craft(self, message, how):
        """The message with a set whose signature is canonicalized `how`; bytes as dkimpy's canonicalizer makes them."""
        pem = self.folder.path / "craft.key"
        pem.write_bytes(self.key)

        def sign(policy, fields):
            text = b"".join(n + b":" + v for n, v in policy.canonicalize_headers(fields))
            done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", pem], input=text.removesuffix(b"\r\n"), check=True,
                                  capture_output=True)
            return base64.b64encode(done.stdout)

        headers, body = dkim.rfc822_parse(message)
        policy = CanonicalizationPolicy.from_c_value(how)
        bh = base64.b64encode(hashlib.sha256(policy.canonicalize_body(body)).digest())
        aar = (b"ARC-Authentication-Results", b" i=1; one.example; none\r\n")
        ams = b" i=1; a=rsa-sha256; c=%s; d=one.example;\r\n\ts=sel; h=to:From : subject;bh=%s; b=" % (how, bh)
        picked = [(n, v) for w in (b"to", b"from", b"subject") for n, v in headers if n.lower() == w]
        ams += sign(policy, picked + [(b"ARC-Message-Signature", ams + b"\r\n")]) + b"\r\n"
        seal = b" i=1; a=rsa-sha256; cv=none; d=one.example; s=sel; b="
        sets = [aar, (b"ARC-Message-Signature", ams), (b"ARC-Seal", seal + b"\r\n")]
        seal += sign(CanonicalizationPolicy.from_c_value(b"relaxed/relaxed"), sets) + b"\r\n"
        return b"".join(n + b":" + v for n, v in ((b"ARC-Seal", seal), sets[1], aar)) + message

    def test_every_canonicalization_is_that_of_dkimpy(self):
        rng = random.Random(7)
        words = [b" ", b"\t", b"\r\n", b"\r\n\r\n", b"a", b"bc", b".", b"\xc3\xa4", b"x" * 1100, b" \r\n"]
        with DnsStub() as dns:
            dns.zone = self.zone("one.example")
            made = []
            for i in range(80):
                body = b"".join(rng.choices(words, k=rng.randrange(30))) + b"e\r\n"
                subject = b"".join(rng.choices([b" ", b"\t", b"\r\n ", b"w", b":", b";"], k=rng.randrange(12))) + b"e"
                head = b"From: a@example.com\r\nSubject:" + subject + b"\r\nTO:  b@example.net \r\n\r\n"
                how = (b"simple/simple", b"simple/relaxed", b"relaxed/simple", b"relaxed/relaxed")[i % 4]
                made.append(self.craft(head + body, how))
            for m, f in zip(made, self.scan(dns, *made)):
                self.assertEqual(f["auth"]["arc"]["result"], "pass", (f["auth"]["arc"], m))

    def test_only_named_sealers_are_trusted(self):
        def trusted(message, names):
            arc, symbols, _ = self.result(dns, message, more=f"arc {{ trusted = {json.dumps(names)} }}")
            self.assertEqual(arc["result"], "pass")
            return "ARC_TRUSTED" in symbols

        with DnsStub() as dns:
            dns.zone = self.zone("one.example", "two.example")
            chain = self.sign(MAIL, "one.example", "two.example")
            self.assertFalse(trusted(chain, []))
            self.assertFalse(trusted(chain, ["one.example"]))
            self.assertTrue(trusted(chain, ["TWO.example"]))
            failed = self.sign(MAIL, "one.example", results=b"dmarc=fail (p=reject) header.from=example.com")
            self.assertFalse(trusted(failed, ["one.example"]))
            # Who saw it fail trusts who saw it pass, and both are named.
            both = add_set(self.sign(MAIL, "one.example"), self.key, b"two.example", b"dmarc=fail")
            self.assertFalse(trusted(both, ["two.example"]))
            self.assertTrue(trusted(both, ["two.example", "one.example"]))

    def test_keys_that_are_not_there(self):
        with DnsStub() as dns:
            chain = self.sign(MAIL, "one.example")
            for value, result, reason in ((SERVFAIL, "temperror", "DNS does not answer for a key"),
                                          (TIMEOUT, "temperror", "DNS does not answer for a key"),
                                          (NXDOMAIN, "fail", "there is no key"),
                                          ([b"v=DKIM1; p="], "fail", "the key was revoked"),
                                          ([new_key()[1]], "fail", "a signature is wrong"),
                                          ([new_key(1023)[1]], "fail", "the key has less than 1024 bits (RFC 8301)"),
                                          ([b"spam", self.record], "pass", "")):
                dns.zone = {("sel._domainkey.one.example", "TXT"): value}
                arc, symbols, _ = self.result(dns, chain)
                self.assertEqual((arc["result"], arc["reason"]), (result, reason), value)
                self.assertIn("ARC_" + result.upper(), symbols)

    def test_hostile_sets_cost_little(self):
        fifty = self.sign(MAIL, "one.example")
        first = fifty[:fifty.index(b"Authentication-Results:")]
        sets = b"".join(first.replace(b"i=1;", b"i=%d;" % i).replace(b"cv=none", b"cv=pass" if i > 1 else b"cv=none")
                        for i in range(1, 51))
        domains = [f"d{i}.example" for i in range(50)]
        good = self.sign(MAIL, *domains)
        folded = b"ARC-Seal: i=1;" + b"\r\n " * 80000 + b"\r\n"
        cases = {
            "1000 sets": first * 1000 + MAIL,
            "50 sets": sets + MAIL,
            "folds": folded + MAIL,
            "NUL": b"ARC-Seal: i=1; a=\0\r\n" * 100 + MAIL,
            "fields": first.replace(b"h=", b"h=" + b"f:" * 90) + b"f:\r\n" * 60000 + MAIL,
            "tags": b"ARC-Seal: " + b"a=;" * 80000 + b"\r\n" + MAIL,
        }
        with DnsStub() as dns:
            dns.zone = self.zone("one.example", *domains)
            found = self.scan(dns, good, *cases.values())
            self.assertEqual(found[0]["auth"]["arc"]["result"], "pass", found[0]["auth"])
        for name, f in zip(("50 sets that hold", *cases), found):
            if f is not found[0]:
                self.assertEqual(f["auth"]["arc"]["result"], "fail", name)
            print(f"# {name}: {f['us']} us")

    def pass_on(self, dns, key, *messages):
        """The messages as they reach the Maildir of a gate that seals."""
        pem = self.folder.path / "arc.key"
        pem.write_bytes(key)
        extra = f'arc {{ seal = yes  domain = "gate.example"  selector = "sel"  key = "{pem}" }}\nspf {{ enabled = no }}'
        with Postern(extra=extra, dns=dns.port, workers=1) as p:
            found = []
            with smtplib.SMTP("127.0.0.1", p.port, timeout=30) as client:
                for m in messages:
                    client.sendmail("a@example.com", ["b@example.net"], m)
                    found += set((p.maildir / "new").iterdir()) - set(found)  # in the order in which they were sent
            return [f.read_bytes().split(b"\n", 1)[1].replace(b"\n", b"\r\n") for f in found]

    def test_our_seals_hold_for_dkimpy_and_for_us(self):
        with DnsStub() as dns:
            dns.zone = self.zone("one.example", "gate.example")
            chain = self.sign(MAIL, "one.example")
            forged = b"Authentication-Results: gate.example; dmarc=pass\r\n" + chain
            broken = chain.replace(b"Hello", b"Hallo")
            plain, longer, cleaned, as_it_was = self.pass_on(dns, self.key, MAIL, chain, forged, broken)
            for m, count in (plain, 1), (longer, 2), (cleaned, 2):
                cv, sets, reason = dkim.arc_verify(m, dnsfunc=lambda name, timeout=5: self.record)
                self.assertEqual((cv, len(sets)), (b"pass", count), (reason, m))
                self.assertEqual(sets[0]["ams-domain"], b"gate.example")
                self.assertEqual(self.result(dns, m)[0], {"result": "pass", "domain": "gate.example", "reason": ""})
                self.assertEqual(self.result(dns, m.replace(b"Hello", b"Hallo"))[0]["result"], "fail")
                self.assertEqual(self.result(dns, b"From: x@y.example\r\n" + m)[0]["result"], "fail")
            self.assertRegex(longer, rb"ARC-Authentication-Results: i=2; gate.example;[^;]*;\s+arc=pass")
            self.assertNotIn(b"i=2; gate.example; dmarc=pass", cleaned)
            self.assertNotIn(b"d=gate.example", as_it_was)

    def test_a_trusted_chain_overrides_a_policy_to_reject(self):
        """What a list has changed fails DMARC here and passed there: with the sample's verdict it comes in when the list
        is trusted, its chain holds, and it saw the mail pass."""
        sample = (ROOT / "deploy" / "postern.conf").read_text()
        forged = re.search(r'^verdict "forged" .*$', sample, re.M).group()
        with DnsStub() as dns:
            dns.zone = {**self.zone("list.example", "other.example"),
                        ("example.com", "TXT"): [b"v=spf1 -all"],
                        ("_dmarc.example.com", "TXT"): [b"v=DMARC1; p=reject"]}
            listed = self.sign(MAIL, "list.example")
            failed = self.sign(MAIL, "list.example", results=b"dmarc=fail (p=reject) header.from=example.com")
            cases = {"not passed on": (MAIL, 550), "by the list": (listed, 250), "changed since": (listed + b"x\r\n", 550),
                     "by another": (self.sign(MAIL, "other.example"), 550), "forged before the list": (failed, 550),
                     "another behind the list": (self.sign(listed, "other.example"), 550)}
            extra = f'arc {{ trusted = ["list.example"] }}\n{forged}'
            with Postern(extra=extra, dns=dns.port, workers=1) as p:
                with smtplib.SMTP("127.0.0.1", p.port, timeout=30) as client:
                    client.ehlo()
                    for name, (message, code) in cases.items():
                        self.assertEqual(client.mail("a@example.com")[0], 250)
                        self.assertEqual(client.rcpt("b@example.net")[0], 250)
                        got, text = client.data(message)
                        self.assertEqual(got, code, (name, text))
                        if code == 550:
                            self.assertIn(b"5.7.1 rejected by the policy of example.com", text)
                found, = (p.maildir / "new").iterdir()
                told = found.read_bytes().replace(b"\n\t", b" ")
        self.assertRegex(told, rb"Authentication-Results: gate\.example;[^\n]* arc=pass [^\n]* dmarc=fail ")

    def test_ed25519(self):
        pem = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem, check=True,
                             capture_output=True).stdout
        with DnsStub() as dns:
            dns.zone = {("sel._domainkey.gate.example", "TXT"): [b"v=DKIM1; k=ed25519; p=" + base64.b64encode(der[-32:])]}
            m, = self.pass_on(dns, pem, MAIL)
            self.assertIn(b"a=ed25519-sha256", m)
            self.assertEqual(self.result(dns, m)[0]["result"], "pass")
            self.assertEqual(self.result(dns, m.replace(b"Hello", b"Hallo"))[0]["result"], "fail")

    def test_what_is_wrong_with_a_sealer_is_told(self):
        weak = self.folder.path / "weak.key"
        weak.write_bytes(new_key(512)[0])
        none = self.folder.write("none.key", "none")
        for text, said in (("seal = yes", "seal = yes needs domain, selector and key"),
                           (f'seal = yes domain = "a.example" selector = "s" key = "{none}"', "holds no private key"),
                           (f'seal = yes domain = "a.example" selector = "s" key = "{none}x"', "cannot be read"),
                           (f'seal = yes domain = "a.example" selector = "s" key = "{weak}"', "is a key of less than")):
            config = self.folder.write("x.conf", 'listener "mx" { address = "127.0.0.1:2525" }\n'
                                       f'backend "b" {{ maildir = "m" }}\narc {{ {text} }}\n')
            done = run("check", "-c", config)
            self.assertEqual(done.returncode, 78)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
