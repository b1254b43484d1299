"""Bad input, from clients and from operators: a clear reply or a clear line with file, line and column, the right
exit status, and nothing else disturbed."""
import os
import random
import re
import socket
import unittest

from peers import Sink
from postern import FolderTest, Postern, free_port, run

GREETED = ("EHLO client.example",)
BEGUN = GREETED + ("MAIL FROM:<a@example.org>",)

# What is said before, the bad line, the class or code of its reply.
COMMANDS = [
    ((), "", 500), ((), " ", 500), ((), "XYZZY", 500), ((), "MAILFROM:<a@example.org>", 500), ((), "\0", 500),
    ((), "\xff\xfe\xfd", 500), ((), "EHLO", 501), ((), "HELO", 501), ((), "GET / HTTP/1.1", 500),
    ((), "MAIL FROM:<a@example.org>", 503), ((), "RCPT TO:<b@example.net>", 503), ((), "DATA", 503),
    (GREETED, "MAIL", 501), (GREETED, "MAIL FROM", 501), (GREETED, "MAIL FROM:", 501), (GREETED, "MAIL TO:<a@example.org>", 501),
    (GREETED, "MAIL FROM:<a@example.org", 501), (GREETED, "MAIL FROM:<a@b@c>", 501), (GREETED, "MAIL FROM:<@>", 501),
    (GREETED, "MAIL FROM:<a b@example.org>", 501), (GREETED, "MAIL FROM:<a@example..org>", 501),
    (GREETED, "MAIL FROM:<a@example.org>x", 501), (GREETED, "MAIL FROM:<a\0@example.org>", 501),
    (GREETED, "MAIL FROM:<a@example.org> BOGUS=1", 555), (GREETED, "MAIL FROM:<a@example.org> SIZE=abc", 501),
    (GREETED, "MAIL FROM:<a@example.org> SIZE=999999999999999999999999999999", (501, 552)),
    (GREETED, "MAIL FROM:<a@example.org> SIZE=1 SIZE=2", 501), (GREETED, "MAIL FROM:<a@example.org> BODY=9BIT", 501),
    (GREETED, "MAIL FROM:<a@example.org> RET=SOME", 501), (GREETED, "MAIL FROM:<gr\xfcn@example.org>", (501, 550, 553)),
    (GREETED, f"MAIL FROM:<{'a' * 250}@example.org>", (501, 553)), (GREETED, f"MAIL FROM:<a@{'b' * 300}.org>", (501, 553)),
    (GREETED, "RCPT TO:<b@example.net>", 503), (GREETED, "DATA", 503),
    (BEGUN, "MAIL FROM:<a@example.org>", 503), (BEGUN, "DATA", 503), (BEGUN, "RCPT TO:<>", 501), (BEGUN, "RCPT TO:<b@>", 501),
    (BEGUN, "RCPT TO:<b@example.net> NOTIFY=MAYBE", 501), (BEGUN, "RCPT TO:<b@example.net> BOGUS", 555),
    (BEGUN, "RCPT TO:<@a,@b:b@example.net> ORCPT=", 501),
    (GREETED, "AUTH PLAIN AGEAYg==", (502, 503)), (GREETED, "TURN", 502),
    (GREETED, "SEND FROM:<a@example.org>", 502), (GREETED, "SOML FROM:<a@example.org>", 502),
    (GREETED, "SAML FROM:<a@example.org>", 502), (GREETED, "ETRN example.org", 502), (GREETED, "EXPN list", 502),
    (GREETED, "XCLIENT ADDR=192.0.2.1", 550), (GREETED, "XFORWARD ADDR=192.0.2.1", (500, 502)),
]


