"""rspamd as Debian has it, beside which we measure: one worker on loopback with the name server we give it; what needs
Redis or the Internet is off.  Its own service is not touched."""
import http.client
import json
import os
import shutil
import subprocess
import sys
import time

from postern import free_ports

OFF = "fuzzy_check", "asn", "greylist", "rspamd_update", "phishing", "dcc", "neural", "replies", "ratelimit", "mx_check"
# What it knows of who sent a mail, and nothing else.
AUTHENTICATION = {"groups_enabled": ["spf", "dkim", "dmarc", "arc", "policies"]}


def installed():
    return shutil.which("rspamd") is not None


class Rspamd:
    def __init__(self, folder, dns_port):
        self.folder = folder.path / "rspamd"
        self.local = self.folder / "local.d"
        self.local.mkdir(parents=True)
        self.port, unused = free_ports(2)
        self.write("options.inc", f'dns {{ nameserver = ["127.0.0.1:{dns_port}"]; }}\nlocal_addrs = ["10.0.0.0/8"];\n'
                   f'control_socket = "{self.folder}/control.sock mode=0600";\n')
        self.write("logging.inc", f'type = "file"; filename = "{self.folder}/log"; level = "error";\n')
        self.write("worker-normal.inc", f'bind_socket = "127.0.0.1:{self.port}"; count = 1;\n')
        self.write("worker-controller.inc", f'bind_socket = "127.0.0.1:{unused}"; enabled = false;\n')
        self.write("worker-proxy.inc", "enabled = false;\n")
        for module in OFF:
            self.write(f"{module}.conf", "enabled = false;\n")

    def write(self, name, text):
        (self.local / name).write_text(text)

    def __enter__(self):
        places = [f"--var={name}={self.folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]
        self.process = subprocess.Popen(["rspamd", "-f", "-i", "-c", "/etc/rspamd/rspamd.conf", *places],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        end = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit("rspamd does not start")
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.terminate()
        self.process.wait()

    def answers(self):
        try:
            self.client.request("GET", "/ping")
            return self.client.getresponse().read() is not None
        except (OSError, http.client.HTTPException):
            self.client.close()
            return False

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


def cpu_us(server):
    """Of all its processes."""
    ticks = 0
    for pid in [server, *children(server)]:
        fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1e6 / os.sysconf("SC_CLK_TCK")


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]
