"""The commands besides run: help, version, check, scan; what is printed from the option table is fresh."""
import json
import os
import pathlib
import re
import unittest

from postern import ROOT, FolderTest, free_port, run

MESSAGE = "Return-Path: <bounce@example.org>\nReceived: from x\nFrom: <a@example.org>\nTo: <b@example.net>\nSubject: hello\n\nHello.\n"


class Front(unittest.TestCase):
    def test_help_lists_every_command(self):
        done = run("help")
        self.assertEqual(done.returncode, 0)
        for name in "run", "check", "scan", "version", "help":
            self.assertRegex(done.stdout, rf"(?m)^  {name} ")
            each = run("help", name)
            self.assertEqual(each.returncode, 0)
            self.assertTrue(each.stdout.startswith(f"usage: postern {name}"), each.stdout)
        self.assertEqual(run("--help").stdout, done.stdout)
        self.assertEqual(run("scan", "--help").stdout, run("help", "scan").stdout)

    def test_unknown_words(self):
        done = run("chek")
        self.assertEqual(done.returncode, 64)
        self.assertIn("did you mean 'check'?", done.stderr)
        self.assertEqual(run().returncode, 64)
        self.assertEqual(run("run", "--nonsense").returncode, 64)
        self.assertEqual(run("check", "surplus").returncode, 64)
        self.assertEqual(run("scan").returncode, 64)
        self.assertEqual(run("scan", "--client-ip", "1.2.3", "x").returncode, 64)

    def test_the_manual_knows_every_event_of_the_log(self):
        manual = (ROOT / "deploy/man/postern.8").read_text().partition(".SH LOG")[2].partition(".SH EXIT")[0]
        events = set()
        for source in (*ROOT.glob("proxy/*/*.c"), *ROOT.glob("filters/**/*.c")):
            for call in re.findall(r'log_(?:begin|note)\(([^;]*)', source.read_text()):
                events.update(re.findall(r'"([a-z_]+)"', call.partition("STR")[0].partition('",')[0] + '"'))
        self.assertIn("verdict", events)
        for event in events:
            self.assertRegex(manual, rf"(?m)^\.BR? .*\b{event}\b")

    def test_version(self):
        done = run("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^postern \d+\.\d+\.\d+\nlibev \S+, c-ares \S+, OpenSSL 3.*, LMDB 0\S+, "
                         r"PCRE2 10\S+, (Vectorscan 5\S+|no Vectorscan)\n$")
        self.assertEqual(run("--version").stdout, done.stdout)


