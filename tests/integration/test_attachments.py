"""Files that come with messages: what is in archives of real programs, and of formats that are made up here; and whatever a
mail is made of, the backend gets its bytes as they came.
"""
import base64
import contextlib
import gzip
import io
import json
import lzma
import random
import re
import socket
import struct
import subprocess
import tarfile
import unittest
import zipfile
import zlib

from hostile import Backend
from postern import Folder, FolderTest, Postern, free_port, run

HEADER = b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n"


def part(name, data, kind="application/octet-stream"):
    return (f'--b\r\nContent-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'.encode()
            + base64.encodebytes(data).replace(b"\n", b"\r\n"))


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        for name in names:
            z.writestr(name, b"text " * 100)
    return file.getvalue()


def tarred(*names, kind):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as t:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 700
            t.addfile(entry, io.BytesIO(b"MZ" * 350))
    return file.getvalue()


def tnef(**files):
    """A winmail.dat."""
    def attribute(level, name, data):
        return struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xffff)
    return struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x00089006, b"\0\0\1\0") + b"".join(
        attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00018010, name.replace("__", ".").encode() + b"\0") + attribute(2, 0x0006800f, data)
        for name, data in files.items())


def number(n):
    """As RAR 5 has it: seven bits a byte, the lowest first."""
    return bytes([n & 127 | 128]) + number(n >> 7) if n > 127 else bytes([n])


def rar4(*names, data=b"MZ" * 40, locked=False, hidden=False, wide=False):
    """Files as they are; locked: with a password, hidden: their names too.  wide: of "plain\0codes".  No free program makes such."""
    def header(kind, flags, rest):
        body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xffff) + body

    def file(name):
        fixed = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0x5a6b0000, 29, 0x30, len(name), 0o100644)
        return header(0x74, 0x8000 | 4 * locked | 0x200 * wide, fixed + name) + data
    return b"Rar!\x1a\7\0" + header(0x73, 0x80 * hidden, bytes(6)) + b"".join(map(file, names)) + header(0x7b, 0x4000, b"")


def rar5(*names, data=b"MZ" * 40, locked=False, hidden=False):
    password = bytes([1, 0, 0, 15]) + bytes(32)

    def header(kind, rest, extra=b"", data=b""):
        sizes = (number(len(extra)) if extra else b"") + (number(len(data)) if data else b"")
        body = number(kind) + number(bool(extra) + 2 * bool(data)) + sizes + rest + extra
        body = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(body)) + body + data

    def file(name):
        fixed = number(4) + number(len(data)) + number(0o100644) + struct.pack("<I", zlib.crc32(data)) + bytes([0, 1])
        return header(2, fixed + number(len(name)) + name, number(len(password)) + password if locked else b"", data)
    front = header(4, b"\0\0\x0f" + bytes(16)) if hidden else b""
    return b"Rar!\x1a\7\1\0" + front + header(1, b"\0") + b"".join(map(file, names)) + header(5, b"\0")


