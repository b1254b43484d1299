"""`make run`, as somebody new finds it: a machine without network and DNS, swaks, curl and smtplib as it tells them."""
import fcntl
import os
import pathlib
import shutil
import smtplib
import socket
import struct
import subprocess
import sys
import time

from peers import Program
from postern import BINARY, PATIENCE, ROOT, FolderTest, fields, free_port


def loopback_up():
    """In a network namespace of our own, where nothing but this exists (netdevice(7): SIOCGIFFLAGS, SIOCSIFFLAGS)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name, flags = struct.unpack("16sH", fcntl.ioctl(s, 0x8913, struct.pack("16sH14x", b"lo", 0))[:18])
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", name, flags | 1))


def tree(folder):
    """What `deploy/try` needs, so that its var/ is not the developer's."""
    (folder / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "try", folder / "deploy" / "try")
    if (ROOT / "rules").is_dir():
        (folder / "rules").symlink_to(ROOT / "rules")


def told(text, word):
    """The command that the output tells to type, made one line."""
    text = text.replace("\\\n", " ")
    return next(line.strip() for line in text.split("\n") if line.strip().startswith(word))


def play(folder):
    """Runs in the namespace; what goes wrong is raised."""
    port = free_port()
    begin = time.monotonic()
    with Program("deploy/try", BINARY, cwd=folder, env=os.environ | {"PORT": str(port)}) as gate:
        gate.wait_line(r"^ready ")
        assert time.monotonic() - begin < 10, "it did not start within seconds"
        new = folder / "var" / "mail" / "new"
        commands = [told(gate.text(), word) for word in ("swaks ", "printf ", "python3 ")]
        for n, command in enumerate(commands, 1):
            begin = time.monotonic()
            done = subprocess.run(["sh", "-c", command], cwd=folder, timeout=PATIENCE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            assert done.returncode == 0, f"{command}: {done.stdout}"
            assert time.monotonic() - begin < 8, f"{command} took {time.monotonic() - begin} s"
            assert len(list(new.iterdir())) == n, command
            verdict = fields(gate.wait_line(r"^verdict .*", count=n).group(0))
            assert verdict["action"] == "accept", verdict
        assert any("degraded=" in line for line in gate.lines if line.startswith("verdict ")), gate.text()
        with smtplib.SMTP("127.0.0.1", port) as client:
            try:
                client.sendmail("me@example.org", "refused@example.net", "Subject: x\n\nx")
                raise AssertionError("refused@example.net was accepted")
            except smtplib.SMTPRecipientsRefused as e:
                assert list(e.recipients.values())[0][0] == 550, e
        gate.tell(15)
        assert gate.wait() == 0, gate.text()


class Try(FolderTest):
    def setUp(self):
        super().setUp()
        tree(self.folder.path)

    def test_without_network_and_dns(self):
        alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-n", "-c", "--keep-caps"]
        if subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("no network namespace can be made here")
        done = subprocess.run([*alone, sys.executable, __file__, self.folder.path], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_twice(self):
        """An edited config stays; the second one says that the port is taken."""
        port = free_port()
        env = os.environ | {"PORT": str(port)}
        with Program("deploy/try", BINARY, cwd=self.folder.path, env=env) as gate:
            gate.wait_line("^ready ")
            again = subprocess.run(["deploy/try", BINARY], cwd=self.folder.path, env=env, text=True, timeout=PATIENCE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(again.returncode, 69, again.stdout)
            self.assertIn("Address already in use", again.stdout)
            config = self.folder.path / "var" / "postern.conf"
            config.write_text(config.read_text() + "# edited\n")
            gate.tell(15)
            self.assertEqual(gate.wait(), 0)
        with Program("deploy/try", BINARY, cwd=self.folder.path, env=env) as gate:
            gate.wait_line("^ready ")
            gate.tell(15)
            self.assertEqual(gate.wait(), 0)
        self.assertTrue(config.read_text().endswith("# edited\n"))


if __name__ == "__main__":
    loopback_up()
    play(pathlib.Path(sys.argv[1]))
