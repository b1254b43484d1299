"""SPF by the test suite of RFC 7208 (when it is there), and by cases of our own, through `postern scan`."""
import json
import unittest

from dnsstub import TIMEOUT, DnsStub
from postern import FolderTest, run, suite_file

CONFIG = """
resolver {{ servers = ["127.0.0.1:{port}"]  timeout = 400ms }}
rdns {{ enabled = no }}
"""


def zone_of(scenario):
    """A record of type SPF stands for a TXT record too, unless the name has TXT records of its own."""
    zone, own = {}, {r["name"].lower() for r in scenario["zone"] if r["type"] == "TXT"}
    for r in scenario["zone"]:
        name, kinds = r["name"].lower(), [r["type"]]
        if r["type"] == "SPF" and name not in own:
            kinds.append("TXT")
        for kind in kinds:
            if "control" in r:
                if r["control"] == "TIMEOUT":
                    zone[name, kind] = TIMEOUT
                continue
            value = ([s.encode("latin-1") for s in r["strings"]] if "strings" in r
                     else (r["pref"], r["target"]) if "target" in r else r["value"])
            zone.setdefault((name, kind), []).append(value)
    return zone


class Spf(FolderTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.mail = self.folder.write("mail", "Subject: x\n\nbody\n")

    def scan(self, dns, ip, helo, sender):
        config = self.folder.write("x.conf", CONFIG.format(port=dns.port))
        done = run("scan", "-c", config, "--json", "--client-ip", ip, "--client-name", "x.example", "--helo", helo,
                   "--mail-from", sender, self.mail)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_suite_of_rfc_7208(self):
        path = suite_file("spf", "rfc7208.json")
        wrong, count = [], 0
        with DnsStub() as dns:
            for scenario in json.loads(path.read_text())["scenarios"]:
                dns.zone = zone_of(scenario)
                for t in scenario["tests"]:
                    count += 1
                    found = self.scan(dns, t["ip"], t["helo"], t["mailfrom"])["auth"]["spf"]
                    wanted = t["explanation"]
                    if found["result"] not in t["results"]:
                        wrong.append(f"{scenario['scenario']}: {t['name']}: {found}, not {t['results']}")
                    elif found["result"] == "fail" and wanted and wanted not in ("DEFAULT", found["explanation"]):
                        wrong.append(f"{scenario['scenario']}: {t['name']}: {found['explanation']!r}, not {wanted!r}")
        self.assertEqual(wrong, [], f"{len(wrong)} of {count} differ")
        self.assertEqual(count, 203)


if __name__ == "__main__":
    unittest.main()
