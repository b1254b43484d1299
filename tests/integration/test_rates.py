"""Rates and reputation on the running gate and in `postern scan`: what was noted of one mail is known to the next."""
import json
import smtplib
import unittest

from postern import FolderTest, Postern, run

MAIL = "From: <a@example.org>\r\nSubject: %s\r\n\r\nbody\r\n"


class Rates(unittest.TestCase):
    def test_a_sender_who_sends_too_much_is_told_when_to_come_back(self):
        with Postern(workers=2, extra="""
                rate "sender" { per = mail_from.domain  counts = messages  limit = 3/1h }
                verdict "much" { when = RATE_SENDER  do = defer  reply = "4.7.1 try again in %{RATE_SENDER.detail}" }
                """) as gate:
            for i in range(3):
                gate.send(subject=f"rate-{i}")
            with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                gate.send(subject="rate-4")
            code, text = refused.exception.recipients["b@example.net"]
            self.assertEqual(code, 451)
            self.assertRegex(text.decode(), r"^4\.7\.1 try again in 20 min \[")
            gate.send(subject="rate-5", sender="a@example.com")
            self.assertEqual(len(gate.mails()), 4)
            gate.wait_log("verdict", action="defer", verdict="much")

    def test_who_guesses_recipients_is_stopped(self):
        with Postern(workers=1, extra="""
                rate "harvest" { per = address  counts = rejected_recipients  limit = 2/1h }
                recipients "nobody" { match = ["x@example.net"] }
                verdict "harvest" { when = RATE_HARVEST  do = reject  reply = "5.7.1 you are guessing" }
                verdict "nobody" { when = not RATE_HARVEST  do = reject  for = ["nobody"]  reply = "5.1.1 no such user" }
                """) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            for _ in range(2):
                self.assertIn("no such user", c.expect(550, "RCPT TO:<x@example.net>"))
            self.assertIn("you are guessing", c.expect(550, "RCPT TO:<b@example.net>"))
            with gate.connect(source="127.0.0.9") as other:
                other.expect(220)
                other.expect(250, "EHLO client.example")
                other.expect(250, "MAIL FROM:<a@example.org>")
                other.expect(250, "RCPT TO:<b@example.net>")


class Reputation(FolderTest):
    CONFIG = """
        reputation { mails = 2 }
        resolver { servers = ["127.0.0.1:9"] timeout = 100ms }
        spf { enabled = no } dkim { enabled = no } arc { enabled = no } dmarc { enabled = no } rdns { enabled = no }
        verdict "bad" { when = mail_from == "bad@example.org"  do = reject }
        """

    def setUp(self):
        super().setUp()
        self.config = self.folder.write("scan.conf", self.CONFIG)
        self.paths = [self.folder.write(f"mail/{i}.eml", MAIL % i) for i in range(4)]

    def scan(self, *options):
        done = run("scan", "-c", self.config, "--json", "--client-ip", "192.0.2.1", "--rcpt-to", "b@example.net",
                   *options, *self.paths)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [{s["name"]: s["detail"] for s in json.loads(line)["symbols"]} for line in done.stdout.splitlines()]

    def test_a_scan_knows_what_came_before(self):
        found = self.scan("--mail-from", "a@example.org")
        self.assertEqual(["SEEN_BEFORE" in f for f in found], [False, True, True, True])
        self.assertEqual(["SENDER_GOOD" in f for f in found], [False, False, True, True])
        self.assertIn("192.0.2.0/24: 3.0 accepted", found[3]["SENDER_GOOD"])

    def test_what_a_scan_rejects_counts_as_rejected(self):
        found = self.scan("--mail-from", "bad@example.org")
        self.assertEqual(["SENDER_BAD" in f for f in found], [False, False, True, True])

    def test_the_gate_notes_what_became_of_mail(self):
        rules = self.folder.write("all.cf", "score SEEN_BEFORE 0.1\nscore SENDER_GOOD 0.1\n")
        with Postern(workers=1, extra=f'reputation {{ mails = 1 }} rules {{ files = ["{rules}"] }}') as gate:
            gate.send(subject="first")
            gate.send(subject="second")
            first, second = gate.wait_log("verdict"), gate.wait_log("verdict", count=2)
            self.assertNotIn("SEEN_BEFORE", first["symbols"])
            self.assertIn("SEEN_BEFORE", second["symbols"])
            self.assertIn("SENDER_GOOD", second["symbols"])
