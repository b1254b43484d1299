"""The bulk radar of running gates: several workers and gates on one store count one cluster once, and `postern bulk`."""
import concurrent.futures
import re
import smtplib
import unittest

from dnsstub import DnsStub
from postern import PATIENCE, Postern
from test_redis import REDIS, Redis
from variations import card_copy, copies

LETTER = """Dear customer, your parcel could not be delivered because nobody was at home when our driver rang this morning.
Please come to our office in Station Road within three days, and bring the card that he has left in your letter box.
For a small fee we try a second time on the day you like best; choose it on our site, where you also find the hours of
the office and the rules for parcels with a value of more than five hundred.""".split("\n")
OTHERS = ["The meeting is moved to Thursday, as half of us are at the fair until Wednesday night and want to be there.",
          "Somebody left a blue bicycle in the yard behind the school, and the caretaker would be happy to see it gone."]
MAILS = 40
# What postern.conf(5) says a user of its own needs.
RIGHTS = "~postern:* +eval +evalsha +get +set +mget +del +role +select +client|setname +script|load +scan"


def gate(store, extra="", workers=2, **values):
    return Postern(config=Postern.CONTROLLED, workers=workers, **values,
                   extra=f'{store}\nbulk {{ }}\nvantage {{ except = "127.0.0.0/8" }}\n{extra}')


def send(g, number, mail, source="127.0.0.1", sender=None):
    """The reply to the mail."""
    with smtplib.SMTP("127.0.0.1", g.port, local_hostname="client.example", timeout=PATIENCE,
                      source_address=(source, 0)) as c:
        c.ehlo()
        c.mail(sender or f"sender{number % 8}@example{number % 8}.org")
        c.rcpt(f"user{number}@example.net")
        return c.data(mail)


VERDICTS = """
verdict "blocked" { when = BULK_BLOCKED   do = reject }
verdict "allowed" { when = BULK_ALLOWED   do = tag }
"""


class Commands:
    """What `postern bulk` does, on each kind of store."""
    store = None

    def setUp(self):
        self.gate = gate(self.store_line(), workers=self.workers, extra=VERDICTS)
        self.addCleanup(self.gate.close)
        self.gate.start()

    workers = 2

    def words(self, *words):
        status, out, err = self.gate.command("bulk", *words)
        self.assertEqual((status, err), (0, ""), out)
        return [" ".join(line.split()) for line in out.splitlines()]

    def fails(self, *words, status=1):
        got, out, err = self.gate.command("bulk", *words)
        self.assertEqual((got, out), (status, ""), err)
        return err

    def test_one_cluster(self):
        g = self.gate
        self.assertIn("no mail has come twice", self.fails("top"))
        mails = [*copies("the same", LETTER, 1, 1, OTHERS), *copies("greetings", LETTER, 5, 1, OTHERS)]
        for n, mail in enumerate(mails):
            self.assertEqual(send(g, n, mail, f"127.0.{n}.1")[0], 250)
        for n, other in enumerate(OTHERS):
            self.assertEqual(send(g, n, f"Subject: x\r\n\r\n{other * 2}\r\n".encode())[0], 250)
        g.wait_log("verdict", count=len(mails) + len(OTHERS))
        rows = self.words("top")
        self.assertEqual(len(rows), 1, rows)
        row = re.fullmatch(r"([0-9a-f]{16}) (\d+) mails (\d+) networks (\d+) senders +0% refused \d+ s ago (.*)", rows[0])
        self.assertIsNotNone(row, rows)
        id, count, networks = row[1], int(row[2]), int(row[3])
        self.assertEqual((count, networks), (len(mails), len(mails)), rows)
        shown = "\n".join(self.words("show", id))
        self.assertIn(f"mails {len(mails)}, ", shown)
        self.assertRegex(shown, r"(?m)^known by text$")
        self.assertIn("authenticated 0, by 0 domains", shown)
        self.assertIn(f"recipients {len(mails)}", shown)
        # what is said of it holds at once, on all workers, and for what is varied
        self.assertTrue(self.words("block", id)[0].startswith(f"blocked {id}"))
        for n, mail in enumerate(copies("greetings", LETTER, 4, 7, OTHERS)):
            code, text = send(g, n, mail)
            self.assertEqual(code, 550, text)
        self.assertIn("operator blocked", self.words("show", id))
        self.assertIn(id, self.words("said")[0])
        self.assertTrue(self.words("allow", id)[0].startswith(f"allowed {id}"))
        self.assertEqual(send(g, 99, mails[0])[0], 250)
        self.assertIn("BULK_ALLOWED", g.wait_log("verdict", rcpt="user99@example.net", action="tag")["symbols"])
        self.words("forget", id)
        self.assertIn("no such mail", self.fails("show", id))
        self.assertIn("no such mail", self.fails("forget", id))
        self.assertIn("no mail has come twice", self.fails("top"))

    def test_domains(self):
        self.assertIn("nothing was said", self.fails("said"))
        self.assertEqual(self.words("allow", "--domain", "News.Example.ORG."), ["allowed domain news.example.org"])
        self.assertEqual(self.words("block", "--domain", "b\u00fccher.example"), ["blocked domain xn--bcher-kva.example"])
        self.assertEqual(sorted(self.words("said")),
                         ["allowed domain news.example.org", "blocked domain xn--bcher-kva.example"])
        # From alone says nothing
        mail = b"From: a@xn--bcher-kva.example\r\nSubject: x\r\n\r\n" + "\r\n".join(LETTER).encode() + b"\r\n"
        self.assertEqual(send(self.gate, 0, mail)[0], 250)
        self.words("forget", "--domain", "news.example.org")
        self.assertIn("nothing was said", self.fails("forget", "--domain", "news.example.org"))
        self.assertEqual(self.words("said"), ["blocked domain xn--bcher-kva.example"])

    def test_misuse(self):
        for words, said in ((["top", "0"], "how many"), (["top", "101"], "how many"), (["show", "x"], "no id"),
                            (["show", "--domain", "example.org"], "an id"), (["allow"], "an id, or"), (["say"], "top, show"),
                            (["allow", "--domain", "a..b"], "no domain"), (["said", "x"], "no more")):
            self.assertIn(said, self.fails(*words, status=64))


