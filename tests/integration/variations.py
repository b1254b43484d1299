"""Copies of a mail as those who send it to millions vary them.  The same seed makes the same copies.

    vary(kind, paragraphs, rng, others) -> message      kind is one of KINDS

`paragraphs` is what the mail says; `others` are paragraphs of other mails, for what is taken from them.
"""
import random
from email.header import Header

NAMES = "Anna Boris Carla David Elif Femi Greta Hiro Ines Jakub Kim Lena Marco Nora Omar Petra Quinn Rosa Sven Tara".split()
LOOKALIKES = dict(zip("aceopxyiBHMT", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0412\u041d\u041c\u0422"))
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def token(rng, n=10):
    return "".join(rng.choice(LETTERS + "0123456789") for _ in range(n - 1)) + rng.choice("0123456789")


def gibberish(rng):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(5, 9)))


def each_word(paragraphs, share, rng, change):
    return [" ".join(change(w) if rng.random() < share else w for w in p.split()) for p in paragraphs]


def substitute(share):
    def vary(paragraphs, rng, others):
        words = " ".join(others).split()
        return each_word(paragraphs, share, rng, lambda w: rng.choice(words))
    return vary


def greet(paragraphs, rng, others):
    name = rng.choice(NAMES)
    return ([f"{rng.choice(['Dear', 'Hello', 'Hi', 'Good morning'])} {name},", *paragraphs,
             f"{rng.choice(['Yours', 'Best regards', 'Sincerely', 'Cheers'])}, {rng.choice(NAMES)}"])


def link(paragraphs, rng, others):
    made = [f"https://{gibberish(rng)}.example/{token(rng)}?u={token(rng)}", f"Ref. {token(rng)}, no. {rng.randint(1, 10**9)}"]
    where = rng.randint(0, len(paragraphs))
    return paragraphs[:where] + made + paragraphs[where:]


def shuffle(paragraphs, rng, others):
    return rng.sample(paragraphs, len(paragraphs))


def junk(share):
    def vary(paragraphs, rng, others):
        wanted, added = share * sum(len(p.split()) for p in paragraphs), []
        while sum(len(p.split()) for p in added) < wanted:
            words = rng.choice(others).split()
            added.append(" ".join(words[:max(1, int(wanted))]))
        return paragraphs + added
    return vary


def bust(paragraphs, rng, others):
    """Strings that nobody reads: at the end of each paragraph, and now and then within it."""
    return [p + " " + gibberish(rng) + " " + token(rng)
            for p in each_word(paragraphs, 0.05, rng, lambda w: w + " " + token(rng, 7))]


def misspell(share):
    def wrong(word, rng):
        if len(word) < 4:
            return word
        i = rng.randrange(len(word) - 1)
        return rng.choice([word[:i] + word[i + 1] + word[i] + word[i + 2:], word[:i] + word[i + 1:],
                           word[:i] + word[i] + word[i:], word[:i] + rng.choice(LETTERS) + word[i + 1:]])

    def vary(paragraphs, rng, others):
        return each_word(paragraphs, share, rng, lambda w: wrong(w, rng))
    return vary


def disguise(share):
    def look(word, rng):
        return "".join(LOOKALIKES.get(c, c) if rng.random() < 0.5 else c for c in word)

    def vary(paragraphs, rng, others):
        return each_word(paragraphs, share, rng, lambda w: look(w, rng))
    return vary


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def html(paragraphs, rng, others):
    """Tags within words, text that is not shown, and other attributes in each copy."""
    def word(w):
        if len(w) < 4 or rng.random() < 0.7:
            return escape(w)
        i = rng.randint(1, len(w) - 1)
        noise = rng.choice([f"<b id={token(rng)}></b>", f"<!-- {token(rng)} -->", "&shy;", "&#8203;",
                            f'<span style="display:none">{gibberish(rng)}</span>'])
        return escape(w[:i]) + noise + escape(w[i:])
    tags = rng.choice(["p", "div", "h4"])
    return "<html><body>" + "".join(
        f'<{tags} class="{token(rng)}">' + " ".join(map(word, p.split())) + f"</{tags}>\n"
        f'<div style="font-size:0">{escape(rng.choice(others))}</div>' for p in paragraphs) + "</body></html>"


# ---- a mail of pictures and a few words ----

