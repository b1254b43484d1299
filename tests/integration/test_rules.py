"""Rules on the message: what `check` says of them, and SpamAssassin's own on 500 mails with what SpamAssassin hits there
(when they and its package are there)."""
import json
import re
import unittest

from postern import ROOT, SUITES, Folder, run
from unpacked import stock_rules

ORACLE = SUITES / "sa-oracle"

# What differs, by rule, and why.
EXPLAINED = {
    # A time like "11:30:41 PM" and a zone like "-400" are read otherwise.
    "DATE_IN_PAST_06_12": "a date that is none",
    "DATE_IN_PAST_12_24": "the same",
    # Its own expression matches a paragraph of its own (get_rendered_body_text_array), and it does not report it.
    "__HAS_ANY_EMAIL": "a match that SpamAssassin does not see",
    "__hk_bigmoney": "a match that SpamAssassin does not see",
    # Without a charset in the header field, HTML is read in the one that it names itself, as browsers do.
    "WEIRD_QUOTING": "HTML in Big5",
    "__TVD_SPACE_RATIO": "the same",
    "__TVD_SPACE_ENCODED": "the same",
    # 'Reply-To: "a"b@c' is the address b@c there, of somebody named a.
    "FREEMAIL_REPLYTO_END_DIGIT": "a quoted word in front of an address without brackets",
    "FREEMAIL_FORGED_REPLYTO": "the same",
    "__freemail_hdr_replyto": "the same",
    "__smf_freemail_hdr_replyto": "the same",
    # White space at the end of a line of quoted-printable is kept where mail programs keep it.
    "__FR_SPACING_8": "spaces before a line end",
}
# What is computed; what asks DNS is not, SpamAssassin ran without.
EVALS = {name for name in re.findall(r"^EVAL\((\w+)", (ROOT / "filters/evals/evals.def").read_text(), re.M)
         if not re.match("check_(for_(def_)?(spf|dkim)|dkim|arc)", name)}
PROVIDED = set(re.findall(r'^PROVIDED\("(.*)"\)', (ROOT / "policy/provided.def").read_text(), re.M))
# What Debian's SpamAssassin does not load.
PROVIDED -= {"Mail::SpamAssassin::Plugin::FromNameSpoof"}


def condition(text, others=0):
    """An `if` of a rule file, as we have it: version 4.0, some plugins; and with the others."""
    text = re.sub(r"\b(?:plugin|can|has)\s*\(\s*([^)\s]*)\s*\)", lambda m: str(1 if m[1] in PROVIDED else others), text)
    text = re.sub(r"\bversion\b", "4.0", text).replace("&&", " and ").replace("||", " or ")
    return bool(eval(re.sub(r"!(?!=)", " not ", text), {"__builtins__": {}}))  # of a package, not of strangers


def lines(folder):
    """Each with whether the conditions around it hold; without those for which they hold nowhere: SpamAssassin has all that is
    provided here, and some of what is not."""
    for path in sorted(folder.glob("*.cf")):
        stack = []  # whether it holds, whether it may there
        for line in path.read_text(errors="replace").split("\n"):
            line = re.sub(r"(?<!\\)#.*", "", line).strip()
            word, _, rest = line.partition(" ")
            if word == "ifplugin":
                word, rest = "if", f"plugin({rest.strip()})"
            if word == "if":
                stack.append((condition(rest), {condition(rest), condition(rest, 1)}))
            elif word == "else":
                here, there = stack[-1]
                stack[-1] = (not here, {not holds for holds in there})
            elif word == "endif":
                stack.pop()
            elif line and all(True in there for _, there in stack):
                yield all(here for here, _ in stack), line


def comparable(folder, measured):
    """Rules on header, body and parts, functions that are known here, and metas of these alone, as far as SpamAssassin ran them: not with score 0, and
    not where it has another rule of that name, for its plugins, or a filter of ours measures something of that name."""
    patterns, metas, scores, others = set(), {}, {}, set(measured)
    for holds, line in lines(folder):
        found = re.match(r"(header|full|meta|score|body|rawbody|uri|mimeheader)\s+(\S+)\s+(.*)", line)
        if not found:
            continue
        kind, name, rest = found.groups()
        if kind == "score":
            scores[name] = rest.split()[0]
            continue
        if not holds:
            others.add(name)
            continue
        patterns.discard(name)
        metas.pop(name, None)
        made_up = re.match(r"(exists:)?(X-Languages|X-ASN|X-Relay-Countries)", rest)
        if kind == "meta":
            metas[name] = set(re.findall(r"\b[A-Za-z_]\w*\b", rest))
        elif rest.startswith("eval:"):
            function = re.match(r"eval:\s*(\w+)", rest)[1].replace("whitelist", "welcomelist").replace("blacklist", "blocklist")
            if function in EVALS:
                patterns.add(name)
        elif kind in ("header", "full", "body", "rawbody", "mimeheader", "uri") and not rest.startswith("rbleval:") and not made_up:
            patterns.add(name)
    silent = others | {n for n, s in scores.items() if float(s.strip("()")) == 0}
    known = patterns - silent
    while True:
        more = {n for n, parts in metas.items() if parts <= known and n not in silent} - known
        if not more:
            return known
        known |= more


