"""Greylisting: a real Postfix whose own queue comes back until its mail passes, the store across workers and restarts,
and `postern greylist` on the running daemon, over a socket that may be told anything."""
import smtplib
import socket
import stat
import subprocess
import unittest

from dnsstub import DnsStub
from peers import Postfix, wait_until
from postern import BINARY, PATIENCE, Postern
from test_dkim import Signer
from test_redis import REDIS, Redis

EVERYBODY = 'verdict "grey" { when = not AUTHENTICATED   do = greylist }'


def gate(extra, block="greylist { delay = 1h }", workers=2, **values):
    return Postern(config=Postern.CONTROLLED, workers=workers, **values,
                   extra=f'{block}\n{extra}\nvantage {{ except = "127.0.0.0/8" }}')


class FromPostfix(unittest.TestCase):
    """Its queue runs every second (peers.py): it comes back too early, and again, until it is in time."""

    @classmethod
    def setUpClass(cls):
        reason = Postfix.missing()
        if reason:
            raise unittest.SkipTest(reason)

    def pair(self, extra, block):
        g = gate(extra, block)
        self.addCleanup(g.close)
        mta = Postfix({"out": []}, extra="relay_domains = example.com\ntransport_maps = inline:"
                      f"{{{{example.com=smtp:[127.0.0.1]:{g.port}}}}}\n")
        self.addCleanup(mta.close)
        return g.start(), mta

    @staticmethod
    def submit(mta, subject, to):
        with smtplib.SMTP("127.0.0.1", mta.ports["out"], local_hostname="client.example",
                          timeout=PATIENCE) as c:
            c.sendmail("a@example.org", to, f"From: <a@example.org>\r\nSubject: {subject}\r\n\r\nHello.\r\n")

    def test_at_rcpt(self):
        g, mta = self.pair(EVERYBODY, "greylist { delay = 3s  allow_after = 1 }")
        self.submit(mta, "first", ["b@example.com"])
        g.wait_log("verdict", action="accept", rcpt="b@example.com")
        mta.wait_line(r"to=<b@example\.com>.*status=sent")
        held = g.log("verdict", action="greylist", rcpt="b@example.com")
        self.assertGreaterEqual(len(held), 2, "it came back too early at least once")
        self.assertIn("GREYLIST_NEW", held[0]["symbols"])
        self.assertIn("GREYLIST_EARLY", held[1]["symbols"])
        self.assertRegex(held[0]["reply"], r"^451 4\.7\.1 greylisted, try again in 3 seconds")
        self.assertEqual(len(g.mails()), 1)
        # the next one passes at once, and so does another sender's: the network has come back
        self.submit(mta, "second", ["b@example.com", "c@example.com"])
        g.wait_log("verdict", action="accept", rcpt="c@example.com")
        self.assertEqual(g.log("verdict", action="greylist", rcpt="c@example.com"), [])

    def test_after_data_with_several_recipients(self):
        g, mta = self.pair('verdict "unsure" { when = from.domain == "example.org"   do = greylist }',
                           "greylist { delay = 2s }")
        self.submit(mta, "several", ["b@example.com", "c@example.com"])
        for to in "b@example.com", "c@example.com":
            held = g.wait_log("verdict", action="greylist", rcpt=to)
            self.assertEqual(held["stage"], "end")
            g.wait_log("verdict", action="accept", rcpt=to)
        mta.wait_line(r"to=<c@example\.com>.*status=sent")
        self.assertEqual(len(g.mails()), 1)

    def test_released_it_passes_at_once(self):
        g, mta = self.pair(EVERYBODY, "greylist { delay = 1h }")
        self.submit(mta, "held", ["b@example.com"])
        g.wait_log("verdict", action="greylist", rcpt="b@example.com", count=2)
        status, out, err = g.command("greylist", "release", "B@example.com")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^released +127\.0\.0\.0/24 a@example\.org b@example\.com\n$")
        g.wait_log("verdict", action="accept", rcpt="b@example.com")
        mta.wait_line(r"to=<b@example\.com>.*status=sent")


class Store(unittest.TestCase):
    def test_all_workers_and_the_next_start_know(self):
        with gate(EVERYBODY, "greylist { delay = 1s }") as g:
            for n in range(20):  # they are spread over the workers
                code, text = g.rcpt(f"b{n}@example.net")
                self.assertEqual(code, 451, text)
            g.stop()
            g.start(wait=False)
            g.wait_log("ready", count=2)
            wait_until(lambda: all(g.rcpt(f"b{n}@example.net")[0] == 250 for n in range(20)), "all to pass")
            text = g.command("greylist", "show")[1]
            self.assertEqual(sum(line.startswith("passed ") for line in text.splitlines()), 20, text)