class Off(unittest.TestCase):
    def test_nobody_looks_for_it(self):
        with Postern(Postern.CONTROLLED, workers=1) as g:
            for command in "bulk", "greylist":
                for words in ("top" if command == "bulk" else "list",), ("allow", "0123456789abcdef"):
                    self.assertEqual(g.command(command, *words),
                                     (1, "", f"postern: the configuration has no block {command}\n"))


class OnLmdb(Commands, unittest.TestCase):
    @staticmethod
    def store_line():
        return ""  # the harness's own


class InMemory(Commands, unittest.TestCase):
    workers = 1  # of each worker alone

    @staticmethod
    def store_line():
        return 'store { url = "memory:" }'


@unittest.skipUnless(REDIS, "redis-server is not installed")
class OnRedis(Commands, unittest.TestCase):
    def store_line(self):
        self.redis = self.enterContext(Redis())
        self.redis.ask("ACL", "SETUSER", "gate", "on", ">secret", *RIGHTS.split())
        return f'store {{ url = "redis://gate:secret@127.0.0.1:{self.redis.port}/3"  timeout = 2s }}'

    def test_a_redis_that_is_gone_stops_no_mail(self):
        g = self.gate
        mail = next(iter(copies("the same", LETTER, 1, 1, OTHERS)))
        self.assertEqual(send(g, 0, mail)[0], 250)
        self.redis.kill()
        for n in range(4):
            self.assertEqual(send(g, n, mail)[0], 250)
        self.assertIn("does not answer", self.fails("allow", "--domain", "example.org"))


