"""Peers that mean ill: a backend that does as a test tells it, line by line, and a name server whose answers are
bytes of the test's own.  In threads of the test's process; they end with it.
"""
import socket
import struct
import threading
import time

from postern import free_port


class Backend:
    """An SMTP server.  answers: verb (or "GREETING", ".") -> what is said, a function of the line that returns it,
    or None for silence; what is not named is accepted.  `heard` are (number of the connection, line), `mails` bodies."""

    EHLO = "250-fake\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-DSN\r\n250 SIZE 100000000"

    def __init__(self, **answers):
        self.answers = {"GREETING": "220 fake", "EHLO": self.EHLO, "DATA": "354 go", "QUIT": "221 bye",
                        "END": "250 2.0.0 stored", **answers}
        self.heard, self.mails, self.connections = [], [], 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def config(self, **options):
        text = "  ".join(f"{k} = {v}" for k, v in options.items())
        return f'backend "mta" {{ servers = ["127.0.0.1:{self.port}"]  tls = none  {text} }}'

    def _accept(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(c, self.connections), daemon=True).start()

    def _serve(self, c, number):
        with c, c.makefile("rb") as f:
            try:
                self._say(c, "GREETING", b"")
                for line in f:
                    line = line.rstrip(b"\r\n")
                    self.heard.append((number, line))
                    verb = line[:4].decode("latin-1").upper()
                    if self._say(c, verb, line).startswith("354"):
                        self._message(f)
                        self._say(c, "END", b"")
                    if verb == "QUIT":
                        return
            except OSError:
                pass

    def _message(self, f):
        lines = []
        for line in f:
            if line == b".\r\n":
                break
            lines.append(line)
        else:
            raise OSError("gone")
        self.mails.append(b"".join(lines))

    def _say(self, c, verb, line):
        text = self.answers.get(verb, "250 2.0.0 ok")
        if callable(text):
            text = text(line)
        if text is not None:
            c.sendall(text.encode() + b"\r\n")
        return text or ""

    def close(self):
        self.socket.close()


# ---- DNS ----

A, PTR, TXT = 1, 12, 16


def wire(name):
    return b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\0"


def question(packet):
    """(name, type, the question's bytes)."""
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1:at + 3])[0], packet[12:at + 5]


def record(kind, data, ttl=60):
    """Of the name that was asked for."""
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def address(ip):
    return record(A, socket.inet_aton(ip))


def answer(packet, records=(), rcode=0, truncated=False):
    flags = 0x8180 | rcode | (0x200 if truncated else 0)
    return (packet[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question(packet)[2]
            + b"".join(records))


class Dns:
    """say(name, type, packet, tcp) returns the answer's bytes, None for silence, or (seconds, bytes)."""

    def __init__(self, say):
        self.say, self.asked = say, []
        self.port = free_port()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.create_server(("127.0.0.1", self.port), backlog=50)
        for run in self._udp, self._tcp:
            threading.Thread(target=run, daemon=True).start()

    def _one(self, packet, tcp, send):
        name, kind, _ = question(packet)
        self.asked.append((name, kind))
        said = self.say(name, kind, packet, tcp)
        if isinstance(said, tuple):
            time.sleep(said[0])
            said = said[1]
        try:
            if said is not None:
                send(said)
        except OSError:
            pass

    def _udp(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            threading.Thread(target=self._one, daemon=True,
                             args=(packet, False, lambda said, to=peer: self.udp.sendto(said, to))).start()

    def _tcp(self):
        while True:
            try:
                c, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._stream, args=(c,), daemon=True).start()

    def _stream(self, c):
        def send(said):
            c.sendall(struct.pack(">H", len(said)) + said)

        with c, c.makefile("rb") as f:
            while len(head := f.read(2)) == 2:
                packet = f.read(struct.unpack(">H", head)[0])
                threading.Thread(target=self._one, args=(packet, True, send), daemon=True).start()

    def close(self):
        self.udp.close()
        self.tcp.close()
