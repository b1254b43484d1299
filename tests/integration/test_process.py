"""The processes: start and stop, what a start refuses, workers that die, drain, reload."""
import fcntl
import os
import re
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import unittest
from unittest import mock

from peers import wait_until
from postern import BINARY, PATIENCE, Client, Folder, Postern, free_port, run


class Start(unittest.TestCase):
    def test_starts_takes_mail_and_stops(self):
        with Postern() as gate:
            start = gate.log("start")[0]
            self.assertEqual(start["workers"], "2")
            self.assertEqual(start["listen"], f"127.0.0.1:{gate.port}")
            gate.send()
            gate.wait_log("verdict", action="accept")
            self.assertEqual(len(gate.mails()), 1)
            self.assertEqual(gate.stop(), 0)
            stop = gate.log("stop")[0]
            self.assertEqual(stop["accepted"], "1")
            self.assertEqual([w["status"] for w in gate.log("worker", state="ended")], ["0", "0"])
            self.assertEqual(gate.workers(), [])

    def test_sigint_stops_too(self):
        with Postern(workers=1) as gate:
            self.assertEqual(gate.stop(signal.SIGINT), 0)

    def test_workers_are_not_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        with Postern() as gate:
            for pid in gate.workers():
                status = open(f"/proc/{pid}/status").read()
                self.assertNotRegex(status, r"(?m)^Uid:.*\t0\b")
                self.assertNotRegex(status, r"(?m)^Gid:.*\t0\b")
                self.assertRegex(status, r"(?m)^CapEff:\t0+$")
                self.assertRegex(status, r"(?m)^NoNewPrivs:\t1$")

    def test_ipv6_and_ipv4_side_by_side(self):
        try:
            with socket.socket(socket.AF_INET6) as s:
                s.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        config = Postern.DEFAULT.replace('address = "127.0.0.1:{port}"',
                                         'address = ["127.0.0.1:{port}", "[::1]:{port}"]')
        with Postern(config) as gate:
            for host in "127.0.0.1", "::1":
                with Client(gate.port, host) as c:
                    c.expect(220)
                    c.expect(221, "QUIT")

    def test_a_master_that_is_killed_takes_its_workers_along(self):
        with Postern() as gate:
            gate.tell(signal.SIGKILL)
            gate.wait()  # the log ends when the last worker has closed it
            with self.assertRaises(ConnectionRefusedError):
                gate.connect()


class Manager(unittest.TestCase):
    def test_the_service_manager_is_told(self):
        with tempfile.TemporaryDirectory() as d, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(d + "/notify")
            s.settimeout(PATIENCE)

            def told():
                return s.recv(1024).decode().split("\n")[0]

            with mock.patch.dict(os.environ, NOTIFY_SOCKET=d + "/notify"), Postern(workers=1) as gate:
                self.assertEqual(told(), "READY=1")
                gate.tell(signal.SIGHUP)
                self.assertEqual([told(), told()], ["RELOADING=1", "READY=1"])
                self.assertEqual(gate.stop(), 0)
                self.assertEqual(told(), "STOPPING=1")