@unittest.skipUnless(REDIS, "redis-server is not installed")
class TwoGates(unittest.TestCase):
    def test_they_count_one_cluster_once(self):
        """Two gates of two workers each before one Redis, all at once."""
        with Redis() as redis:
            store = f'store {{ url = "redis://127.0.0.1:{redis.port}/4"  timeout = 5s }}'
            with gate(store) as one, gate(store) as two, concurrent.futures.ThreadPoolExecutor(8) as pool:
                mails = [*copies("the same", LETTER, 1, 1, OTHERS), *copies("greetings", LETTER, MAILS - 1, 1, OTHERS)]
                first = send(one, 0, mails[0])  # all others are compared with it
                replies = [first, *pool.map(lambda n: send((one, two)[n % 2], n, mails[n], f"127.0.{n % 10}.1"),
                                            range(1, MAILS))]
                self.assertEqual({code for code, _ in replies}, {250})
                for g in one, two:
                    rows = [line.split() for line in g.command("bulk", "top")[1].splitlines()]
                    self.assertEqual([row[1] for row in rows], [str(MAILS)], rows)
                    self.assertEqual(rows[0][3], "10", "networks")
                self.assertEqual(one.command("bulk", "block", rows[0][0])[0], 0)
                self.assertIn("blocked", two.command("bulk", "said")[1])


    def test_a_mail_that_was_held_is_counted_once(self):
        """Wherever it comes again.  A gate's one worker has told the store what it held before it answers `top`."""
        with Redis() as redis:
            store = f'store {{ url = "redis://127.0.0.1:{redis.port}/4"  timeout = 5s }}'
            held = 'verdict "held" { when = not BULK_ALLOWED   do = defer }'
            with gate(store, held, workers=1) as one, gate(store, held, workers=1) as two:
                mails = list(copies("greetings", LETTER, 3, 1, OTHERS))

                def counted(g):
                    return [line.split()[1] for line in g.command("bulk", "top")[1].splitlines()]
                for n, expected in (0, []), (1, ["2"]):
                    self.assertEqual(send(one, n, mails[n])[0], 451)
                    self.assertEqual(counted(one), expected)
                for g in two, one:
                    for n in range(2):
                        self.assertEqual(send(g, n, mails[n])[0], 451)
                        self.assertEqual(counted(g), ["2"])
                self.assertEqual(send(two, 2, mails[2])[0], 451)
                self.assertEqual(counted(two), ["3"])
                self.assertEqual(one.command("bulk", "allow", one.command("bulk", "top")[1].split()[0])[0], 0)
                for n in range(3):
                    self.assertEqual(send(two, n, mails[n])[0], 250)
                self.assertEqual(counted(two), ["3"])


class Signs(unittest.TestCase):
    def test_a_cluster_tells_what_it_is_known_by(self):
        with gate('store { url = "memory:" }', workers=1) as g:
            for n in range(3):
                self.assertEqual(send(g, n, card_copy("another domain, words, a row less" if n else "the same", 1, n))[0], 250)
            id = g.command("bulk", "top")[1].split()[0]
            shown = [" ".join(line.split()) for line in g.command("bulk", "show", id)[1].splitlines()]
            self.assertIn("known by text, links+skeleton, links+subject, skeleton+subject", shown)


class Domain(unittest.TestCase):
    def test_it_is_the_one_that_stands_behind_the_mail(self):
        with DnsStub() as dns:
            dns.zone = {("news.example", "TXT"): [[b"v=spf1 ip4:127.0.0.0/8 -all"]], ("spam.example", "TXT"): [[b"v=spf1 +all"]]}
            with gate("", VERDICTS, dns=dns.port) as g:
                mail = b"From: a@news.example\r\nSubject: x\r\n\r\n" + "\r\n".join(LETTER).encode() + b"\r\n"

                def action(number, sender):
                    self.assertEqual(send(g, number, mail, sender=sender)[0], 250)
                    return g.wait_log("verdict", rcpt=f"user{number}@example.net")["action"]
                self.assertEqual(action(1, "a@news.example"), "accept")
                self.assertEqual(g.command("bulk", "allow", "--domain", "news.example")[0], 0)
                self.assertEqual(action(2, "a@news.example"), "tag")
                self.assertEqual(action(3, "a@spam.example"), "accept")  # who only writes it into From
                self.assertEqual(g.command("bulk", "forget", "--domain", "news.example")[0], 0)
                self.assertEqual(action(4, "a@news.example"), "accept")


if __name__ == "__main__":
    unittest.main()