@unittest.skipUnless(REDIS, "redis-server is not installed")
class OneRedis(unittest.TestCase):
    """Two machines before one Redis."""

    def test_held_at_one_passed_at_the_other(self):
        with Redis() as redis:
            store = f'store {{ url = "redis://127.0.0.1:{redis.port}/5" }}\n'
            one, two = (gate(store + EVERYBODY, "greylist { delay = 1s }", workers=1) for _ in range(2))
            with one, two:
                self.assertEqual(one.rcpt()[0], 451)
                self.assertRegex(two.command("greylist", "list")[1], r"a@example\.org b@example\.net\n$")
                wait_until(lambda: two.rcpt()[0] == 250, "to pass at the other one")
                self.assertEqual(one.rcpt()[0], 250)
                self.assertEqual(one.rcpt("c@example.net")[0], 451)
                self.assertEqual(two.command("greylist", "release", "c@example.net")[0], 0)
                self.assertEqual(one.rcpt("c@example.net")[0], 250)
                self.assertEqual(two.command("greylist", "block", "127.0.0.1")[0], 0)
                self.assertIn("blocked", one.command("greylist", "show", "127.0.0.0/24")[1])
                for n in range(50):
                    redis.ask("-n", "5", "SET", f"other:{n}", "x")  # not ours
                with one.connect() as c:
                    c.expect(220)
                    c.expect(250, "EHLO client.example")
                    c.expect(250, "MAIL FROM:<a@example.org>")
                    for n in range(300):
                        c.say(f"RCPT TO:<user{n}@example.net>")
                    self.assertEqual({c.reply()[0] for _ in range(300)}, {451})
                self.assertEqual(len(set(two.command("greylist", "list")[1].splitlines())), 300)

    def test_a_redis_that_is_gone_holds_nobody_without_a_word(self):
        """Another store stands in: what it says is marked, and comes and goes as in any store."""
        with Redis() as redis:
            store = f'store {{ url = "redis://127.0.0.1:{redis.port}/5"  timeout = 300ms }}\n'
            with gate(store + EVERYBODY, "greylist { delay = 1s }", workers=1) as g:
                self.assertEqual(g.rcpt()[0], 451)
                redis.kill()
                wait_until(lambda: g.rcpt()[0] == 250, "to pass by the local store")
                held = g.log("verdict", action="greylist")
                self.assertNotIn("greylist", held[0].get("degraded", ""))
                self.assertIn("greylist", held[1]["degraded"])
                self.assertIn("the store does not answer", g.command("greylist", "list")[2])


class Signed(unittest.TestCase):
    """Mail that dkimpy has signed: where it comes from is its signature, whatever its network is."""

    def setUp(self):
        self.dns = DnsStub()
        self.enterContext(self.dns)
        self.gate = gate(EVERYBODY, "greylist { delay = 1s  dkim = yes }\nrdns { enabled = no }", dns=self.dns.port)
        self.addCleanup(self.gate.close)
        signer = Signer(self.gate.folder)
        self.dns.zone = signer.zone
        self.mail = signer.dkimpy()
        self.gate.start()

    def send(self, source, mail):
        with self.gate.smtp(source) as c:
            c.ehlo()
            c.mail("ann@example.org")
            c.rcpt("b@example.net")
            return c.data(mail)[0]

    def symbols(self, source, **want):
        """Of each of its mails, when one that ended so has come."""
        self.gate.wait_log("verdict", ip=source, **want)
        return [v["symbols"] for v in self.gate.log("verdict", ip=source)]

    def test_another_network_of_the_signer_is_the_same_sender(self):
        self.assertEqual(self.send("127.0.1.1", self.mail), 451)
        self.assertIn("GREYLIST_NEW", self.symbols("127.0.1.1")[0])
        self.assertRegex(self.gate.command("greylist", "list")[1], r" example\.org ann@example\.org b@example\.net\n$")
        wait_until(lambda: self.send("127.0.2.1", self.mail) == 250, "to pass from another network")
        self.assertFalse([s for s in self.symbols("127.0.2.1", action="accept") if "GREYLIST_NEW" in s])
        self.assertEqual(self.send("127.0.3.1", self.mail), 250)
        self.assertRegex(self.gate.command("greylist", "show", "ann")[1], r"^passed .* example\.org ann@example\.org b@example\.net\n$")

    def test_a_signature_that_does_not_hold_is_nobodys(self):
        wait_until(lambda: self.send("127.0.1.1", self.mail) == 250, "to pass")
        altered, unsigned = self.mail.replace(b"Hello", b"Hallo"), self.mail[self.mail.index(b"From:"):]
        for mail, source in (altered, "127.0.2.1"), (unsigned, "127.0.3.1"):
            self.assertEqual(self.send(source, mail), 451)
            self.assertIn("GREYLIST_NEW", self.symbols(source)[0])


