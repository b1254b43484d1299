#!/usr/bin/env python3
"""Writes the seeds of fuzz_dns into the folder given: one answer of each kind, well-formed and broken."""
import struct
import sys
import pathlib

TYPES = ["A", "AAAA", "TXT", "MX", "PTR", "CNAME", "SOA"]  # as in fuzz_dns.c
CODE = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "OPT": 41}


def name(text):
    return b"".join(bytes([len(x)]) + x.encode() for x in text.split(".") if x) + b"\0"


def pointer(at):
    return struct.pack(">H", 0xC000 | at)


def rr(owner, kind, data, ttl=300, klass=1):
    return owner + struct.pack(">HHIH", CODE[kind], klass, ttl, len(data)) + data


def soa(owner, ttl=900, minimum=60):
    return rr(owner, "SOA", name("ns.example.org") + name("root.example.org") + struct.pack(">5I", 1, 2, 3, 4, minimum), ttl)


def answer(asked, kind, answers=(), authority=(), flags=0x8180, extra=()):
    head = struct.pack(">6H", 0x1234, flags, 1, len(answers), len(authority), len(extra))
    question = name(asked) + struct.pack(">HH", CODE[kind], 1)
    packet = head + question + b"".join(answers) + b"".join(authority) + b"".join(extra)
    return bytes([TYPES.index(kind)]) + packet


Q = pointer(12)
SEEDS = {
    "a": answer("mx.example.org", "A", [rr(Q, "A", b"\x7f\0\0\2"), rr(Q, "A", b"\x7f\0\0\4")]),
    "aaaa": answer("mx.example.org", "AAAA", [rr(Q, "AAAA", bytes(15) + b"\1")]),
    "txt": answer("example.org", "TXT", [rr(Q, "TXT", b"\6v=spf1\5 -all"), rr(Q, "TXT", b"\0")]),
    "txt_long": answer("example.org", "TXT", [rr(Q, "TXT", (b"\xff" + b"x" * 255) * 17)]),
    "txt_over_end": answer("example.org", "TXT", [rr(Q, "TXT", b"\x20short")]),
    "mx": answer("example.org", "MX", [rr(Q, "MX", b"\0\x0a" + b"\2mx" + Q), rr(Q, "MX", b"\0\0\0")]),
    "ptr": answer("2.0.0.127.in-addr.arpa", "PTR", [rr(Q, "PTR", name("localhost.example"))]),
    "ptr_odd_bytes": answer("2.0.0.127.in-addr.arpa", "PTR", [rr(Q, "PTR", b"\5a.\\\0\xff\3UPP\0")]),
    "cname": answer("a.example", "CNAME", [rr(Q, "CNAME", name("b.example"))]),
    "soa": answer("example.org", "SOA", [soa(Q)]),
    "chain": answer("a.example", "A", [rr(Q, "CNAME", name("b.example")), rr(name("b.example"), "CNAME", b"\1c" + pointer(14)),
                                       rr(b"\1c" + pointer(14), "A", b"\x7f\0\0\1")]),
    "chain_backwards": answer("a.example", "A", [rr(name("c.example"), "A", b"\x7f\0\0\1"), rr(name("b.example"), "CNAME", name("c.example")),
                                                 rr(Q, "CNAME", name("b.example"))]),
    "chain_loop": answer("a.example", "A", [rr(Q, "CNAME", name("b.example")), rr(name("b.example"), "CNAME", Q)]),
    "pointer_to_itself": answer("a.example", "A", [rr(pointer(27), "A", b"\x7f\0\0\1")]),
    "pointer_forward": answer("a.example", "A", [rr(pointer(60), "A", b"\x7f\0\0\1")]),
    "pointer_into_header": answer("a.example", "A", [rr(pointer(2), "A", b"\x7f\0\0\1")]),
    "pointer_pair": answer("a.example", "PTR", [rr(Q, "PTR", pointer(39) + pointer(37))]),
    "poison": answer("a.example", "A", [rr(name("bank.example"), "A", b"\x06\6\6\6"), rr(Q, "A", b"\x7f\0\0\1")]),
    "nxdomain": answer("no.example.org", "A", [], [soa(pointer(15))], 0x8183),
    "nodata": answer("example.org", "AAAA", [], [soa(Q, 30, 86400)]),
    "nodata_other_soa": answer("example.org", "AAAA", [], [soa(name("else.example"))]),
    "servfail": answer("example.org", "A", flags=0x8182),
    "formerr": answer("example.org", "A", flags=0x8181),
    "truncated_flag": answer("example.org", "A", [rr(Q, "A", b"\x7f\0\0\1")], flags=0x8380),
    "edns": answer("example.org", "A", [rr(Q, "A", b"\x7f\0\0\1")], extra=[rr(b"\0", "OPT", b"", 0, 1232)]),
    "ttl_negative": answer("example.org", "A", [rr(Q, "A", b"\x7f\0\0\1", 0x80000001)]),
    "address_short": answer("example.org", "A", [rr(Q, "A", b"\x7f\0\0")]),
    "class_chaos": answer("example.org", "TXT", [rr(Q, "TXT", b"\1x", klass=3)]),
    "many": answer("example.org", "A", [rr(Q, "A", b"\x7f\0\0\1")] * 70, [soa(Q)]),
    "label_64": answer("example.org", "A", [rr(b"\x40" + b"x" * 64 + b"\0", "A", b"\x7f\0\0\1")]),
    "name_256": answer("example.org", "PTR", [rr(Q, "PTR", (b"\x3f" + b"x" * 63) * 4 + b"\0")]),
}
SEEDS["cut_in_data"] = SEEDS["a"][:-3]
SEEDS["cut_in_owner"] = SEEDS["chain"][:31]
SEEDS["header_only"] = SEEDS["a"][:13]

folder = pathlib.Path(sys.argv[1])
for label, content in SEEDS.items():
    (folder / label).write_bytes(content)
