"""Who the client is, told by somebody in front: HAProxy's PROXY headers, swaks' and published ones."""
import json
import shutil
import socket
import ssl
import subprocess
import unittest

from peers import Postfix, Program, is_bound, wait_until
from postern import PATIENCE, SUITES, Client, Postern, free_ports

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")

HAPROXY_CONF = """\
global
    maxconn 200
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
listen v1
    bind 127.0.0.1:{v1}
    server gate 127.0.0.1:{gate} send-proxy
listen v2
    bind 127.0.0.1:{v2}
    server gate 127.0.0.1:{gate} send-proxy-v2
listen full
    bind 127.0.0.1:{full}
    server gate 127.0.0.1:{gate} send-proxy-v2-ssl-cn proxy-v2-options crc32c,unique-id,authority
    unique-id-format %{{+X}}o%ci-%cp
listen six
    bind [::1]:{six}
    server gate 127.0.0.1:{gate} send-proxy-v2
listen none
    bind 127.0.0.1:{none}
    server gate 127.0.0.1:{gate}
{extra}
"""


class HAProxy(Program):
    """In front of a gate: one port for each way to name the client."""

    def __init__(self, gate, extra=""):
        names = "v1", "v2", "full", "six", "none"
        self.ports = dict(zip(names, free_ports(len(names))))
        conf = gate.folder.write("haproxy.cfg", HAPROXY_CONF.format(gate=gate.port, extra=extra, **self.ports))
        super().__init__(HAPROXY, "-db", "-f", conf)
        # The ports are bound in the order of the config, and a connection to the last would come to the gate.
        wait_until(lambda: self.process.poll() is not None or is_bound(self.ports["none"]), "haproxy")


def gate_for_proxies(listener="", **values):
    return Postern(workers=1, listener=f'proxy_from = "127.0.0.1" {listener}', **values)


def closes_silently(client):
    try:
        return client.socket.recv(100) == b""
    except ConnectionResetError:
        return True


@unittest.skipUnless(HAPROXY, "haproxy is not installed")
class BehindHAProxy(unittest.TestCase):
    def mail_through(self, port, host, source, gate):
        with Client(port, host=host, source=source) as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            self.assertEqual(c.mail(f"Subject: {port}\r\n\r\nx")[0], 250)
            name = f"[{host}]" if ":" in host else host
            line = gate.wait_log("connect", ip=source, to=f"{name}:{port}")
            self.assertEqual(line["via"], "127.0.0.1")
            self.assertEqual(int(line["port"]), c.socket.getsockname()[1])
            gate.wait_log("verdict", ip=source, action="accept")

    def test_each_version_names_the_client(self):
        with gate_for_proxies() as gate, HAProxy(gate) as front:
            for n, way in enumerate(("v1", "v2", "full")):
                self.mail_through(front.ports[way], "127.0.0.1", f"127.0.1.{n}", gate)
            self.mail_through(front.ports["six"], "::1", "::1", gate)
            mails = b"".join(gate.mails())
            for n in range(3):
                self.assertIn(f"[127.0.1.{n}]".encode(), mails)
            self.assertIn(b"[IPv6:::1]", mails)

    def test_without_a_header_nobody_comes_in(self):
        with gate_for_proxies() as gate, HAProxy(gate) as front:
            with Client(front.ports["none"]) as c:
                c.say("EHLO client.example")
                self.assertTrue(closes_silently(c))
            gate.wait_log("proxy", error="no PROXY header")

    def test_health_checks_are_clients_of_their_own(self):
        check = f"""\
listen checked
    bind 127.0.0.1:{free_ports()[0]}
    option smtpchk EHLO check.example
    server gate 127.0.0.1:{{}} send-proxy-v2 check inter 100ms
"""
        with gate_for_proxies() as gate, HAProxy(gate, check.format(gate.port)):
            line = gate.wait_log("connect", count=2, ip="127.0.0.1", to=f"127.0.0.1:{gate.port}")
            self.assertNotIn("via", line)
            gate.wait_log("disconnect", ip="127.0.0.1", by="quit")
            self.assertEqual(gate.log("proxy"), [])

    def test_tls_from_the_first_byte_behind_the_header(self):
        gate = gate_for_proxies()
        certificate, key = gate.folder.certificate()
        gate.config.write_text(gate.config.read_text().replace(
            'proxy_from', f'tls = implicit certificate = "{certificate}" key = "{key}" proxy_from'))
        with gate, HAProxy(gate) as front:
            for way in "v1", "v2", "full":
                with Client(front.ports[way], source="127.0.1.9") as c:
                    c.start_tls()
                    c.expect(220)
                    c.expect(250, "EHLO client.example")
                    self.assertEqual(c.mail("Subject: x\r\n\r\nx")[0], 250)
            gate.wait_log("connect", count=3, ip="127.0.1.9", via="127.0.0.1")
            self.assertEqual(len(gate.mails()), 3)

    def test_header_and_hello_in_one_segment(self):
        gate = gate_for_proxies()
        certificate, key = gate.folder.certificate()
        gate.config.write_text(gate.config.read_text().replace(
            'proxy_from', f'tls = implicit certificate = "{certificate}" key = "{key}" proxy_from'))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        headers = (b"PROXY TCP4 192.0.2.7 192.0.2.99 40000 465\r\n", b"PROXY UNKNOWN\r\n",
                   SIGNATURE + b"\x21\x11\x00\x0c" + bytes((192, 0, 2, 7, 192, 0, 2, 99)) + b"\x9c\x40\x01\xd1")
        with gate:
            for header in headers:
                coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = context.wrap_bio(coming, going)
                with socket.create_connection(("127.0.0.1", gate.port), timeout=PATIENCE) as s:
                    greeting = b""
                    first = header
                    while not greeting:
                        try:
                            greeting = tls.read(100)
                        except ssl.SSLWantReadError:
                            s.sendall(first + going.read())
                            first = b""
                            got = s.recv(10000)
                            self.assertTrue(got, "closed in the handshake")
                            coming.write(got)
                    self.assertEqual(greeting[:4], b"220 ")


