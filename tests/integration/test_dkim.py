"""DKIM by signed mails of ten implementations (when they are there), and by cases of our own, through `postern scan`."""
import json
import unittest

from dnsstub import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, DnsStub
from postern import SUITES, Folder, run

CONFIG = """
resolver {{ servers = ["127.0.0.1:{port}"]  timeout = 400ms }}
rdns {{ enabled = no }}
spf {{ enabled = no }}
dkim {{ {options} }}
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


class Dkim(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def scan(self, dns, mail, now=None, options=""):
        config = self.folder.write("x.conf", CONFIG.format(port=dns.port, options=options))
        done = run("scan", "-c", config, "--json", *(("--now", now) if now else ()), mail)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_suite(self):
        path = SUITES / "dkim" / "cases.json"
        if not path.is_file():
            self.skipTest(f"{path} is not there")
        suite = json.loads(path.read_text())
        wrong = []
        with DnsStub() as dns:
            for case in suite["cases"]:
                dns.zone = zone_of(suite["zones"][case["zone"]])
                found = self.scan(dns, path.parent / case["message"], case["now"])["auth"]["dkim"]
                if not is_right(case, [f["result"] for f in found]):
                    wrong.append(f"{case['id']}: {found}, not {case['expected']}")
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(suite['cases'])} differ")
        self.assertEqual({c["id"] for c in suite["cases"]} & DIFFERENT.keys(), DIFFERENT.keys())


if __name__ == "__main__":
    unittest.main()
