"""A Redis behind several gates: what one has seen the other knows; gone, stopped, locked, it holds no mail."""
import os
import shutil
import signal
import smtplib
import subprocess
import unittest

from peers import Program, wait_until
from postern import BINARY, Folder, Postern, free_port

REDIS = shutil.which("redis-server")
CLI = shutil.which("redis-cli")
BODY = "From: <a@example.org>\r\nSubject: {subject}\r\n\r\n" + "a line of the message\r\n" * 20


def setUpModule():
    if not REDIS:
        raise unittest.SkipTest("redis-server is not installed")


class Redis:
    """A server on the loopback that can be killed and started anew."""

    def __init__(self, *options):
        self.folder = Folder()
        self.port = free_port()
        self.options = options
        self.start()

    def start(self):
        self.program = Program(REDIS, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder.path,
                               "--save", "", "--appendonly", "no", *self.options)
        self.program.wait_line("eady to accept connections")

    def kill(self):
        self.program.close()

    def tell(self, signo):
        self.program.tell(signo)

    def ask(self, *words):
        return subprocess.run([CLI, "-p", str(self.port), *words], capture_output=True, text=True, check=True).stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.close()
        self.folder.remove()


class Shared(unittest.TestCase):
    def gate(self, redis, options="", **values):
        values.setdefault("extra", f'store {{ url = "redis://127.0.0.1:{redis.port}/3"  timeout = 300ms  {options} }}')
        return Postern(workers=1, listener="timeout = 2s", **values)

    def envelope(self, c):
        c.expect(220)
        c.expect(250, "EHLO client.example")
        c.expect(250, "MAIL FROM:<a@example.org>")
        c.expect(250, "RCPT TO:<b@example.net>")
        c.expect(354, "DATA")

    def lose(self, gate, text):
        gate.lose(text)
        gate.wait_log("unheard")

    def again(self, gate, text):
        with gate.connect() as c:
            self.envelope(c)
            c.raw(text.encode() + b".\r\n")
            answer = c.expect(250)
            c.expect(221, "QUIT")
            return answer

    def test_what_one_gate_has_seen_the_other_knows(self):
        text = BODY.format(subject="shared")
        with Redis() as redis, self.gate(redis) as one, self.gate(redis) as other:
            self.lose(one, text)
            self.assertIn("delivered before", self.again(other, text))
            self.assertEqual(len(one.mails()) + len(other.mails()), 1)
            keys = redis.ask("-n", "3", "keys", "*").strip().split("\n")
            self.assertTrue(keys)
            for key in keys:
                self.assertTrue(key.startswith("postern:1:"), key)
                self.assertGreater(int(redis.ask("-n", "3", "pttl", key)), 0)  # none stays for ever
            self.assertIn("name=postern", redis.ask("client", "list"))

    def test_greylisted_at_one_gate_passed_at_the_other(self):
        extra = """store {{ url = "redis://127.0.0.1:{}" }}
greylist {{ delay = 0s }}
verdict "grey" {{ when = not AUTHENTICATED  do = greylist }}
"""

        with Redis() as redis:
            extra = extra.format(redis.port)
            with Postern(workers=1, extra=extra) as one, Postern(workers=1, extra=extra) as other:
                code, text = one.rcpt()
                self.assertEqual((code, text.startswith("4.7.1 greylisted")), (451, True))
                # What was noted at the first reply is on its way.
                wait_until(lambda: redis.ask("-n", "0", "dbsize").strip() != "0", "the note")
                self.assertEqual(other.rcpt()[0], 250)
                self.assertEqual(one.rcpt()[0], 250)

    def test_a_rate_is_one_for_all_gates(self):
        extra = f"""store {{{{ url = "redis://127.0.0.1:{{}}" }}}}
rate "sender" {{{{ per = mail_from.domain  counts = messages  limit = 4/1h }}}}
reputation {{{{ mails = 2 }}}}
rules {{{{ files = ["{self.rules()}"] }}}}
verdict "much" {{{{ when = RATE_SENDER  do = defer  reply = "4.7.1 try again in %{{{{RATE_SENDER.detail}}}}" }}}}
"""
        with Redis() as redis:
            extra = extra.format(redis.port)
            with Postern(extra=extra) as one, Postern(extra=extra) as other:
                for gate in one, other, one, other:
                    gate.send()
                for gate in one, other:
                    with self.assertRaises(smtplib.SMTPRecipientsRefused) as refused:
                        gate.send()
                    code, text = refused.exception.recipients["b@example.net"]
                    self.assertEqual((code, text.decode().startswith("4.7.1 try again in 15 min [")), (451, True))
                # What became of the four is noted when nobody waits for it any more.
                wait_until(lambda: " 4000 " in redis.ask("get", redis.ask("keys", "*reputation*").strip()), "the notes")
                other.send(sender="a@example.com")
                said = other.wait_log("verdict", **{"from": "a@example.com"})
                self.assertIn("SENDER_GOOD", said["symbols"])

    def rules(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        return folder.write("all.cf", "score SEEN_BEFORE 0.1\nscore SENDER_GOOD 0.1\n")

    def test_without_it_mail_goes_on_and_the_gate_stands_in(self):
        text = BODY.format(subject="alone")
        with Redis() as redis, self.gate(redis) as gate:
            self.assertNotIn("delivered before", self.again(gate, BODY.format(subject="before")))
            redis.kill()
            gate.wait_log("redis_down")
            self.lose(gate, text)
            self.assertIn("delivered before", self.again(gate, text))
            redis.start()
            gate.wait_log("redis_up")
            self.lose(gate, BODY.format(subject="after"))
            wait_until(lambda: redis.ask("-n", "3", "dbsize").strip() != "0", "a record")
            self.assertEqual(len(gate.log("redis_down")), 1)

    def test_stopped_it_holds_no_mail(self):
        with Redis() as redis, self.gate(redis, "fallback = none") as gate:
            self.again(gate, BODY.format(subject="first"))
            redis.tell(signal.SIGSTOP)
            for n in range(3):
                self.assertNotIn("delivered before", self.again(gate, BODY.format(subject=f"stopped {n}")))
            gate.wait_log("redis_down")
            redis.tell(signal.SIGCONT)
            gate.wait_log("redis_up")
            self.assertEqual(len(gate.mails()), 4)

    def test_a_password_may_come_from_the_environment_and_is_not_shown(self):
        os.environ["TEST_REDIS_PASSWORD"] = "hunter2/@%"
        with Redis("--requirepass", "hunter2/@%") as redis:
            with self.gate(redis, 'password = "${TEST_REDIS_PASSWORD}"') as gate:
                self.lose(gate, BODY.format(subject="password"))
                with self.gate(redis, "password = other") as other:
                    other.wait_log("redis_down")
                    self.assertIn("does not take this user and password", other.text())
                    self.assertNotIn("hunter2", gate.text())
                    self.assertNotIn("other", [v for line in other.log("redis_down") for v in line.values()])

    def test_the_check_names_what_is_wrong_and_shows_no_password(self):
        for url, said in ((":hunter2@h:x", "not a host"), (":hunter2@h/x", "the database is a number"),
                          ("hunter2@h", "a login is")):
            folder = Folder()
            path = folder.write("p.conf", f'store {{ url = "redis://{url}" }}\nbackend "m" {{ maildir = "mail" }}\n'
                                          'listener "mx" { address = "127.0.0.1:1" }\n')
            done = subprocess.run([BINARY, "check", "-c", path], capture_output=True, text=True)
            folder.remove()
            self.assertEqual(done.returncode, 78)
            self.assertIn(f"p.conf:1:15: the url of the Redis: {said}", done.stdout + done.stderr)
            self.assertNotIn("hunter2", done.stdout + done.stderr)