class Commands(unittest.TestCase):
    def setUp(self):
        self.gate = gate(EVERYBODY)
        self.addCleanup(self.gate.close)

    def words(self, *words):
        """Done, nothing complained of: the lines, words only."""
        status, out, err = self.gate.command("greylist", *words)
        self.assertEqual((status, err), (0, ""), out)
        return sorted(" ".join(line.split()) for line in out.splitlines())

    def fails(self, *words, status=1):
        got, out, err = self.gate.command("greylist", *words)
        self.assertEqual((got, out), (status, ""), err)
        self.assertTrue(err.endswith("\n"), err)
        return err

    def test_without_a_daemon_or_a_socket(self):
        self.assertIn("No such file", self.fails("list", status=69))
        self.gate.folder.write("other.conf", "workers = 1\n")
        p = subprocess.run([BINARY, "greylist", "-c", self.gate.dir / "other.conf", "list"], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(p.returncode, 78)
        self.assertIn("no block control", p.stderr)

    def test_what_was_greylisted(self):
        self.gate.start()
        self.assertIn("no such mail", self.fails("list"))
        for to in "b@example.net", "c@example.net", "d@example.com":
            self.assertEqual(self.gate.rcpt(to)[0], 451)
        self.assertEqual(len(self.words("list")), 3)
        self.assertEqual(len(self.words("list", "EXAMPLE.net", "a@")), 2)
        self.assertIn("no such mail", self.fails("list", "example.net", "z@"))
        self.assertEqual(self.words("release", "example.net"),
                         ["released 127.0.0.0/24 a@example.org b@example.net",
                          "released 127.0.0.0/24 a@example.org c@example.net"])
        self.assertEqual(self.gate.rcpt("b@example.net")[0], 250)
        self.assertEqual(self.gate.rcpt("d@example.com")[0], 451)
        self.assertEqual(len(self.words("list")), 1)
        self.assertEqual(len(self.words("show")), 3)
        self.words("forget", "b@example.net")
        self.assertEqual(self.gate.rcpt("b@example.net")[0], 451)

    def test_what_is_said_of_sources(self):
        g = self.gate = gate('verdict "no" { when = GREYLIST_BLOCKED   do = reject }\n' + EVERYBODY)
        self.addCleanup(g.close)
        g.start()
        self.assertEqual(g.rcpt()[0], 451)
        self.assertEqual(self.words("allow", "127.0.0.1"), ["allowed 127.0.0.0/24"])
        self.assertEqual(g.rcpt()[0], 250)
        self.assertEqual(self.words("block", "127.0.0.0/24"), ["blocked 127.0.0.0/24"])
        self.assertEqual(g.rcpt()[0], 550)
        self.assertEqual(self.words("block", "Spam.Example."), ["blocked spam.example"])
        self.assertIn("blocked spam.example came back 0 times", self.words("show", "spam"))
        self.words("forget", "127.0.0")
        self.assertEqual(g.rcpt()[0], 451)
        for wrong in "127.0.0.0/8", "not a name", "":
            self.assertIn("is no domain", self.fails("allow", wrong, status=64))

    def test_misuse(self):
        self.gate.start()
        self.assertIn("list, show", self.fails(status=64))
        self.assertIn("list, show", self.fails("lost", status=64))
        self.assertIn("part of a mail", self.fails("release", status=64))
        self.assertIn("a domain", self.fails("allow", "a.example", "b.example", status=64))
        self.assertIn("tab", self.fails("list", "a\tb", status=64))
        self.assertIn("more than", self.fails("list", *["x"] * 20, status=64))

    def test_a_reload_and_another_daemon(self):
        self.gate.start()
        path = self.gate.dir / "run/control.sock"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(self.gate.rcpt()[0], 451)
        inode = path.stat().st_ino
        self.gate.tell(1)
        self.gate.wait_log("ready", count=2)
        self.assertEqual(path.stat().st_ino, inode)
        self.assertEqual(len(self.words("list")), 1)
        second = Postern(config=self.gate.config.read_text().replace("{", "{{").replace("}", "}}")
                         .replace(f"127.0.0.1:{self.gate.port}", "127.0.0.1:{port}"))
        self.addCleanup(second.close)
        second.start(wait=False)
        self.assertEqual(second.wait(), 73)
        self.assertIn("another daemon, or a file, is there", second.text())
        self.assertEqual(len(self.words("list")), 1)
        self.gate.stop()
        self.assertFalse(path.exists())
        # what a daemon that was killed left behind is taken over
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(path))
        left.close()
        self.gate.start(wait=False)
        self.gate.wait_log("ready", count=3)
        self.assertEqual(len(self.words("list")), 1)

    def test_many_pages(self):
        self.gate.start()
        with self.gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            for n in range(600):
                c.say(f"RCPT TO:<user{n}@example.net>")
            codes = [c.reply()[0] for _ in range(600)]
        count = codes.count(451)
        self.assertGreater(count, 200)
        lines = self.words("list")
        self.assertEqual(len(lines), count)
        self.assertEqual(len(set(lines)), count)
        self.assertEqual(len(self.words("release", "user")), count)
        self.assertIn("no such mail", self.fails("list"))


