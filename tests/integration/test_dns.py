"""A real name server: block lists and allow lists, lists that are broken, a resolver that lies, one that dies."""
import signal
import smtplib
import socket
import time
import unittest

from peers import Unbound, unbound
from postern import Client, Postern, free_port

TEST_ENTRY = "2.0.0.127.{} A 127.0.0.2"
RECORDS = [TEST_ENTRY.format(zone) for zone in ("bl.test", "wl.test", "late.test", "second.test")] + [
    "10.0.0.127.bl.test A 127.0.0.2",
    '10.0.0.127.bl.test TXT "ask https://bl.test/?ip=127.0.0.10 why"',
    "11.0.0.127.bl.test A 127.0.0.4",
    "12.0.0.127.bl.test A 127.0.0.2",
    "12.0.0.127.bl.test A 127.0.0.6",
    "13.0.0.127.bl.test A 127.0.0.9",
    "20.0.0.127.bl.test A 127.0.0.2",
    "20.0.0.127.wl.test A 127.0.0.2",
    "11.0.0.127.second.test A 127.0.0.2",
    "30.0.0.127.late.test A 127.255.255.254",
    "31.0.0.127.late.test A 127.0.0.2",
    "everything.test A 127.0.0.2",
    "query.refused.test A 127.255.255.254",
    "parked.test A 192.0.2.80",
    "40.0.0.127.in-addr.arpa PTR mx.good.test",
    "mx.good.test A 127.0.0.40",
    "41.0.0.127.in-addr.arpa PTR mx.bad.test",
    "mx.bad.test A 127.0.0.99",
    "43.0.0.127.in-addr.arpa PTR gone.bad.test",
    "50.0.0.127.bl.test A 127.0.0.2",
    "44.0.0.127.in-addr.arpa PTR first.bad.test",
    "44.0.0.127.in-addr.arpa PTR second.good.test",
    "second.good.test A 192.0.2.1",
    "second.good.test A 127.0.0.44",
]
ZONES = {"test": "static", "everything.test": "redirect", "query.refused.test": "redirect", "parked.test": "redirect"}

BL = 'dnsbl "bl.test" { symbol = BL  codes = ["127.0.0.2 BL_TWO", "127.0.0.4-7 BL_RANGE"] }\n'
HARD = 'verdict "listed" { when = BL  do = reject  reply = "5.7.1 %{client.ip} is listed: %{BL.detail}" }\n'


def setUpModule():
    global dns
    dns = unbound(ZONES, RECORDS)


def tearDownModule():
    dns.close()


def gate_with(extra, server=None, scores=None, **values):
    """One worker, so that one probe of each list is all there is."""
    gate = Postern(workers=1, dns=(server or dns).port, **values)
    if scores:
        rules = gate.folder.write("test.cf", scores)
        extra += f'rules {{ files = ["{rules}"] }}\n'
    gate.config.write_text(gate.config.read_text() + extra)
    return gate.start()


def send(gate, source, count=1):
    """A whole mail; its verdict line, when it is the count-th one."""
    with gate.connect(source) as c:
        c.expect(220)
        c.expect(250, "EHLO client.example")
        code, text = c.mail("Subject: x\r\n\r\nbody")
        if code != 250:
            raise AssertionError(f"{code} {text}")
    return gate.wait_log("verdict", count=count, ip=source)