class Dialogue(FolderTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(self.folder.path).start()
        self.addCleanup(self.sink.close)

    def gate(self, **values):
        gate = Postern(workers=1, backend=f'backend "mta" {{ servers = ["{self.sink.address}"] }}', **values)
        self.addCleanup(gate.close)
        return gate.start()

    def still_works(self, gate):
        before = len(self.sink.ids())
        gate.send()
        self.assertEqual(len(self.sink.ids()), before + 1)

    def test_commands(self):
        """Each is refused with an enhanced code and the id, and the session goes on as if it had not been said."""
        gate = self.gate()
        for before, line, want in COMMANDS:
            with self.subTest(line=line), gate.connect() as c:
                c.expect(220)
                for b in before:
                    c.expect(250, b)
                code, text = c.ask(line.encode("latin-1"))
                self.assertIn(code, want if isinstance(want, tuple) else (want,), f"{line!r}: {text}")
                self.assertRegex(text, rf"^{code // 100}\.\d\.\d+ .*\[\w+(-\d)?\]$", line)
                c.expect(250, "RSET")
                c.expect(250, "EHLO client.example")
                self.assertEqual(c.mail("X-Load-Id: after\r\n\r\nbody")[0], 250)
        self.assertEqual(len(self.sink.ids()), len(COMMANDS))

    def test_lines_over_the_limit(self):
        gate = self.gate()
        with gate.connect() as c:
            c.expect(220)
            for n in 4097, 5000, 65536, 1 << 20:
                self.assertIn("too long", c.expect(500, "NOOP " + "x" * n))
            c.expect(250, "EHLO client.example")
            self.assertIn("too long", c.expect(500, "MAIL FROM:<" + "a" * 8000 + "@example.org>"))
            self.assertEqual(c.mail("Subject: x\r\n\r\n" + "y" * 200000)[0], 250)  # text lines are passed on
        self.still_works(gate)

    def test_too_many_recipients(self):
        gate = self.gate(listener="recipients_max = 3")
        with gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            for n in range(3):
                c.expect(250, f"RCPT TO:<b{n}@example.net>")
            self.assertRegex(c.expect(452, "RCPT TO:<b4@example.net>"), r"^4\.5\.3 too many recipients")
            c.expect(354, "DATA")
            c.raw(b"Subject: x\r\n\r\nbody\r\n.\r\n")
            c.expect(250)
        self.assertEqual(self.sink.stored()[0]["to"].count("@"), 3)

    def test_a_thousand_recipients(self):
        gate = self.gate()
        with gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.say("MAIL FROM:<a@example.org>", *(f"RCPT TO:<b{n}@example.net>" for n in range(1001)), "DATA")
            c.expect(250)
            for _ in range(1000):
                c.expect(250)
            c.expect(452)
            c.expect(354)
            c.raw(b"Subject: x\r\n\r\nbody\r\n.\r\n")
            c.expect(250)
        self.assertEqual(self.sink.stored()[0]["to"].count("@"), 1000)

    def test_too_many_errors(self):
        gate = self.gate(listener="errors_max = 5")
        with gate.connect() as c:
            c.expect(220)
            for _ in range(5):
                c.expect(500, "XYZZY")
            self.assertRegex(c.expect(421), r"^4\.7\.0 too many errors")
            self.assertEqual(c.reply(), (0, ""))
        gate.wait_log("disconnect", by="errors", errors=5)

    def test_too_many_sessions(self):
        gate = self.gate(listener="sessions_max = 3")
        clients = [gate.connect() for _ in range(3)]
        for c in clients:
            c.expect(220)
        with gate.connect() as c:
            c.expect(421)
            self.assertEqual(c.reply(), (0, ""))
        clients[0].expect(221, "QUIT")
        gate.wait_log("disconnect", by="quit")
        self.still_works(gate)
        for c in clients:
            c.close()

    def test_garbage_before_the_banner(self):
        gate = self.gate()
        chance = random.Random(1)
        for data in (bytes(chance.randrange(256) for _ in range(100000)), b"\0" * 100000, b"\r\n" * 50000, b"\n" * 100000,
                     b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x55" * 500,
                     b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", b"SSH-2.0-x\r\n"):
            with socket.create_connection(("127.0.0.1", gate.port)) as s:
                s.settimeout(20)
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    heard = b""
                    while chunk := s.recv(65536):
                        heard += chunk
                    self.assertTrue(heard.startswith(b"220 "), heard[:100])
                    for line in heard.split(b"\r\n")[1:-1]:
                        self.assertRegex(line, rb"^(421|5\d\d) ")
                except ConnectionError:
                    pass  # hung up on while it was still talking
            self.still_works(gate)

    def test_too_large_a_message(self):
        gate = self.gate(listener="message_max = 64KB")
        with gate.connect() as c:
            c.expect(220)
            self.assertIn("SIZE 65536", c.expect(250, "EHLO client.example"))
            c.expect(552, "MAIL FROM:<a@example.org> SIZE=70000")
            code, text = c.mail("Subject: x\r\n\r\n" + ("y" * 78 + "\r\n") * 1000)
            self.assertEqual(code, 552)
            self.assertIn(gate.wait_log("refused")["id"], text)
            self.assertEqual(c.mail("Subject: x\r\n\r\nsmall")[0], 250)
        self.assertEqual(len(self.sink.ids()), 1)

    def test_a_client_that_never_reads(self):
        """Its replies are not heaped up: it is not read from either, and others are served."""
        gate = self.gate()
        pid, = gate.workers()
        with socket.create_connection(("127.0.0.1", gate.port)) as s:
            s.settimeout(0.5)
            with self.assertRaises((TimeoutError, ConnectionError)):
                while True:
                    s.sendall(b"VRFY x\r\n" * 10000)
            resident = int(re.search(r"VmRSS:\s+(\d+) kB", open(f"/proc/{pid}/status").read()).group(1))
            self.assertLess(resident, 60000)
            self.still_works(gate)

    def test_a_slow_client_is_told(self):
        gate = self.gate(listener="timeout = 200ms")
        with gate.connect() as c:
            c.expect(220)
            self.assertRegex(c.expect(421), r"^4\.4\.2 timeout")
        gate.wait_log("disconnect", by="timeout")

    def test_gone_at_every_step(self):
        """Nothing is delivered unless the message was whole."""
        gate = self.gate()
        steps = [b"EHLO client.example\r\n", b"MAIL FROM:<a@example.org>\r\n", b"RCPT TO:<b@example.net>\r\n", b"DATA\r\n",
                 b"Subject: x\r\n", b"\r\n", b"body\r\n", b".", b"\r"]
        for n in range(len(steps) + 1):
            for linger in False, True:
                with socket.create_connection(("127.0.0.1", gate.port)) as s:
                    if linger:  # a reset instead of an end
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    s.recv(1000)
                    s.sendall(b"".join(steps[:n]))
        gate.wait_log("disconnect", count=2 * len(steps) + 2)
        self.still_works(gate)
        self.assertEqual(len(self.sink.ids()), 1)


GOOD = 'listener "mx" {{ address = "127.0.0.1:{port}"  backend = "b" }}\nbackend "b" {{ maildir = "{dir}/mail" }} store {{ url = "memory:" }} journal {{ enabled = no }}\n'

# A name, lines behind a good config, line and column of the complaint (behind the good one's two lines), words in it.
CONFIGS = [
    ("a word", "nonsense", "3:", "nonsense"),
    ("an unknown option", "wrkers = 2", "3:1", 'did you mean "workers"'),
    ("an unknown block", 'lissener "x" { }', "3:1", 'did you mean "listener"'),
    ("a bad number", "workers = many", "3:11", ""),
    ("out of range", "workers = 1000", "3:11", "64"),
    ("a bad time", "resolver { timeout = 5 parsecs }", "3:", ""),
    ("a bad size", 'listener "x" { backend = "b"  address = "127.0.0.1:1"  message_max = -1 }', "3:", ""),
    ("a bad choice", 'listener "x" { backend = "b"  address = "127.0.0.1:1"  tls = sometimes }', "3:62", "optional"),
    ("an open string", 'hostname = "gate', "3:12", ""),
    ("an open block", 'resolver {\n  timeout = 1s\n', "", ""),
    ("an open list", 'resolver { servers = ["127.0.0.1" }', "3:", ""),
    ("twice", "workers = 1\nworkers = 2", "4:1", ""),
    ("a block twice", 'backend "b" { maildir = "x" }', "3:", ""),
    ("an unset variable", 'hostname = "${POSTERN_NOT_SET}"', "3:", "POSTERN_NOT_SET"),
    ("an include that is not there", 'include "/nowhere/x.conf"', "3:", "/nowhere/x.conf"),
    ("a bad address", 'listener "x" { backend = "b"  address = "300.1.1.1:25" }', "3:", "300.1.1.1"),
    ("a bad port", 'listener "x" { backend = "b"  address = "127.0.0.1:99999" }', "3:", "99999"),
    ("a bad resolver", 'resolver { servers = ["ns.example"] }', "3:", "ns.example"),
    ("a bad zone", 'dnsbl "not a zone" { }', "3:", "not a zone"),
    ("a bad code", 'dnsbl "bl.example" { codes = ["127.0.0.2"] }', "3:", "127.0.0.2"),
    ("a bad symbol", 'dnsbl "bl.example" { symbol = "a b" }', "3:", "a b"),
    ("a bad expression", 'verdict "x" { when = score >= and  do = reject }', "3:", ""),
    ("an open parenthesis", 'verdict "x" { when = (score >= 1  do = reject }', "3:", ""),
    ("an unknown symbol", 'verdict "x" { when = NULL_SENDR  do = reject }', "3:", 'did you mean NULL_SENDER'),
    ("an unknown action", 'verdict "x" { when = score >= 1  do = rejct }', "3:39", "reject"),
    ("a bad reply", 'verdict "x" { when = score >= 1  do = reject  reply = "%{nonsense}" }', "3:", "nonsense"),
    ("an unknown class", 'verdict "x" { when = score >= 1  do = reject  for = "vip" }', "3:", "vip"),
    ("a bad share", 'verdict "x" { when = score >= 1  do = reject  mode = canary 500% }', "3:", ""),
    ("no backend's name", 'listener "x" { address = "127.0.0.1:1"  backend = "c" }', "3:", '"c"'),
    ("two kinds of backend", 'backend "c" { maildir = "x"  servers = ["127.0.0.1:25"] }', "3:25", "servers or a maildir"),
    ("no kind of backend", 'backend "c" { }', "3:1", 'needs "servers" or "maildir"'),
    ("a bad server", 'backend "c" { servers = ["127.0.0.1:0x19"] }', "", "127.0.0.1:0x19"),
    ("rules that are not there", 'rules { files = ["/nowhere/x.cf"] }', "3:", "/nowhere/x.cf"),
    ("a control character", 'hostname = "a\1b"', "3:", ""),
]

RULES = [
    ("meta BROKEN (A &&", "1:"), ("meta", "1:"), ("score X", "1:"), ("score X abc", "1:"), ("meta X A + ", "1:"),
    ("fine\n", "1:"), ("# one\n\nmeta Y (B || )\n", "3:"), ("if (version > 3)\nmeta A 1\n", ""), ("endif", "1:"),
    ("include /nowhere/y.cf", "1:"), ("describe", "1:"),
]


class Files(FolderTest):
    def setUp(self):
        super().setUp()
        self.good = GOOD.format(port=free_port(), dir=self.folder.path)

    def refused(self, path, place, words, status=78, run_too=True):
        """check and run say the same: file, line and column first, and end with the same status."""
        said = []
        for command in ("check", "run") if run_too else ("check",):
            done = run(command, "-c", path)
            self.assertEqual(done.returncode, status, f"{command}: {done.stderr}")
            self.assertEqual(done.stdout, "")
            complaints = [line for line in done.stderr.splitlines() if words in line and ": warning: " not in line]
            self.assertTrue(complaints, f"{command}: no {words!r} in {done.stderr!r}")
            self.assertRegex(complaints[0], rf"{re.escape(str(self.folder.path))}/[\w.]+:{re.escape(place)}")
            self.assertLess(len(done.stderr.splitlines()), 4, done.stderr)
            said.append(complaints[0].split(str(self.folder.path))[1])
        return said

    def test_a_good_one(self):
        self.assertEqual(run("check", "-c", self.folder.write("x.conf", self.good)).returncode, 0)

    def test_symbols_are_told(self):
        rules = self.folder.write("x.cf", "body MINE /mine/\nscore MINE 2.5\ndescribe MINE What is mine\nbody __PART /x/\n")
        done = run("check", "--symbols", "-c", self.folder.write("x.conf", f'{self.good}rules {{ files = ["{rules}"] }}\n'))
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^MINE +2\.5  end   What is mine$")
        self.assertRegex(done.stdout, r"(?m)^HELO_\w+ +0  rcpt  \w")
        self.assertNotIn("__PART", done.stdout)

    def test_configs(self):
        for name, lines, place, words in CONFIGS:
            with self.subTest(name):
                self.refused(self.folder.write("x.conf", self.good + lines + "\n"), place, words)

    def test_rules(self):
        config = self.folder.write("x.conf", self.good + f'rules {{ files = ["{self.folder.path}/x.cf"] }}\n')
        for text, place in RULES:
            with self.subTest(text):
                self.folder.write("x.cf", text + "\n")
                self.refused(config, place, "x.cf")

    def test_a_rule_file_of_binary_garbage(self):
        config = self.folder.write("x.conf", self.good + f'rules {{ files = ["{self.folder.path}/x.cf"] }}\n')
        (self.folder.path / "x.cf").write_bytes(bytes(random.Random(2).randrange(256) for _ in range(5000)))
        done = run("check", "-c", config)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"x\.cf:\d+:")

    def test_configs_of_garbage(self):
        chance = random.Random(3)
        for n in range(30):
            data = bytes(chance.randrange(256) for _ in range(chance.choice((1, 10, 1000, 100000))))
            path = self.folder.path / "x.conf"
            path.write_bytes(data)
            done = run("check", "-c", path)
            self.assertEqual(done.returncode, 78, (n, done.stderr[:300]))
            self.assertTrue(done.stderr)

    def test_an_empty_config(self):
        done = run("check", "-c", self.folder.write("x.conf", ""))
        self.assertEqual(done.returncode, 78)
        self.assertIn("no listener", done.stderr)

    def test_what_is_no_file(self):
        for path in self.folder.path, self.folder.path / "none" / "x.conf", "/dev/full/x":
            for command in "check", "run", "scan":
                done = run(command, "-c", path, *(["/dev/null"] if command == "scan" else []))
                self.assertIn(done.returncode, (66, 78), (command, path))
                self.assertIn(str(path), done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_an_unreadable_config(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        path = self.folder.write("x.conf", self.good)
        path.chmod(0)
        done = run("run", "-c", path)
        self.assertEqual(done.returncode, 66)
        self.assertIn("Permission denied", done.stderr)

    def test_a_config_that_includes_itself(self):
        path = self.folder.write("x.conf", self.good + f'include "{self.folder.path}/x.conf"\n')
        self.refused(path, "3:", "")

    def test_certificates(self):
        crt, key = self.folder.certificate("one")
        other, other_key = self.folder.certificate("two")
        self.folder.write("text.pem", "no certificate\n")
        self.folder.write("cut.pem", crt.read_text()[:300])
        listener = 'listener "tls" {{ backend = "b"  address = "127.0.0.1:' + str(free_port()) + '"  tls = required  certificate = "{}"  key = "{}" }}\n'
        for certificate, its_key, words in ((crt, other_key, "key"), (self.folder.path / "text.pem", key, "text.pem"),
                                            (self.folder.path / "cut.pem", key, "cut.pem"), (crt, self.folder.path / "text.pem", "text.pem"),
                                            (self.folder.path / "none.pem", key, "none.pem"), (crt, self.folder.path / "none.pem", "none.pem"),
                                            (self.folder.path, key, ""), (key, crt, "")):
            with self.subTest(f"{certificate} {its_key}"):
                self.refused(self.folder.write("x.conf", self.good + listener.format(certificate, its_key)), "3:", words)
        self.assertEqual(run("check", "-c", self.folder.write("x.conf", self.good + listener.format(other, other_key))).returncode, 0)

    def test_folders_that_cannot_be_made(self):
        for lines in (f'backend "c" {{ maildir = "{self.folder.path}/x.conf/mail" }}\n', 'backend "c" { maildir = "/proc/mail" }\n'):
            path = self.folder.write("x.conf", self.good + lines)
            done = run("run", "-c", path)
            self.assertIn(done.returncode, (73, 78), done.stderr)
            self.assertRegex(done.stderr, r"x\.conf:3:\d+: ")

    def test_a_server_that_does_not_resolve(self):
        path = self.folder.write("x.conf", self.good + 'backend "c" { servers = ["no-such-host.invalid:25"] }\n')
        done = run("run", "-c", path)
        self.assertEqual(done.returncode, 68, done.stderr)  # not 78: it is tried again
        self.assertIn("no-such-host.invalid", done.stderr)
        self.assertRegex(done.stderr, r"x\.conf:3:\d+: ")

    def test_one_of_two_servers_does_not_resolve(self):
        servers = f'["no-such-host.invalid:25", "127.0.0.1:{free_port()}"]'
        with Postern(backend=f'backend "b" {{ servers = {servers} }}', workers=1) as gate:
            self.assertIn("no-such-host.invalid", gate.wait_log("warning", what="backend")["text"])
            self.assertEqual(gate.stop(), 0)

    def test_an_authority_file_that_does_not_load(self):
        self.folder.write("ca.pem", "nothing\n")
        path = self.folder.write("x.conf", self.good + 'backend "c" {{ servers = ["127.0.0.1:25"]  tls = required  '
                                 'tls_ca = "{}/ca.pem" }}\n'.format(self.folder.path))
        self.refused(path, "3:68", "ca.pem")


if __name__ == "__main__":
    unittest.main()