def card(rng, host, own, rows=3, words="Now only for you"):
    """`own`: what differs from copy to copy by itself, as programs that send them make it."""
    t = (lambda: token(rng)) if own else (lambda: "x1")
    cells = "".join(f'<tr><td class="{t()}">{w}</td><td>{rng.randint(1, 99)} %</td></tr>\n' for w in ["off", "less", "free"][:rows])
    return (f'<html><head><title>{t()}</title></head><body bgcolor="#fff"><center><table width="{rng.randint(500, 700)}">\n'
            f'<tr><td><a href="http://{host}/{t()}"><img src="http://{host}/{t()}.png" alt="{t()}"></a></td></tr>\n{cells}'
            f"</table><hr><h2>{words}</h2><ul><li>{t()}<li>{t()}</ul></center></body></html>")


def one_card(rng, base, **changed):
    """A copy: its subject and its HTML.  `base` numbers the mail that is copied."""
    fixed = random.Random(f"card {base}")
    pick = {"host": gibberish(fixed) + ".com", "words": " ".join(gibberish(fixed) for _ in range(3)), "own": False}
    subject = " ".join(gibberish(fixed) for _ in range(4))
    subject = changed.pop("subject", "{}").format(subject)
    return subject, card(rng if changed.get("own") else fixed, **{**pick, **changed})


CARDS = {
    "the same": lambda rng, base: one_card(rng, base),
    "file names, classes, numbers": lambda rng, base: one_card(rng, base, own=True),
    "the same, and numbers in the subject": lambda rng, base: one_card(
        rng, base, own=True, subject=f"{rng.randint(1, 9999)}: {{}} #{token(rng)}"),
    "a row less": lambda rng, base: one_card(rng, base, own=True, rows=2),
    "other words": lambda rng, base: one_card(rng, base, own=True, words=" ".join(gibberish(rng) for _ in range(3))),
    "another subject": lambda rng, base: one_card(rng, base, own=True, subject=f"{gibberish(rng)} {gibberish(rng)} {gibberish(rng)}"),
    "another domain": lambda rng, base: one_card(rng, base, own=True, host=gibberish(rng) + ".com"),
    "another domain, words, a row less": lambda rng, base: one_card(
        rng, base, own=True, host=gibberish(rng) + ".com", rows=2, words=" ".join(gibberish(rng) for _ in range(3)),
        subject=f"{{}} {token(rng)}"),
    "another domain and subject": lambda rng, base: one_card(
        rng, base, own=True, host=gibberish(rng) + ".com", subject=f"{gibberish(rng)} {gibberish(rng)} {gibberish(rng)}"),
}


def card_copy(kind, base, seed):
    rng = random.Random(f"{kind} {base} {seed}")
    subject, body = CARDS[kind](rng, base)
    head = {"From": f"{token(rng)}@{gibberish(rng)}.example", "To": "someone@example.net", "Subject": subject,
            "MIME-Version": "1.0", "Content-Type": "text/html; charset=utf-8"}
    return ("".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()


KINDS = {
    "the same": [],
    "5 % of words": [substitute(0.05)],
    "15 % of words": [substitute(0.15)],
    "30 % of words": [substitute(0.30)],
    "greetings": [greet],
    "links and numbers": [link],
    "shuffled paragraphs": [shuffle],
    "30 % junk": [junk(0.3)],
    "100 % junk": [junk(1.0)],
    "hash busters": [bust],
    "misspelling": [misspell(0.2)],
    "homoglyphs": [disguise(0.4)],
    "HTML noise": [html],
    "all combined": [substitute(0.05), misspell(0.05), disguise(0.1), greet, link, shuffle, junk(0.3), bust, html],
}


def vary(kind, paragraphs, rng, others):
    body, subtype = list(paragraphs), "plain"
    for change in KINDS[kind]:
        body = change(body, rng, others)
        subtype = "html" if change is html else subtype
    text = body if subtype == "html" else "\n\n".join(body)
    head = {"From": f"{rng.choice(NAMES)} <{token(rng)}@{gibberish(rng)}.example>", "To": "someone@example.net",
            "Subject": Header(f"{gibberish(rng)} {token(rng)}").encode(), "Message-ID": f"<{token(rng, 20)}@x.example>",
            "MIME-Version": "1.0", "Content-Type": f"text/{subtype}; charset=utf-8",
            "Content-Transfer-Encoding": "8bit"}
    return ("".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n" + text.replace("\n", "\r\n") + "\r\n").encode()


def copies(kind, paragraphs, count, seed, others):
    rng = random.Random(f"{kind} {seed}")
    return [vary(kind, paragraphs, rng, others) for _ in range(count)]