class Lists(unittest.TestCase):
    def test_a_hard_verdict_at_rcpt(self):
        with gate_with(BL + HARD) as gate:
            code, text = gate.rcpt(source="127.0.0.10")
            verdict = gate.wait_log("verdict")
            self.assertEqual(code, 550)
            self.assertEqual(text, f"5.7.1 127.0.0.10 is listed: bl.test 127.0.0.2 [{verdict['id']}]")
            self.assertEqual((verdict["stage"], verdict["action"], verdict["verdict"], verdict["ip"], verdict["rcpt"]),
                             ("rcpt", "reject", "listed", "127.0.0.10", "b@example.net"))
            self.assertIn("BL(", verdict["symbols"])
            self.assertNotIn("degraded", verdict)
            self.assertEqual(gate.rcpt(source="127.0.0.99")[0], 250)
            send(gate, "127.0.0.98")
            self.assertEqual(len(gate.mails()), 1)

    def test_the_name_that_is_asked(self):
        with gate_with(BL) as gate:
            send(gate, "127.1.2.3")
        dns.wait_line(r"3\.2\.1\.127\.bl\.test\. A IN")

    def test_the_lists_text(self):
        with gate_with(BL.replace("}", "txt = yes }") + HARD) as gate:
            self.assertIn("is listed: bl.test 127.0.0.2 ask https://bl.test/?ip=127.0.0.10 why", gate.rcpt(source="127.0.0.10")[1])
            self.assertIn("is listed: bl.test 127.0.0.4 [", gate.rcpt(source="127.0.0.11")[1])

    def test_symbols_of_codes(self):
        with gate_with(BL, scores="score BL 0.5\nscore BL_TWO 1\nscore BL_RANGE 2\n") as gate:
            for source, symbols, score in (("127.0.0.10", {"BL(0.5)", "BL_TWO(1)"}, "1.5"),
                                           ("127.0.0.11", {"BL(0.5)", "BL_RANGE(2)"}, "2.5"),
                                           ("127.0.0.12", {"BL(0.5)", "BL_TWO(1)", "BL_RANGE(2)"}, "3.5"),
                                           ("127.0.0.13", {"BL(0.5)"}, "0.5"),
                                           ("127.0.0.99", set(), "0.0")):
                verdict = send(gate, source)
                self.assertEqual((verdict["score"], set(verdict["symbols"].split(",")) - {""}), (score, symbols), source)

    def test_weighed(self):
        """Neither list alone refuses; both do, at RCPT already."""
        config = BL + 'dnsbl "second.test" { symbol = SECOND }\nverdict "spam" { when = envelope_score >= 5  do = reject }\n'
        with gate_with(config, scores="score BL 3\nscore SECOND 3\n") as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 250)
            code, text = gate.rcpt(source="127.0.0.11")
            self.assertEqual(code, 550)
            verdict = gate.wait_log("verdict", ip="127.0.0.11")
            self.assertEqual((verdict["score"], verdict["stage"]), ("6.0", "rcpt"))
            self.assertIn(verdict["id"], text)

    def test_an_allow_list_comes_first(self):
        config = BL + 'dnsbl "wl.test" { symbol = WL  allow = yes }\n' + HARD.replace("when = BL", "when = BL and not WL")
        with gate_with(config) as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 550)
            self.assertEqual(send(gate, "127.0.0.20")["action"], "accept")

    def test_tagged(self):
        config = BL + 'verdict "tagged" { when = score >= 4  do = tag }\n'
        with gate_with(config, scores="score BL 4.5\n") as gate:
            self.assertEqual(send(gate, "127.0.0.10")["action"], "tag")
            mail, = gate.mails()
            self.assertIn(b"X-Spam-Flag: YES", mail)
            self.assertIn(b"X-Spam-Score: 4.5", mail)
            self.assertRegex(mail, rb"X-Spam-Status: Yes, score=4\.5 .*tests=.*BL")

    def test_an_ipv6_client(self):
        try:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        other = Unbound(ZONES, [".".join("1" + "0" * 31) + ".bl6.test A 127.0.0.3",
                                ".".join("200000f7" + "ffff" + "0" * 20) + ".bl6.test A 127.0.0.2"])
        self.addCleanup(other.close)
        port = free_port()
        config = Postern.DEFAULT.replace("127.0.0.1:{port}", "[::1]:{port}")
        extra = 'dnsbl "bl6.test" { symbol = BL6  ipv4 = no }\n' + HARD.replace("BL", "BL6")
        with gate_with(extra, other, config=config, port=port) as gate, Client(port, "::1") as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            self.assertIn("bl6.test 127.0.0.3", c.expect(550, "RCPT TO:<b@example.net>"))