class Archives(FolderTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder.write("x.conf", f'''
            resolver {{ servers = ["127.0.0.1:{free_port()}"] timeout = 100ms }}
            store {{ url = "memory:" }}
            ''')
        for name in "good.txt", "evil.exe", "invoice.pdf.js":
            self.folder.write(name, "MZ\n" * 100)

    def pack(self, *command):
        """An archive by a program, named in its command; of three files."""
        subprocess.run([*command, "good.txt", "evil.exe", "invoice.pdf.js"], check=True, cwd=self.folder.path,
                       stdout=subprocess.DEVNULL)
        return (self.folder.path / next(c for c in command if c.startswith("a."))).read_bytes()

    def found(self, **files):
        """Symbols and details of each mail with one file."""
        paths = []
        for name, data in files.items():
            paths.append(self.folder.path / f"{name}.eml")
            paths[-1].write_bytes(HEADER + part(name.replace("__", "."), data) + b"--b--\r\n")
        done = run("scan", "-c", self.config, "--json", *paths, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        mails = [json.loads(line) for line in done.stdout.splitlines()]
        return {name: {s["name"]: s.get("detail", "") for s in mail["symbols"]
                       if s["name"].startswith(("ATTACHMENT_", "ARCHIVE_"))} for name, mail in zip(files, mails)}

    def test_of_real_programs(self):
        files = {
            "zip": self.pack("zip", "-q", "a.zip"),
            "zip_locked": self.pack("zip", "-q", "-P", "secret", "a.b.zip"),
            "7z": self.pack("7z", "a", "-y", "a.7z"),
            "7z_plain": self.pack("7z", "a", "-y", "-mhc=off", "a.b.7z"),
            "7z_solid": self.pack("7z", "a", "-y", "-ms=on", "-m0=lzma2", "a.c.7z"),
            "7z_copy": self.pack("7z", "a", "-y", "-m0=copy", "-ms=off", "a.d.7z"),
            "7z_locked": self.pack("7z", "a", "-y", "-psecret", "a.e.7z"),
            "7z_aes_zip": self.pack("7z", "a", "-y", "-tzip", "-psecret", "-mem=AES256", "a.f.zip"),
            "7z_tar": self.pack("7z", "a", "-y", "-ttar", "a.tar"),
            "tar": self.pack("tar", "-cf", "a.b.tar"),
            "tar_v7": self.pack("tar", "--format=v7", "-cf", "a.c.tar"),
            "cab": self.pack("gcab", "-c", "a.cab"),
            "cab_packed": self.pack("gcab", "-c", "-z", "a.b.cab"),
        }
        for name, symbols in self.found(**files).items():
            with self.subTest(name):
                self.assertEqual(symbols.get("ARCHIVE_PROGRAM"), f"{name}: evil.exe")
                self.assertEqual(symbols.get("ARCHIVE_SCRIPT"), f"{name}: invoice.pdf.js")
                self.assertIn("ATTACHMENT_DOUBLE_EXTENSION", symbols)
                self.assertEqual("ARCHIVE_ENCRYPTED" in symbols, "locked" in name or "aes" in name)
                self.assertFalse({"ARCHIVE_BROKEN", "ARCHIVE_LIMIT"} & set(symbols))

    def test_what_is_packed_alone(self):
        """A tar in a gzip or an xz of real programs, and a program."""
        names = {"ATTACHMENT_DOUBLE_EXTENSION", "ARCHIVE_PROGRAM", "ARCHIVE_SCRIPT"}
        tar = self.pack("tar", "-cf", "a.tar")
        program = b"MZ\x90\0" + bytes(500)
        large = random.Random(1).randbytes(3 << 20)
        found = self.found(a__tar__gz=self.pack("tar", "-czf", "a.tar.gz"), b__tgz=gzip.compress(tar[:700]) + gzip.compress(tar[700:]), a__tar__xz=self.pack("tar", "-cJf", "a.tar.xz"),
                           b__gz=gzip.compress(program), b__xz=lzma.compress(program), b__pdf__gz=gzip.compress(b"%PDF-1.4\n"),
                           large__tgz=gzip.compress(large), huge__txz=lzma.compress(tar, preset=9))
        for name in "a__tar__gz", "b__tgz", "a__tar__xz":
            with self.subTest(name):
                self.assertEqual(set(found[name]), names)
        self.assertEqual(found["b__gz"], {"ATTACHMENT_PROGRAM": "b.gz"})
        self.assertEqual(found["b__xz"], {"ATTACHMENT_PROGRAM": "b.xz"})
        for name in "b__pdf__gz", "large__tgz", "huge__txz":
            with self.subTest(name):
                self.assertEqual(found[name], {})

    def test_what_is_in_a_winmail(self):
        locked = self.pack("zip", "-q", "-P", "secret", "a.zip")
        tar = self.pack("tar", "-czf", "a.tar.gz")
        found = self.found(a__dat=tnef(a__zip=locked, b__txt=b"text"), b__dat=tnef(b__txt=b"text", c__tgz=tar),
                           c__dat=tnef(a__docx=zipped("[Content_Types].xml", "word/vbaProject.bin"), b__pdf=b"MZ" + bytes(99)))
        names = {"ATTACHMENT_TNEF", "ATTACHMENT_DOUBLE_EXTENSION", "ARCHIVE_PROGRAM", "ARCHIVE_SCRIPT"}
        self.assertEqual(set(found["a__dat"]), {*names, "ARCHIVE_ENCRYPTED"})
        self.assertEqual(set(found["b__dat"]), names)
        self.assertEqual(set(found["c__dat"]), {"ATTACHMENT_TNEF", "ATTACHMENT_MACRO", "ATTACHMENT_PROGRAM"})
        self.assertEqual(found["b__dat"]["ARCHIVE_PROGRAM"], "b.dat: evil.exe")

    def listed(self, data):
        """What 7-Zip sees: names, and whether one of these files is encrypted; None: it is no archive for it, or a broken one."""
        path = self.folder.path / "oracle"
        path.write_bytes(data)
        done = subprocess.run(["7z", "l", "-slt", "-p", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        _, mark, files = done.stdout.decode("latin-1").partition("----------\n")
        if done.returncode or not mark:
            return None
        return set(re.findall(r"^Path = (.*)$", files, re.M)), "Encrypted = +" in files

    def seen(self, archives):
        """The same by us, of files of which each has an extension of its own kind; and whether we say that we have not seen all."""
        for name, symbols in self.found(**archives).items():
            details = [d for s, d in symbols.items() if s.startswith("ARCHIVE_") and ": " in d]
            flags = {"ARCHIVE_BROKEN", "ARCHIVE_LIMIT", "ARCHIVE_ENCRYPTED"} & set(symbols)
            yield name, {n for d in details for n in re.split(f"(?:^|, ){name}: ", d)[1:]}, flags

    def made_rars(self):
        names = b"d/evil.exe", b"invoice.js", b"page.html"
        return {f"{make.__name__}_{how}": make(*names, **({how: True} if how else {}))
                for make in (rar4, rar5) for how in ("", "locked", "hidden")}

    def test_rar_as_7zip_has_it(self):
        archives = self.made_rars()
        for name, names, flags in self.seen(archives):
            with self.subTest(name):
                listed = self.listed(archives[name])
                if name.endswith("hidden"):
                    self.assertEqual((listed, names, flags), (None, set(), {"ARCHIVE_ENCRYPTED"}))
                else:
                    self.assertEqual((names, "ARCHIVE_ENCRYPTED" in flags), listed)

    def test_the_other_name_of_a_rar(self):
        """What is shown is in codes behind the name: bytes, bytes of one plane, two bytes, or some of the name in front."""
        names = {
            b"good.txt\0\0\0evil\0.exe": "evil.exe",
            b"good.txt\0\4\x55\x30\x31\x32\x33\0.exe": "\u0430\u0431\u0432\u0433.exe",
            b"duhk-dwd.txt\0\0\xc0\x86\1": "evil.exe",
            b"evil.txt\0\0\xea\3\x65\0\x78\0\x65\0": "evil.exe",
        }
        for name, shown in names.items():
            archive = rar4(name, wide=True)
            with self.subTest(name):
                self.assertEqual(self.listed(archive)[0], {shown.encode().decode("latin-1")})
                found = self.found(a=archive)["a"].get("ARCHIVE_PROGRAM", "")
                self.assertEqual(found, "a: " + "".join(c if c < "\x7f" else "??" for c in shown))

    def zip_with_two_names(self, plain, shown):
        """Info-ZIP's extra field has the other one."""
        file = io.BytesIO()
        entry = zipfile.ZipInfo(plain)
        entry.extra = struct.pack("<HHIHHBI", 0x5855, 4, 0, 0x7075, 5 + len(shown), 1, zlib.crc32(plain.encode())) + shown.encode()
        with zipfile.ZipFile(file, "w") as z:
            z.writestr("first.txt", b"text")
            z.writestr(entry, b"MZ" * 50)
            z.writestr("last.js", b"x")
        return file.getvalue()

    def unzip(self, data):
        """Names as unzip has them."""
        path = self.folder.path / "unzip"
        path.write_bytes(data)
        return subprocess.run(["unzip", "-Z1", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().split()

    def test_what_a_zip_shows(self):
        """Another name than that of the header, one that ends at a NUL, and what is in front of the first header."""
        two = self.zip_with_two_names("good.txt", "evil.exe")
        nul = zipped("evil.exe-txt").replace(b"evil.exe-txt", b"evil.exe\0txt")
        junk = b"\1junk\0" + zipped("evil.exe")
        self.assertEqual(self.listed(two)[0], {"first.txt", "evil.exe", "last.js"})
        both = two.replace(b"good.txt", b"good\0txt")
        self.assertIn("ARCHIVE_LIMIT", self.found(both=both)["both"])
        found = self.found(two=two, nul=nul, junk__zip=junk, none__zip=b"\1junk\0")
        self.assertEqual(found.pop("two"), {"ARCHIVE_PROGRAM": "two: evil.exe", "ARCHIVE_SCRIPT": "two: last.js"})
        self.assertEqual(found.pop("none__zip"), {"ARCHIVE_BROKEN": "none.zip"})
        for name, data in ("nul", nul), ("junk__zip", junk):
            with self.subTest(name):
                self.assertEqual(self.unzip(data), ["evil.exe"])
                self.assertIn("evil.exe", found[name]["ARCHIVE_PROGRAM"])

    def test_changed_archives_hide_nothing(self):
        """A program that 7-Zip would unpack is named by us, or the archive is said to be broken, encrypted, or more than we look at."""
        seed = random.SystemRandom().randrange(1 << 32)
        dice = random.Random(seed)
        whole = [*self.made_rars().values(), self.pack("gcab", "-c", "a.cab"), self.pack("7z", "a", "-y", "-mhc=off", "a.7z"),
                 self.pack("7z", "a", "-y", "a.b.7z"), self.pack("zip", "-q", "a.zip"), self.pack("7z", "a", "-y", "-ttar", "a.tar")]
        archives = {}
        for n in range(150):
            data = bytearray(dice.choice(whole))
            for _ in range(dice.randint(1, 3)):
                data[dice.randrange(8, len(data))] = dice.choice([0, 1, 127, 255, dice.randrange(256)])
            archives[f"n{n}"] = bytes(data[:dice.choice([len(data), dice.randrange(8, len(data))])])
        for name, names, flags in self.seen(archives):
            listed = self.listed(archives[name])
            programs = {n for n in listed[0] if re.fullmatch("[!-~]+[.]exe", n)} if listed else set()
            with self.subTest(f"seed {seed}", archive=archives[name].hex()):
                self.assertTrue(flags or programs <= names, f"{programs} / {names}")

    def test_names_that_need_a_password(self):
        files = self.found(a=self.pack("7z", "a", "-y", "-psecret", "-mhe=on", "a.7z"))
        self.assertEqual(files["a"], {"ARCHIVE_ENCRYPTED": "a"})

    def test_made_here(self):
        office = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
        found = self.found(
            a__zip=zipped("x/setup.scr", "inner.rar"), a__docm=office, a__docx=office,
            b__docx=zipped("[Content_Types].xml", "word/document.xml"), gnu__tar=tarred("d" * 120 + ".exe", kind=tarfile.GNU_FORMAT),
            pax__tar=tarred("d" * 120 + "\u20ac.exe", kind=tarfile.PAX_FORMAT), a__gz=gzip.compress(b"x" * 1000),
            a__png=b"MZ\x90\0" + bytes(500), a__pdf__exe=b"MZ\x90\0" + bytes(500), page__html=b"<html><script>",
            cut__zip=zipped("a.txt")[:-30], a__iso=bytes(0x8001) + b"CD001" + bytes(5000), a__one=b"x", a__ace=b"0123456**ACE**\0" + bytes(50))
        wanted = {
            "a__zip": {"ARCHIVE_PROGRAM": "a.zip: x/setup.scr", "ARCHIVE_NESTED": "a.zip: inner.rar"},
            "a__docm": {"ATTACHMENT_MACRO": "a.docm"}, "a__docx": {"ATTACHMENT_MACRO": "a.docx"}, "b__docx": {},
            "gnu__tar": {"ARCHIVE_PROGRAM": "gnu.tar: " + "d" * 120 + ".exe"},
            "pax__tar": {"ARCHIVE_PROGRAM": "pax.tar: " + "d" * 120 + "???.exe"}, "a__gz": {},
            "a__png": {"ATTACHMENT_PROGRAM": "a.png", "ATTACHMENT_DISGUISED": "a.png is application/x-dosexec"},
            "a__pdf__exe": {"ATTACHMENT_PROGRAM": "a.pdf.exe", "ATTACHMENT_DOUBLE_EXTENSION": "a.pdf.exe"},
            "page__html": {"ATTACHMENT_WEB_PAGE": "page.html"}, "cut__zip": {"ARCHIVE_BROKEN": "cut.zip"},
            "a__iso": {"ATTACHMENT_DISK_IMAGE": "a.iso"}, "a__one": {"ATTACHMENT_NOTEBOOK": "a.one"}, "a__ace": {"ARCHIVE_RARE": "a.ace"},
        }
        for name, symbols in wanted.items():
            with self.subTest(name):
                self.assertEqual(found[name], symbols)

    def test_what_only_libmagic_knows(self):
        sound = b"\xff\xf3\x40\xc4" + bytes(417) * 3  # MP3 without a tag in front
        found = self.found(a__pdf=sound, b__pdf=random.Random(1).randbytes(4000), c__mp3=sound)
        self.assertEqual(found, {"a__pdf": {"ATTACHMENT_MISMATCH": "a.pdf is audio/mpeg"}, "b__pdf": {}, "c__mp3": {}})

    def test_bounded(self):
        many = io.BytesIO()
        with zipfile.ZipFile(many, "w") as z:
            for i in range(20000):
                z.writestr(f"{i}.txt", b"")
        found = self.found(many=many.getvalue(), mark=b"PK\3\4" + b"PK" * 2000000, bomb=self.bomb())
        self.assertEqual(found, {"many": {"ARCHIVE_LIMIT": "many"}, "mark": {"ARCHIVE_LIMIT": "mark"}, "bomb": {"ARCHIVE_BOMB": "bomb"}})

    def test_a_bomb_is_small(self):
        """What an archive unpacks to is measured by how large it is, not by what it says of that."""
        def cabinet(data):
            files = b"".join(struct.pack("<IIHHHH", 30 << 20, 0, 0, 0, 0, 0) + b"%d.txt\0" % n for n in range(4))
            return b"MSCF" + struct.pack("<12xI8xH6x", 36, 4) + files + data
        self.assertEqual(self.found(a__cab=cabinet(bytes(640000)), b__cab=cabinet(bytes(1000))),
                         {"a__cab": {"ATTACHMENT_PROGRAM": "a.cab"}, "b__cab": {"ATTACHMENT_PROGRAM": "b.cab", "ARCHIVE_BOMB": "b.cab"}})

    def test_sizes_of_64_bits(self):
        """A header that has no room for a file's size says so, and has it behind the name."""
        def archive(size):
            large = struct.pack("<HHQQ", 1, 16, size, 100)
            return (b"PK\3\4" + struct.pack("<5H3I2H", 45, 0, 0, 0, 33, 0, 100, 100, 5, 0) + b"a.txt" + bytes(100)
                    + b"PK\1\2" + struct.pack("<6H3I5H2I", 45, 45, 0, 0, 0, 33, 0, 0xffffffff, 0xffffffff, 5, len(large), 0, 0, 0, 0, 0) + b"a.txt" + large
                    + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, 51 + len(large), 135, 0))
        self.assertEqual(self.listed(archive(100)), ({"a.txt"}, False))
        self.assertEqual(self.found(small=archive(100), large=archive(5 << 30), most=archive((1 << 64) - 1) * 2),
                         {"small": {}, "large": {"ARCHIVE_BOMB": "large"}, "most": {"ARCHIVE_BOMB": "most"}})

    def test_a_name_too_long_to_look_at(self):
        names = "d/" * 600 + "evil.exe"
        found = self.found(tar=tarred(names, kind=tarfile.GNU_FORMAT), pax=tarred(names, kind=tarfile.PAX_FORMAT), rar=rar5(names.encode()))
        self.assertEqual(found, {name: {"ARCHIVE_LIMIT": name} for name in found})

    def bomb(self):
        """Says that it unpacks to 4 GB; both headers of the file have the size at the end of their fixed fields."""
        data = bytearray(zipped("a.txt"))
        for mark, at in (b"PK\3\4", 22), (b"PK\1\2", 24):
            where = data.index(mark) + at
            data[where:where + 4] = b"\xf0\xff\xff\xff"
        return bytes(data)


FRAGMENTS = [
    b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/alternative; boundary=\"c \"", b"Content-Type: message/rfc822",
    b"Content-Type: message/partial; id=x; number=1", b"Content-Type: application/zip; name*0*=utf-8''%e2; name*1=x",
    b"Content-Type: text/html; charset=utf-16", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Disposition: attachment; filename=\"a\\\".exe", b"", b"", b"", b"--b", b"--b", b"--b--", b"--c ", b"--", b"-", b".", b"..", b"...", b".b",
    b"UEsDBBQAAAAIAA==", b"N3q8ryccAAQ=====", b"=", b"=3D=", b"=ybegin line=128 size=3 name=a", b"=yend size=3", b"begin 644 a.exe", b"#0V%T", b"end",
    b"\xff\xfe\xfd", b"\x80" * 300, b"x" * 990, b"<html><!--", b"PK\3\4\x14", b"\x1b$B", b" \t", b"From a@b", b">From", b"\x0c\x0b\x01",
]


class Daemon(unittest.TestCase):
    def test_a_worker_asks_libmagic(self):
        """Which opens its database when it is first asked, by a worker without privileges."""
        folder = Folder()
        self.addCleanup(folder.remove)
        rules = folder.write("x.cf", "score ATTACHMENT_MISMATCH 1\n")
        with Postern(workers=1, extra=f'rules {{ files = ["{rules}"] }}') as gate, gate.connect() as client:
            client.expect(220)
            client.expect(250, "EHLO client.example")
            for _ in range(2):
                client.mail((HEADER + part("a.pdf", b"\xff\xf3\x40\xc4" + bytes(417) * 3) + b"--b--").decode())
            for count in 1, 2:
                self.assertIn("ATTACHMENT_MISMATCH", gate.wait_log("verdict", count=count)["symbols"])


class Replay(unittest.TestCase):
    def test_the_bytes_are_as_they_came(self):
        seed = random.SystemRandom().randrange(1 << 32)
        dice = random.Random(seed)
        backend = Backend()
        with contextlib.closing(backend), Postern(workers=1, backend=backend.config()) as gate, gate.connect() as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.expect(220)
            client.expect(250, "EHLO client.example")
            for number in range(100):
                body = b"".join(dice.choice(FRAGMENTS) + b"\r\n" for _ in range(dice.randint(1, 60)))
                mail = b"X-Number: %d\r\n" % number + dice.choice([HEADER, b"Subject: x\r\n", b""]) + body
                client.expect(250, "MAIL FROM:<a@example.org>")
                client.expect(250, "RCPT TO:<b@example.net>")
                client.expect(354, "DATA")
                wire = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
                while wire:
                    cut = dice.choice([9, 90, 900, 9000])
                    client.raw(wire[:cut])
                    wire = wire[cut:]
                client.expect(250)
                got = (b"\r\n" + backend.mails[-1]).replace(b"\r\n.", b"\r\n")[2:]
                with self.subTest(f"seed {seed}", mail=mail):
                    self.assertTrue(got.endswith(mail), got)
                    self.assertRegex(got[:-len(mail)], rb"^([\w-]+: .*\r\n([ \t].*\r\n)*)*$")


if __name__ == "__main__":
    unittest.main()
