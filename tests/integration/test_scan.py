"""scan --json over many messages: those of other projects, when they are there, and our own hostile ones."""
import json
import re
import unittest

from postern import SUITES, Folder, free_port, run

ACTIONS = "accept", "tag", "greylist", "defer", "reject", "discard", "quarantine"

# Messages of the kind that breaks readers of messages.
HOSTILE = {
    "empty": b"",
    "newline": b"\n",
    "no-body": b"Subject: x",
    "no-header": b"\r\nbody\r\n",
    "one-line": b"x" * 100000,
    "nul": b"Subject: a\0b\r\n\r\n\0\0\0",
    "high": b"Subject: \xff\xfe\xfd\r\nFrom: \xc3\x28 <a@b>\r\n\r\n\x80\x81",
    "surrogate": "Subject: \ud800\r\n\r\nx".encode("utf-8", "surrogatepass"),
    "controls": b'Subject: "\x1b[2J\x07\\\t\r\nX-Quote: \x7f"\r\n\r\nx',
    "folded": b"Subject: a\r\n" + b" b\r\n" * 5000 + b"\r\nx",
    "many-headers": b"X: y\r\n" * 20000 + b"\r\nx",
    "received": b"Received: by x\r\n" * 200 + b"\r\nx",
    "bare-cr": b"Subject: a\rFrom: b\r\r\nx",
    "mbox": b"From a@b Mon Nov  2 10:00:00 2026\nSubject: x\n\nbody\n",
    "colon": b": x\r\n:\r\n\r\nx",
    "spaces": b" Subject: x\r\n\t\r\n\r\nx",
    "binary": bytes(range(256)) * 200,
}


def samples():
    """A few dozen of each kind, always the same ones."""
    found = []
    for folder in "corpora/ham", "corpora/spam", "mime/mail-parser", "dkim/wire", "sa-oracle/messages":
        files = sorted(p for p in (SUITES / folder).rglob("*") if p.is_file() and p.suffix not in (".json", ".txt"))
        found += files[:: max(1, len(files) // 20)][:20]
    return found


class Scan(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        rules = self.folder.write("x.cf", "meta NOBODY NULL_SENDER\nscore NOBODY 3\nscore RDNS_NONE 0.1\n")
        self.config = self.folder.write("x.conf", f'''
            resolver {{ servers = ["127.0.0.1:{free_port()}"] timeout = 100ms }}
            rules {{ files = ["{rules}"] }}
            verdict "tagged" {{ when = score >= 3  do = tag }}
            ''')

    def scan(self, *arguments):
        done = run("scan", "-c", self.config, "--json", *arguments, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def looks_right(self, r):
        self.assertTrue({"file", "id", "verdict", "score", "symbols", "rules", "degraded", "us"} <= set(r), r)
        self.assertEqual(set(r["verdict"]), {"action", "name", "stage", "reply"})
        self.assertIn(r["verdict"]["action"], ACTIONS)
        self.assertIn(r["verdict"]["stage"], ("connect", "helo", "mail", "rcpt", "data", "end"))
        self.assertIsInstance(r["score"], (int, float))
        self.assertRegex(r["id"], r"^[0-9A-Z]{12}-\d+$")
        self.assertIsInstance(r["us"], int)
        for s in r["symbols"]:
            self.assertEqual(set(s), {"name", "score", "detail"})
            self.assertRegex(s["name"], r"^\w+$")
        self.assertAlmostEqual(sum(s["score"] for s in r["symbols"]), r["score"], places=5)
        self.assertTrue(all(isinstance(x, str) for x in r["rules"] + r["degraded"]))

    def test_hostile_messages(self):
        paths = []
        for name, data in HOSTILE.items():
            paths.append(self.folder.path / name)
            paths[-1].write_bytes(data)
        results = self.scan("--client-ip", "192.0.2.1", "--client-name", "mx.example.org", "--helo", "mx.example.org",
                            "--mail-from", "a@example.org", "--rcpt-to", "b@example.net", *paths)
        self.assertEqual([r["file"] for r in results], [str(p) for p in paths])
        for r in results:
            self.looks_right(r)
            self.assertEqual((r["verdict"]["action"], r["score"]), ("accept", 0))

    def test_names_of_files(self):
        names = ['qu"ote', "back\\slash", "new\nline", "sp ace", "tab\t", "\x1b[2J", "grün", "-dash", "☃"]
        for name in names:
            (self.folder.path / "in").mkdir(exist_ok=True)
            (self.folder.path / "in" / name).write_text("Subject: x\n\nbody\n")
        results = self.scan(*(self.folder.path / "in" / name for name in names))
        self.assertEqual([r["file"] for r in results], [str(self.folder.path / "in" / name) for name in names])

    def test_samples_of_others(self):
        paths = samples()
        if not paths:
            self.skipTest(f"{SUITES} is not there")
        results = self.scan("--client-ip", "192.0.2.1", "--client-name", "mx.example.org", "--mail-from", "", *paths)
        self.assertEqual([r["file"] for r in results], [str(p) for p in paths])
        self.assertEqual(len({r["id"] for r in results}), len(results))
        for r in results:
            self.looks_right(r)
            self.assertEqual((r["verdict"]["action"], r["verdict"]["name"], r["score"]), ("tag", "tagged", 3))
            self.assertLessEqual({"NULL_SENDER", "NOBODY", "RDNS_CONFIRMED"}, {s["name"] for s in r["symbols"]})
            self.assertIn("NOBODY", r["rules"])

    def test_a_folder_of_others(self):
        folder = SUITES / "mime" / "mail-parser"
        if not folder.is_dir():
            self.skipTest(f"{folder} is not there")
        results = self.scan("--client-ip", "192.0.2.1", "--client-name", "x.example", folder)
        files = [r["file"] for r in results]
        self.assertGreater(len(files), 100)
        self.assertEqual(files, sorted(files, key=lambda f: f.encode()))
        self.assertEqual(len(files), sum(1 for p in folder.rglob("*") if p.is_file()))
        self.assertFalse(re.search(r"\0", "".join(files)))


if __name__ == "__main__":
    unittest.main()