class Broken(unittest.TestCase):
    """A list that cannot be trusted is switched off, loudly, and mail passes."""

    def switched_off(self, zone, why, server=None, source="127.0.0.99"):
        extra = f'dnsbl "{zone}" {{ symbol = BL }}\n' + HARD
        with gate_with(extra, server) as gate:
            note = gate.wait_log("dnsbl_off", what=zone)
            self.assertIn(why, note["text"])
            verdict = send(gate, source)
            self.assertEqual(verdict["action"], "accept")
            self.assertIn("dnsbl", verdict["degraded"])
            self.assertNotIn("BL(", verdict["symbols"])
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 250)

    def test_it_lists_everybody(self):
        self.switched_off("everything.test", "it lists 127.0.0.1")

    def test_it_refuses_our_queries(self):
        self.switched_off("query.refused.test", "127.0.0.1")

    def test_the_domain_was_sold(self):
        self.switched_off("parked.test", "127.0.0.1")

    def test_it_lists_nobody(self):
        self.switched_off("empty.test", "does not list 127.0.0.2")

    def test_a_lying_resolver(self):
        with Unbound({".": "redirect"}, [". A 192.0.2.80"]) as liar:
            self.addCleanup(liar.folder.remove)
            self.switched_off("bl.example.net", "it lists 127.0.0.1", liar)

    def test_it_breaks_later(self):
        """The probe finds it well; an answer that no list gives for a client switches it off."""
        extra = 'dnsbl "late.test" { symbol = BL }\n' + HARD
        with gate_with(extra) as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.31")[0], 550)
            self.assertEqual(gate.log("dnsbl_off"), [])
            verdict = send(gate, "127.0.0.30")
            self.assertEqual((verdict["action"], verdict["degraded"]), ("accept", "dnsbl"))
            self.assertIn("127.255.255.254 for 127.0.0.30", gate.wait_log("dnsbl_off")["text"])
            self.assertEqual(gate.rcpt(source="127.0.0.31")[0], 250)

    def test_the_others_go_on(self):
        extra = 'dnsbl "everything.test" { symbol = ALL }\n' + BL + HARD.replace("when = BL", "when = BL or ALL")
        with gate_with(extra) as gate:
            gate.wait_log("dnsbl_off", what="everything.test")
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 550)
            self.assertEqual(send(gate, "127.0.0.99")["action"], "accept")


