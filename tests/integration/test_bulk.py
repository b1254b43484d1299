"""The bulk radar through `postern scan` with a store that stays: mails of the corpora (when they are there), in order,
and copies as spammers vary them."""
import json
import unittest

from postern import FolderTest, run, suite_file
from variations import KINDS, card_copy, copies

CONFIG = """
store {{ url = "lmdb:{store}" }}
rdns {{ enabled = no }}
spf {{ enabled = no }}
dkim {{ enabled = no }}
dmarc {{ enabled = no }}
bulk {{ }}
"""

LETTER = """Dear customer, your parcel could not be delivered because nobody was at home when our driver rang this morning.
Please come to our office in Station Road within three days, and bring the card that he has left in your letter box.
For a small fee we try a second time on the day you like best; choose it on our site, where you also find the hours of
the office and the rules for parcels with a value of more than five hundred.
Parcels that nobody asks for go back to whoever has sent them after ten days, and a fee for their return is charged. We are
sorry for the trouble, and glad to help you whenever you call.""".split("\n")

OTHERS = """The meeting is moved to Thursday, as half of us are at the fair until Wednesday night and want to be there.
I have read the draft twice and like the second chapter much better now; the first still begins too slowly for me.
Somebody left a blue bicycle in the yard behind the school, and the caretaker would be happy to see it gone by Friday.
The recipe asks for two cups of flour, a spoon of sugar and as much milk as it takes until the dough no longer sticks.
We walked along the river to the old mill, had soup there, and took the late bus home because it began to snow.
Version two of the library drops the old parser; whoever needs it finds it in a branch that gets fixes until spring.""".split("\n")


class Bulk(FolderTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder.write("x.conf", CONFIG.format(store=self.folder.path / "store"))

    def scan(self, *paths):
        done = run("scan", "-c", self.config, "--json", "--mail-from", "a@example.org", "--client-ip", "192.0.2.1", *paths,
                   timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    @staticmethod
    def found(result):
        return any(s["name"].startswith("BULK_") for s in result["symbols"])

    def test_clusters_of_the_corpora_are_found_and_other_mail_is_not(self):
        index = suite_file("corpora", "index.json")
        corpora, index = index.parent, json.loads(index.read_text())
        known = late = 0
        for cluster in index["clusters"]:
            results = self.scan(*[corpora / m["file"] for m in cluster["members"]])
            late += len(results[4:])
            known += sum(map(self.found, results[4:]))
        wrong = [r["file"] for r in self.scan(*[corpora / f for f in index["alone"]]) if self.found(r)]
        print(f"{known} of {late} are known, {len(wrong)} of {len(index['alone'])} are taken for bulk")
        self.assertGreaterEqual(known, 0.95 * late)
        self.assertLessEqual(len(wrong), 0.001 * len(index["alone"]), wrong)

    def test_copies_are_known_however_they_are_varied(self):
        for n, kind in enumerate(KINDS):
            folder = self.folder.path / f"mails{n}"
            folder.mkdir()
            # The letter is another for each kind: one kind must not help the other.
            letter = [p.replace("parcel", f"parcel {'abcdefghijklmnopqrst'[n] * 5}") for p in reversed(LETTER)]
            letter = [" ".join(w + "abcdefghijklmnopqrst"[n] for w in p.split()) for p in letter]
            for i, mail in enumerate([*copies("the same", letter, 1, 1, OTHERS), *copies(kind, letter, 11, 1, OTHERS)]):
                (folder / f"{i:02}.eml").write_bytes(mail)
            results = self.scan(folder)
            known = sum(not r["bulk"]["new"] for r in results[1:])
            with self.subTest(kind):
                self.assertGreaterEqual(known, 4 if kind == "30 % of words" else 8, f"of {len(results) - 1}")

    def test_what_is_told_of_a_cluster(self):
        mails = [self.folder.write(f"{i}.eml", f"From: a@b{i}.example\nSubject: x\n\n" + "\n".join(LETTER)) for i in range(9)]
        results = self.scan(*mails)
        last = results[-1]["bulk"]
        self.assertEqual({k: last[k] for k in ("new", "by", "common", "alike", "messages", "networks", "envelopes", "froms", "accepted")},
                         {"new": False, "by": "text", "common": ["text"], "alike": 32, "messages": 9, "networks": 1, "envelopes": 1, "froms": 9,
                          "accepted": 8})
        self.assertEqual({r["bulk"]["cluster"] for r in results}, {last["cluster"]})
        symbols = [{s["name"] for s in r["symbols"] if s["name"].startswith("BULK_")} for r in results]
        self.assertEqual(symbols, [set()] * 4 + [{"BULK_FEW"}] * 3 + [{"BULK_FEW", "BULK_SPREAD"}] * 2)
        cards = [self.folder.write(f"card{i}.eml", card_copy("another domain, words, a row less", 1, i).decode()) for i in range(10)]
        results = self.scan(*cards)
        self.assertEqual([(r["bulk"]["by"], self.found(r)) for r in results],
                         [("form", False)] + [("skeleton+subject", False)] * 8 + [("skeleton+subject", True)])
        empty = self.folder.write("short.eml", "Subject: x\n\nok, thanks\n")
        self.assertEqual(self.scan(empty)[0]["bulk"], {})


if __name__ == "__main__":
    unittest.main()
