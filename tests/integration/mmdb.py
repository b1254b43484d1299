"""Writes databases in MaxMind's format: what no test may download, and none may keep in the tree."""
import ipaddress
import struct

MARK = b"\xab\xcd\xefMaxMind.com"


class U16(int):
    kind, size = 5, 2


class U64(int):
    kind, size = 9, 8


def value(v):
    """One value, encoded."""
    if isinstance(v, dict):
        return head(7, len(v)) + b"".join(value(k) + value(x) for k, x in v.items())
    if isinstance(v, list):
        return head(11, len(v)) + b"".join(map(value, v))
    if isinstance(v, str):
        return head(2, len(v.encode())) + v.encode()
    if isinstance(v, bool):
        return head(14, int(v))
    if isinstance(v, (U16, U64)):
        return head(v.kind, v.size) + v.to_bytes(v.size, "big")
    if isinstance(v, int):
        return head(6, 4) + v.to_bytes(4, "big")
    raise TypeError(v)


def head(kind, size):
    first = kind << 5 if kind < 8 else 0
    behind = b"" if kind < 8 else bytes([kind - 7])
    if size < 29:
        return bytes([first | size]) + behind
    if size < 285:
        return bytes([first | 29]) + behind + bytes([size - 29])
    return bytes([first | 30]) + behind + struct.pack(">H", size - 285)


def node(bits, left, right):
    if bits == 28:
        return struct.pack(">I", left)[1:] + bytes([left >> 24 << 4 | right >> 24]) + struct.pack(">I", right)[1:]
    return b"".join(struct.pack(">I", v)[4 - bits // 8:] for v in (left, right))


class Database:
    """networks: {"192.0.2.0/24": record, ...}, wider ones first; IPv4 at ::/96, as MaxMind's have it."""

    def __init__(self, networks, bits=28, kind="Test", **metadata):
        self.bits, self.nodes, self.data = bits, [[None, None]], b""
        for network, record in networks.items():
            self.add(ipaddress.ip_network(network), record)
        self.metadata = {
            "binary_format_major_version": U16(2), "binary_format_minor_version": U16(0),
            "build_epoch": U64(1700000000),
            "database_type": kind, "description": {"en": "made for a test"}, "ip_version": U16(6),
            "languages": ["en"], "node_count": len(self.nodes), "record_size": U16(bits), **metadata}

    def add(self, network, record):
        path = int(network.network_address)
        length = network.prefixlen + (0 if network.version == 6 else 96)
        at = 0
        for i in range(length):
            bit = path >> (127 - i) & 1
            if i == length - 1:
                self.nodes[at][bit] = ("data", len(self.data))
            elif not isinstance(self.nodes[at][bit], int):
                self.nodes.append([self.nodes[at][bit]] * 2)
                self.nodes[at][bit] = len(self.nodes) - 1
            at = self.nodes[at][bit]
        self.data += record if isinstance(record, bytes) else value(record)

    def record(self, to):
        if to is None:
            return len(self.nodes)
        return to if isinstance(to, int) else len(self.nodes) + 16 + to[1]

    def bytes(self):
        tree = b"".join(node(self.bits, *map(self.record, pair)) for pair in self.nodes)
        return tree + bytes(16) + self.data + MARK + value(self.metadata)


def country(iso, name="a country with a name that is longer than others"):
    return {"continent": {"code": "XX"}, "country": {"names": {"en": name}, "iso_code": iso}}


def system(number, name):
    return {"autonomous_system_number": number, "autonomous_system_organization": name}