class Reload(unittest.TestCase):
    def test_it_is_checked_and_then_told(self):
        with Postern(Postern.CONTROLLED, workers=1) as gate:
            status, out, err = gate.command("reload")
            self.assertEqual((status, err), (0, ""))
            self.assertIn(f"process {gate.process.pid} ", out)
            gate.wait_log("worker", 1, state="ended")
            with open(gate.config, "a") as f:
                f.write("\nnonsense = 1\n")
            status, out, err = gate.command("reload")
            self.assertEqual((status, out), (78, ""))
            self.assertRegex(err, r":\d+:\d+: .*nonsense.*\npostern reload: nothing was done")

    def test_it_says_what_it_works_with(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        files = [folder.write("a.cf", "meta A 1\nscore A 1\nmeta B 1\n"), folder.write("b.cf", "score A (2)\n")]
        conf = 'rules {{ files = ["{0}/*.cf", "{0}/b*.cf"] }}\nverdict "v" {{ when = score > 2.9 and score < 4.1 do = tag }}\n'
        with Postern(extra=conf.format(folder.path), workers=1) as gate:
            line = gate.log("start")[0]
            self.assertEqual((line["rules"], line["rule_files"], line["verdicts"]), ("2", "2", "1"))
            self.assertEqual(gate.log("config"), [])
            for file in files:
                file.unlink()
            gate.tell(signal.SIGHUP)
            line = gate.wait_log("reload")
            self.assertEqual((line["rules"], line["rule_files"], line["verdicts"]), ("0", "0", "1"))
            told = [line["text"] for line in gate.log("config")]
            self.assertIn('verdict "v" is never true', told)
            self.assertEqual(gate.stop(), 0)

    def test_no_daemon(self):
        with Postern(Postern.CONTROLLED, workers=1) as gate:
            self.assertEqual(gate.stop(), 0)
            self.assertEqual(gate.command("reload")[0], 69)


class Status(unittest.TestCase):
    def figures(self, gate):
        status, out, err = gate.command("status")
        self.assertEqual((status, err), (0, ""))
        figures = out.split("\n\n")[0]
        return {line.split()[0]: int(line.split()[1]) for line in figures.splitlines()}

    def test_all_workers_are_counted_over_reloads_and_crashes(self):
        with Postern(Postern.CONTROLLED, extra='verdict "x" { when = mail_from == "bad@example.org"  do = reject }') as gate:
            for n in range(6):
                gate.send(subject=f"status{n}")
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                gate.send(sender="bad@example.org")
            gate.tell(signal.SIGHUP)
            gate.wait_log("worker", 2, state="ended")
            gate.send(subject="behind")
            gate.wait_log("disconnect", 8)
            with gate.connect() as c:
                c.expect(220)
                found = self.figures(gate)
                self.assertEqual({k: found[k] for k in ("sessions", "connections", "ended", "accepted", "refused")},
                                 {"sessions": 1, "connections": 9, "ended": 8, "accepted": 7, "refused": 1})
                for pid in gate.workers():
                    os.kill(pid, signal.SIGKILL)
                gate.wait_log("worker", 6, state="started")
            found = self.figures(gate)
            self.assertEqual((found["sessions"], found["ended"], found["accepted"]), (0, 9, 7))

    def test_metrics(self):
        begin = int(time.time())
        with Postern(Postern.CONTROLLED) as gate:
            gate.send()
            status, out, _ = gate.command("status", "--metrics")
        self.assertEqual(status, 0)
        self.assertIn("\n# HELP postern_accepted_total messages answered 250\n# TYPE postern_accepted_total counter\n"
                      "postern_accepted_total 1\n", out)
        self.assertIn("\n# TYPE postern_sessions gauge\npostern_sessions ", out)
        times = [int(t) for t in re.findall(r"^postern_(?:start|config)_time_seconds (\d+)$", out, re.M)]
        self.assertEqual(len(times), 2)
        self.assertEqual(*times)  # nothing was reloaded
        self.assertTrue(begin <= times[0] <= time.time())
        for line in out.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) )?postern_[a-z_]+(\{[a-z]+="[^"]*"(,action="[a-z]+")?\})? ')

    def test_what_verdicts_and_symbols_did(self):
        with Postern(Postern.CONTROLLED, extra='verdict "trial" { when = NULL_SENDER  do = reject  mode = shadow }\n'
                     'verdict "not \\"new\\"" { when = NULL_SENDER  do = tag }') as gate:
            for n in range(3):
                gate.send(sender="", subject=f"before{n}")
            _, out, _ = gate.command("status")
            self.assertRegex(out, r"\n\nRecipients by verdict, since the start \d+ s ago\n")
            self.assertIn("\n           3  tag       not \"new\"\n", out)
            gate.tell(signal.SIGHUP)
            gate.wait_log("worker", 2, state="ended")
            gate.send(sender="", subject="behind")
            gate.send(sender="x@example.org")
            gate.wait_log("disconnect", 5)
            _, out, _ = gate.command("status")
            self.assertRegex(out, r"\n\nRecipients by verdict, since the start \d+ s ago, since the reload \d+ s ago\n")
            self.assertIn("\n           1            1  accept    (none was true)\n", out)
            self.assertIn("\n           4            1  tag       not \"new\"\n", out)
            self.assertIn("\n           4            1  reject    trial (would have: it only watches)\n", out)
            self.assertIn("\n           4            1  NULL_SENDER\n", out)
            _, out, _ = gate.command("status", "--metrics")
            self.assertIn("\n# TYPE postern_verdicts_total counter\n", out)
            self.assertIn('\npostern_verdicts_total{verdict="",action="accept"} 1\n', out)
            self.assertIn('\npostern_verdicts_total{verdict="not \\"new\\"",action="tag"} 4\n', out)
            self.assertIn('\npostern_verdicts_would_total{verdict="trial",action="reject"} 4\n', out)
            self.assertIn('\npostern_symbols_total{symbol="NULL_SENDER"} 4\n', out)


class Unread(unittest.TestCase):
    def test_a_log_that_nobody_reads_stops_no_mail(self):
        gate = Postern(workers=1)
        self.addCleanup(gate.close)
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        gate.process = subprocess.Popen([BINARY, "run", "-c", gate.config], cwd=gate.dir, stderr=writer)
        os.close(writer)
        with open(reader, "rb") as log:
            while not log.readline().startswith(b"ready "):
                pass
            for n in range(30):
                gate.send(subject=f"unread{n}")
            log.raw.read(65536)
            gate.send(subject="read")
            self.assertEqual(len(gate.mails()), 31)
            gate.process.send_signal(signal.SIGTERM)
            rest = log.read()
        self.assertEqual(gate.process.wait(60), 0)
        self.assertRegex(rest, rb"(?m)^log id=- worker=0 what=lost text=\"\d+ lines, which nobody took\"$")


class Refused(unittest.TestCase):
    """A start that cannot be: one clear line, the right exit status, nothing left behind."""

    def refused(self, gate, status, *texts):
        gate.start(wait=False)
        try:
            self.assertEqual(gate.wait(), status, gate.text())
            for text in texts:
                self.assertIn(text, gate.text())
        finally:
            gate.close()

    def test_port_in_use(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]
            gate = Postern(port=port)
            self.refused(gate, 69, f"postern.conf:4:27: cannot bind 127.0.0.1:{port}: Address already in use "
                                   '(is another mail server running? see "ss -ltnp")')

    def test_port_of_another_postern(self):
        with Postern() as first:
            self.refused(Postern(port=first.port), 69, "Address already in use")
            first.send()

    def test_low_port_without_root(self):
        if os.geteuid() == 0:
            self.skipTest("root may bind low ports")
        self.refused(Postern(port=25), 77, "cannot bind 127.0.0.1:25: Permission denied")

    def test_address_of_no_interface(self):
        self.refused(Postern(Postern.DEFAULT.replace("127.0.0.1:{port}", "192.0.2.1:{port}")), 69,
                     "cannot bind 192.0.2.1:", "no interface has this address")

    def test_config_that_cannot_be_read(self):
        folder = Folder()
        try:
            missing = folder.path / "none.conf"
            done = run("run", "-c", missing)
            self.assertEqual(done.returncode, 66)
            self.assertIn(str(missing), done.stderr)
            self.assertIn("No such file", done.stderr)
        finally:
            folder.remove()

    def test_config_with_errors(self):
        gate = Postern(extra='listner "x" { }')
        self.refused(gate, 78, f"{gate.config}:7:1:", 'did you mean', "listener")

    def test_listener_names_a_backend_that_is_not_there(self):
        self.refused(Postern(listener='backend = "tril"'), 78, ":4:", 'no backend "tril"', 'did you mean "trial"')

    def test_the_same_address_twice(self):
        gate = Postern()
        gate.config.write_text(gate.config.read_text() + f'listener "again" {{ address = "127.0.0.1:{gate.port}" }}')
        self.refused(gate, 78, "listened at already")

    def test_neither_listener_nor_backend(self):
        self.refused(Postern("workers = 1\n"), 78, "no listener", "no backend")

    def test_certificate_that_does_not_load(self):
        gate = Postern(listener='tls = optional  certificate = "{dir}/mx.pem"')
        gate.config.write_text(gate.config.read_text().replace("{dir}", str(gate.dir)))
        gate.folder.write("mx.pem", "this is no certificate\n")
        self.refused(gate, 78, "postern.conf:4:", "mx.pem")

    def test_certificate_that_is_missing(self):
        self.refused(Postern(listener="tls = required"), 78, ":4:", 'needs "certificate"')

    def test_rule_file_with_an_error(self):
        gate = Postern(extra='rules {{ files = ["{dir}/x.cf"] }}'.format(dir="%DIR%"))
        gate.config.write_text(gate.config.read_text().replace("%DIR%", str(gate.dir)))
        gate.folder.write("x.cf", "# fine\nmeta BROKEN (A &&\n")
        self.refused(gate, 78, "x.cf:2:")

    def test_unknown_user(self):
        gate = Postern('user = "no-such-account"\n' + Postern.DEFAULT)
        self.refused(gate, 78, "postern.conf:1:8:", "no account 'no-such-account'")


class Asked(unittest.TestCase):
    def test_an_error_in_the_config_is_no_reason_not_to_answer(self):
        """The daemon runs by what the file was; nobody may be locked out at night for a typo."""
        with Postern(Postern.CONTROLLED, workers=1) as gate:
            gate.send()
            id = gate.wait_log("verdict")["id"]
            gate.config.write_text("workerss = 2\n" + gate.config.read_text())
            for command in ["status"], ["history"], ["explain", id]:
                done = run(command[0], "-c", gate.config, *command[1:], cwd=gate.dir)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn('postern.conf:1:1: unknown option "workerss"', done.stderr)
            gate.tell(signal.SIGHUP)
            gate.wait_log("reload", what="refused")
            self.assertRegex(run("status", "-c", gate.config).stdout, r"reloads_refused +1 ")
            self.assertEqual(gate.stop(), 0)


class Crash(unittest.TestCase):
    def test_a_killed_worker_is_replaced_and_its_queue_survives(self):
        with Postern(workers=1) as gate:
            victim = gate.workers()[0]
            os.kill(victim, signal.SIGSTOP)
            clients = [gate.connect() for _ in range(20)]  # the kernel queues them, nobody accepts
            os.kill(victim, signal.SIGKILL)
            self.assertEqual(gate.wait_log("worker", state="ended")["signal"], "9")
            for c in clients:
                with c:
                    c.expect(220)
                    c.expect(250, "HELO client.example")
            self.assertEqual(len(gate.workers()), 1)
            self.assertNotIn(victim, gate.workers())
            self.assertEqual(gate.stop(), 0)

    def test_a_worker_that_hangs_does_not_hang_who_asks(self):
        with Postern(Postern.CONTROLLED, workers=1) as gate:
            os.kill(gate.workers()[0], signal.SIGSTOP)
            done = run("status", "-c", gate.config)
            self.assertEqual((done.returncode, done.stderr), (69, "postern: the daemon does not answer\n"))
            os.kill(gate.workers()[0], signal.SIGCONT)
            self.assertEqual(run("status", "-c", gate.config).returncode, 0)
            self.assertEqual(gate.stop(), 0)

    def test_a_silent_worker_is_replaced(self):
        """It hangs: nothing of it says so but that it does not go round."""
        with Postern(Postern.CONTROLLED, workers=2) as gate:
            victim = gate.workers()[1]
            os.kill(victim, signal.SIGSTOP)
            self.assertEqual(gate.wait_log("worker", state="silent", timeout=60)["pid"], str(victim))
            gate.wait_log("worker", state="ended", timeout=20)
            gate.wait_log("worker", state="started", count=3)
            self.assertNotIn(victim, gate.workers())
            status = run("status", "-c", gate.config).stdout
            self.assertRegex(status, r"workers_silent +1 ")
            self.assertRegex(status, r"workers_died +1 ")
            gate.send()
            self.assertEqual(gate.stop(), 0)

    def test_what_a_killed_worker_had_to_log_is_logged(self):
        with Postern(workers=1) as gate:
            for n in range(1, 4):
                with gate.connect() as c:
                    c.expect(220)
                    c.expect(250, "EHLO client.example")
                    self.assertEqual(c.mail(f"Subject: {n}\r\n\r\nhello")[0], 250)
                    os.kill(gate.workers()[0], signal.SIGKILL)
                gate.wait_log("worker", count=n, state="ended")
                self.assertEqual(len(gate.log("verdict", action="accept")), n)
                gate.wait_log("worker", count=n + 1, state="started")

    def test_every_worker_killed_in_turn(self):
        with Postern(workers=2) as gate:
            for n in range(1, 5):
                os.kill(gate.workers()[0], signal.SIGKILL)
                gate.wait_log("worker", count=n, state="ended")
                gate.wait_log("worker", count=2 + n, state="started")
                gate.send(f"after-{n}")
            self.assertEqual(len(gate.mails()), 4)
            self.assertEqual(gate.stop(), 0)

    def test_workers_that_cannot_start(self):
        if os.geteuid() != 0:
            self.skipTest("needs root: the folder must be closed to the workers")
        gate = Postern()
        gate.folder.write("spool/x", "").parent.chmod(0o700)
        gate.start(wait=False)
        try:
            self.assertEqual(gate.wait(), 73, gate.text())
            self.assertIn("cannot write to", gate.text())
        finally:
            gate.close()


class Starved(unittest.TestCase):
    def test_few_descriptors_are_few_sessions(self):
        """Those who are in can still deliver: their files and backend connections were counted."""
        with Postern(workers=1, descriptors=64) as gate:
            self.assertRegex(gate.text(), "sessions a worker at most, not 20000: it may open 64 files")
            clients = [gate.connect() for _ in range(60)]
            heard = [c.reply()[0] for c in clients]
            self.assertEqual(sorted(set(heard)), [220, 421])
            self.assertIn("who comes now hears 421", gate.wait_log("busy")["text"])
            inside = [c for c, code in zip(clients, heard) if code == 220]
            for c in inside:
                c.expect(250, "HELO client.example")
                self.assertEqual(c.mail("Subject: in\r\n\r\n")[0], 250)
            self.assertEqual(len(gate.mails()), len(inside))
            self.assertEqual(gate.log("starved"), [])
            for c in clients:
                c.close()

    def test_no_descriptors_left(self):
        with Postern(workers=1) as gate:
            worker, = gate.workers()
            of = os.stat(f"/proc/{worker}/task")  # only its own account may take them away
            subprocess.run(["prlimit", "--pid", str(worker), "--nofile=40:40"], check=True,
                           user=of.st_uid, group=of.st_gid, extra_groups=[] if os.geteuid() == 0 else None)
            clients = [gate.connect() for _ in range(60)]
            self.assertIn("Too many open files", gate.wait_log("starved")["text"])
            for c in clients:  # those in the queue are served as descriptors come free
                c.expect(220)
                c.expect(221, "QUIT")
                c.close()
            self.assertEqual(len(gate.log("starved")), 1)
            self.assertEqual(gate.stop(), 0)


class Drain(unittest.TestCase):
    def test_an_idle_session_gets_421(self):
        with Postern(workers=1) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "HELO client.example")
            gate.tell(signal.SIGTERM)
            self.assertEqual(c.reply()[0], 421)
            self.assertEqual(gate.wait(), 0)

    def test_a_transaction_ends_first(self):
        with Postern(workers=1) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "HELO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.say("Subject: drained")
            gate.tell(signal.SIGTERM)
            gate.wait_log("drain")
            c.say("", "body", ".")
            c.expect(250)
            self.assertEqual(c.reply()[0], 421)
            self.assertEqual(gate.wait(), 0)
            self.assertIn(b"Subject: drained", gate.mails()[0])

    def test_the_queue_is_answered(self):
        with Postern(workers=1) as gate:
            worker = gate.workers()[0]
            os.kill(worker, signal.SIGSTOP)
            clients = [gate.connect() for _ in range(5)]
            gate.tell(signal.SIGTERM)
            gate.wait_log("drain")
            os.kill(worker, signal.SIGCONT)
            for c in clients:
                with c:
                    self.assertIn(c.reply()[0], (220, 421))
            self.assertEqual(gate.wait(), 0)

    def test_a_second_signal_ends_it_at_once(self):
        with Postern(workers=1) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "HELO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            gate.tell(signal.SIGTERM)
            gate.wait_log("drain", what="stop")
            wait_until(lambda: gate.tell(signal.SIGTERM) or gate.log("drain", what="forced"), "the forced end")
            self.assertEqual(gate.wait(PATIENCE), 0)

    def test_two_signals_at_once_are_one(self):
        """Who signals a process and its group (timeout(1)) means it once."""
        with Postern(workers=1) as gate, gate.connect() as c:
            c.expect(220)
            c.expect(250, "HELO client.example")
            c.expect(250, "MAIL FROM:<a@example.org>")
            gate.tell(signal.SIGTERM)
            gate.tell(signal.SIGINT)
            gate.wait_log("drain", what="closed")
            c.expect(250, "RCPT TO:<b@example.net>")
            c.expect(354, "DATA")
            c.raw(b"Subject: x\r\n\r\n.\r\n")
            self.assertEqual(c.reply()[0], 250)
            self.assertEqual(gate.log("drain", what="forced"), [])
            self.assertEqual(gate.wait(), 0)