@unittest.skipUnless(ORACLE.is_dir(), "the mails with SpamAssassin's hits are not there")
class Oracle(unittest.TestCase):
    def setUp(self):
        self.rules = stock_rules()
        if not self.rules:
            self.skipTest("the package spamassassin is not to be had")
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def test_same_hits(self):
        wanted = [json.loads(line) for line in open(ORACLE / "expected.jsonl")]
        conf = self.folder.write("postern.conf", f'rules {{ files = ["{self.rules}/*.cf"] }}\nstore {{ url = "memory:" }}\n'
                                 "patterns { cpu_time = 10s }\nrbl { ask = no }\n")
        done = run("scan", "-c", conf, "--json", *[ORACLE / w["file"] for w in wanted], timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        told = run("check", "--each", "-c", conf, timeout=100).stderr
        known = comparable(self.rules, re.findall(r"(?<=: )\w+(?= is (?:what a filter measures|off\b))", told))
        self.assertGreater(len(known), 650)
        found = {}  # rule: mails, + only here, - only there
        hits = 0
        for want, line in zip(wanted, done.stdout.splitlines(), strict=True):
            theirs = (set(want["hits"]) | set(want["sub"])) & known
            ours = set(json.loads(line)["rules"]) & known
            hits += len(theirs)
            for rule in theirs ^ ours:
                found.setdefault(rule, []).append(("+" if rule in ours else "-") + want["file"])
        differences = sum(map(len, found.values()))
        pairs = len(known) * len(wanted)
        print(f"# {len(known)} rules on {len(wanted)} mails: {hits} hits, {differences} differences, "
              f"{100 * (1 - differences / pairs):.3f} % agree, of the hits {100 * (1 - differences / hits):.2f} %")
        self.assertEqual({r: f for r, f in found.items() if r not in EXPLAINED}, {})
        self.assertGreaterEqual(1 - differences / hits, 0.99)

    def test_beside_ours_in_either_order(self):
        """Both have a MSGID_SHORT, and more: the later one counts, and only its tests."""
        both = [f"{self.rules}/*.cf", f"{ROOT}/rules/*.cf"]
        for files, left_out in ((both, set()), (both[::-1], {"MSGID_SHORT", "__MIME_VERSION"})):
            conf = self.folder.write("both.conf", f'rules {{ files = {json.dumps(files)} }}\nstore {{ url = "memory:" }}\n'
                                     'listener "l" { address = ["127.0.0.1:25"] }\nbackend "b" { maildir = "m" }\n')
            done = run("check", "--each", "-c", conf, timeout=100)
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            self.assertEqual(set(re.findall(r"defines (\w+) anew", done.stderr)), left_out)


class Hostile(unittest.TestCase):
    def test_rules_that_take_for_ever_end(self):
        """300 rules that take long, but not too long, for each of 1,000 paragraphs: the rest of them is not run."""
        folder = Folder()
        self.addCleanup(folder.remove)
        rules = folder.write("r.cf", "header H Subject =~ /x/\nmeta M H\n" + "".join(
            f"body B{n} /(\\w+)+b/\ntflags B{n} multiple\n" for n in range(300)))
        conf = folder.write("postern.conf", f'rules {{ files = ["{rules}"] }}\nstore {{ url = "memory:" }}\n' +
                            "".join(f"{name} {{ enabled = no }}\n" for name in "rdns helo spf dkim dmarc arc".split()))
        mail = folder.write("m.eml", "Subject: x\n\n" + "aaaaaaaaaaaaaa- b\n\n" * 1000)
        done = run("scan", "-c", conf, "--json", mail, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        result = json.loads(done.stdout)
        self.assertEqual(result["degraded"], ["patterns"])
        self.assertLessEqual({"H", "M", "PATTERNS_UNAVAILABLE"}, set(result["rules"]))


class Idle(unittest.TestCase):
    RULES = ("body IDLE /find/\nscore IDLE 0\ntest IDLE ok find\nmeta IDLE_META IDLE\nscore IDLE_META 0\nheader __IDLE_CALL eval:check_for_missing_to_header()\n"
             "body __NEEDED /find/\nmeta NEEDED __NEEDED\n")

    def scan(self, rules=RULES):
        folder = Folder()
        self.addCleanup(folder.remove)
        rules = folder.write("r.cf", rules)
        conf = folder.write("postern.conf", f'rules {{ files = ["{rules}"] }}\nstore {{ url = "memory:" }}\n' +
                            "".join(f"{name} {{ enabled = no }}\n" for name in "rdns helo spf dkim dmarc arc".split()))
        return run("scan", "-c", conf, "--json", folder.write("m.eml", "Subject: x\n\nfind\n"))

    def test_scan_tells_of_every_rule(self):
        done = self.scan()
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {rule for rule in json.loads(done.stdout)["rules"] if "IDLE" in rule or "NEEDED" in rule}
        self.assertEqual(found, {"NEEDED", "__NEEDED", "IDLE", "IDLE_META", "__IDLE_CALL"})

    def test_check_tells_of_them(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        rules = folder.write("r.cf", self.RULES)
        for options, wanted in (("", ["rules: 5, of which 3 are not looked for"]), ("run = all", [])):
            conf = folder.write("postern.conf", f'rules {{ files = ["{rules}"]  {options} }}\nstore {{ url = "memory:" }}\n'
                                'listener "l" { address = ["127.0.0.1:25"] }\nbackend "b" { maildir = "m" }\n')
            done = run("check", "-c", conf)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(re.findall("^rules: .*?looked for(?=,)", done.stdout, re.M), wanted)

    def test_it_is_tested_all_the_same(self):
        done = self.scan(self.RULES + "test IDLE ok other\n")
        self.assertIn("test of IDLE", done.stderr)
        self.assertNotEqual(done.returncode, 0)


class Check(unittest.TestCase):
    def check(self, rules, *options, config=""):
        folder = Folder()
        self.addCleanup(folder.remove)
        folder.write("r.cf", rules)
        folder.write("postern.conf", 'workers = 1\nrules { files = ["r.cf"] }\nbackend "b" { maildir = "m" }\n'
                     'listener "l" { address = ["127.0.0.1:25"] }\nstore { url = "memory:" }\n' + config)
        return run("check", *options, "-c", "postern.conf", cwd=folder.path)

    def test_an_expression_that_is_none_refuses_the_file(self):
        done = self.check("score X 1\nheader X Subject =~ /a(b/\n")
        self.assertEqual(done.returncode, 78)
        self.assertIn("r.cf:2:25: X: missing closing parenthesis", done.stderr)

    def test_a_test_that_fails_refuses_the_file(self):
        done = self.check("header X Subject =~ /ab/\ntest X ok cab\ntest X fail cab\n")
        self.assertEqual(done.returncode, 78)
        self.assertIn("r.cf:3:6: test of X: it hits 'cab'", done.stderr)
        self.assertNotIn("r.cf:2", done.stderr)

    def test_rules_of_a_filter_that_is_off_are_told(self):
        rules = ("header A eval:check_dmarc_pass()\nheader B eval:check_rbl('x', 'zen.example.', '127.0.0.2')\n"
                 "header C eval:check_all_trusted()\nbody D /foo/\n")
        for name, rule in ("dmarc", "1:10: warning: dmarc { enabled = no }: A"), ("rbl", "2:10: warning: rbl { enabled = no }: B"), \
                ("evals", "3:10: warning: evals { enabled = no }: C"), ("patterns", "4:9: warning: patterns { enabled = no }: D"):
            with self.subTest(name):
                self.assertEqual(self.check(rules, config=name + " { enabled = no }\n").stderr, f"r.cf:{rule} is off\n")

    def test_rules_that_nobody_runs_are_counted(self):
        rules = "header X eval:check_something()\naskdns Y _X_.y TXT /x/\nheader Z To =~ /x/\nmeta M NOBODY\nmeta N NO_MORE\n"
        done = self.check(rules)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "r.cf: warning: 2 rules are not run by this version, "
                         "2 names in metas are defined by nobody (check --each tells which)\n")
        done = self.check(rules, "--each")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(line.split(": ")[0] for line in done.stderr.splitlines()),
                         ["r.cf:1:10", "r.cf:2:10", "r.cf:4:8", "r.cf:5:8"])

    def test_few_are_told_one_by_one(self):
        done = self.check("body LUCKY /x/\nscore LUCKY 1\nmeta M LUKY\nmeta N NO_MORE\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "r.cf:3:8: warning: meta M: nobody defines LUKY, it counts as 0; "
                         "did you mean LUCKY?\nr.cf:4:8: warning: meta N: nobody defines NO_MORE, it counts as 0\n")
