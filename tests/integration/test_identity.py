"""How a real backend learns who the client is: from a PROXY header, from the address that calls it, from XCLIENT."""
import pathlib
import re
import shutil
import subprocess
import unittest

import networks
from peers import PolicyService, Postfix, Program, Sink, listens, wait_until
from postern import BINARY, Client, Folder, Postern, free_port

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
SETPRIV = shutil.which("setpriv")


def mail(test, client, subject="hello"):
    client.expect(220)
    client.expect(250, "EHLO client.example")
    code, text = client.mail(f"Subject: {subject}\r\n\r\nx")
    test.assertEqual(code, 250, text)
    return text


def gate_before(port, identity, host="127.0.0.1", **values):
    backend = f'backend "mta" {{ servers = ["{host}:{port}"]  identity = {identity}  remember = 0s }}'
    return Postern(workers=1, backend=backend, **values)


@unittest.skipIf(Postfix.missing(), Postfix.missing())
class BeforePostfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.policy = PolicyService(lambda attributes: "DUNNO")
        cls.addClassCleanup(cls.policy.close)
        asks = f"{{smtpd_recipient_restrictions=check_policy_service inet:127.0.0.1:{cls.policy.port}}}"
        cls.mta = Postfix({
            "xclient": ["smtpd_authorized_xclient_hosts=127.0.0.1", "smtpd_client_port_logging=yes", asks],
            "proxy": ["smtpd_upstream_proxy_protocol=haproxy"],
            # whoever comes from 127.0.0.1 itself may relay: nobody who comes through us is taken for it
            "open": ["smtpd_upstream_proxy_protocol=haproxy", "mynetworks=127.0.0.1",
                     "{smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination}"],
        })

    @classmethod
    def tearDownClass(cls):
        cls.mta.close()

    def test_proxy_header(self):
        with gate_before(self.mta.ports["proxy"], "proxy") as gate, gate.connect(source="127.0.0.66") as c:
            before = len(re.findall(r"smtpd\[\d+\]: connect from", self.mta.text()))
            text = mail(self, c)
            lines = self.mta.wait_delivered(text)
            self.assertTrue(any("client=unknown[127.0.0.66]" in line for line in lines), lines)
            # the next message of this client: the same connection
            self.assertEqual(c.mail("Subject: again\r\n\r\nx")[0], 250)
            self.assertEqual(len(re.findall(r"smtpd\[\d+\]: connect from \S*\[127\.0\.0\.66\]", self.mta.text())), 1)
            # another one: another connection
            with gate.connect(source="127.0.0.67") as d:
                mail(self, d)
            self.mta.wait_line(r"smtpd\[\d+\]: connect from \S*\[127\.0\.0\.67\]")
            # and one of nobody, which asked what is offered
            self.assertGreaterEqual(len(re.findall(r"smtpd\[\d+\]: connect from", self.mta.text())) - before, 3)

    def test_xclient_with_all_that_postfix_takes(self):
        """Each attribute of XCLIENT_README, as Postfix itself has it afterwards."""
        listener = 'xclient_from = "127.0.0.2"'
        with gate_before(self.mta.ports["xclient"], "auto", listener=listener) as gate, \
                gate.connect(source="127.0.0.2") as c:
            c.expect(220)
            c.expect(250, "EHLO front.example")
            c.expect(220, "XCLIENT NAME=client.example.org ADDR=192.0.2.7 PORT=4711 LOGIN=anna DESTADDR=198.51.100.9 DESTPORT=587")
            c.expect(250, "HELO helo.example.org")
            code, text = c.mail("Subject: named\r\n\r\nx")
            self.assertEqual(code, 250, text)
            lines = self.mta.wait_delivered(text)
        told = self.policy.requests[-1]
        self.assertEqual({k: told[k] for k in ("client_name", "client_address", "client_port", "protocol_name",
                                               "helo_name", "sasl_username", "server_address", "server_port")},
                         {"client_name": "client.example.org", "client_address": "192.0.2.7", "client_port": "4711",
                          "protocol_name": "ESMTP", "helo_name": "helo.example.org", "sasl_username": "anna",
                          "server_address": "198.51.100.9", "server_port": "587"})
        self.assertTrue(any("client=client.example.org[192.0.2.7]:4711" in line and "sasl_username=anna" in line
                            for line in lines), lines)
        stored = next(m for m in self.mta.mails() if b"Subject: named" in m)
        self.assertIn(b"from helo.example.org (client.example.org [192.0.2.7])", stored)

    def test_a_client_is_not_taken_for_the_gate(self):
        with gate_before(self.mta.ports["open"], "proxy") as gate, gate.connect(source="127.0.0.68") as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            code, text = c.ask("RCPT TO:<someone@elsewhere.example>")
            self.assertEqual(code, 554, text)
            self.assertIn("Relay access denied", text)


