"""Starts build/postern for a test: a config in a folder of its own, free ports on 127.0.0.1, the log at hand.

    with Postern() as gate:                       # a Maildir behind it; gate.port takes mail
        with gate.smtp() as client: ...           # smtplib
        gate.wait_log("verdict", action="accept") # waits for the line, never sleeps
        assert len(gate.mails()) == 1

Everything is waited for by its own sign (a log line, a reply, the end of a process), with a deadline.
"""
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.path.abspath(os.environ.get("POSTERN", ROOT / "build" / "postern"))  # tests start it from folders of their own
# Third-party messages and vectors; tests that want them are skipped without.
SUITES = pathlib.Path(os.environ.get("POSTERN_SUITES", ROOT.parent / "shared" / "suites"))
PATIENCE = 60  # seconds; a test that waits that long has failed, on a machine with a dozen others at work too


def free_ports(count=1):
    """Ports of 127.0.0.1 that nobody has; all of one call differ.  They are below those that the kernel gives to
    clients, so that they stay free while a server that had one is restarted."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        top = int(f.read().split()[0])
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(top // 4, top)
        try:
            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
                with socket.socket(type=kind) as s:
                    s.bind(("127.0.0.1", port))
        except OSError:
            continue
        if port not in found:
            found.append(port)
    return found


def free_port():
    return free_ports()[0]


def run(*arguments, stdin=None, timeout=PATIENCE, cwd=None):
    """One command of the program, to its end: returncode, stdout, stderr as text."""
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, text=True, cwd=cwd, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def fields(line):
    """A log line as a dict; its first word is ["event"]."""
    event, _, rest = line.partition(" ")
    found = {"event": event}
    for key, quoted, plain in re.findall(r'([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))', rest):
        found[key] = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted else plain
    return found


class Folder:
    """A scratch folder that the unprivileged workers can enter."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="postern-test."))
        self.path.chmod(0o755)

    def write(self, name, text):
        p = self.path / name
        p.parent.mkdir(parents=True, exist_ok=True)
        p.write_text(text)
        return p

    def certificate(self, name="localhost"):
        """A self-signed certificate and its key, as two PEM files."""
        crt, key = self.path / f"{name}.crt", self.path / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                        "-keyout", key, "-out", crt], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return crt, key

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class FolderTest(unittest.TestCase):
    """A test with a scratch folder of its own."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)


def suite_file(*names):
    """A file of the third parties' suites; the test is skipped where it is not there."""
    path = SUITES.joinpath(*names)
    if not path.is_file():
        raise unittest.SkipTest(f"{path} is not there")
    return path


def new_mails(maildir):
    """What was delivered into it and not read yet, as bytes."""
    new = maildir / "new"
    return [p.read_bytes() for p in sorted(new.iterdir())] if new.is_dir() else []


class Output:
    """What a program says, line by line, read in a thread of its own: who waits for a line waits for `grown`."""

    def __init__(self):
        self.lines = []
        self.grown = threading.Condition()
        self.ended = False

    def follow(self, pipe):
        self.ended = False
        threading.Thread(target=self._read, args=(pipe,), daemon=True).start()

    def _read(self, pipe):
        for raw in pipe:
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            with self.grown:
                self.take(line)
                self.grown.notify_all()
        pipe.close()
        with self.grown:
            self.ended = True
            self.grown.notify_all()

    def take(self, line):
        self.lines.append(line)

    def text(self):
        with self.grown:
            return "\n".join(self.lines)


