"""Received fields: what SpamAssassin's own tests read in 144 of them, as rules see it."""
import json
import re
import unittest

from postern import SUITES, Folder, run

SUITE = SUITES / "url-text" / "spamassassin" / "rcvd_parser.json"


def relay(text):
    """A pattern for the relay; what is trusted is so by the address, which is not what the suite is of."""
    fields = dict(re.findall(r"(\w+)=(.*?)(?= \w+=| \])", text))
    names = ("ip", "rdns", "helo", "by", "ident", "envfrom", "intl", "id", "auth", "msa")
    fields["intl"] = "[01]"
    escaped = (f"{n}=" + (fields[n] if n == "intl" else re.escape(fields[n]).replace("/", r"\/")) for n in names)
    return r"^\[ " + " ".join(escaped) + r" \]$"


@unittest.skipUnless(SUITE.is_file(), "SpamAssassin's Received fields are not there")
class Suite(unittest.TestCase):
    def test_same_relays(self):
        cases = json.loads(SUITE.read_text())
        folder = Folder()
        self.addCleanup(folder.remove)
        rules = ["header __SOME_T X-Spam-Relays-Trusted =~ /./", "header __SOME_U X-Spam-Relays-Untrusted =~ /./"]
        mails = []
        for i, case in enumerate(cases):
            mails.append(folder.write(f"{i}.eml", f"Received: {case['received']}\nSubject: x\n\nx\n"))
            if case["expected"]:
                for letter, side in (("T", "Trusted"), ("U", "Untrusted")):
                    rules.append(f"header __{letter}{i} X-Spam-Relays-{side} =~ /{relay(case['expected'])}/".replace("#", r"\#"))
        folder.write("r.cf", "\n".join(rules) + "\n")
        conf = folder.write("postern.conf", f'rules {{ files = ["{folder.path}/r.cf"] }}\nstore {{ url = "memory:" }}\n')
        done = run("scan", "-c", conf, "--json", *mails)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        different = []
        for i, (case, line) in enumerate(zip(cases, done.stdout.splitlines(), strict=True)):
            hits = {r for r in json.loads(line)["rules"] if r.startswith("__")}
            same = hits & {f"__T{i}", f"__U{i}"} if case["expected"] else not hits
            if not same:
                different.append((case["received"], case["expected"], hits))
        print(f"# {len(cases)} fields, {len(different)} read in another way")
        self.assertEqual(different, [])
