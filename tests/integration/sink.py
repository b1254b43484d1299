#!/usr/bin/python3
"""A backend that counts: sink.py PORT|unix:PATH FILE [--lmtp] [--refuse WORD]... [--slow-dot SECONDS] [--name NAME] [--talk]

Before it answers 250 to a message it appends one line to FILE, in one write: the message's X-Load-Id, a digest
of the body, its size, sender, recipients, and how often the header X-Load-Id stood in it.  So what it answered
250 is in the file whatever happens to it.  --refuse RCPT: 550 for every recipient; --refuse DOT: 451 for the message.
--talk: what it is told, on standard output.
--lmtp: recipients with "refused" in them get a 550 after the dot, as LMTP can.
"""
import argparse
import asyncio
import hashlib
import os
import signal
import sys


class Session:
    def __init__(self, options, reader, writer):
        self.o, self.reader, self.writer = options, reader, writer
        self.sender, self.to = None, []

    def say(self, text):
        self.writer.write(text.encode() + b"\r\n")

    async def line(self):
        raw = await self.reader.readuntil(b"\r\n")
        return raw[:-2]

    async def run(self):
        self.say(f"220 {self.o.name} ESMTP sink")
        while True:
            line = (await self.line()).decode("utf-8", "replace")
            verb = line[:4].upper()
            if self.o.talk:
                print(line, flush=True)
            if verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            handler = getattr(self, "do_" + verb.lower(), None)
            if handler is None:
                self.say("502 5.5.1 what?")
            else:
                await handler(line)

    async def do_ehlo(self, _):
        self.sender, self.to = None, []
        self.say(f"250-{self.o.name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
                 "250-ENHANCEDSTATUSCODES\r\n250 SIZE 100000000")

    do_lhlo = do_ehlo

    async def do_helo(self, _):
        self.say(f"250 {self.o.name}")

    async def do_noop(self, _):
        self.say("250 2.0.0 ok")

    async def do_rset(self, _):
        self.sender, self.to = None, []
        self.say("250 2.0.0 ok")

    async def do_mail(self, line):
        if self.sender is not None:
            self.say("503 5.5.1 nested MAIL")
            return
        self.sender = line[10:].split(" ")[0]
        self.say("250 2.1.0 ok")

    async def do_rcpt(self, line):
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif "RCPT" in self.o.refuse:
            self.say("550 5.1.1 no such user at the sink")
        else:
            self.to.append(line[8:])
            self.say("250 2.1.5 ok")

    async def do_data(self, _):
        if not self.to:
            self.say("503 5.5.1 RCPT first")
            return
        self.say("354 go ahead")
        lines = []
        while True:
            line = await self.line()
            if line == b".":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.o.slow_dot:
            await asyncio.sleep(self.o.slow_dot)
        if "DOT" in self.o.refuse:
            self.say("451 4.3.0 not now, says the sink")
        else:
            self.store(lines)
        self.sender, self.to = None, []

    def store(self, lines):
        blank = lines.index(b"") if b"" in lines else len(lines)
        ids = [l.split(b":", 1)[1].strip().decode() for l in lines[:blank] if l.lower().startswith(b"x-load-id:")]
        body = b"\r\n".join(lines[blank + 1:])
        taken = [to for to in self.to if not (self.o.lmtp and "refused" in to)]
        row = [ids[0] if ids else "-", hashlib.sha1(body).hexdigest(), str(sum(len(l) + 2 for l in lines)),
               self.sender, ",".join(taken), str(len(ids))]
        if taken:
            os.write(self.o.fd, ("\t".join(row) + "\n").encode())
        if not self.o.lmtp:
            self.say("250 2.0.0 stored")
            return
        for to in self.to:
            self.say(f"250 2.0.0 stored for {to}" if to in taken else f"550 5.2.1 {to} is refused after the dot")


async def serve(options):
    async def connected(reader, writer):
        try:
            await Session(options, reader, writer).run()
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    if options.where.startswith("unix:"):
        path = options.where[5:]
        if os.path.exists(path):
            os.unlink(path)
        server = await asyncio.start_unix_server(connected, path, limit=1 << 26, backlog=500)
        os.chmod(path, 0o777)
    else:
        server = await asyncio.start_server(connected, "127.0.0.1", int(options.where), limit=1 << 26, backlog=500,
                                            reuse_address=True)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("where")
    p.add_argument("file")
    p.add_argument("--lmtp", action="store_true")
    p.add_argument("--refuse", action="append", default=[])
    p.add_argument("--slow-dot", type=float, default=0)
    p.add_argument("--talk", action="store_true")
    p.add_argument("--name", default="sink.example")
    options = p.parse_args()
    options.fd = os.open(options.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve(options))


if __name__ == "__main__":
    sys.exit(main())
