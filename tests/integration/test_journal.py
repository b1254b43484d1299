"""The journal of a running gate and `postern explain`: what became of a mail, from files that several workers write."""
import json
import re
import resource
import signal
import unittest

from kills import Killer
from load import Load
from peers import Sink
from postern import Folder, Postern, run

VERDICTS = """
vantage {{ except = "127.0.0.0/8" }}
recipients "closed" {{ match = ["closed@example.net"] }}
verdict "closed" {{ for = ["closed"]  when = score >= -100  do = reject  reply = "5.7.1 nothing for %{{rcpt}}" }}
verdict "watched" {{ when = NULL_SENDER  do = reject  mode = shadow }}
"""
# Filters that ask DNS, which is not there, would only take time.
A_TURN = 8  # clients of Load: so many transactions may end in a turn of a worker
QUIET = """
rdns { enabled = no }  spf { enabled = no }  dkim { enabled = no }  arc { enabled = no }  dmarc { enabled = no }
vantage { except = "127.0.0.0/8" }
"""


def files(gate):
    return sorted((gate.dir / "journal").iterdir())


def records(gate):
    """All that is whole, in a line of its own; and how many lines are not."""
    good, bad = [], 0
    for path in files(gate):
        for line in path.read_bytes().split(b"\n"):
            try:
                good += [json.loads(line)] if line else []
            except ValueError:
                bad += 1
    return good, bad


def explain(gate, *words):
    done = run("explain", "-c", gate.config, *words, cwd=gate.dir)
    return done.returncode, done.stdout, done.stderr


