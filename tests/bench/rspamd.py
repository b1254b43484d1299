"""rspamd as Debian has it, beside which we measure: one worker on loopback, in folders of ours, with the name server we give
it; what needs Redis or the Internet is off.  A service of the machine's own is not touched.

Where it is not installed it is unpacked (unpack-package): it wants Hyperscan, which Debian installs instead of Vectorscan."""
import functools
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys

from postern import free_ports
from said import Said
from unpacked import unpacked

OFF = "fuzzy_check", "asn", "greylist", "rspamd_update", "phishing", "dcc", "neural", "replies", "ratelimit", "mx_check"
# What asks a name server.
LOOKUPS = "rbl", "surbl", "spf", "dkim", "dmarc", "arc", "whitelist", "hfilter", "reputation"
# What it knows of who sent a mail, and nothing else.
AUTHENTICATION = {"groups_enabled": ["spf", "dkim", "dmarc", "arc", "policies"]}


@functools.cache
def place():
    """Its root folder and those of its libraries; None: it is not to be had."""
    if shutil.which("rspamd"):
        return pathlib.Path("/"), []
    found = unpacked("rspamd"), unpacked("libhyperscan5")
    if not all(found):
        return None
    return found[0], [found[0] / "usr/lib/rspamd", next(found[1].glob("**/libhs.so.5")).parent]


def installed():
    return place() is not None


class Rspamd:
    """The worker is ready when its expressions are compiled, which it does while it serves already."""

    def __init__(self, folder, dns_port, off=()):
        self.folder = folder.path / "rspamd"
        self.local = self.folder / "local.d"
        self.local.mkdir(parents=True)
        self.port, unused = free_ports(2)
        self.write("options.inc", f'dns {{ nameserver = ["127.0.0.1:{dns_port}"]; }}\nlocal_addrs = ["10.0.0.0/8"];\n'
                   f'control_socket = "{self.folder}/control.sock mode=0600";\n')
        self.write("logging.inc", 'type = "console"; level = "info";\n')
        self.write("worker-normal.inc", f'bind_socket = "127.0.0.1:{self.port}"; count = 1;\n')
        self.write("worker-controller.inc", f'bind_socket = "127.0.0.1:{unused}"; enabled = false;\n')
        self.write("worker-proxy.inc", "enabled = false;\n")
        for module in (*OFF, *off):
            self.write(f"{module}.conf", "enabled = false;\n")

    def write(self, name, text):
        (self.local / name).write_text(text)

    def command(self):
        root, _ = place()
        share = root / "usr/share/rspamd"
        places = {**dict.fromkeys(("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR"), self.folder),
                  "CONFDIR": root / "etc/rspamd", "SHAREDIR": share, "RULESDIR": share / "rules",
                  "PLUGINSDIR": share / "plugins", "LUALIBDIR": share / "lualib", "WWWDIR": share / "www"}
        return [root / "usr/bin/rspamd", "-f", "-i", "-c", root / "etc/rspamd/rspamd.conf",
                *(f"--var={name}={path}" for name, path in places.items())]

    def __enter__(self):
        libraries = ":".join(map(str, place()[1]))
        self.process = subprocess.Popen(self.command(), env={**os.environ, "LD_LIBRARY_PATH": libraries},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if not Said(self.process.stderr, is_compiled).wait(180):
            self.__exit__()
            sys.exit("rspamd does not start")
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.terminate()
        self.process.wait()

    def scan(self, mail, headers, settings=None):
        more = {"Settings": json.dumps(settings)} if settings else {}
        self.client.request("POST", "/checkv2", mail, {**headers, **more, "Connection": "keep-alive"})
        return json.loads(self.client.getresponse().read())

    def cpu_us(self):
        return cpu_us(self.process.pid)

    def cost_us(self, mail, headers, times, settings=None):
        """CPU of one scan, when what it asks DNS for is in its caches."""
        for _ in range(max(20, times // 10)):
            self.scan(mail, headers, settings)
        before = self.cpu_us()
        for _ in range(times):
            self.scan(mail, headers, settings)
        return (self.cpu_us() - before) / times


def is_compiled(line):
    return "(normal)" in line and "hyperscan database of" in line and "has been loaded" in line


def cpu_us(server):
    """Of all its processes."""
    ticks = 0
    for pid in [server, *children(server)]:
        fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]