@unittest.skipUnless(HAPROXY, "haproxy is not installed")
class BeforeHAProxy(unittest.TestCase):
    def test_it_takes_the_header(self):
        self.mail_through("", "none")

    def test_in_front_of_tls_from_the_first_byte(self):
        self.mail_through("ssl crt {pem}", "implicit  tls_verify = no")

    def mail_through(self, bind, tls):
        folder = Folder()
        try:
            with Sink(folder.path) as sink:
                port = free_port()
                crt, key = folder.certificate("front.example")
                pem = folder.write("front.pem", crt.read_text() + key.read_text())
                bind = bind.format(pem=pem)
                conf = folder.write("haproxy.cfg", f"""\
global
    log stdout format raw local0
defaults
    mode tcp
    log global
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend mail
    bind 127.0.0.1:{port} accept-proxy {bind}
    log-format "from %ci:%cp to %[dst]:%[dst_port] name %[fc_pp_unique_id]"
    default_backend sink
backend sink
    server sink 127.0.0.1:{sink.port}
""")
                with Program(HAPROXY, "-db", "-f", conf) as front:
                    wait_until(lambda: listens(port), "haproxy")
                    with gate_before(port, f"proxy  tls = {tls}") as gate:
                        with gate.connect(source="127.0.0.66") as c:
                            mail(self, c)
                            source = c.socket.getsockname()[1]
                        gate.stop()
                        line = gate.log("connect")[0]
                        front.wait_line(rf"from 127\.0\.0\.66:{source} to 127\.0\.0\.1:{gate.port} name {line['id']}")
                self.assertEqual(len(sink.stored()), 1)
        finally:
            folder.remove()


@unittest.skipIf(networks.missing(), networks.missing())
@unittest.skipIf(Postfix.missing(), Postfix.missing())
class Transparent(unittest.TestCase):
    """The client, the gate and Postfix on three machines; the lines of postern.conf(5) make the way back."""

    CONFIG = """\
workers = 1
hostname = "gate.example"
spool = "{dir}/spool"
listener "mx" {{ address = ["%s:25", "[%s]:25"] }}
backend "mta" {{ servers = [{servers}]  identity = transparent  remember = 0s }}
resolver {{ servers = ["127.0.0.1:{dns}"]  timeout = 1s }}
""" % (networks.GATE, networks.GATE6)

    @classmethod
    def setUpClass(cls):
        cls.net = networks.Networks().__enter__()
        cls.addClassCleanup(cls.net.__exit__)
        for family, server, everything in ("-4", networks.SERVER, "0.0.0.0/0"), ("-6", networks.SERVER6, "::/0"):
            cls.net.ip("gate", family, "rule", "add", "from", server, "ipproto", "tcp", "lookup", "100")
            cls.net.ip("gate", family, "route", "add", "local", everything, "dev", "lo", "table", "100")
        with cls.net.inside("server"):
            cls.mta = Postfix({"smtp": []}, addresses=(networks.SERVER, networks.SERVER6))
        cls.addClassCleanup(cls.mta.close)

    def gate(self, servers):
        port = self.mta.ports["smtp"]
        return Postern(config=self.CONFIG, servers=", ".join(f'"{server}:{port}"' for server in servers))

    def mail_from(self, host):
        with self.net.inside("client"):
            client = Client(25, host=host)
        with client as c:
            text = mail(self, c)
        return self.mta.wait_delivered(text)

    def test_the_backend_sees_the_client(self):
        with self.net.inside("gate"):
            gate = self.gate([networks.SERVER]).start()
        with gate:
            lines = self.mail_from(networks.GATE)
            self.assertTrue(any(f"client=unknown[{networks.CLIENT}]" in line for line in lines), lines)
            worker = pathlib.Path(f"/proc/{gate.workers()[0]}/status").read_text()
            self.assertEqual(int(re.search(r"CapEff:\s*(\w+)", worker).group(1), 16), 1 << 13)  # CAP_NET_RAW
            # what does not lead there: its own address, and the log says so
            lines = self.mail_from(networks.GATE6)
            self.assertTrue(any("client=unknown[203.0.113.1]" in line for line in lines), lines)
            gate.wait_log("backend_odd", what="no address of the client's family leads there: it sees ours")

    def test_ipv6(self):
        with self.net.inside("gate"):
            gate = self.gate([f"[{networks.SERVER6}]"]).start()
        with gate:
            lines = self.mail_from(networks.GATE6)
            self.assertTrue(any(f"client=unknown[{networks.CLIENT6}]" in line for line in lines), lines)

    def test_without_the_right_to_it_nothing_starts(self):
        if not SETPRIV:
            self.skipTest("setpriv is not installed")
        gate = self.gate([networks.SERVER])
        try:
            done = subprocess.run([SETPRIV, "--bounding-set", "-net_raw,-net_admin", "--inh-caps", "-net_raw,-net_admin",
                                   BINARY, "run", "-c", str(gate.config)], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=20)
            self.assertEqual(done.returncode, 77, done.stdout)
            self.assertIn("CAP_NET_RAW", done.stdout)
        finally:
            gate.close()


if __name__ == "__main__":
    unittest.main()