class Explain(unittest.TestCase):
    def setUp(self):
        self.gate = Postern(config=Postern.DEFAULT + VERDICTS).start()
        self.addCleanup(self.gate.close)

    def session(self, sender="a@example.org", to=("b@example.net", "closed@example.net")):
        """Ends with the reply to QUIT: by then the record is there.  Its id, and the replies to RCPT."""
        with self.gate.smtp() as c:
            c.ehlo()
            c.mail(sender)
            heard = [c.rcpt(r) for r in to]
            c.data("Subject: hello\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n")
        return self.gate.wait_log("verdict", stage="end")["id"], heard

    def test_the_story_of_a_mail(self):
        name, heard = self.session(sender="")
        self.assertIn(f"[{name}]", heard[1][1].decode())
        status, out, err = explain(self.gate, name)
        self.assertEqual((status, err), (0, ""))
        self.assertTrue(out.startswith(f"{name}  transaction  20"), out)
        for line in ("client     127.0.0.1 port", "helo       client.example", "from       <>", "message-id <1@example.org>",
                     "to b@example.net\n    reply      250", "to closed@example.net\n    reply      550 5.7.1 nothing for closed",
                     "judged     reject by verdict \"closed\" at rcpt", "NULL_SENDER",
                     "judged     accept, for no verdict was true at end",
                     "would      verdict \"watched\" would reject, but does not act"):
            self.assertIn(line, out)
        # As it is told on the telephone, in brackets, and the session whole.
        self.assertEqual(explain(self.gate, name.lower().replace("0", "o"))[1], out)
        self.assertEqual(explain(self.gate, f"[{name}]")[1], out)
        self.assertEqual(explain(self.gate, name.split("-")[0])[1], out)

    def test_the_record(self):
        name, _ = self.session()
        status, out, err = explain(self.gate, "--json", name)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, files(self.gate)[0].read_text())
        record = json.loads(out)
        self.assertEqual((record["event"], record["id"], record["mail_from"]), ("transaction", name, "a@example.org"))
        self.assertEqual(record["client"]["ip"], "127.0.0.1")
        closed, accepted = record["recipients"]
        self.assertEqual((closed["rcpt"], closed["by"], closed["verdict"]["name"]), ("closed@example.net", "verdict", "closed"))
        self.assertEqual((accepted["rcpt"], accepted["by"], accepted["reply"][:3]), ("b@example.net", "backend", "250"))
        # The same facts as a judgement of the same mail by scan, in the same words.
        mail = next((self.gate.maildir / "new").iterdir())
        scan = json.loads(run("scan", "-c", self.gate.config, "--json", "--client-ip", "127.0.0.1", mail,
                              cwd=self.gate.dir).stdout)
        self.assertEqual(accepted["verdict"].keys(), scan["verdict"].keys())
        self.assertEqual(record["symbols"][0].keys(), scan["symbols"][0].keys())
        self.assertEqual(record["auth"].keys(), scan["auth"].keys())

    def test_the_mails_that_went_by(self):
        first, _ = self.session(sender="")
        self.session(sender="A@example.org", to=("c@example.net",))
        second = self.gate.wait_log("verdict", 2, stage="end")["id"]

        def history(*words):
            done = run("history", "-c", self.gate.config, *words, cwd=self.gate.dir)
            return done.returncode, [line.split(" ", 1)[1] for line in done.stdout.splitlines()], done.stderr

        status, lines, err = history()
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(lines[0], rf"^{first} 127\.0\.0\.1 <> closed@example\.net verdict:reject/closed 550 5\.7\.1 nothing for closed")
        self.assertRegex(lines[1], rf"^{first} 127\.0\.0\.1 <> b@example\.net backend:accept 250 2\.0\.0 ")
        self.assertRegex(lines[2], rf"^{second} 127\.0\.0\.1 <A@example\.org> c@example\.net backend:accept 250 2\.0\.0 ")
        self.assertEqual(len(lines), 3)
        self.assertEqual(history("a@EXAMPLE.org", "backend")[1], lines[2:])
        self.assertEqual(history("null_sender")[1], lines[:2])
        self.assertEqual(history(first)[1], lines[:2])
        self.assertEqual(history("nobody@example.com")[:2], (66, []))
        self.assertIn("of 2 records", history("nobody@example.com")[2])
        done = run("history", "-c", self.gate.config, "--json", "c@example.net", cwd=self.gate.dir)
        self.assertEqual(done.stdout, files(self.gate)[-1].read_text().splitlines(True)[-1])

    def test_what_is_not_known(self):
        name, _ = self.session()
        status, out, err = explain(self.gate, name[:-1] + "7")
        self.assertEqual((status, out), (66, ""))
        self.assertIn("knows nothing of", err)
        status, out, err = explain(self.gate, "T00000000000-1")
        self.assertEqual(status, 66)
        self.assertIn("no longer kept: records stay 7 days", err)
        status, out, err = explain(self.gate, "nonsense")
        self.assertEqual(status, 64)
        self.assertIn("is no id", err)
        self.assertEqual(explain(self.gate)[0], 64)

    def test_a_refusal_outside_of_transactions(self):
        with self.gate.smtp() as c:
            c.ehlo()
            code, text = c.docmd("RCPT TO:<b@example.net>")
        self.assertEqual(code, 503)
        name = re.search(r"\[(\w+)\]$", text.decode())[1]
        status, out, _ = explain(self.gate, name)
        self.assertEqual(status, 0)
        self.assertIn(f"{name}  refused  ", out)
        self.assertIn("refused    RCPT TO:<b@example.net>: 503", out)

    def test_a_file_that_is_moved_is_made_again_after_a_reload(self):
        self.session()
        old = files(self.gate)[0]
        moved = old.rename(self.gate.dir / "moved")
        self.gate.tell(signal.SIGHUP)
        self.gate.wait_log("ready", count=2)
        self.gate.wait_log("drain", count=2, what="handed-over")
        self.session()
        self.gate.wait_log("verdict", count=4)
        name = self.gate.log("verdict")[3]["id"]
        self.assertEqual(explain(self.gate, name)[0], 0)
        self.assertEqual(len(moved.read_text().splitlines()), 1)

    def test_who_may_read_it(self):
        self.session()
        self.assertEqual({p.stat().st_mode & 0o137 for p in files(self.gate)}, {0})
        self.assertEqual((self.gate.dir / "journal").stat().st_mode & 0o027, 0)