class Postern(Output):
    """The daemon under test.

    config: text with {port}, {dir} and the names of `values` to fill in; None is a listener and a Maildir.
    listener, extra: text put into that default's listener block, and behind it.
    descriptors: how many files its processes may have open; None is as many as the tests.
    """

    DEFAULT = """\
workers = {workers}
hostname = "gate.example"
spool = "{spool}"
listener "mx" {{ address = "127.0.0.1:{port}"  {listener} }}
{backend}
resolver {{ servers = ["127.0.0.1:{dns}"]  timeout = 1s }}
{extra}
"""
    # Commands ask it over a socket in its own folder.
    CONTROLLED = DEFAULT + 'control {{ socket = "{dir}/run/control.sock" }}\n'

    def __init__(self, config=None, workers=2, listener="", backend=None, extra="", descriptors=None,
                 **values):
        super().__init__()
        self.folder = Folder()
        self.dir = self.folder.path
        self.port, no_dns = free_ports(2)
        self.maildir = self.dir / "mail"
        self.values = dict(port=self.port, dir=self.dir, spool=self.dir / "spool", workers=workers, dns=no_dns,
                           listener=listener, backend=backend or f'backend "trial" {{ maildir = "{self.maildir}" }}',
                           extra=extra)
        self.values.update(values)
        text = (config or self.DEFAULT).format(**self.values)
        if not re.search(r"^\s*store\b", text, re.M):
            text += f'store {{ url = "lmdb:{self.dir}/store" }}\n'
        if not re.search(r"^\s*journal\b", text, re.M):
            text += f'journal {{ path = "{self.dir}/journal" }}\n'
        self.config = self.folder.write("postern.conf", text)
        self.descriptors = descriptors
        self.process = None
        self.deaf = []  # clients of lose()
        self.events = []  # of each line its fields

    # ---- life ----

    def start(self, wait=True):
        n = self.descriptors
        limit = n and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        self.process = subprocess.Popen([BINARY, "run", "-c", str(self.config)], cwd=self.dir,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, preexec_fn=limit)
        self.follow(self.process.stderr)
        if wait:
            self.wait_log("ready")
        return self

    def take(self, line):
        super().take(line)
        self.events.append(fields(line))

    def tell(self, signo):
        self.process.send_signal(signo)

    def wait(self, timeout=PATIENCE):
        """Until the program has ended; its exit status."""
        status = self.process.wait(timeout)
        with self.grown:
            self.grown.wait_for(lambda: self.ended, timeout)
        return status

    def stop(self, signo=signal.SIGTERM):
        if self.process.poll() is None:
            self.tell(signo)
        return self.wait(timeout=60)

    def close(self):
        if self.process and self.process.poll() is None:
            self.tell(signal.SIGTERM)
            self.tell(signal.SIGINT)  # the second one ends it at once
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for c in self.deaf:
            c.close()
        self.folder.remove()
        odd = [line for line in self.text().split("\n") if re.match(r"panic |.*(Sanitizer|runtime error):", line)]
        if odd:
            raise AssertionError("the program complains of itself:\n" + self.text())

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.close()

    # ---- the log ----

    def log(self, event=None, **want):
        """Lines so far as dicts, of one event and with these fields."""
        with self.grown:
            events = list(self.events)
        return [f for f in events if self._is(f, event, want)]

    @staticmethod
    def _is(f, event, want):
        return (event is None or f["event"] == event) and all(f.get(k) == str(v) for k, v in want.items())

    def wait_log(self, event, count=1, timeout=PATIENCE, **want):
        """The count-th such line, as soon as it is there."""
        until = time.monotonic() + timeout
        seen, found = 0, []
        with self.grown:
            while True:
                found += [f for f in self.events[seen:] if self._is(f, event, want)]
                seen = len(self.events)
                if len(found) >= count:
                    return found[count - 1]
                left = until - time.monotonic()
                if self.ended or left <= 0:
                    raise AssertionError(f"no line {event} {want} (x{count}) in the log:\n" + "\n".join(self.lines))
                self.grown.wait(left)

    def workers(self):
        """Pids of the workers that live, by the log."""
        alive = {f["pid"] for f in self.log("worker", state="started")}
        return sorted(int(p) for p in alive - {f["pid"] for f in self.log("worker", state="ended")})

    # ---- clients and the Maildir ----

    def connect(self, source=None):
        """A bare connection, from 127.0.0.1 or another address of the loopback network; see Client."""
        return Client(self.port, source=source)

    def smtp(self, source="127.0.0.1"):
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.example", timeout=PATIENCE,
                            source_address=(source, 0))

    def send(self, subject="test", sender="a@example.org", to=("b@example.net",), body="Hello.\r\n",
             source="127.0.0.1"):
        """One plain mail; smtplib's exceptions when it is refused."""
        text = (f"From: <{sender}>\r\nTo: <{to[0]}>\r\nSubject: {subject}\r\n"
                f"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@example.org>\r\n\r\n{body}")
        with self.smtp(source) as client:
            return client.sendmail(sender, list(to), text)

    def lose(self, text, to=("b@example.net",)):
        """Sends a message whose answer never arrives: the gate ends the session, by its listener's timeout."""
        before, ended = len(self.log("verdict", action="accept")), len(self.log("disconnect", by="timeout"))
        c = Deaf(self.port)
        c.say(*["EHLO client.example"] * CHATTER, "MAIL FROM:<a@example.org>", *[f"RCPT TO:<{one}>" for one in to], "DATA")
        c.raw(text.encode() + b".\r\n")
        said = self.wait_log("verdict", count=before + len(to), action="accept")
        self.wait_log("disconnect", count=ended + 1, by="timeout")
        self.deaf.append(c)  # its machine still does not confirm anything
        return said

    def rcpt(self, to="b@example.net", sender="a@example.org", source=None, helo="client.example"):
        """The reply to a recipient: code, text."""
        with self.connect(source) as c:
            c.expect(220)
            c.expect(250, f"EHLO {helo}")
            c.expect(250, f"MAIL FROM:<{sender}>")
            return c.ask(f"RCPT TO:<{to}>")

    def mails(self):
        return new_mails(self.maildir)

    def command(self, name, *words):
        """A command about this gate (`postern NAME -c ...`): exit status, standard output, standard error."""
        done = run(name, "-c", self.config, *words, cwd=self.dir, stdin="")
        return done.returncode, done.stdout, done.stderr


