"""URIs of messages: SpamAssassin's lines of text with the URIs in them, and the calls of the Public Suffix List (when they
are there)."""
import json
import pathlib
import re
import subprocess
import unittest

from postern import BINARY, SUITES, Folder

TOOL = pathlib.Path(BINARY).parent / "tool" / "uris"
LINES = SUITES / "url-text" / "spamassassin" / "uri_text.json"
CALLS = SUITES / "psl" / "test_psl.json"

# Where we see another URI than SpamAssassin, or have another domain than the list's own tests, and why.
DIFFERENT_LINES = {
    "\x1b(Bhttp://foo23499.com/": "the sequence is of ISO-2022-JP, and is none in a text in UTF-8: it is a space and two letters",
    "www.example.za": "nobody has a domain below .za: it is not in the list but for .co.za and its like",
}
NO_TOP = "a top level that there is not; the list's own tests take any"
DIFFERENT_CALLS = {"example.example": NO_TOP, "b.example.example": NO_TOP, "a.b.example.example": NO_TOP}


class Suites(unittest.TestCase):
    def look(self, kind, bodies):
        folder = Folder()
        self.addCleanup(folder.remove)
        head = f"From: a@b.example\nSubject: x\nContent-Type: text/{kind}; charset=utf-8\n\n"
        files = [folder.write(f"{i}.eml", head + body + "\n") for i, body in enumerate(bodies)]
        done = subprocess.run([TOOL, *files], stdout=subprocess.PIPE, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    @unittest.skipUnless(LINES.exists(), "the lines of text are not there")
    def test_lines(self):
        cases = json.loads(LINES.read_text())
        different = set()
        for case, seen in zip(cases, self.look("plain", [c["text"] for c in cases]), strict=True):
            def is_there(regex):
                return any(re.search(regex, form) for form in seen["forms"])
            if not all(map(is_there, case["must_match"])) or any(map(is_there, case["must_not_match"])):
                different.add(case["text"])
        print(f"# {len(cases)} lines, {len(different)} different")
        self.assertEqual(different, set(DIFFERENT_LINES))

    @unittest.skipUnless(CALLS.exists(), "the calls of the list are not there")
    def test_domains(self):
        cases = [c for c in json.loads(CALLS.read_text()) if c["input"]]
        links = [f'<a href="http://{c["input"]}/">x</a>' for c in cases]
        different = set()
        for case, seen in zip(cases, self.look("html", links), strict=True):
            wanted = (case["registrable"] or "").encode("idna").decode()
            if {u["domain"] for u in seen["uris"]} != {wanted}:
                different.add(case["input"])
        print(f"# {len(cases)} calls, {len(different)} different")
        self.assertEqual(different, set(DIFFERENT_CALLS))


if __name__ == "__main__":
    unittest.main()