class Time(unittest.TestCase):
    def test_what_is_old_goes(self):
        gate = Postern(extra=QUIET).start()  # makes the folder, for its workers
        self.addCleanup(gate.close)
        gate.stop()
        for name in "2001-01-01T00.jsonl", "2001-01-01T00.jsonl.gz", "notes":
            (gate.dir / "journal" / name).write_text("old\n")
        gate.start(wait=False).wait_log("ready", count=2)
        self.assertEqual(gate.stop(), 0)  # which waits for what was begun
        self.assertEqual([p.name for p in files(gate)], ["2001-01-01T00.jsonl.gz", "notes"])


class Trouble(unittest.TestCase):
    def test_mail_goes_on_when_it_cannot_be_written(self):
        gate = Postern(workers=1, extra=QUIET + 'store { url = "memory:" }')
        self.addCleanup(gate.close)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, limits[1]))  # what it starts has the same
        try:
            gate.start()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        for n in range(20):
            gate.send(f"mail {n}")
        self.assertEqual(len(gate.mails()), 20)
        gate.wait_log("degraded", what="journal")
        self.assertEqual(gate.stop(), 0)
        self.assertEqual(files(gate)[0].stat().st_size, 6000)
        good, bad = records(gate)
        self.assertGreater(len(good), 2)
        self.assertEqual(bad, 1)
        self.assertEqual(len(gate.log("degraded", what="journal")), 1)
        self.assertEqual(int(gate.log("stop")[0]["journal_lost"]), 20 - len(good))

    def test_workers_that_are_killed_leave_what_can_be_explained(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        sink = Sink(folder.path).start()
        self.addCleanup(sink.close)
        gate = Postern(backend=f'backend "mta" {{ servers = ["{sink.address}"] }}', workers=2, extra=QUIET).start()
        self.addCleanup(gate.close)
        with Load(gate.port, messages=1000000) as load:
            killer = Killer(gate, load)
            killer.run(4)
            gate.wait_log("verdict", count=21, stage="end")
            load.stop()
        self.assertEqual(gate.stop(), 0)
        good, bad = records(gate)
        self.assertLessEqual(bad, killer.kills)
        # The log is written behind the journal; but what a killed worker had still to log of its last turn the master says for it.
        told = {f["id"] for f in gate.log("verdict", stage="end")}
        text = b"".join(p.read_bytes() for p in files(gate)).decode()
        recorded = set(re.findall(r'\{"event":"transaction","id":"([\w-]+)"', text))
        self.assertLessEqual(len(told - recorded), killer.kills * A_TURN)
        self.assertGreater(len(told), 20)
        self.assertEqual(len({r["id"] for r in good}), len(good))
        for name in sorted(told & recorded)[::len(told) // 10]:
            self.assertEqual(explain(gate, name)[0], 0, name)


class Off(unittest.TestCase):
    def test_none_is_kept(self):
        with Postern(extra=QUIET + "journal { enabled = no }") as gate:
            gate.send("mail")
            self.assertFalse((gate.dir / "journal").exists())
            status, _, err = explain(gate, gate.wait_log("verdict")["id"])
            self.assertEqual(status, 66)

    def test_its_folder_is_made_and_the_one_that_it_is_in(self):
        with Postern(extra=QUIET + 'journal { path = "state/journal" }') as gate:
            gate.send("mail")
            self.assertEqual(explain(gate, gate.wait_log("verdict")["id"])[0], 0)
            self.assertEqual(len(list((gate.dir / "state/journal").iterdir())), 1)

    def test_one_that_is_asked_for_must_have_a_place(self):
        gate = Postern(extra=QUIET + 'journal { path = "nowhere/at/all/journal" }')
        self.addCleanup(gate.close)
        done = run("check", "-c", gate.config, cwd=gate.dir)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"cannot write to .*nowhere.*: No such file or directory")


if __name__ == "__main__":
    unittest.main()
