"""What messages are made of, by the mails of mail-parser (when they are there): the tree of parts, their bodies, and these
in UTF-8."""
import json
import pathlib
import subprocess
import unittest

from postern import BINARY, SUITES

TOOL = pathlib.Path(BINARY).parent / "tool" / "mime_parts"
MAILS = SUITES / "mime" / "mail-parser" / "eml"

# Where we have other parts or bytes than mail-parser, and why.
WHOLE_LINE = "a boundary is a whole line: Thunderbird, GMime and Python do not take what only begins like it"
FIRST = "Content-Type is there twice: the first one counts, as for Thunderbird and Python"
OUTER = "RFC 2046 5.1.2: a boundary of an outer multipart ends those within"
BASE64 = "base64 steps over what is no letter (RFC 2045 6.8), and never shows the code instead"
GUESS = "bytes over 127 without a charset that has them are Windows-1252 if they are not UTF-8"
DIFFERENT = {
    "legacy/026": GUESS,
    "legacy/052": GUESS,
    "malformed/000": "parts whose header section does not end are there, without a body, as for Python",
    "malformed/001": WHOLE_LINE,
    "malformed/002": "a multipart that never begins stays one; its body is its own",
    "malformed/004": WHOLE_LINE,
    "malformed/007": FIRST,
    "malformed/009": OUTER,
    "malformed/011": OUTER,
    "malformed/012": OUTER,
    "malformed/016": WHOLE_LINE,
    "malformed/020": FIRST,
    "malformed/021": FIRST,
    "malformed/022": "a message/rfc822 whose text is no message has that text within, as its only part",
    "rfc/000": BASE64,
    "rfc/008": "a message in base64 (which RFC 2046 5.2.1 forbids) is one part, though its text is read",
    "thirdparty/002": BASE64,
    "thirdparty/005": WHOLE_LINE,
    "thirdparty/015": "messages whose header sections do not end are there: of the first, Content-Type is multipart",
}


def expected(tree, mail):
    """Parts in their order: kind, body as it came (None: encoded around), body decoded."""
    found = []

    def walk(parts, number, inside):
        part = parts[number]
        body = part["body"]
        kind, value = next(iter(body.items())) if isinstance(body, dict) else (body, None)
        raw = None if inside else mail[part["offset_body"]:part["offset_end"]]
        if kind == "Multipart":
            found.append(("multipart", None, None))
            for child in value:
                walk(parts, child, inside)
        elif kind == "Message":
            encoded = inside or any(h["name"] == "content_transfer_encoding" and
                                    h["value"].get("Text", "").lower() in ("base64", "quoted-printable")
                                    for h in part["headers"])
            found.append(("message", None, None))
            walk(value["parts"], 0, encoded)
        else:
            found.append(("leaf", raw, value if isinstance(value, str) else bytes(value)))

    walk(tree["parts"], 0, False)
    return found


def differences(wanted, got):
    if [w[0] for w in wanted] != [g["kind"] for g in got]:
        return ["tree: " + " ".join(w[0] for w in wanted) + " / " + " ".join(g["kind"] for g in got)]
    found = []
    for i, ((kind, raw, plain), part) in enumerate(zip(wanted, got)):
        if kind != "leaf":
            continue
        if raw is not None and raw != bytes.fromhex(part["raw"]):
            found.append(f"part {i} raw: {raw[:300]!r} / {bytes.fromhex(part['raw'])[:300]!r}")
        ours = bytes.fromhex(part["plain"]) if isinstance(plain, bytes) else part["utf8"]
        if ours != plain:
            found.append(f"part {i} decoded: {plain[:3000]!r} / {ours[:3000]!r}")
    return found


@unittest.skipUnless(MAILS.is_dir(), "the mails of mail-parser are not there")
class MailParser(unittest.TestCase):
    def test_parts_and_bodies(self):
        mails = sorted(MAILS.glob("*/*.eml"))
        self.assertGreater(len(mails), 100)
        out = subprocess.run([TOOL, *mails], check=True, stdout=subprocess.PIPE).stdout.split(b"\n")
        for path, line in zip(mails, out):
            name = f"{path.parent.name}/{path.stem}"
            mail = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            wanted = expected(json.loads(path.with_suffix(".crlf.json").read_text()), mail)
            with self.subTest(name):
                found = differences(wanted, json.loads(line)["parts"])
                if name in DIFFERENT:
                    self.assertTrue(found, "agrees, and is in the table of differences")
                else:
                    self.assertFalse(found, "\n".join(found))
