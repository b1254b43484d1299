"""What one client may have and do, held over several workers, over their deaths and over a reload; and a worker near its
limits, which goes on to serve honest clients."""
import asyncio
import os
import random
import signal
import subprocess
import threading

from load import Load
from peers import Sink
from postern import FolderTest, Postern

EVERYBODY = "unlimited_from = []"


class Limits(FolderTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(self.folder.path).start()
        self.addCleanup(self.sink.close)
        self.clients = []

    def gate(self, listener, workers=2, **values):
        gate = Postern(workers=workers, listener=f"{EVERYBODY} {listener}",
                       backend=f'backend "mta" {{ servers = ["{self.sink.address}"] }}', **values)
        self.addCleanup(gate.close)
        self.addCleanup(lambda: [c.close() for c in self.clients])
        return gate.start()

    def come(self, gate, count, source):
        """So many clients connect; those that are greeted stay, the replies of the others are returned."""
        refused, stay = [], []
        for _ in range(count):
            c = gate.connect(source=source)
            code, text = c.reply()
            if code == 220:
                stay.append(c)
            else:
                self.assertEqual((code, c.reply()), (421, (0, "")))
                refused.append(text)
                c.close()
        self.clients += stay
        return stay, refused

    def leave(self, gate, clients):
        before = len(gate.log("disconnect"))
        for c in clients:
            c.expect(221, "QUIT")
            c.close()
        gate.wait_log("disconnect", count=before + len(clients))

    @staticmethod
    def begin(clients):
        for c in clients:
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")

    @staticmethod
    def sockets(gate):
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in gate.workers()]

    def test_sessions_of_an_address(self):
        gate = self.gate("sessions_per_address = 20")
        before = self.sockets(gate)
        stay, refused = self.come(gate, 40, "127.0.0.2")
        self.assertEqual(len(stay), 20)
        self.assertTrue(all(now > was for now, was in zip(self.sockets(gate), before)), "one worker had them all")
        for text in refused:
            self.assertRegex(text, r"^4\.7\.0 too many sessions from 127\.0\.0\.2, try again later \[\w+\]$")
        line = gate.wait_log("limit", what="sessions_per_address", key="127.0.0.2", max=20)
        self.assertIn(line["id"], "".join(refused))
        self.assertEqual(len(self.come(gate, 20, "127.0.0.3")[0]), 20)
        self.leave(gate, stay[:5])
        self.assertEqual(len(self.come(gate, 10, "127.0.0.2")[0]), 5)

    def test_sessions_of_a_network(self):
        gate = self.gate("sessions_per_network = 10")
        greeted = sum(len(self.come(gate, 4, f"127.0.9.{n}")[0]) for n in range(1, 6))
        self.assertEqual(greeted, 10)
        gate.wait_log("limit", what="sessions_per_network", key="127.0.9.0/24", max=10)
        self.assertEqual(len(self.come(gate, 4, "127.0.8.1")[0]), 4)

    def test_rates_hold_over_workers(self):
        """One bucket for both workers: not one more than it holds."""
        gate = self.gate("connection_rate = 30/1d  message_rate = 20/1d")
        stay, refused = self.come(gate, 50, "127.0.0.2")
        self.assertEqual((len(stay), len(refused)), (30, 20))
        self.assertRegex(refused[0], r"too many connections from 127\.0\.0\.2, try again in \d+ s")
        codes = []
        for c in stay:
            c.expect(250, "EHLO client.example")
            codes.append(c.ask("MAIL FROM:<a@example.org>")[0])
        self.assertEqual((codes.count(250), codes.count(450)), (20, 10))
        self.assertEqual(len(self.come(gate, 1, "127.0.0.3")[0]), 1)

    def test_errors_follow_a_client(self):
        gate = self.gate("error_rate = 5/1d")
        (one, other), _ = self.come(gate, 2, "127.0.0.2")
        for _ in range(4):
            one.expect(500, "XYZZY")
        other.expect(500, "XYZZY")
        self.assertRegex(other.expect(421), r"^4\.7\.0 too many errors from 127\.0\.0\.2, try again in \d+ s")
        self.assertEqual(self.come(gate, 3, "127.0.0.2")[0], [])
        self.assertEqual(len(self.come(gate, 1, "127.0.0.4")[0]), 1)

    def test_shadow(self):
        gate = self.gate("limits = shadow  sessions_per_address = 1  connection_rate = 1/1d",
                         extra='verdict "many" { when = MANY_SESSIONS and RATE_CONNECTIONS  do = reject }')
        stay, refused = self.come(gate, 3, "127.0.0.2")
        self.assertEqual((len(stay), refused), (3, []))
        self.assertIn("too many sessions", gate.wait_log("limit")["would"])
        for c, code in zip(stay, (250, 550, 550)):
            c.expect(250, "EHLO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(code, "RCPT TO:<b@example.net>")

    def test_a_killed_worker_leaves_nothing_behind(self):
        gate = self.gate("sessions_per_address = 10")
        self.assertEqual(len(self.come(gate, 12, "127.0.0.2")[0]), 10)
        dead = gate.workers()
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        for pid in dead:
            gate.wait_log("worker", state="ended", pid=pid)
        for c in self.clients:
            c.close()
        self.clients.clear()
        gate.wait_log("worker", count=4, state="started")
        stay, refused = self.come(gate, 15, "127.0.0.2")
        self.assertEqual((len(stay), len(refused)), (10, 5))

    def test_a_reload_forgets_nothing(self):
        """The sessions of the old workers, in transactions, count for the new ones."""
        gate = self.gate("sessions_per_address = 8")
        stay, _ = self.come(gate, 6, "127.0.0.2")
        self.begin(stay)
        gate.tell(signal.SIGHUP)
        gate.wait_log("ready", count=2)
        more, _ = self.come(gate, 5, "127.0.0.2")  # some of them still by the old workers
        self.assertEqual(len(more), 2)
        self.begin(more)
        for c in stay + more:
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.raw(b"Subject: x\r\n\r\nbody\r\n.\r\n")
            c.expect(250)
            c.close()
        gate.wait_log("disconnect", count=8)
        gate.wait_log("worker", count=2, state="ended")
        self.assertEqual(len(self.come(gate, 10, "127.0.0.2")[0]), 8)


class Crowd:
    """Thousands of clients that dribble, each a byte at a time of something that never ends, and come again when they
    are hung up on; until told to stop."""

    SAYINGS = b"EHLO " + b"a" * 4000, b"EHLO a\r\nMAIL FROM:<" + b"b" * 3000, b"\x16\x03\x01\x01\x00" + b"\0" * 500, b""

    def __init__(self, port, count):
        self.port, self.count = port, count
        self.thread = threading.Thread(target=lambda: asyncio.run(self.main()), daemon=True)

    async def dribble(self, n):
        chance = random.Random(n)
        source = f"127.{1 + n % 7}.{n // 200}.{1 + n % 200}"
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
                ends = asyncio.ensure_future(reader.read(-1))
                for byte in chance.choice(self.SAYINGS):
                    writer.write(bytes([byte]))
                    if (await asyncio.wait([ends], timeout=chance.uniform(0.5, 2)))[0]:
                        break
                await ends
            except OSError:
                pass
            if writer:
                writer.close()
            await asyncio.sleep(chance.uniform(0.2, 1))  # an attacker's own pace, nothing is waited for

    async def main(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()
        crowd = [asyncio.ensure_future(self.dribble(n)) for n in range(self.count)]
        await self.over.wait()
        for one in crowd:
            one.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)

    def __enter__(self):
        self.ready = threading.Event()
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join()


class Pressure(FolderTest):
    def setUp(self):
        super().setUp()
        self.sink = Sink(self.folder.path).start()
        self.addCleanup(self.sink.close)

    def gate(self, listener, workers=2, **values):
        gate = Postern(workers=workers, listener=listener,
                       backend=f'backend "mta" {{ servers = ["{self.sink.address}"] }}', **values)
        self.addCleanup(gate.close)
        return gate.start()

    def test_slowloris(self):
        """Three thousand dribbling clients for six hundred places: every honest mail arrives all the same."""
        gate = self.gate("sessions_max = 300")
        with Crowd(gate.port, 3000):
            gate.wait_log("busy", count=2)  # both workers are full
            gate.wait_log("stress", state="entered", max=300)
            with Load(gate.port, threads=4, messages=40) as load:
                load.finish()
            gate.wait_log("disconnect", by="timeout")
        load.check(self, self.sink.stored())
        gate.wait_log("stress", state="left")
        self.assertEqual(gate.stop(), 0)

    def test_memory_ceiling(self):
        """Messages that are not finished fill the memory; what comes then is put off, and what goes makes room."""
        gate = self.gate("message_max = 2MB", workers=1, extra="memory_max = 64MB")
        clients, senders = [], []
        early = gate.connect()
        early.expect(220)
        early.expect(250, "EHLO client.example")
        for _ in range(200):
            c = gate.connect()
            clients.append(c)
            code, text = c.reply()
            if code != 220:
                break
            c.expect(250, "EHLO client.example")
            code, text = c.ask("MAIL FROM:<a@example.org>")
            if code == 452:
                continue  # it became scarce just now
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            senders.append(c)
            c.raw(b"Subject: x\r\n\r\n" + (b"y" * 98 + b"\r\n") * 9000)
        self.assertRegex(f"{code} {text}", r"^421 4\.3\.2 out of memory")
        self.assertGreater(len(senders), 40)
        gate.wait_log("memory", what="scarce")
        self.assertRegex(early.expect(452, "MAIL FROM:<a@example.org>"), r"^4\.3\.1 out of memory for now")
        for c in senders:
            c.raw(b".\r\n")
            c.expect(250)
        self.assertEqual(early.mail("Subject: x\r\n\r\nsmall")[0], 250)
        gate.wait_log("memory", what="enough")
        self.assertEqual(len(self.sink.ids()), len(senders) + 1)
        for c in clients + [early]:
            c.close()

    def test_disk_low(self):
        """Large messages that are not finished fill the spool's disk down to what is left to others; small ones go on."""
        spool = self.folder.path / "spool"
        spool.mkdir()
        if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,mode=1777", "tmpfs", spool]).returncode:
            self.skipTest("no disk of its own can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", spool], check=True)
        gate = self.gate("message_max = 20MB", spool=spool)
        large = b"Subject: x\r\n\r\n" + (b"y" * 98 + b"\r\n") * 150000
        clients = [gate.connect() for _ in range(3)]
        for c in clients:
            c.expect(220)
            c.expect(250, "EHLO client.example")
        for c in clients[:2]:
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.raw(large)
        last = clients[2]
        self.assertRegex(last.mail(large.decode())[1], r"^4\.3\.1 no space for this message")
        gate.wait_log("spool", what="full")
        self.assertIn("less than spool_min_free", gate.wait_log("refused")["error"])
        free = os.statvfs(spool)
        self.assertGreaterEqual(free.f_bavail * free.f_frsize, 64 << 20)
        self.assertEqual(last.mail("Subject: x\r\n\r\nsmall")[0], 250)
        for c in clients[:2]:
            c.raw(b".\r\n")
            c.expect(250)
            c.expect(250, "NOOP")  # it has heard us: its message is kept no longer
        self.assertEqual(last.mail(large.decode())[0], 250)
        self.assertEqual(len(self.sink.ids()), 4)
        for c in clients:
            c.close()
        self.assertEqual(gate.stop(), 0)
