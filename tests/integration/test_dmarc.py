"""DMARC by other implementations' cases (when they are there), and by cases of our own, through `postern scan`.

The cases begin with what DKIM and SPF have found; here it is found: mails are signed by dkimpy with a key of ours that
the zone has, and the client is in the SPF record of the sender, or not."""
import base64
import json
import unittest

import dkim
import nacl.signing

from dnsstub import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, DnsStub
from postern import FolderTest, run, suite_file

CONFIG = """
resolver {{ servers = ["127.0.0.1:{port}"]  timeout = 400ms }}
rdns {{ enabled = no }}
dmarc {{ {options} }}
"""
CLIENT = "192.0.2.1"
KEY = nacl.signing.SigningKey(b"a test key that is 32 bytes long")
RECORD = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(KEY.verify_key))
SPF = {"pass": b"v=spf1 ip4:192.0.2.1 -all", "fail": b"v=spf1 -all", "none": b"nothing", "temperror": SERVFAIL}
ERRORS = {"ENOTFOUND": NXDOMAIN, "ENODATA": NODATA, "ETIMEOUT": TIMEOUT}

# Where we do not say what a source expects: what we say, and why.
DISCARDED = {"result": "fail", "policy": "none"}, "RFC 9989 4.10, 4.10.1: several records are discarded, and the walk goes on"
MALFORMED = {"result": "fail", "policy": "none"}, "RFC 9989 4.8: what is malformed is ignored, the rest counts"
HISTORIC = {"result": "fail", "disposition": "reject"}, "RFC 9989 9.3: pct is historic"
DIFFERENT = {
    "does not inherit the org policy when the author domain publishes multiple records": DISCARDED,
    "mox-lookup malformed.example": MALFORMED,
    "mox-verify malformed": MALFORMED,
    "mox-verify pct0 (RFC 7489; pct gone in 9989)": HISTORIC,
}


def mail_from(authors):
    return f"From: {authors}\r\nTo: x@example.net\r\nSubject: x\r\nDate: Sat, 28 Nov 2026 02:00:00 +0000\r\n\r\nbody\r\n".encode()


def signed(mail, domain, spoil=False):
    field = dkim.sign(mail, b"k", domain.encode(), base64.b64encode(bytes(KEY)), signature_algorithm=b"ed25519-sha256",
                      include_headers=[b"from", b"subject"])
    return field + (mail.replace(b"x\r\nDate", b"y\r\nDate") if spoil else mail)


class Found:
    """What a scan says, by the names of the cases."""

    def __init__(self, scan):
        self.dmarc = scan["auth"]["dmarc"]
        self.symbols = {s["name"]: s["detail"] for s in scan["symbols"]}

    def __getitem__(self, name):
        return self.dmarc[name] if name in self.dmarc else name.upper() in self.symbols

    def __repr__(self):
        return f"{self.dmarc} {sorted(self.symbols)}"