class Outage(unittest.TestCase):
    """The name server stops in mid-run: mail passes within the deadline, and says that it was not all looked at."""

    def setUp(self):
        self.dns = Unbound(ZONES, RECORDS)
        self.addCleanup(self.dns.close)

    def passes(self, gate, source, most=4):
        begin = time.monotonic()
        verdict = send(gate, source)
        took = time.monotonic() - begin
        self.assertLess(took, most, "the resolver's timeout is 1 s")
        self.assertEqual(verdict["action"], "accept")
        self.assertIn("dnsbl", verdict["degraded"].split(","))  # rdns may be as well: nothing here waits for it

    def test_stopped_and_continued(self):
        with gate_with(BL + HARD, self.dns) as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 550)
            self.dns.tell(signal.SIGSTOP)
            for n in range(60, 64):
                self.passes(gate, f"127.0.0.{n}")
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 550)  # still known
            self.assertEqual(gate.rcpt(source="127.0.0.11")[0], 250)  # was never asked
            gate.wait_log("degraded", what="dns")
            self.dns.tell(signal.SIGCONT)
            gate.wait_log("recovered", what="dns")
            self.assertEqual(gate.rcpt(source="127.0.0.12")[0], 550)

    def test_killed_and_started(self):
        with gate_with(BL + HARD, self.dns) as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.10")[0], 550)
            self.dns.kill()
            for n in range(60, 64):
                self.passes(gate, f"127.0.0.{n}")
            gate.wait_log("degraded", what="dns")
            self.dns.start()
            gate.wait_log("recovered", what="dns")
            self.assertEqual(gate.rcpt(source="127.0.0.12")[0], 550)

    def test_dead_from_the_start(self):
        self.dns.tell(signal.SIGSTOP)
        with gate_with(BL + HARD, self.dns) as gate:
            self.passes(gate, "127.0.0.10")
            self.dns.tell(signal.SIGCONT)
            gate.wait_log("recovered", what="dns")
            self.assertEqual(gate.rcpt(source="127.0.0.11")[0], 550)

    def test_on_fail_defer(self):
        with gate_with(BL.replace("}", "on_fail = defer }") + HARD, self.dns) as gate:
            self.assertEqual(gate.rcpt(source="127.0.0.60")[0], 250)
            self.dns.tell(signal.SIGSTOP)
            code, text = gate.rcpt(source="127.0.0.61")
            self.assertEqual(code, 451, text)
            verdict = gate.wait_log("verdict")
            self.assertEqual(verdict["action"], "defer")
            self.assertIn(verdict["id"], text)

    def test_many_clients_at_once(self):
        """Forty sessions wait for the same dead server side by side, not one behind the other."""
        with gate_with(BL + HARD, self.dns) as gate:
            send(gate, "127.0.0.59")
            self.dns.tell(signal.SIGSTOP)
            begin = time.monotonic()
            clients = [gate.connect(f"127.0.1.{n}") for n in range(1, 41)]
            for c in clients:
                c.expect(220)
                c.say("EHLO client.example", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>")
            for c in clients:
                for _ in range(3):
                    c.expect(250)
                c.close()
            self.assertLess(time.monotonic() - begin, 8)

    def test_the_second_name_server_answers(self):
        config = Postern.DEFAULT.replace('servers = ["127.0.0.1:{dns}"]', 'servers = ["127.0.0.1:{dead}", "127.0.0.1:{dns}"]'
                                         ).replace("timeout = 1s", "timeout = 5s")
        gate = Postern(config, workers=1, dns=self.dns.port, dead=free_port())
        gate.config.write_text(gate.config.read_text() + BL + HARD)
        with gate.start():
            for source in "127.0.0.10", "127.0.0.11", "127.0.0.12":
                self.assertEqual(gate.rcpt(source=source)[0], 550)


class Reverse(unittest.TestCase):
    def test_names(self):
        scores = "score RDNS_NONE 1\nscore RDNS_UNCONFIRMED 2\nscore RDNS_CONFIRMED 3\n"
        with gate_with('verdict "tagged" { when = score >= 2.5  do = tag }\n', scores=scores) as gate:
            for source, symbol in (("127.0.0.40", "RDNS_CONFIRMED(3)"), ("127.0.0.41", "RDNS_UNCONFIRMED(2)"),
                                   ("127.0.0.42", "RDNS_NONE(1)"), ("127.0.0.43", "RDNS_UNCONFIRMED(2)"),
                                   ("127.0.0.44", "RDNS_CONFIRMED(3)")):
                verdict = send(gate, source)
                self.assertEqual(verdict["symbols"], symbol, source)
                self.assertNotIn("degraded", verdict)

    def test_a_confirmed_name_is_in_received(self):
        with gate_with("", scores="score RDNS_CONFIRMED -0.1\nscore RDNS_UNCONFIRMED 0.1\n") as gate:
            send(gate, "127.0.0.40")
            send(gate, "127.0.0.41")
            received = b"\n".join(gate.mails())
            self.assertIn(b"from client.example (mx.good.test [127.0.0.40])", received)
            self.assertNotIn(b"mx.bad.test", received)


class OneAddressForAll(unittest.TestCase):
    """As behind a container's bridge: every client is 127.0.0.50, which is listed."""

    def test_mail_goes_through_once_it_is_noticed(self):
        with gate_with(BL + HARD) as gate:
            for n in range(29):
                with gate.connect(source="127.0.0.50") as c:
                    c.expect(220)
                    c.expect(221, "QUIT")
            self.assertEqual(gate.log("vantage"), [])
            for n in range(20):
                gate.send(f"mail-{n}", source="127.0.0.50")
            line = gate.wait_log("vantage", what="wrong")
            self.assertIn("30 of 30 clients of 127.0.0.1:", line["text"])
            verdict = gate.wait_log("verdict", action="accept", count=20)
            self.assertEqual(verdict["degraded"], "vantage")
            self.assertEqual(len(gate.mails()), 20)
            # somebody else is who he is: listed, or not
            with gate.connect(source="127.0.0.10") as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                c.expect(250, "MAIL FROM:<a@example.org>")
                c.expect(550, "RCPT TO:<b@example.net>")
            gate.stop()
            self.assertEqual(gate.log("stop")[0]["wrong_vantage"], "20")

    def test_switched_off_it_rejects_everyone(self):
        with gate_with(BL + HARD + "vantage { guard = no }\n") as gate:
            for n in range(40):
                with gate.connect(source="127.0.0.50") as c:
                    c.expect(220)
                    c.expect(221, "QUIT")
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                gate.send(source="127.0.0.50")
            self.assertEqual(gate.log("vantage"), [])


if __name__ == "__main__":
    unittest.main()
