"""Clients, backends and name servers that mean ill, over real sockets: memory stays bounded, others are served, and
nobody gets past a verdict.
"""
import contextlib
import socket
import threading
import time
import unittest

import hostile
from hostile import Backend, Dns
from postern import Postern


def memory_kb(gate):
    """Resident, of all workers."""
    total = 0
    for pid in gate.workers():
        with open(f"/proc/{pid}/status") as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
    return total


@contextlib.contextmanager
def gate_before(backend, **options):
    with contextlib.closing(backend), Postern(workers=1, backend=backend.config(**options.pop("pool", {})),
                                              **options) as gate:
        yield gate


def envelope(client, sender="a@example.org", to="b@example.net"):
    client.expect(250, f"MAIL FROM:<{sender}>")
    return client.ask(f"RCPT TO:<{to}>")


class Client(unittest.TestCase):
    def test_who_takes_no_replies_costs_no_memory(self):
        """Pipelined recipients by the megabyte, and a backend with much to say about each."""
        long = "\r\n".join(["250-" + "x" * 400] * 8 + ["250 ok"])
        with gate_before(Backend(RCPT=long)) as gate:
            before = memory_kb(gate)
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", gate.port))
            s.settimeout(0.5)
            s.sendall(b"EHLO client.example\r\n")
            burst = b"MAIL FROM:<a@example.org>\r\n" + b"RCPT TO:<b@example.net>\r\n" * 400 + b"RSET\r\n"
            with self.assertRaises(TimeoutError), s:  # it is not read any more
                for _ in range(3000):
                    s.sendall(burst)
            self.assertLess(memory_kb(gate) - before, 6000)

    def test_clients_that_pause_do_not_keep_others_from_the_backend(self):
        """Each holds a backend connection as long as it may; there are many more of them than connections."""
        stop = threading.Event()

        def hold(gate):
            with contextlib.suppress(OSError, AssertionError), gate.connect() as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                while not stop.is_set():
                    envelope(c)
                    stop.wait(1.1)
                    c.expect(250, "RSET")

        with gate_before(Backend(), pool={"connections": 2}) as gate:
            holders = [threading.Thread(target=hold, args=(gate,)) for _ in range(12)]
            for t in holders:
                t.start()
            time.sleep(1)
            began = time.monotonic()
            with gate.connect() as c:
                c.expect(220)
                c.expect(250, "EHLO client.example")
                self.assertEqual(envelope(c)[0], 250)
            took = time.monotonic() - began
            stop.set()
            for t in holders:
                t.join()
            self.assertLess(took, 3)  # leases of a second each would make it six

    def test_the_ptr_zone_of_a_listed_client(self):
        """Its own zone is as large as an answer can be: what the block list says of it is still heard."""
        far = ".".join(["x" * 60] * 3) + "." + "y" * 40

        def say(name, kind, packet, tcp):
            if name.endswith("rbl.test"):
                listed = not name.startswith("1.0.0.127")
                return (0.3, hostile.answer(packet, [hostile.address("127.0.0.2")] if listed else [], 0 if listed else 3))
            if name == "localhost" or not tcp:
                return hostile.answer(packet, truncated=name != "localhost")
            if kind == hostile.PTR:
                return hostile.answer(packet, [hostile.record(hostile.PTR, hostile.wire(f"n{i:02}.{far}"))
                                               for i in range(64)])
            return hostile.answer(packet, [hostile.address(f"10.1.1.{i}") for i in range(64)])

        with contextlib.closing(Dns(say)) as dns, gate_before(
                Backend(), dns=dns.port, extra='dnsbl "rbl.test" { symbol = LISTED }\n'
                'verdict "listed" { when = LISTED  do = reject }') as gate, gate.connect(source="127.0.0.5") as c:
            c.expect(220)
            c.expect(250, "EHLO client.example")
            self.assertEqual(envelope(c)[0], 550)
            self.assertGreaterEqual(len([1 for _, kind in dns.asked if kind == hostile.A]), 10)
