"""A TLS session that ends in the middle of something, and bytes in the clear behind it, on the same connection: they are
nobody's.  In a BDAT body this broke another server (CVE-2026-45185)."""
import ssl
import unittest

from test_clients import tls_gate

BEHIND = b"\r\nRSET\r\nMAIL FROM:<smuggled@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: y\r\n\r\ny\r\n.\r\n"

# what is under way, then what is said in TLS last
WHERE = {
    "a command": b"NOOP",
    "between commands": b"NOOP\r\n",
    "an envelope": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n",
    "a message": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\nhalf",
    "the dot": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.",
    "a chunk": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 1000 LAST\r\nSubject: x\r\n\r\n",
    "a chunk but for a byte": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 5 LAST\r\nX: y",
    "between chunks": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 6\r\nX: y\r\n",
    "a refused chunk": b"BDAT 1000\r\nX: y\r\n",
    "a large chunk": b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nBDAT 3000000 LAST\r\n" + b"x" * 2000000,
}


class Session:
    """TLS over a socket by hand, so that what comes when is ours to say."""

    def __init__(self, client):
        self.socket = client.socket
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.until(self.tls.do_handshake)

    def until(self, call, *arguments):
        while True:
            try:
                value = call(*arguments)
                self.flush()
                return value
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.socket.recv(65536))

    def flush(self):
        self.socket.sendall(self.outgoing.read())

    def say(self, data):
        self.until(self.tls.write, data)

    def reply(self):
        return self.until(self.tls.read, 65536)

    def goodbye(self):
        """The bytes of a close_notify."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()


class TlsClose(unittest.TestCase):
    def leave(self, gate, said, behind, notify):
        with gate.connect() as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            c.expect(220, "STARTTLS")
            s = Session(c)
            s.say(b"EHLO client.example\r\n")
            self.assertTrue(s.reply().startswith(b"250"))
            s.say(said)
            c.socket.sendall((s.goodbye() if notify else b"") + behind)
            try:
                while c.socket.recv(65536):
                    pass
            except ConnectionResetError:
                pass

    def test_nothing_comes_of_it(self):
        with tls_gate() as gate:
            ended = 0
            for where, said in WHERE.items():
                for notify in True, False:
                    with self.subTest(where, notify=notify):
                        self.leave(gate, said, BEHIND, notify)
                        ended += 1
                        gate.wait_log("disconnect", count=ended)
                        self.assertEqual(gate.mails(), [])
            self.assertNotIn("smuggled", gate.text())
            self.assertEqual(len(gate.log("worker", state="started")), 1)
            gate.send()
            self.assertEqual(len(gate.mails()), 1)


if __name__ == "__main__":
    unittest.main()