class Swaks(unittest.TestCase):
    def swaks(self, gate, *options):
        if not shutil.which("swaks"):
            self.skipTest("swaks is not installed")
        return subprocess.run(["swaks", "--server", f"127.0.0.1:{gate.port}", "--from", "a@example.org", "--to",
                               "b@example.net", *options], text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_proxy_headers(self):
        with gate_for_proxies() as gate:
            for version, family in ("1", "TCP4"), ("2", "AF_INET"):
                done = self.swaks(gate, "--proxy-version", version, "--proxy-family", family, "--proxy-source",
                                  f"192.0.2.{version}", "--proxy-source-port", "4000", "--proxy-dest", "192.0.2.99",
                                  "--proxy-dest-port", "25")
                self.assertEqual(done.returncode, 0, done.stdout)
                gate.wait_log("connect", ip=f"192.0.2.{version}", port=4000, to="192.0.2.99:25", via="127.0.0.1")
            self.assertEqual(len(gate.mails()), 2)

    def test_a_malformed_one(self):
        with gate_for_proxies() as gate:
            done = self.swaks(gate, "--proxy", "TCP4 192.0.2.1")
            self.assertNotEqual(done.returncode, 0, done.stdout)
            self.assertNotIn("220", done.stdout)
            gate.wait_log("proxy", error="fields are missing")
            self.assertEqual(gate.mails(), [])

    def test_xclient(self):
        with Postern(workers=1, listener='xclient_from = "127.0.0.1"') as gate:
            done = self.swaks(gate, "--xclient-name", "mx.example.org", "--xclient-addr", "192.0.2.7",
                              "--xclient-port", "4711", "--xclient-proto", "ESMTP", "--xclient-helo", "mx 1.example.org",
                              "--xclient-login", "user=1@example.org", "--xclient-destaddr", "192.0.2.99",
                              "--xclient-destport", "26")
            self.assertEqual(done.returncode, 0, done.stdout)
            gate.wait_log("connect", ip="192.0.2.7", port=4711, to="192.0.2.99:26", via="127.0.0.1",
                          name="mx.example.org", login="user=1@example.org")
            self.assertIn(b"(mx.example.org [192.0.2.7])", gate.mails()[0])

    def test_xclient_in_two_parts_and_ipv6(self):
        with Postern(workers=1, listener='xclient_from = "127.0.0.0/8"') as gate:
            done = self.swaks(gate, "--xclient-addr", "IPV6:2001:db8::7", "--xclient-delim", "--xclient-port", "4711")
            self.assertEqual(done.returncode, 0, done.stdout)
            gate.wait_log("connect", ip="2001:db8::7", port=4711, via="127.0.0.1")

    def test_xclient_is_not_for_everybody(self):
        with Postern(workers=1, listener='xclient_from = "192.0.2.1"') as gate:
            done = self.swaks(gate, "--xclient-addr", "192.0.2.7", "--xclient-no-verify", "--xclient-optional")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertNotIn("250-XCLIENT", done.stdout)
            self.assertEqual(gate.log("connect", ip="192.0.2.7"), [])


class BehindAnother(unittest.TestCase):
    def test_a_gate_behind_a_gate_knows_the_same_client(self):
        with Postern(workers=1, listener='xclient_from = "127.0.0.1"') as inner, \
                Postern(workers=1, listener='xclient_from = "127.0.0.9"',
                        backend=f'backend "inner" {{ servers = ["127.0.0.1:{inner.port}"] }}') as outer:
            for n in range(1, 4):
                with outer.connect(source="127.0.0.9") as c:
                    c.expect(220)
                    c.expect(220, f"XCLIENT ADDR=192.0.2.{n} PORT=4711 NAME=mx{n}.example.org LOGIN=user{n}"
                                  " DESTADDR=192.0.2.99 DESTPORT=26")
                    c.expect(250, f"EHLO mx{n}.example.org")
                    self.assertEqual(c.mail("Subject: x\r\n\r\nx")[0], 250)
                inner.wait_log("connect", ip=f"192.0.2.{n}", port=4711, to="192.0.2.99:26", via="127.0.0.1",
                               name=f"mx{n}.example.org", login=f"user{n}")
                inner.wait_log("verdict", ip=f"192.0.2.{n}", helo=f"mx{n}.example.org")
            self.assertEqual(len(inner.mails()), 3)


class BeforePostfix(unittest.TestCase):
    def test_postfix_learns_all_that_we_were_told(self):
        reason = Postfix.missing()
        if reason:
            self.skipTest(reason)
        mta = Postfix({"told": ["smtpd_authorized_xclient_hosts=127.0.0.1", "inet_protocols=ipv4"]})
        try:
            with Postern(workers=1, listener='xclient_from = "127.0.0.1"',
                         backend=f'backend "mta" {{ servers = ["127.0.0.1:{mta.ports["told"]}"] }}') as gate, \
                    gate.connect() as c:
                c.expect(220)
                c.expect(220, "XCLIENT ADDR=192.0.2.7 PORT=4711 NAME=mx.example.org LOGIN=user+2B1"
                              " DESTADDR=192.0.2.99 DESTPORT=26")
                c.expect(250, "EHLO mx.example.org")
                self.assertEqual(c.mail("Subject: x\r\n\r\nx")[0], 250)
                mta.wait_line(r"client=mx\.example\.org\[192\.0\.2\.7\].*sasl_username=user\+1")
                # It knows no IPv6: such a client has no address, and surely not ours.
                c.expect(220, "XCLIENT ADDR=IPV6:2001:db8::7 NAME=six.example.org")
                c.expect(250, "EHLO six.example.org")
                self.assertEqual(c.mail("Subject: x\r\n\r\nx")[0], 250)
                mta.wait_line(r"client=six\.example\.org\[unknown\]")
                gate.wait_log("backend_odd", what="IPv6 addresses are refused in XCLIENT, and left out")
        finally:
            mta.close()


class Published(unittest.TestCase):
    FOLDER = SUITES / "smtp" / "proxy-protocol"

    def vectors(self, name):
        if not (self.FOLDER / name).exists():
            self.skipTest(f"{self.FOLDER / name} is not there")
        return json.loads((self.FOLDER / name).read_text())

    def test_version_1(self):
        with gate_for_proxies() as gate:
            for vector in self.vectors("v1-vectors.json")["v1"]:
                with self.subTest(vector["desc"]), gate.connect() as c:
                    self.assertEqual(vector["kind"], "invalid")
                    before = len(gate.log("proxy"))
                    c.raw(vector["bytes_latin1"].encode("latin-1"))
                    c.socket.shutdown(socket.SHUT_WR)
                    self.assertTrue(closes_silently(c))
                    gate.wait_log("proxy", count=before + 1)
            self.assertEqual(gate.log("connect"), [])

    def test_version_2(self):
        with gate_for_proxies() as gate:
            for vector in self.vectors("v2-tlv-vectors.json")["v2"]:
                with self.subTest(vector["desc"]), gate.connect() as c:
                    c.raw(bytes.fromhex(vector["hex"]))
                    if vector["expect"] == "accept":
                        c.expect(220)
                        continue
                    if "expect_close" in vector["raw_expect"]:
                        c.socket.shutdown(socket.SHUT_WR)
                        self.assertTrue(closes_silently(c))
                        continue
                    try:  # what is behind the header is a command, and no good one
                        c.raw(b"\r\n")
                        c.socket.shutdown(socket.SHUT_WR)
                        self.assertTrue(c.reply()[0] == 0 or c.reply()[0] in (500, 501))
                    except OSError:
                        pass  # closed at once


if __name__ == "__main__":
    unittest.main()