class Check(FolderTest):
    def check(self, text):
        return run("check", "-c", self.folder.write("x.conf", text))

    def test_a_good_config(self):
        done = self.check('listener "mx" { address = "127.0.0.1:25" }\nbackend "m" { maildir = "/var/empty/mail" }\n'
                          'verdict "nobody" { when = NULL_SENDER and not CLIENT_TLS  do = reject }\n')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nobody", done.stdout)
        self.assertTrue(done.stdout.endswith("ok\n"))
        self.assertFalse(pathlib.Path("/var/empty/mail").exists())

    def test_all_errors_at_once(self):
        done = self.check('listener "mx" { address = "127.0.0.1:25" adress = 3 }\n'
                          'verdict "x" { when = score >= 3 do = rejct }\n')
        self.assertEqual(done.returncode, 78)
        self.assertIn("x.conf:1:", done.stderr)
        self.assertIn("x.conf:2:", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_a_misspelt_symbol(self):
        done = self.check('listener "mx" { address = "127.0.0.1:25" }\nbackend "m" { maildir = "m" }\n'
                          'verdict "x" { when = NULL_SENDR do = reject }\n')
        self.assertEqual(done.returncode, 78)
        self.assertIn("x.conf:3:", done.stderr)
        self.assertIn("NULL_SENDER", done.stderr)

    def test_missing_file(self):
        none = self.folder.path / "none"
        for command in ["check"], ["run"], ["scan", "x"], ["explain", "T40KJ9B70801-1"], ["history"], ["reload"], ["greylist", "list"], ["bulk", "top"], ["status"]:
            done = run(command[0], "-c", none, *command[1:])
            self.assertEqual(done.returncode, 66, command)
            self.assertEqual(done.stderr, f"cannot read {none}: No such file or directory\n")

    def complains(self, line, words):
        """check and run say the same, with the place; a start fails with EX_CANTCREAT."""
        good = 'listener "mx" {{ address = "127.0.0.1:{}" }}\n'.format(free_port())
        path = self.folder.write("x.conf", good + line + "\n")
        for command, status in ("check", 78), ("run", 73):
            done = run(command, "-c", path)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertRegex(done.stderr, rf"x\.conf:2:\d+: .*{words}\n$")

    def test_folders_that_will_not_do(self):
        there = self.folder.path
        mail = f'backend "m" {{ maildir = "{there}/mail" }}  '
        self.folder.write("file", "")
        self.complains(f'{mail} spool = ""', "cannot write to : No such file or directory")
        self.complains(f'{mail} spool = "{there}/file"', "file: Not a directory")
        self.complains(f'{mail} spool = "{there}/no/spool"', "no/spool: No such file or directory")
        self.complains(f'backend "m" {{ maildir = "{there}/file" }}', "file: Not a directory")
        self.complains(f'backend "m" {{ maildir = "{there}/file/mail" }}', "file/mail: Not a directory")
        self.folder.write("spool/closed", "").parent.chmod(0o500)
        if os.geteuid() == 0:
            self.complains(f'{mail} spool = "{there}/spool"', r"the workers \(.*\) cannot write to .*spool: Permission denied")
        else:
            self.complains(f'{mail} spool = "{there}/spool"', "spool: Permission denied")

    def test_somebodys_maildir_stays_his(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        mail = self.folder.path / "mail"
        for part in "tmp", "new", "cur":
            (mail / part).mkdir(parents=True)
            (mail / part).chmod(0o700)
        os.chown(mail / "new", 54321, 54321)
        self.complains(f'backend "m" {{ maildir = "{mail}" }}', r"the workers \(.*\) cannot write to .*mail: Permission denied")
        self.assertEqual((mail / "new").stat().st_uid, 54321)
        (mail / "new").chmod(0o777)
        done = run("check", "-c", self.folder.path / "x.conf")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_sample_is_fresh_and_checks(self):
        done = run("check", "--sample")
        self.assertEqual(done.returncode, 0)
        self.assertEqual((ROOT / "deploy/postern.conf").read_text(), done.stdout,
                         "deploy/postern.conf is stale: deploy/print-tables")

    def test_the_man_page_is_fresh(self):
        done = run("check", "--man")
        self.assertEqual(done.returncode, 0)
        self.assertIn(done.stdout, (ROOT / "deploy/man/postern.conf.5").read_text(),
                      "deploy/man/postern.conf.5 is stale: deploy/print-tables")

    def test_the_manual_has_every_function_of_rules(self):
        manual = (ROOT / "deploy/man/postern.conf.5").read_text()
        names = re.findall(r"^EVAL\((\w+)", (ROOT / "filters/evals/evals.def").read_text(), re.M)
        self.assertEqual([n for n in names if f"\n.BR {n} " not in manual], [])


class Scan(FolderTest):
    def setUp(self):
        super().setUp()
        self.rules = self.folder.write("x.cf", "meta FROM_NOBODY NULL_SENDER\nscore FROM_NOBODY 7\n")
        self.config = self.folder.write("x.conf", f'''
            resolver {{ servers = ["127.0.0.1:9"] timeout = 100ms }}
            spf {{ enabled = no }}  dmarc {{ enabled = no }}
            rules {{ files = ["{self.rules}"] }}
            verdict "nobody" {{ when = score >= 7  do = reject  reply = "5.7.1 not from %{{mail_from}} to %{{rcpt}}" }}
            ''')

    def scan(self, *arguments, stdin=None):
        done = run("scan", "-c", self.config, "--json", *arguments, stdin=stdin)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_the_fields(self):
        path = self.folder.write("m.eml", MESSAGE)
        code, (r,), _ = self.scan(path)
        self.assertEqual(code, 0)
        self.assertEqual(r["file"], str(path))
        self.assertEqual(r["verdict"], {"action": "accept", "name": "", "stage": "end", "reply": ""})
        self.assertEqual(r["score"], 0)
        self.assertIsInstance(r["us"], int)
        self.assertRegex(r["id"], r"^[0-9A-Z]{12}-1$")
        self.assertEqual(set(r), {"file", "id", "verdict", "score", "symbols", "auth", "bulk", "authentication_results",
                                  "rules", "degraded", "us"})

    def test_the_null_sender_is_judged_at_rcpt(self):
        path = self.folder.write("m.eml", MESSAGE)
        code, (r,), _ = self.scan("--mail-from", "", "--rcpt-to", "b@example.net", path)
        self.assertEqual(code, 0)
        self.assertEqual(r["verdict"], {"action": "reject", "name": "nobody", "stage": "rcpt",
                                        "reply": "550 5.7.1 not from  to b@example.net"})
        self.assertEqual(r["score"], 7)
        self.assertIn({"name": "FROM_NOBODY", "score": 7, "detail": ""}, r["symbols"])
        self.assertIn("FROM_NOBODY", r["rules"])

    def test_the_return_path_is_the_sender(self):
        self.assertEqual(self.scan(self.folder.write("a", MESSAGE))[1][0]["score"], 0)
        below = MESSAGE.replace("Return-Path: <bounce@example.org>\nReceived: from x\n", "Received: from x\nReturn-Path: <bounce@example.org>\n")
        self.assertEqual(self.scan(self.folder.write("c", below))[1][0]["score"], 7)
        without = MESSAGE.replace("Return-Path: <bounce@example.org>\n", "")
        self.assertEqual(self.scan(self.folder.write("b", without))[1][0]["score"], 7)

    def test_order_folders_and_standard_input(self):
        for name in "b/2", "b/1", "b/sub/3", "a":
            self.folder.write("in/" + name, MESSAGE)
        base = self.folder.path / "in"
        code, results, _ = self.scan(base / "b", "-", base / "a", stdin=MESSAGE)
        self.assertEqual(code, 0)
        self.assertEqual([r["file"] for r in results],
                         [str(base / "b/1"), str(base / "b/2"), str(base / "b/sub/3"), "-", str(base / "a")])

    def test_a_file_that_cannot_be_read(self):
        good = self.folder.write("good", MESSAGE)
        code, results, stderr = self.scan(self.folder.path / "none", good)
        self.assertEqual(code, 66)
        self.assertIn("none: No such file or directory", stderr)
        self.assertEqual([r["file"] for r in results], [str(good)])

    def test_the_client_is_taken_at_its_word(self):
        path = self.folder.write("m.eml", MESSAGE)
        _, (r,), _ = self.scan("--client-ip", "192.0.2.1", "--client-name", "mx.example.org", "--helo",
                               "mx.example.org", path)
        self.assertIn({"name": "RDNS_CONFIRMED", "score": 0, "detail": "mx.example.org"}, r["symbols"])
        self.assertEqual(r["degraded"], [])

    def test_dns_that_does_not_answer_is_degraded(self):
        path = self.folder.write("m.eml", MESSAGE)
        code, (r,), _ = self.scan("--client-ip", "192.0.2.1", "--helo", "mx.example.org", path)
        self.assertEqual(code, 0)
        self.assertEqual(r["degraded"], ["rdns"])
        self.assertEqual(r["verdict"]["action"], "accept")

    def test_what_is_no_mail_is_judged_too(self):
        for name, data in ("empty", b""), ("binary", bytes(range(256)) * 40), ("mbox", b"From x\n" + MESSAGE.encode()):
            path = self.folder.path / name
            path.write_bytes(data)
            code, results, _ = self.scan(path)
            self.assertEqual((code, len(results)), (0, 1), name)

    def test_text_for_people(self):
        path = self.folder.write("m.eml", MESSAGE)
        done = run("scan", "-c", self.config, "--mail-from", "", path)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f'{path}: reject, score 7.0, by verdict "nobody" at rcpt\n  550 5.7.1', done.stdout)


if __name__ == "__main__":
    unittest.main()