class Client:
    """A bare SMTP client: says exactly the bytes it is told, reads whole replies."""

    def __init__(self, port, host="127.0.0.1", source=None):
        self.socket = socket.create_connection((host, port), timeout=PATIENCE,
                                               source_address=(source, 0) if source else None)
        self.file = self.socket.makefile("rb")

    def say(self, *lines):
        self.socket.sendall(b"".join((l.encode() if isinstance(l, str) else l) + b"\r\n" for l in lines))

    def raw(self, data):
        self.socket.sendall(data)

    def reply(self):
        """(code, text of all lines); (0, "") when the server has closed."""
        text = []
        while True:
            line = self.file.readline().decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return 0, ""
            text.append(line[4:])
            if line[3:4] != "-":
                return int(line[:3]), "\n".join(text)

    def ask(self, line):
        self.say(line)
        return self.reply()

    def expect(self, code, line=None):
        got, text = self.reply() if line is None else self.ask(line)
        if got != code:
            raise AssertionError(f"{line!r}: {code} was expected, not {got} {text}")
        return text

    def start_tls(self, context=None, hostname=None):
        """The handshake, now; without a context nothing is verified."""
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname=hostname)
        self.file = self.socket.makefile("rb")
        return self

    def mail(self, text, sender="a@example.org", to="b@example.net"):
        """A whole transaction; the reply to the message."""
        self.expect(250, f"MAIL FROM:<{sender}>")
        self.expect(250, f"RCPT TO:<{to}>")
        self.expect(354, "DATA")
        self.raw((text.encode() if isinstance(text, str) else text) + b"\r\n.\r\n")
        return self.reply()

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


CHATTER = 30  # replies to EHLO: more than a small receive buffer holds, and less than the gate keeps for one that is deaf


class Deaf(Client):
    """Reads nothing: what is said behind some chatter reaches its machine no more."""

    def __init__(self, port):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.socket.connect(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
