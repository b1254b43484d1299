"""Lists of networks and databases of places: in a scan, in the gate, across reloads, and beside MaxMind's reader."""
import json
import pathlib
import random
import re
import signal
import subprocess
import unittest

from mmdb import Database, country, system
from postern import FolderTest, Postern, run

COUNTRIES = {"127.0.0.0/8": country("DE"), "192.0.2.0/24": country("FR"), "2001:db8::/32": country("NL")}
SYSTEMS = {"127.0.0.0/8": system(64500, "Example Networks"), "192.0.2.0/25": system(64501, "Two\r\nlines")}


class Places(FolderTest):
    def setUp(self):
        super().setUp()
        self.path = pathlib.Path(self.folder.path)
        self.save("country", Database(COUNTRIES).bytes())
        self.save("as", Database(SYSTEMS, bits=24).bytes())
        self.save("nets", b"192.0.2.0/24 partner\n!192.0.2.128/25\n")
        self.blocks = f'''
            rdns {{ enabled = no }}  spf {{ enabled = no }}  dkim {{ enabled = no }}
            dmarc {{ enabled = no }}  arc {{ enabled = no }}  from {{ enabled = no }}
            networks "known" {{ files = "{self.path}/nets"  symbol = CLIENT_ALLOWED }}
            location {{ country = "{self.path}/country"  as = "{self.path}/as"
                codes = ["DE,FR LOCATION_NEAR", "AS64500 LOCATION_US"] }}
            '''

    def save(self, name, data):
        (self.path / name).write_bytes(data)

    def scan(self, address, verdicts=""):
        config = self.folder.write("scan.conf", self.blocks + verdicts)
        mail = self.folder.write("mail.eml", "Subject: x\n\nx\n")
        done = run("scan", "-c", config, "--json", "--client-ip", address, mail)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        return result, {s["name"]: s["detail"] for s in result["symbols"] if s["name"] != "NULL_SENDER"}


class Scan(Places):
    def test_it_tells_the_network_and_the_place(self):
        self.assertEqual(self.scan("192.0.2.1")[1], {
            "CLIENT_ALLOWED": "192.0.2.0/24 partner", "LOCATION_COUNTRY": "FR", "LOCATION_AS": "AS64501 Two??lines",
            "LOCATION_NEAR": "FR AS64501 Two??lines"})
        self.assertEqual(self.scan("192.0.2.200")[1], {"LOCATION_COUNTRY": "FR", "LOCATION_NEAR": "FR"})
        self.assertEqual(self.scan("2001:db8::1")[1], {"LOCATION_COUNTRY": "NL"})
        self.assertEqual(self.scan("203.0.113.1")[1], {})

    def test_a_reply_may_name_the_place(self):
        result, _ = self.scan("192.0.2.1", '''verdict "far" { when = LOCATION_NEAR  do = reject
            reply = "no mail from %{client.country} %{client.as}" }''')
        self.assertEqual(result["verdict"]["reply"], "550 5.7.1 no mail from FR AS64501 Two??lines")

    def test_a_damaged_record_makes_the_filter_unavailable(self):
        self.save("country", Database({"192.0.2.0/24": b"\x20\x00"}).bytes())
        result, symbols = self.scan("192.0.2.1")
        self.assertEqual(symbols["LOCATION_UNAVAILABLE"], "the country database is damaged")
        self.assertEqual(symbols["LOCATION_AS"], "AS64501 Two??lines")
        self.assertEqual(result["degraded"], ["location"])


class Check(Places):
    def test_what_is_missing_or_damaged_is_told_with_its_place(self):
        whole = (self.path / "country").read_bytes()
        for name, data, text in (
                ("nets", b"10.0.0.0/8\n10.0.0.1/8\n", r"/nets:2:1: .* did you mean 10.0.0.0/8\?"),
                ("country", whole[:-10], r"x.conf:\d+:\d+: cannot use .*/country: it is (damaged|not)"),
                ("country", None, r"x.conf:\d+:\d+: cannot use .*/country: No such file"),
                ("nets", None, r"x.conf:\d+:\d+: cannot read .*/nets: No such file")):
            with self.subTest(name=name, text=text):
                self.setUp()
                if data is None:
                    (self.path / name).unlink()
                else:
                    self.save(name, data)
                done = run("check", "-c", self.folder.write("x.conf", self.blocks))
                self.assertEqual(done.returncode, 78)
                self.assertRegex(done.stderr, text)


class Gate(Places):
    def test_reload_takes_new_lists_and_refuses_bad_ones(self):
        extra = self.blocks + '''verdict "denied" { when = CLIENT_ALLOWED  do = reject
            reply = "%{client.country} %{CLIENT_ALLOWED.detail}" }'''
        self.save("nets", b"10.0.0.0/8\n")
        with Postern(workers=1, extra=extra) as gate:
            gate.send()
            line = gate.wait_log("verdict", action="accept")
            self.assertEqual((line["country"], line["as"]), ("DE", "AS64500 Example Networks"))
            self.save("nets", b"127.0.0.0/8 ours\n")
            self.save("country", Database({"127.0.0.0/8": country("SE")}).bytes())
            gate.tell(signal.SIGHUP)
            gate.wait_log("drain", what="handed-over")  # until then the old worker may be the one who accepts
            self.denied(gate)
            self.save("nets", b"127.0.0.1/8\n")
            gate.tell(signal.SIGHUP)
            gate.wait_log("config", severity="error")
            gate.wait_log("reload", what="refused")
            self.denied(gate)

    def denied(self, gate):
        with gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            self.assertRegex(c.expect(550, "RCPT TO:<b@example.net>"), r"5\.7\.1 SE 127\.0\.0\.0/8 ours")


class Oracle(Places):
    """libmaxminddb reads the same files: both must say the same of any address."""

    def test_random_databases(self):
        seed = random.randrange(1 << 32)
        r = random.Random(seed)
        for bits in 24, 28, 32:
            nets = {}
            for _ in range(40):
                length = r.choice((9, 12, 20, 24, 32))
                nets[f"{r.randrange(1 << 32) >> (32 - length) << (32 - length)}/{length}"] = r.choice("DE FR SE".split())
            plain = {}
            for net, iso in sorted(nets.items(), key=lambda x: int(x[0].split("/")[1])):
                base, length = map(int, net.split("/"))
                plain[f"{base >> 24}.{base >> 16 & 255}.{base >> 8 & 255}.{base & 255}/{length}"] = country(iso)
            self.save("country", Database(plain, bits=bits).bytes())
            for net in r.sample(sorted(plain), 12):
                address = net.split("/")[0]
                with self.subTest(seed=seed, bits=bits, address=address):
                    self.assertEqual(self.scan(address)[1].get("LOCATION_COUNTRY"), self.lookup(address))

    def lookup(self, address):
        done = subprocess.run(["mmdblookup", "--file", self.path / "country", "--ip", address, "country", "iso_code"],
                              capture_output=True, text=True, timeout=30)
        found = re.search(r'"(.*)"', done.stdout)
        return found.group(1) if found else None


if __name__ == "__main__":
    unittest.main()