class Hostile(unittest.TestCase):
    """What a client of the socket may do: it hears an error or is dropped, and the worker serves on."""

    def setUp(self):
        self.gate = gate(EVERYBODY, workers=1)
        self.addCleanup(self.gate.close)
        self.gate.start()
        self.assertEqual(self.gate.rcpt()[0], 451)

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(str(self.gate.dir / "run/control.sock"))
        self.addCleanup(s.close)
        return s

    def hear(self, data):
        s = self.connect()
        got, more = b"", b"?"
        try:
            s.sendall(data)
            while more and not got.endswith((b"\n.\n", b"\n!\n", b"\n?\n")):
                more = s.recv(65536)
                got += more
        except (ConnectionResetError, BrokenPipeError):  # turned away before it was read
            pass
        s.close()
        return got

    def works(self):
        self.assertIn(b"a@example.org", self.hear(b"greylist\tlist\n"))

    def test_lines_of_any_kind(self):
        for data, reply in ((b"\n", b"-the daemon does not know"), (b"stat\n", b"-the daemon does not know"), (b"status\tx\n", b"-status: show or metrics?"),
                            (b"greylist\n", b"-greylist: list, show, release, forget, allow or block?"),
                            (b"bulk\tx\n", b"-bulk: top, show, allow, block, forget or said?"),
                            (b"bulk\ttop\t0\n", b"-bulk top: how many?"), (b"greylist\tallow\n", b"-greylist allow: a domain"),
                            (b"bulk\tshow\t--domain\tx\n", b"-bulk show: an id?"), (b"x" * 5000, b"-the line is too long"),
                            (b"greylist" + b"\tx" * 40 + b"\n", b"-more than"),
                            (b"greylist\tallow\t\xff\x1b[2J\n", b"-'??[2J'"), (b"greylist\t\x00\n", b"-a NUL"),
                            (b"greylist\tlist\nand more\n" * 50, b"=waits")):
            got = self.hear(data)
            self.assertTrue(got.startswith(reply), (data, got))
            self.assertNotIn(b"\x1b", got)
        self.works()

    def test_byte_by_byte(self):
        s = self.connect()
        for byte in b"greylist\tlist\n":
            s.sendall(bytes([byte]))
        self.assertTrue(s.recv(100).startswith(b"=waits"))
        self.works()

    def test_gone_in_the_midst(self):
        for data in b"", b"greylist", b"greylist\tlist\n", b"greylist\trelease\tnobody\n":
            for _ in range(5):
                s = self.connect()
                s.sendall(data)
                s.close()
        self.works()

    def test_too_many_and_silent(self):
        """Who says nothing is dropped after ten seconds; until then the next ones wait."""
        idle = [self.connect() for _ in range(8)]
        self.works()
        for s in idle:
            self.assertEqual(s.recv(1), b"")
        self.works()


if __name__ == "__main__":
    unittest.main()
