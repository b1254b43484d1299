"""Machines made of network namespaces: a client, the gate and a mail server, each in a network of its own.

    with Networks() as net:
        with net.inside("server"):      # what is started, bound or connected here is on that machine
            ...

    client 192.0.2.7, 2001:db8:1::7  --  192.0.2.1, 2001:db8:1::1  gate  203.0.113.1, 2001:db8:2::1  --  203.0.113.2 server
"""
import contextlib
import ctypes
import os
import shutil
import subprocess

IP = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
CLIENT, CLIENT6 = "192.0.2.7", "2001:db8:1::7"
GATE, GATE6 = "192.0.2.1", "2001:db8:1::1"
SERVER, SERVER6 = "203.0.113.2", "2001:db8:2::2"
CLONE_NEWNET = 0x40000000


def missing():
    """Why there can be none here, or None."""
    if os.geteuid() != 0:
        return "network namespaces can only be made by root"
    if not IP:
        return "ip (iproute2) is not installed"
    name = f"postern-{os.getpid()}-try"
    if subprocess.run([IP, "netns", "add", name], stderr=subprocess.DEVNULL).returncode:
        return "this system makes no network namespaces"
    subprocess.run([IP, "netns", "del", name], check=True)
    return None


class Networks:
    def __init__(self):
        self.names = {who: f"postern-{os.getpid()}-{who}" for who in ("client", "gate", "server")}
        self.made = []
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)

    def ip(self, who, *words):
        subprocess.run([IP, "-n", self.names[who], *words], check=True)

    def _addresses(self, who, device, *addresses):
        for address in addresses:
            words = ["nodad"] if ":" in address else []
            self.ip(who, "addr", "add", address, "dev", device, *words)
        self.ip(who, "link", "set", device, "up")

    def _make(self):
        for who, name in self.names.items():
            subprocess.run([IP, "netns", "add", name], check=True)
            self.made.append(who)
            self.ip(who, "link", "set", "lo", "up")
        for who, there in ("client", "out"), ("server", "in"):
            self.ip("gate", "link", "add", there, "type", "veth", "peer", "name", "eth", "netns", self.names[who])
        self._addresses("client", "eth", f"{CLIENT}/24", f"{CLIENT6}/64")
        self._addresses("server", "eth", f"{SERVER}/24", f"{SERVER6}/64")
        self._addresses("gate", "out", f"{GATE}/24", f"{GATE6}/64")
        self._addresses("gate", "in", "203.0.113.1/24", "2001:db8:2::1/64")
        self.ip("server", "route", "add", "default", "via", "203.0.113.1")
        self.ip("server", "-6", "route", "add", "default", "via", "2001:db8:2::1")

    @contextlib.contextmanager
    def inside(self, who):
        """This thread, and what it starts, is on that machine."""
        with open(f"/run/netns/{self.names[who]}") as there:
            self._enter(there.fileno())
        try:
            yield
        finally:
            self._enter(self.own)

    @staticmethod
    def _enter(fd):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for who in self.made:
            subprocess.run([IP, "netns", "del", self.names[who]], check=True)
        os.close(self.own)
