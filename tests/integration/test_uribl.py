"""Block lists of names, asked of a real name server."""
import unittest

from peers import unbound
from postern import Postern

RECORDS = [
    "test.dbl.test A 127.0.1.2",
    "example.com.dbl.test A 127.0.1.5",
    'example.com.dbl.test TXT "ask https://dbl.test/?d=example.com why"',
    "xn--bcher-kva.example.org.dbl.test A 127.0.1.2",
    "1.2.0.192.ip.test A 127.0.0.64",
    "host.example.net.dbl.test A 127.0.1.2",
    "7.0.0.127.in-addr.arpa PTR host.example.net",
    "everything.test A 127.0.1.2",
    "7.100.51.198.rbl.test A 127.0.0.4",
    "evil.com.rhs.test A 127.0.0.6",
    'evil.com.txt.test TXT "spam"',
]
ZONES = {"test": "static", "everything.test": "redirect", "127.in-addr.arpa": "static"}
DBL = 'uribl "dbl.test" {{ symbol = DBL  codes = ["127.0.1.4-6 DBL_CRIME"]  name = host  test = test {} }}\n'
HARD = 'verdict "crime" { when = DBL_CRIME  do = reject  reply = "5.7.1 %{DBL_CRIME.detail}" }\n'


def setUpModule():
    global dns
    dns = unbound(ZONES, RECORDS)


def tearDownModule():
    dns.close()


def gate_with(extra):
    """One worker, so that one probe of each list is all there is."""
    gate = Postern(workers=1, dns=dns.port)
    rules = gate.folder.write("test.cf", "score DBL 1\nscore DBL_SENDER 2\nscore DBL_RDNS 3\nscore IP 1\n")
    gate.config.write_text(gate.config.read_text() + extra + f'rules {{ files = ["{rules}"] }}\n')
    return gate.start()


def send(gate, body, source="127.0.0.99", received=""):
    with gate.connect(source) as c:
        c.expect(220)
        c.expect(250, "EHLO client.example")
        return c.mail(received + "Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body)


RULES = """
header __RBL eval:check_rbl('set-lastexternal', 'rbl.test.')
header RBL_4 eval:check_rbl_sub('set-lastexternal', '127.0.0.4')
header RBL_2 eval:check_rbl_sub('set-lastexternal', '127.0.0.2')
urirhssub RHS rhs.test. A 2
body RHS eval:check_uridnsbl('RHS')
urirhsbl TEXT txt.test. TXT
body TEXT eval:check_uridnsbl('TEXT')
urirhssub SILENT silent.test. A 2
body SILENT eval:check_uridnsbl('SILENT')
score SILENT 0
tflags RHS net
"""


class Rules(unittest.TestCase):
    def test_lists_that_rule_files_ask(self):
        gate = Postern(workers=1, dns=dns.port)
        gate.folder.write("test.cf", RULES)
        gate.config.write_text(gate.config.read_text() + 'rules { files = ["test.cf"] }\n')
        with gate.start():
            self.assertEqual(send(gate, "http://www.evil.com/", received="Received: from x (x.test [198.51.100.7])\r\n"
                                  " by mx.test (Postfix) with SMTP id 1abc\r\n")[0], 250)
            self.assertEqual(gate.wait_log("verdict")["symbols"], "RBL_4(1),RHS(1),TEXT(1)")
        dns.wait_line(r"evil\.com\.rhs\.test\. A IN")
        self.assertNotIn("silent.test", dns.text())


class Lists(unittest.TestCase):
    def test_links_of_a_message(self):
        with gate_with(DBL.format("txt = yes") + HARD) as gate:
            code, text = send(gate, '<a href="HTTP://%65xample.COM:80/x">here</a> www.example.net')
            self.assertEqual(code, 550)
            self.assertIn("5.7.1 dbl.test 127.0.1.5 example.com ask https://dbl.test/?d=example.com why [", text)
        dns.wait_line(r"www\.example\.net\.dbl\.test\. A IN")

    def test_names_past_ascii_and_numbers(self):
        with gate_with(DBL.format("") + 'uribl "ip.test" { symbol = IP  ips = yes  codes = "&64 IP_ABUSE" }\n') as gate:
            self.assertEqual(send(gate, "http://b&uuml;cher.example.org/ <img src=http://0300.513/>")[0], 250)
            symbols = gate.wait_log("verdict")["symbols"]
            self.assertIn("DBL(1", symbols)
            self.assertIn("IP(1", symbols)

    def test_who_has_sent_it(self):
        with gate_with(DBL.format("uris = no  sender = yes  rdns = yes")) as gate:
            self.assertEqual(send(gate, "http://example.com/", "127.0.0.7")[0], 250)
            self.assertEqual(gate.wait_log("verdict")["symbols"], "DBL_RDNS(3)")

    def test_a_list_of_everything_is_switched_off(self):
        with gate_with('uribl "everything.test" { symbol = DBL }\n') as gate:
            gate.wait_log("dnsbl_off")
            self.assertEqual(send(gate, "http://example.com/")[0], 250)
            verdict = gate.wait_log("verdict")
            self.assertEqual((verdict["degraded"], verdict["symbols"]), ("uribl", ""))


if __name__ == "__main__":
    unittest.main()
