"""A small name server for suites of DNS cases: one zone at a time, answers that a real server would not give.

    with DnsStub() as dns:
        dns.zone = {("example.org", "TXT"): [b"v=spf1 -all"], ("slow.example", "*"): TIMEOUT}

A value is a list of records (TXT: bytes, or a list of byte strings; MX: (preference, name); others: text), or one of
TIMEOUT, SERVFAIL, NXDOMAIN, NODATA.  A name without an entry does not exist; one with entries of other types has no
data.  Type "*" is what becomes of the types that are not listed.
"""
import socket
import struct
import threading

from postern import free_port

TIMEOUT, SERVFAIL, NXDOMAIN, NODATA = "TIMEOUT", "SERVFAIL", "NXDOMAIN", "NODATA"
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SPF": 99}
NAMES = {v: k for k, v in TYPES.items()}


def pack_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        raw = label.encode("latin-1")
        if not 0 < len(raw) < 64:
            raise ValueError(f"label {label!r} of {name!r}")
        out += bytes([len(raw)]) + raw
    return out + b"\0"


def read_name(packet, at):
    labels = []
    while packet[at]:
        n = packet[at]
        labels.append(packet[at + 1:at + 1 + n].decode("latin-1"))
        at += n + 1
    return ".".join(labels), at + 1


def pack_txt(value):
    if isinstance(value, bytes):
        value = [value[i:i + 255] for i in range(0, len(value), 255)] or [b""]
    return b"".join(bytes([len(part)]) + part for part in value)


def pack_data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack(">H", value[0]) + (pack_name(value[1]) if value[1] else b"\0")
    if kind in ("TXT", "SPF"):
        return pack_txt(value)
    return pack_name(value)


class DnsStub:
    def __init__(self):
        self.zone = {}
        self.asked = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self.serve_udp, self.serve_tcp)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        for s in self.udp, self.tcp:
            s.shutdown(socket.SHUT_RDWR) if s is self.tcp else None
            s.close()

    def serve_udp(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
                answer = self.answer(packet)
                if answer and len(answer) > 1232:
                    answer = answer[:2] + bytes([answer[2] | 2]) + answer[3:4] + struct.pack(">4H", 1, 0, 0, 0) \
                        + packet[12:self.question_end(packet)]
                if answer:
                    self.udp.sendto(answer, peer)
            except OSError:
                return

    def serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self.serve_peer, args=(peer,), daemon=True).start()

    def serve_peer(self, peer):
        with peer, peer.makefile("rb") as stream:
            while True:
                head = stream.read(2)
                if len(head) < 2:
                    return
                answer = self.answer(stream.read(struct.unpack(">H", head)[0]))
                if answer:
                    peer.sendall(struct.pack(">H", len(answer)) + answer)

    @staticmethod
    def question_end(packet):
        return read_name(packet, 12)[1] + 4

    def look_up(self, name, kind):
        """The records of the name with their owner and type, CNAMEs first; or a word."""
        found = []
        for _ in range(12):
            value = self.zone.get((name, kind), self.zone.get((name, "*")))
            alias = self.zone.get((name, "CNAME"))
            if isinstance(value, list):
                return found + [(name, kind, v) for v in value]
            if value is not None:
                return found if value == NODATA else value
            if not isinstance(alias, list):
                known = any(n == name or n.endswith("." + name) for n, _ in self.zone)
                return found if known or found else NXDOMAIN
            found.append((name, "CNAME", alias[0]))
            name = alias[0].lower().rstrip(".")
        return found

    def answer(self, packet):
        name, at = read_name(packet, 12)
        kind = NAMES.get(struct.unpack(">H", packet[at:at + 2])[0], "?")
        self.asked.append((name.lower(), kind))
        found = self.look_up(name.lower(), kind)
        if found == TIMEOUT:
            return None
        code = {SERVFAIL: 2, NXDOMAIN: 3}.get(found if isinstance(found, str) else None, 0)
        records = found if isinstance(found, list) else []
        body = b""
        for owner, type_, value in records:
            data = pack_data(type_, value)
            body += pack_name(owner) + struct.pack(">HHIH", TYPES[type_], 1, 60, len(data)) + data
        return packet[:2] + struct.pack(">H", 0x8580 | code) + struct.pack(">4H", 1, len(records), 0, 0) \
            + packet[12:at + 4] + body
