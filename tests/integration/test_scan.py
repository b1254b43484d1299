"""scan --json over many messages: those of other projects, when they are there, and our own hostile ones."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import unittest

from postern import BINARY, PATIENCE, SUITES, FolderTest, free_port, run

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


class Scan(FolderTest):
    def setUp(self):
        super().setUp()
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


    def test_several_processes_say_what_one_says(self):
        for i in range(300):
            body = "x\n" * (i * 37 % 1000)
            self.folder.write(f"in/{i:03}", f"Subject: {i}\n\n{body}")
        (self.folder.path / "in" / "large").write_bytes(b"Subject: x\n\n" + b"y" * 70 * 1000000)
        self.folder.write("mbox", "".join(f"From a@b.example Mon Nov  2 10:00:00 2026\nSubject: {i}\n\n>From x\n\n"
                                          for i in range(20)))
        paths = self.folder.path / "in", self.folder.path / "mbox"
        outputs = []
        for jobs in 1, 2, 7:
            done = run("scan", "-c", self.config, "--json", "--jobs", jobs, "--client-ip", "192.0.2.1", "--client-name",
                       "mx.example.org", "--now", 1800000000, *paths, timeout=60)
            self.assertEqual(done.returncode, 66, done.stderr)
            self.assertRegex(done.stderr, r"^postern scan: \S+/in/large: larger than 52428800 bytes[^\n]+\n$")
            outputs.append([json.loads(line) for line in done.stdout.splitlines()])
            for r in outputs[-1]:
                self.assertLess(r.pop("us"), 1000000)
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])
        self.assertEqual([(r["file"], r.get("index")) for r in outputs[0]],
                         [(str(paths[0] / f"{i:03}"), None) for i in range(300)] +
                         [(str(paths[1]), i + 1) for i in range(20)])
        self.assertEqual(len({r["id"] for r in outputs[0]}), 320)

    def test_old_mail_is_not_judged_as_if_it_came_now(self):
        self.folder.write("dates.cf", "header PAST eval:check_for_shifted_date('undef','-24')\n")
        config = self.folder.write("dates.conf", f'rules {{ files = ["{self.folder.path}/dates.cf"] }}\n')
        old = self.folder.write("old", "Date: Thu, 1 Jan 2015 09:00:00 +0000\n\nx\n")
        for now, past in ((), False), (("--now", 1420106400), False), (("--now", 1800000000), True):
            done = run("scan", "-c", config, "--json", "--client-ip", "192.0.2.1", "--client-name", "x.example", *now, old)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("PAST" in json.loads(done.stdout)["rules"], past)

    def test_an_mbox_from_a_pipe(self):
        mbox = "".join(f"From a@b.example Mon Nov  2 10:00:00 2026\nSubject: {i}\nReturn-Path: <a{i}@b.example>\n\n>From x\n\n"
                       for i in range(3))
        done = run("scan", "-c", self.config, "--client-ip", "192.0.2.1", "--client-name", "x.example", "-", stdin=mbox)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(re.findall(r"^- \((\d)\): accept, score", done.stdout, re.M), ["1", "2", "3"])

    def test_a_pipe_is_read_when_it_is_named(self):
        mail, pipe = self.folder.write("in/a", "Subject: x\n\nbody\n"), self.folder.path / "in" / "pipe"
        os.mkfifo(pipe)
        done = run("scan", "-c", self.config, "--client-ip", "192.0.2.1", "--client-name", "x.example", pipe.parent)
        self.assertEqual((done.returncode, done.stderr), (0, f"postern scan: {pipe}: is no file, passed over\n"))
        self.assertEqual(re.findall(r"^(\S+): \w+, score", done.stdout, re.M), [str(mail)])
        writer = threading.Thread(target=pipe.write_text, args=("Subject: y\n\nbody\n",))
        writer.start()
        done = run("scan", "-c", self.config, "--client-ip", "192.0.2.1", "--client-name", "x.example", pipe)
        writer.join()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(re.findall(r"^(\S+): \w+, score", done.stdout, re.M), [str(pipe)])

    def test_keeps_no_journal(self):
        config = self.folder.write("journal.conf", f'''
            resolver {{ servers = ["127.0.0.1:1"] timeout = 100ms }}
            store {{ url = "lmdb:{self.folder.path}/store" }}
            journal {{ path = "{self.folder.path}/journal" }}
            ''')
        done = run("scan", "-c", config, "-", stdin="Subject: x\n\nx\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder.path / "store").is_dir())
        self.assertFalse((self.folder.path / "journal").exists())

    def test_one_process_where_filters_remember(self):
        config = self.folder.write("rate.conf", '''
            rate "many" { per = mail_from.domain  counts = messages  limit = 2/1h }
            resolver { servers = ["127.0.0.1:1"] timeout = 100ms }
            store { url = "memory:" }
            ''')
        for i in range(12):
            self.folder.write(f"in/{i:02}", "Subject: x\n\nx\n")
        done = run("scan", "-c", config, "--json", "--jobs", 4, "--mail-from", "a@example.org", self.folder.path / "in")
        self.assertEqual((done.returncode, done.stderr[:26]), (0, "postern scan: one process,"))
        over = [any(s["name"] == "RATE_MANY" for s in json.loads(line)["symbols"]) for line in done.stdout.splitlines()]
        self.assertEqual(over, [False] * 2 + [True] * 10)

    def test_a_process_that_dies_costs_its_message(self):
        """They wait for a name server that does not answer; one of them is ended meanwhile."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            config = self.folder.write("slow.conf", f'''
                resolver {{ servers = ["127.0.0.1:{silent.getsockname()[1]}"] timeout = 2s }}
                ''')
            for i in range(4):
                self.folder.write(f"in/{i}", "Subject: x\n\nx\n")
            with subprocess.Popen([BINARY, "scan", "-c", config, "--json", "--jobs", "2", "--client-ip", "192.0.2.1",
                                   self.folder.path / "in"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as scan:
                for _ in range(2):
                    silent.recv(1000)
                with open(f"/proc/{scan.pid}/task/{scan.pid}/children") as f:
                    os.kill(int(f.read().split()[0]), signal.SIGKILL)
                out, err = scan.communicate(timeout=PATIENCE)
        self.assertEqual(scan.returncode, 70)
        self.assertEqual(re.findall(r"^postern scan: \S+/(in/\d: the process .*)$", err, re.M),
                         ["in/0: the process that judged it ended by signal 9 (Killed)"])
        self.assertEqual([json.loads(line)["file"][-1] for line in out.splitlines()], ["1", "2", "3"])

    def test_progress(self):
        path = self.folder.write("m", "Subject: x\n\nx\n")
        done = run("scan", "-c", self.config, "--progress", "--client-ip", "192.0.2.1", "--client-name", "x.example",
                   path, self.folder.path / "none", path)
        self.assertEqual(done.returncode, 66)
        self.assertRegex(done.stderr, r"\n2 messages, \d+ a second\x1b\[K\n$")

    def test_nobody_takes_the_results(self):
        with open("/dev/full", "w") as full:
            for i in range(30):
                self.folder.write(f"in/{i}", "Subject: x\n\n" + "x\n" * 1000)
            done = subprocess.run([BINARY, "scan", "-c", self.config, "--json", "--client-ip", "192.0.2.1", "--client-name",
                                   "x.example", self.folder.path / "in"], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=PATIENCE)
        self.assertEqual(done.returncode, 74)
        self.assertIn("No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main()
