#!/usr/bin/python3
"""Writes the seeds of fuzz_dkim into the folder given: key records, an empty line, a message.  Debian's python3-dkim
signs them; keys are made anew and thrown away."""
import base64
import pathlib
import subprocess
import sys

import dkim
import nacl.signing

MAIL = b"""From: Ann <ann@example.org>\r
To: bob@example.net\r
Subject:  a  test\t\r
\tof folds \r
Date: Fri, 27 Nov 2026 10:00:00 +0000\r
\r
Hello  \t Bob, \r
\r
this is  signed.\r
\r
\r
"""
FIELD = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=%s; bh=AAAA; b=AAAA%s\r\n"


def rsa(bits=1024):
    pem = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True,
                         capture_output=True).stdout
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


def ed25519():
    key = nacl.signing.SigningKey.generate()
    return (base64.b64encode(bytes(key)), b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(key.verify_key)))


PEM, RSA = rsa()
SEED, ED = ed25519()
_, WIDE = rsa(4096)


def signed(mail=MAIL, how=b"relaxed", algorithm=b"rsa-sha256", **more):
    key = PEM if algorithm.startswith(b"rsa") else SEED
    head = dkim.sign(mail, b"s1", b"example.org", key, canonicalize=(how, how), signature_algorithm=algorithm,
                     include_headers=[b"from", b"to", b"subject", b"date", b"from"], **more)
    return head + mail


def crafted(names=b"from", more=b""):
    return FIELD % (names, more) + MAIL


SEEDS = {
    "rsa_relaxed": RSA + b"\n\n" + signed(),
    "rsa_simple": RSA + b"\n\n" + signed(how=b"simple"),
    "ed25519": ED + b"\n\n" + signed(algorithm=b"ed25519-sha256"),
    "two": RSA + b"\n" + ED + b"\n\n" + signed(signed(), algorithm=b"ed25519-sha256"),
    "with_length": RSA + b"\n\n" + signed(length=True) + b"more\r\n",
    "lengths": RSA + b"\n\n" + b"".join(FIELD % (b"from", b"; l=%d" % i) for i in range(6)) + MAIL,
    "wide_key": WIDE + b"\n\n" + crafted(),
    "key_words": b"v=DKIM1; h=sha1:sha256; s=email:*; t=y:s; n=x; p=" + RSA[18:] + b"\n\n" + signed(),
    "empty_body": RSA + b"\n\n" + signed(MAIL[:MAIL.index(b"\r\n\r\n") + 4]),
    # What libopendkim was seen to write or read past its memory for: see filters/dkim/wrapper.h.
    "every_field_and_one_more": RSA + b"\n\n" + crafted(b"from:to:subject:date:dkim-signature:x"),
    "every_field_and_many": RSA + b"\n\n" + crafted(b"from:to:subject:date" + b":x" * 90),
    "too_many_names": RSA + b"\n\n" + crafted(b"from" + b":to" * 120),
    "identity_ends_in_equals": RSA + b"\n\n" + crafted(more=b"; i=a=40b@example.org="),
    "identity_long": RSA + b"\n\n" + crafted(more=b"; i=" + b"a" * 300 + b"@example.org"),
    "identity_longest": RSA + b"\n\n" + crafted(more=b"; i=" + b"a" * 188 + b"@example.org"),
    "signatures_40": RSA + b"\n\n" + (FIELD % (b"from", b"")) * 40 + MAIL,
    "nul": RSA + b"\n\n" + signed(MAIL.replace(b"Ann", b"A\0n")),
    "bare": RSA + b"\n\n" + signed() + b"a\rb\nc\r\r\n\n",
    "names_long": RSA + b"\n\n" + crafted(b":".join(b"x-%060d" % i for i in range(90)) + b":from"),
    "base64": RSA + b"\n\n" + crafted(more=b"=;").replace(b"AAAA", b"AA A\r\n A"),
    "domainkeys": b"\n\nDomainKey-Signature: a=rsa-sha1; q=dns; c=nofws; s=s1; d=example.org; b=AAAA\r\n" + MAIL,
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
