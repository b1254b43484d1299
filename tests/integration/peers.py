"""The peers of the integration tests, each started in the foreground in a folder of its own and ended by its pid:
Postfix, unbound, smtp-sink, and our own counting backend (sink.py).
"""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
import unittest

from postern import PATIENCE, Folder, Output, free_port, free_ports, new_mails

HERE = pathlib.Path(__file__).resolve().parent
SMTP_SINK = shutil.which("smtp-sink", path=os.environ.get("PATH", "") + ":/usr/sbin")
SMTP_SOURCE = shutil.which("smtp-source", path=os.environ.get("PATH", "") + ":/usr/sbin")
POSTFIX = shutil.which("postfix", path=os.environ.get("PATH", "") + ":/usr/sbin")
UNBOUND = shutil.which("unbound", path=os.environ.get("PATH", "") + ":/usr/sbin")


def wait_until(true, what, timeout=PATIENCE):
    """For signs that come as no line: a port, a file.  Asks every few milliseconds."""
    until = time.monotonic() + timeout
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"waited {timeout} s for {what}")
        time.sleep(0.01)


def is_bound(port):
    """Somebody listens there, on IPv4; he hears nothing of the question."""
    with open("/proc/net/tcp") as sockets:
        rows = [line.split() for line in sockets][1:]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def listens(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


class Program(Output):
    """A program whose output is read line by line; `with` ends it."""

    def __init__(self, *command, cwd=None, env=None):
        super().__init__()
        reading, writing = os.pipe()
        os.fchmod(writing, 0o666)  # Postfix opens /dev/stdout anew, as its own user
        self.process = subprocess.Popen([str(c) for c in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                        stdout=writing, stderr=subprocess.STDOUT)
        os.close(writing)
        self.follow(os.fdopen(reading, "rb"))

    def wait_line(self, pattern, count=1, timeout=PATIENCE):
        """The count-th line in which the pattern is found, as its match."""
        wanted = re.compile(pattern)
        until = time.monotonic() + timeout
        with self.grown:
            seen = 0
            found = 0
            while True:
                for line in self.lines[seen:]:
                    m = wanted.search(line)
                    found += bool(m)
                    if m and found == count:
                        return m
                seen = len(self.lines)
                left = until - time.monotonic()
                if self.ended or left <= 0:
                    raise AssertionError(f"no line {pattern} (x{count}):\n" + "\n".join(self.lines[-40:]))
                self.grown.wait(left)

    def pid(self):
        return self.process.pid

    def tell(self, signo):
        os.kill(self.pid(), signo)

    def wait(self, timeout=PATIENCE):
        return self.process.wait(timeout)

    def close(self):
        """At once, stopped or not."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- mail ----

class Sink:
    """sink.py in a process of its own; accepted() is what it has stored."""

    def __init__(self, folder, *options, port=None, path=None):
        self.port, self.path = port or free_port(), path
        self.file = pathlib.Path(folder) / f"sink.{self.port}"
        self.file.touch()
        self.options = options
        self.program = None

    @property
    def address(self):
        return f"unix:{self.path}" if self.path else f"127.0.0.1:{self.port}"

    def start(self):
        where = f"unix:{self.path}" if self.path else str(self.port)
        self.program = Program(sys.executable, HERE / "sink.py", where, self.file, *self.options)
        self.program.wait_line("^ready")
        return self

    def kill(self):
        self.program.close()

    def stored(self):
        """One dict a message, in the order they came."""
        keys = "id", "digest", "size", "from", "to", "copies"
        return [dict(zip(keys, line.split("\t"))) for line in self.file.read_text().splitlines()]

    def ids(self):
        return [m["id"] for m in self.stored()]

    def close(self):
        if self.program:
            self.program.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


class SmtpSink(Program):
    """Postfix's smtp-sink; dumps() are the messages it took, as bytes."""

    def __init__(self, folder, *options, port=None, path=None):
        self.port, self.path = port or free_port(), path
        self.dump = pathlib.Path(folder) / f"dump.{self.port}"
        self.dump.mkdir(mode=0o777)
        self.dump.chmod(0o777)
        user = ["-u", "root" if path else "nobody"] if os.geteuid() == 0 else []
        super().__init__(SMTP_SINK, *user, "-d", f"{self.dump}/m.", *options, self.address, "1000")
        if path:
            wait_until(lambda: os.path.exists(path), path)
            os.chmod(path, 0o777)
        else:
            wait_until(lambda: listens(self.port), f"smtp-sink on {self.port}")

    @property
    def address(self):
        return f"unix:{self.path}" if self.path else f"127.0.0.1:{self.port}"

    def dumps(self):
        return [p.read_bytes() for p in sorted(self.dump.iterdir())]


class Postfix(Program):
    """A Postfix of our own: a queue, a Maildir for each user of example.net, its log on standard output.

    services: name -> options of an smtpd, each on a port of its own, ports[name].
    passwords: who may log in, Passwords.
    addresses: where it listens, the first is what the tests look at; other ones than 127.0.0.1 in networks.py only.
    """

    USERS = "b", "c", "postmaster", "grey", "busy"

    def __init__(self, services, extra="", addresses=("127.0.0.1",), passwords=None):
        self.addresses = addresses
        self.folder = Folder()
        self.dir = self.folder.path
        self.ports = dict(zip(services, free_ports(len(services))))
        self.services, self.extra, self.passwords = services, extra, passwords
        self.process = None
        self._write()
        self.start()

    @staticmethod
    def missing():
        """Why it cannot be run here, or None."""
        if os.geteuid() != 0:
            return "Postfix can only be started by root"
        return None if POSTFIX else "Postfix is not installed"

    def _write(self):
        user = pwd.getpwnam("postfix")
        for name in "queue", "data", "mail":
            (self.dir / name).mkdir()
        os.chown(self.dir / "data", user.pw_uid, -1)
        os.chown(self.dir / "mail", user.pw_uid, user.pw_gid)
        boxes = " ".join("{%s@example.net=%s/}" % (u, u) for u in self.USERS)
        self.folder.write("conf/main.cf", f"""\
compatibility_level = 3.6
queue_directory = {self.dir}/queue
data_directory = {self.dir}/data
maillog_file = /dev/stdout
inet_interfaces = {" ".join(self.addresses)}
inet_protocols = {"all" if any(":" in a for a in self.addresses) else "ipv4"}
myhostname = mta.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = example.net
virtual_mailbox_base = {self.dir}/mail
virtual_mailbox_maps = inline:{{{boxes}}}
virtual_uid_maps = static:{user.pw_uid}
virtual_gid_maps = static:{user.pw_gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
mynetworks = 192.0.2.255
{self.passwords.settings if self.passwords else ""}
{self.extra}
""")
        if self.passwords:
            self.folder.write("conf/sasl/smtpd.conf", self.passwords.sasl)  # Debian's Postfix looks there
        smtpd = "".join(f"{f'[{address}]' if ':' in address else address}:{self.ports[name]} inet n - n - - smtpd"
                        + "".join(f" -o {option}" for option in options) + "\n"
                        for name, options in self.services.items() for address in self.addresses)
        self.folder.write("conf/master.cf", smtpd + """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
flush unix n - n 1000? 0 flush
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
""")

    def start(self):
        before = self.lines if self.process else []
        super().__init__(POSTFIX, "-c", self.dir / "conf", "start-fg")
        with self.grown:
            self.lines[:0] = before
        self.wait_line("daemon started", count=sum("daemon started" in line for line in before) + 1)
        for port in self.ports.values():
            wait_until(lambda: listens(port, self.addresses[0]), f"Postfix on {port}")
        self.master = int((self.dir / "queue/pid/master.pid").read_text())

    def stop(self):
        """As `postfix stop` does: the master takes its processes along."""
        os.kill(self.master, signal.SIGTERM)
        self.wait()
        with self.grown:
            self.grown.wait_for(lambda: self.ended, PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self.folder.remove()

    def wait_delivered(self, reply):
        """Until the message that this reply accepted is filed; its lines of the log."""
        queued = re.search(r"queued as (\w+)", reply).group(1)
        self.wait_line(rf"qmgr\[\d+\]: {queued}: removed")
        with self.grown:
            return [line for line in self.lines if queued in line]

    def mails(self, user="b"):
        return new_mails(self.dir / "mail" / user)


SASLPASSWD = shutil.which("saslpasswd2", path=os.environ.get("PATH", "") + ":/usr/sbin")


class Passwords:
    """Who may log in at a Postfix, by Cyrus SASL."""

    MECHANISMS = "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-256"
    REALM = "mta.example"

    def __init__(self, **users):
        self.folder = Folder()
        path = self.folder.path
        self.sasl = f"""\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {path}/users
mech_list: {" ".join(self.MECHANISMS)}
"""
        for user, password in users.items():
            subprocess.run([SASLPASSWD, "-p", "-c", "-f", path / "users", "-u", self.REALM, user], input=password.encode(),
                           check=True)
        os.chown(path / "users", pwd.getpwnam("postfix").pw_uid, -1)
        self.settings = f"""\
smtpd_sasl_local_domain = {self.REALM}
broken_sasl_auth_clients = yes
"""

    @staticmethod
    def missing():
        return None if SASLPASSWD else "sasl2-bin is not installed"

    def close(self):
        self.folder.remove()


class PolicyService:
    """Postfix's policy protocol: asks `answer(attributes)` for each request; requests are kept."""

    def __init__(self, answer):
        outer = self
        self.requests = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                attributes = {}
                for raw in self.rfile:
                    line = raw.decode().rstrip("\n")
                    if line:
                        key, _, value = line.partition("=")
                        attributes[key] = value
                        continue
                    outer.requests.append(attributes)
                    self.wfile.write(f"action={answer(attributes)}\n\n".encode())
                    attributes = {}

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ---- DNS ----

class Unbound(Program):
    """A name server that knows what it is told and asks nobody.

    zones: name -> type of its local-zone; records: "name A 127.0.0.2" and so on.
    """

    def __init__(self, zones, records, port=None):
        self.folder = Folder()
        self.port = port or free_port()
        zones = {".": "static", "127.in-addr.arpa.": "static"} | zones
        data = "".join(f'    local-zone: "{name}" {kind}\n' for name, kind in zones.items())
        data += "".join(f"    local-data: '{record}'\n" for record in records)
        self.config = self.folder.write("unbound.conf", f"""\
server:
    interface: 127.0.0.1@{self.port}
    access-control: 127.0.0.0/8 allow
    directory: "{self.folder.path}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    log-queries: yes
    do-daemonize: no
    do-ip6: no
    num-threads: 1
    module-config: "iterator"
{data}
remote-control:
    control-enable: no
""")
        self.process = None
        self.start()

    def start(self):
        super().__init__(UNBOUND, "-d", "-c", self.config)
        self.wait_line("start of service")
        return self

    def kill(self):
        super().close()

    def close(self):
        self.kill()
        self.folder.remove()


def unbound(zones, records):
    """For a module that cannot do without: its tests are skipped where there is none."""
    if not UNBOUND:
        raise unittest.SkipTest("unbound is not installed")
    return Unbound(zones, records)