class Reload(unittest.TestCase):
    def test_a_new_generation_takes_over(self):
        with Postern(workers=2) as gate:
            old = gate.workers()
            gate.config.write_text(gate.config.read_text().replace("gate.example", "new.example")
                                   .replace("workers = 2", "workers = 3"))
            with gate.connect() as c:
                self.assertIn("gate.example", c.expect(220))
                c.expect(250, "HELO client.example")
                c.expect(250, "MAIL FROM:<a@example.org>")
                gate.tell(signal.SIGHUP)
                gate.wait_log("ready", count=2)
                gate.wait_log("drain", count=2, what="handed-over")
                # The old session goes on, a new one meets the new generation.
                with gate.connect() as d:
                    self.assertIn("new.example", d.expect(220))
                c.expect(250, "RCPT TO:<b@example.net>")
                c.expect(354, "DATA")
                c.expect(250, "Subject: over the change\r\n\r\nbody\r\n.")
            gate.wait_log("worker", count=2, state="ended")
            self.assertEqual(len(gate.workers()), 3)
            self.assertFalse(set(old) & set(gate.workers()))
            self.assertEqual(len(gate.mails()), 1)
            self.assertEqual(gate.stop(), 0)

    def test_a_config_with_errors_changes_nothing(self):
        with Postern() as gate:
            before = gate.workers()
            good = gate.config.read_text()
            gate.config.write_text(good + "nonsense = 1\n")
            gate.tell(signal.SIGHUP)
            self.assertIn("nonsense", gate.wait_log("config", severity="error")["text"])
            gate.wait_log("reload", what="refused")
            gate.send()
            self.assertEqual(gate.workers(), before)
            gate.config.write_text(good)
            gate.tell(signal.SIGHUP)
            gate.wait_log("ready", count=2)
            gate.send()
            self.assertEqual(gate.stop(), 0)

    def test_another_port(self):
        with Postern() as gate:
            other = free_port()
            gate.config.write_text(gate.config.read_text().replace(f":{gate.port}", f":{other}"))
            gate.tell(signal.SIGHUP)
            gate.wait_log("ready", count=2)
            with Client(other) as c:
                c.expect(220)
            gate.wait_log("worker", count=2, state="ended")
            with self.assertRaises(ConnectionRefusedError):
                gate.connect()

    def test_no_connection_is_lost_over_many_reloads(self):
        with Postern() as gate:
            for n in range(1, 6):
                gate.tell(signal.SIGHUP)
                for i in range(5):
                    with gate.connect() as c:
                        # An idle session of a generation that ends may be told to come again, never be dropped.
                        self.assertIn(c.reply()[0], (220, 421))
                gate.wait_log("ready", count=n + 1)
            self.assertEqual(gate.stop(), 0)


if __name__ == "__main__":
    unittest.main()
