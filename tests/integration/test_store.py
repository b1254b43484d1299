"""The embedded store under the daemon: whose its files are, what is wrong with them, workers that are killed."""
import contextlib
import os
import pwd
import signal
import stat
import subprocess
import unittest

from kills import kills
from postern import Postern, run


class Store(unittest.TestCase):
    def gate(self, **more):
        gate = Postern(**more)  # lmdb:{gate.dir}/store
        self.addCleanup(gate.close)
        return gate

    def test_what_is_missing_is_made_for_the_workers(self):
        gate = self.gate().start()
        gate.send()
        uid = os.getuid() or next((pwd.getpwnam(n).pw_uid for n in ("postern", "nobody") if n in
                                   {p.pw_name for p in pwd.getpwall()}), None)
        for path in gate.dir / "store", gate.dir / "store/store.lmdb", gate.dir / "store/store.lmdb-lock":
            self.assertEqual(path.stat().st_uid, uid, path)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o027, 0, path)
        self.assertEqual(gate.stop(), 0)

    def test_a_folder_that_cannot_be_is_told_with_its_line(self):
        gate = self.gate()
        gate.config.write_text(gate.config.read_text().replace("/store", "/postern.conf/store"))
        done = run("check", "-c", gate.config)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"postern\.conf:\d+:\d+: cannot write to .*Not a directory")
        gate.start(wait=False)
        self.assertEqual(gate.wait(), 73)

    def test_memory_that_workers_do_not_share_is_a_warning(self):
        for workers, warned in (1, False), (2, True):
            gate = self.gate(workers=workers, extra='store { url = "memory:" }')
            done = run("check", "-c", gate.config)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("warning: each of 2 workers has a memory: of its own" in done.stderr, warned, done.stderr)

    def test_a_damaged_file_is_kept_and_a_new_one_begun(self):
        gate = self.gate()
        (gate.dir / "store").mkdir()
        (gate.dir / "store").chmod(0o755)
        garbage = gate.dir / "store/store.lmdb"
        garbage.write_bytes(b"x" * 50000)
        garbage.chmod(0o666)
        gate.start()
        self.assertIn("was damaged", gate.wait_log("error", what="store")["text"])
        gate.send()
        self.assertEqual((gate.dir / "store/store.lmdb.damaged").read_bytes(), b"x" * 50000)
        self.assertFalse((gate.dir / "store/store.lmdb.new").exists())
        self.assertEqual(gate.stop(), 0)
        self.assertEqual(len(gate.log("error")), 1)

    def full_disk(self, gate):
        """The store's folder is a disk of its own, of which `fill` takes the rest."""
        store = gate.dir / "store"
        store.mkdir()
        if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=1777", "tmpfs", store]).returncode:
            self.skipTest("no disk of its own can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", store], check=True)
        return store

    @staticmethod
    def fill(store):
        with open(store / "fill", "wb", buffering=0) as f, contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))

    def test_a_full_disk_damages_nothing(self):
        """A worker dies, so the file is looked at, for which there is no space."""
        gate = self.gate(config=Postern.CONTROLLED, extra="greylist { }")
        store = self.full_disk(gate)
        gate.start()
        self.assertEqual(run("greylist", "-c", gate.config, "allow", "good.example").returncode, 0)
        self.fill(store)
        os.kill(gate.workers()[0], signal.SIGSEGV)
        gate.wait_log("worker", state="started", count=3)
        self.assertIn("could not be looked at", gate.wait_log("error", what="store")["text"])
        self.assertFalse((store / "store.lmdb.damaged").exists())
        self.assertIn("good.example", run("greylist", "-c", gate.config, "show").stdout)
        gate.send()
        self.assertEqual(gate.stop(), 0)

    def test_a_disk_that_was_full_before_is_told(self):
        gate = self.gate()
        self.fill(self.full_disk(gate))
        gate.start(wait=False)
        self.assertEqual(gate.wait(), 73)
        self.assertIn("No space left", gate.wait_log("error", what="store")["text"])

    def test_killed_workers_leave_it_whole(self):
        gate = self.gate().start()
        for n in range(6):
            gate.send(subject=f"before{n}")
            os.kill(gate.workers()[n % 2], signal.SIGKILL)
            gate.wait_log("worker", count=n + 1, state="ended", signal="9")
            gate.wait_log("worker", count=n + 3, state="started")
        gate.send(subject="after")
        self.assertEqual(gate.stop(), 0)
        self.assertEqual(gate.log("error") + gate.log("degraded", what="store"), [])

    def test_killed_at_random_under_mail(self):
        """For longer: tests/integration/kills.py 300."""
        kills(self, 4)

    def test_after_a_crash_it_is_looked_at(self):
        gate = self.gate().start()
        os.kill(gate.workers()[0], signal.SIGSEGV)
        gate.wait_log("store", what="sound")
        gate.wait_log("worker", count=3, state="started")
        gate.send()
        self.assertEqual(gate.stop(), 0)


if __name__ == "__main__":
    unittest.main()
