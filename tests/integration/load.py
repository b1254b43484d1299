"""Clients that send many mails at once and keep account of what they were told.

    with Load(gate.port, retry=True) as load:
        load.wait_accepted(200)
        ...                                # break something
        load.finish()
    load.check(test, sink.stored())

An attempt ends as one of:
    accepted   250 to the message
    refused    another reply before the message was sent, or the connection broke before its final dot: nothing
               may have been delivered
    unsure     another reply to the message, or the connection broke behind its final dot: SMTP leaves it open
With retry, a mail is tried until it is accepted, others meanwhile; without, each is tried once, until nobody listens any
more.  rcpt(id) is whom a mail is for.
"""
import collections
import hashlib
import itertools
import random
import socket
import threading
import time

from postern import Client

DEADLINE = 90  # seconds for the whole load
MEANWHILE = 10  # mails that are tried before one that failed is tried again


class Refused(Exception):
    pass


class Load:
    def __init__(self, port, threads=8, messages=50, per_connection=7, retry=True, rcpt=lambda name: "b@example.net",
                 deadline=DEADLINE):
        self.port, self.messages, self.per_connection, self.retry = port, messages, per_connection, retry
        self.rcpt, self.deadline = rcpt, deadline
        self.attempts = []  # (id, outcome, reply)
        self.digests = {}
        self.messages_open = {}  # begun, not yet accepted
        self.accepted = {}  # id -> reply
        self.changed = threading.Condition()
        self.stopping = False
        self.errors = []
        self.until = time.monotonic() + deadline
        self.threads = [threading.Thread(target=self._guard, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for t in self.threads:
            t.join()

    def stop(self):
        """Before all is sent."""
        self.stopping = True
        self.finish()

    def finish(self):
        for t in self.threads:
            t.join()
        if self.errors:
            raise self.errors[0]

    def wait_accepted(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.accepted) >= count, max(0, self.until - time.monotonic())):
                raise AssertionError(f"only {len(self.accepted)} of {count} mails were accepted: {self.attempts[-5:]}")

    def wait_attempts(self, more):
        """So many have ended since."""
        with self.changed:
            count = len(self.attempts) + more
            if not self.changed.wait_for(lambda: len(self.attempts) >= count, max(0, self.until - time.monotonic())):
                raise AssertionError(f"mail does not go on: {self.attempts[-5:]}")

    def outcomes(self):
        return collections.Counter(outcome for _, outcome, _ in self.attempts)

    # ---- the account ----

    def check(self, test, stored):
        """What was answered 250 is there; what is there was answered 250, or SMTP left it open; all is intact."""
        there = collections.Counter(m["id"] for m in stored)
        told = collections.defaultdict(collections.Counter)
        for name, outcome, _ in self.attempts:
            told[name][outcome] += 1
        test.assertFalse(self.accepted.keys() - there.keys(), "mails that were answered 250 are lost")
        test.assertFalse(there.keys() - told.keys(), "mails that nobody sent")
        for name, times in there.items():
            if times > told[name]["accepted"] + told[name]["unsure"]:
                test.fail(f"{name} is there {times} times: {[a for a in self.attempts if a[0] == name]}")
        for m in stored:
            test.assertEqual(m["digest"], self.digests[m["id"]], f"{m['id']} was changed on its way")
            test.assertEqual(m["copies"], "1")
        if self.retry and not self.stopping:
            test.assertEqual(len(self.accepted), len(self.threads) * self.messages, "not every mail was sent")

    # ---- clients ----

    def _guard(self, n):
        try:
            self._client(n)
        except Exception as e:  # shown by finish()
            self.errors.append(e)

    def _note(self, name, outcome, reply):
        with self.changed:
            self.attempts.append((name, outcome, reply))
            if outcome == "accepted":
                self.accepted[name] = reply
                del self.messages_open[name]
            self.changed.notify_all()

    def _message(self, name, chance):
        """One that was refused is sent again as it was."""
        if name in self.messages_open:
            return self.messages_open[name]
        lines = [b"%s line %d %s" % (b"." * chance.randrange(3), i, name.encode() * chance.randrange(1, 5))
                 for i in range(chance.choice((3, 20, 100)))]
        if chance.random() < 0.02:
            lines += [b"x" * 900] * chance.choice((300, 1500))  # beyond one write, beyond the memory of a spool
        body = b"\r\n".join(lines)
        self.digests[name] = hashlib.sha1(body).hexdigest()
        message = (b"From: <a@example.org>\r\nX-Load-Id: %s\r\nSubject: load\r\n\r\n" % name.encode()) + body
        self.messages_open[name] = message
        return message

    def _client(self, n):
        chance = random.Random(n)
        fresh = (f"{n}-{i}" for i in range(self.messages))
        pending = collections.deque()
        while not self.stopping:
            pending.extend(itertools.islice(fresh, max(0, MEANWHILE + self.per_connection - len(pending))))
            if not pending:
                return
            if time.monotonic() > self.until:
                raise AssertionError(f"the load was not done in {self.deadline} s, {pending[0]} is next")
            try:
                self._connection(pending, chance)
            except ConnectionRefusedError:
                if not self.retry:
                    return
                time.sleep(0.05)  # a client's own patience, nothing is waited for
            except (OSError, Refused):
                time.sleep(0.02 if self.retry else 0)

    def _connection(self, pending, chance):
        with Client(self.port) as c:
            c.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._expect(c, 220)
            self._expect(c, 250, b"EHLO load.example")
            for _ in range(min(self.per_connection, len(pending))):
                self._mail(c, pending, chance)
            c.say("QUIT")
            c.reply()

    @staticmethod
    def _expect(c, code, line=None):
        if line is not None:
            c.say(line)
        got, text = c.reply()
        if got != code:
            raise Refused(f"{got} {text}")
        return text

    def _mail(self, c, pending, chance):
        name = pending[0]
        message = self._message(name, chance)
        stage = "refused"
        try:
            for line, code in (b"MAIL FROM:<a@example.org>", 250), (b"RCPT TO:<%s>" % self.rcpt(name).encode(), 250), \
                    (b"DATA", 354):
                self._expect(c, code, line)
            stuffed = message.replace(b"\r\n.", b"\r\n..")
            c.raw(stuffed)
            stage = "unsure"
            c.raw(b"\r\n.\r\n")
            reply = self._expect(c, 250)
        except (OSError, Refused) as e:
            self._note(name, stage, str(e))
            pending.popleft()
            if self.retry:
                pending.insert(min(MEANWHILE, len(pending)), name)
            raise
        pending.popleft()
        self._note(name, "accepted", reply)