class Case(FolderTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.dns = DnsStub()
        self.dns.__enter__()
        self.addCleanup(self.dns.__exit__)

    def scan(self, mail, sender="nobody@sender.test", options="", client=CLIENT):
        config = self.folder.write("x.conf", CONFIG.format(port=self.dns.port, options=options))
        path = self.folder.path / "mail"
        path.write_bytes(mail)
        self.dns.asked.clear()
        done = run("scan", "-c", config, "--json", *(("--client-ip", client) if client else ()), "--helo", "mx.sender.test",
                   "--mail-from", sender, path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return Found(json.loads(done.stdout))

    def judge(self, authors, signatures=(), spf=None, **how):
        """signatures: (domain, result); spf: (domain, result)."""
        mail = mail_from(authors)
        for domain, result in signatures:
            self.dns.zone["k._domainkey." + domain, "TXT"] = SERVFAIL if result == "temperror" else [RECORD]
            mail = signed(mail, domain, spoil=result.startswith("fail"))
        if spf and spf[0]:
            record = SPF[spf[1]]
            self.dns.zone[spf[0], "TXT"] = record if isinstance(record, str) else [record]
            how["sender"] = "x@" + spf[0]
        return self.scan(mail, **how)

    def policies_asked(self):
        return [name for name, kind in self.dns.asked if name.startswith("_dmarc.")]


class Suites(Case):
    def setUp(self):
        super().setUp()
        self.wrong, self.differing = [], set()

    def expect(self, name, found, wanted):
        different = next((k for k in DIFFERENT if k in name), None)
        if different:
            self.differing.add(different)
            wanted = DIFFERENT[different][0]
        for key, value in wanted.items():
            if found[key] != value:
                self.wrong.append(f"{name}: {key} is {found[key]!r}, not {value!r}: {found}")

    def load(self, name):
        path = suite_file("dmarc", name)
        return json.loads(path.read_text())

    # ---- cases.json ----

    @staticmethod
    def zone_of(case):
        zone = {}
        for name, record in case["zone"].items():
            zone[name, "TXT"] = SERVFAIL if "rcode" in record else [
                t.encode() for t in record.get("all") or [record["txt"]]]
        for record in case.get("exists", []):
            zone.setdefault((record["name"], record["type"]), []).append(record["value"])
        return zone

    @staticmethod
    def wanted_of(case):
        wanted = {}
        for key, value in case["expect"].items():
            if key == "result":
                wanted["result"] = value.split()[0]
            elif key in ("dkim_aligned", "spf_aligned"):
                wanted[key] = value in ("pass", 1)
            elif key == "policy":
                wanted["policy"] = value
            elif key == "reject":
                wanted["disposition"] = "reject" if value else "none"
            elif key == "lookup_status" and value == "temperror":
                wanted["result"] = value
            elif key == "record_found" and "temperror" not in case["id"]:
                wanted["result"] = "fail" if value else "none"
        return wanted

    def test_cases(self):
        cases = self.load("cases.json")
        for case in cases:
            self.dns.zone = self.zone_of(case)
            spf = case.get("spf")
            found = self.judge(case["header_from"], [(d["d"], d["result"]) for d in case.get("dkim", [])],
                               spf and (spf["domain"], spf["result"]))
            self.expect(f"{case['suite']} {case['id']}", found, self.wanted_of(case))
        self.assertEqual(self.wrong, [], f"{len(self.wrong)} of {len(cases)} differ")
        self.assertEqual((len(cases), len(self.differing)), (34, 3))

    # ---- mailauth-calls.json ----

    @staticmethod
    def mailauth_zone(call):
        zone = {}
        for name, types in (call["zone"] or {}).items():
            for kind, values in types.items():
                zone[name, kind] = [[s.encode() for s in v] if kind == "TXT" else
                                    (v["priority"], v["exchange"]) if kind == "MX" else v for v in values]
        for q in () if call["zone"] else call["dns_queries"]:
            zone[q["name"], q["type"]] = ERRORS[q["error"]] if "error" in q else [
                [s.encode() for s in v] for v in q["answer"]] or NODATA
        return zone

    @staticmethod
    def mailauth_wanted(call, found):
        parsed, wanted = call["expected_parsed"] or {}, {}
        # The policy that applies to a mail that fails, else the one that is published.
        policy = "disposition" if found["result"] == "fail" and "policy" in parsed else "policy"
        names = {"status.result": "result", "policy": policy, "p": "policy", "domain": "organization",
                 "status.header.from": "domain", "status.header.d": "organization"}
        for key, value in parsed.items():
            if value == "<absent>":
                continue
            if key in names:
                wanted[names[key]] = value
            elif key == "result":  # "false": it is not evaluated
                wanted["result"] = "none"
            elif key == "alignment.spf.result":
                wanted["spf_aligned"] = True
        return wanted

    def test_mailauth(self):
        calls = self.load("mailauth-calls.json")
        for call in calls:
            self.dns.zone = self.mailauth_zone(call)
            given = call["input"]
            if isinstance(given, list):
                given = {"headerFrom": given[0], "dkimDomains": [], "spfDomains": []}
            authors = given["headerFrom"]
            authors = ", ".join(authors) if isinstance(authors, list) else authors
            domains = [d if isinstance(d, str) else d["domain"] for d in given["dkimDomains"]]
            spf = [(d["domain"], "pass") for d in given["spfDomains"]]
            found = self.judge(authors if "@" in authors else "x@" + authors, [(d, "pass") for d in domains],
                               spf[0] if spf else None)
            self.expect(call["test"], found, self.mailauth_wanted(call, found))
            if "exact RFC sequence" in call["test"]:
                self.assertEqual(sorted(self.policies_asked()), sorted(
                    "_dmarc." + n for n in ("a.b.c.d.e.f.g.h.i.j.k.example.com", "g.h.i.j.k.example.com", "h.i.j.k.example.com",
                                            "i.j.k.example.com", "j.k.example.com", "k.example.com", "example.com", "com")))
        self.assertEqual(self.wrong, [], f"{len(self.wrong)} of {len(calls)} differ")
        self.assertEqual((len(calls), len(self.differing)), (91, 1))

    def test_public_suffixes(self):
        """libpsl, with the list of Debian, by the test calls of the list's keepers."""
        path = suite_file("psl", "test_psl.json")
        calls = [c for c in json.loads(path.read_text()) if c["input"] and not c["input"].startswith(".")]
        for call in calls:
            name = call["input"].lower().encode("idna").decode()
            wanted = call["registrable"].encode("idna").decode() if call["registrable"] else name
            found = self.judge("x@" + call["input"], options="method = psl")
            self.assertEqual((found["domain"], found["organization"]), (name, wanted))
        self.assertGreater(len(calls), 70)


class Own(Case):
    REJECT = b"v=DMARC1; p=reject"

    def test_names_beyond_ascii(self):
        """RFC 9989 5.3.1: U-labels are A-labels before anything is compared or asked."""
        self.dns.zone = {("_dmarc.xn--bcher-kva.example", "TXT"): [self.REJECT]}
        for authors in "J <j@b\u00fccher.example>", "J <j@B\u00dcCHER.example>", "j@xn--bcher-kva.EXAMPLE":
            found = self.judge(authors, spf=("xn--bcher-kva.example", "pass"))
            self.assertEqual((found["result"], found["domain"]), ("pass", "xn--bcher-kva.example"), authors)
        found = self.scan(mail_from("j@xn--bcher-kva.example"), sender="j@b\u00fccher.example")
        self.assertEqual(found["result"], "pass", "SPF of a sender beyond ASCII")

    def test_authors(self):
        self.dns.zone = {("_dmarc.a.test", "TXT"): [self.REJECT], ("_dmarc.b.test", "TXT"): [self.REJECT]}
        for authors, result, symbol in (
                ("x@a.test, y@a.test", "fail", "DMARC_REJECT"),
                ("team: x@a.test, Y <y@A.test>;", "fail", "DMARC_REJECT"),
                ("x@a.test, y@b.test", "permerror", "FROM_DOMAINS"),
                ("x@a.test\r\nFrom: x@a.test", "permerror", "FROM_SEVERAL"),
                ("x@a.test\r\nno field\r\nfrom : y@b.test", "permerror", "FROM_SEVERAL"),
                ("<x@a.test> <y@b.test>", "permerror", "FROM_INVALID"),
                ("x@a.test\0", "permerror", "FROM_INVALID"),
                ("x@a..test", "permerror", "FROM_INVALID"),
                ("root", "none", "FROM_MISSING"),
                ("x@[192.0.2.1]", "none", "FROM_MISSING"),
                ("undisclosed:;", "none", "FROM_MISSING"),
                ("x@a.test, y@b.test", "permerror", "DMARC_REJECT"),
                ("x@a.test\r\nFrom: x@a.test", "permerror", "DMARC_REJECT"),
                ("<<x@a.test>>", "permerror", "DMARC_REJECT"),
                ("x@a.test (", "permerror", "DMARC_REJECT")):
            found = self.judge(authors)
            self.assertEqual(found["result"], result, authors)
            self.assertIn(symbol, found.symbols, authors)

    def test_overrides(self):
        self.dns.zone = {("_dmarc.a.test", "TXT"): [self.REJECT], ("_dmarc.t.test", "TXT"): [b"v=DMARC1; p=reject; t=y"]}
        for authors, options, client, disposition, reason in (
                ("x@a.test", "", CLIENT, "reject", "nothing aligned"),
                ("x@t.test", "", CLIENT, "quarantine", "nothing aligned; t=y"),
                ("x@a.test", "", None, "none", "nothing aligned; local policy: SPF was not checked"),
                ("x@a.test", 'override = ["test quarantine"]', CLIENT, "quarantine",
                 "nothing aligned; local policy: test quarantine"),
                ("x@a.test", 'override = ["test quarantine", "A.test none"]', CLIENT, "none",
                 "nothing aligned; local policy: a.test none"),
                ("x@t.test", 'override = ["t.test reject"]', CLIENT, "reject", "nothing aligned; local policy: t.test reject")):
            found = self.judge(authors, options=options, client=client)
            self.assertEqual((found["result"], found["policy"], found["disposition"], found["reason"]),
                             ("fail", "reject", disposition, reason), (authors, options))
            self.assertEqual("DMARC_OVERRIDE" in found.symbols, disposition != "reject")
            self.assertEqual("DMARC_REJECT" in found.symbols, disposition == "reject")

    def test_methods(self):
        """A name that the list has as a suffix and that has a record itself: RFC 9989 has it as an organization."""
        self.dns.zone = {("_dmarc.github.io", "TXT"): [self.REJECT]}
        for method, result, differ in ("walk", "fail", False), ("psl", "none", False), ("compare", "fail", True):
            found = self.judge("x@me.github.io", options=f"method = {method}")
            self.assertEqual((found["result"], "DMARC_METHODS_DIFFER" in found.symbols), (result, differ), method)
        self.assertEqual(found.symbols["DMARC_METHODS_DIFFER"], "walk fail github.io reject, psl none me.github.io none")
        self.dns.zone = {("_dmarc.a.co.uk", "TXT"): [self.REJECT]}
        for method in "walk", "psl", "compare":
            found = self.judge("x@m.a.co.uk", [("b.a.co.uk", "pass")], options=f"method = {method}")
            self.assertEqual((found["result"], "DMARC_METHODS_DIFFER" in found.symbols), ("pass", False), method)

    def test_dns_in_trouble(self):
        """What is not needed may fail; what is needed makes it a temperror, in time."""
        for broken in SERVFAIL, TIMEOUT:
            self.dns.zone = {("_dmarc.a.test", "TXT"): [self.REJECT], ("_dmarc.test", "TXT"): broken}
            self.assertEqual(self.judge("x@a.test", [("a.test", "pass")])["result"], "pass")
            self.assertEqual(self.judge("x@a.test", [("b.example", "pass")])["result"], "fail")
            self.assertEqual(self.judge("x@a.test", [("b.test", "pass")])["result"], "temperror")
            self.dns.zone = {("_dmarc.a.test", "TXT"): broken}
            found = self.judge("x@a.test", [("a.test", "pass")], options="deadline = 300ms")
            self.assertEqual(found["result"], "temperror")
            self.assertIn("DMARC_UNAVAILABLE", found.symbols)

    def test_lookups_are_bounded(self):
        """Signatures of eight domains below the author's, each with many labels; those of others cost nothing."""
        labels = ".".join("abcdefghij")
        self.dns.zone = {("_dmarc.a.test", "TXT"): [self.REJECT]}
        found = self.judge("x@a.test", [(f"{labels}.s{i}.a.test", "pass") for i in range(8)])
        self.assertEqual(found["result"], "pass")
        self.assertLessEqual(len(self.policies_asked()), 96)
        found = self.judge("x@a.test", [(f"{labels}.s{i}.b.test", "pass") for i in range(8)])
        self.assertEqual(found["result"], "fail")
        self.assertEqual(sorted(self.policies_asked()), ["_dmarc.a.test", "_dmarc.test"])

    def test_hostile_from(self):
        self.dns.zone = {("_dmarc.a.test", "TXT"): [self.REJECT]}
        for authors, result in (
                (", ".join(f"x{i}@d{i}.test" for i in range(1000)), "permerror"),
                (",\r\n ".join(f"x{i}@a.test" for i in range(1000)), "permerror"),
                ("x@" + ".".join("a" for _ in range(300)) + ".test", "permerror"),
                ("x@" + "\u00fc." * 25 + "test", "none"),
                ("x@" + "\u00fc." * 120 + "test", "permerror"),
                ("x@" + "(a)." * 25000 + "a.test", "permerror"),
                ("(" * 100000 + "x@a.test", "permerror"),
                ('"' * 100001 + "x@a.test", "permerror"),
                ("<" * 100000, "permerror"), ("a," * 100000, "permerror"), (":" * 100000, "none")):
            found = self.judge(authors)
            self.assertEqual(found["result"], result, authors[:40])
            self.assertLessEqual(len(self.policies_asked()), 8)


if __name__ == "__main__":
    unittest.main()
