/* Ends of data that are none (RFC 5321 2.3.8, 4.1.1.4): every pair of what some server might take for a line end,
 * before and behind a dot, split in two at every byte of it, behind DATA and in a chunk, whatever is done with bare
 * newlines and NULs.  The model knows one end only, and sees what reached the backend. */
#include "unit/model/talk.h"

#include "base/check.h"
#include "fake/fake.h"
#include "unit/often.h"

#include <stdio.h>

#define GATE(OPTIONS)                                                                              \
	"hostname = \"gate.test\"\nspool = \"/tmp\"\n"                                             \
	"listener \"mx\" { address = \"127.0.0.1:2525\" tls = none errors_max = 1000 " OPTIONS     \
	" }\nbackend \"mta\" { servers = [\"127.0.0.1:2500\"] }\n"
#define CHUNKS                                                                                     \
	{                                                                                          \
		"ehlo PIPELINING 8BITMIME CHUNKING"                                                \
	}

static const struct model_gate gates[] = {
	{ .conf = GATE(""), .dot = '2', .errors_max = 1000 },
	{ .conf = GATE("nul = keep"), .keep_nul = true, .dot = '2', .errors_max = 1000 },
	{ .conf = GATE("bare_newline = normalize"),
	  .normalize = true,
	  .dot = '2',
	  .errors_max = 1000 },
	{ .conf = GATE("bare_newline = normalize nul = keep"),
	  .normalize = true,
	  .keep_nul = true,
	  .dot = '2',
	  .errors_max = 1000 },
	{ .conf = GATE("bare_newline = normalize nul = keep"),
	  .backend = CHUNKS,
	  .normalize = true,
	  .keep_nul = true,
	  .dot = '2',
	  .errors_max = 1000 },
};

static struct setup setups[COUNTOF(gates)];

static const struct str edges[] = {
	STR_INIT(""),         STR_INIT("\r"),     STR_INIT("\n"),       STR_INIT("\r\n"),
	STR_INIT("\r\r"),     STR_INIT("\n\n"),   STR_INIT("\n\r"),     STR_INIT("\r\r\n"),
	STR_INIT("\r\n\r"),   STR_INIT("\r\n\n"), STR_INIT("\0"),       STR_INIT("\r\0\n"),
	STR_INIT("\r\n\0"),   STR_INIT("\0\r\n"), STR_INIT("\n\0"),     STR_INIT("\r\0"),
	STR_INIT("\r\0\n\0"), STR_INIT("\x0b"),   STR_INIT("\x0c"),     STR_INIT("\x85"),
	STR_INIT("\r\n\t"),   STR_INIT(" \r\n"),  STR_INIT("\x8d\x8a"), STR_INIT("\r\n."),
	STR_INIT("\r\n\r\n"),
};

static const struct str behind = STR_INIT("MAIL FROM:<smuggled@example.org>\r\n"
					  "RCPT TO:<b@example.net>\r\nDATA\r\n"
					  "Subject: smuggled\r\n\r\nbody\r\n.\r\n");

struct trial {
	size_t gate, before, after;
	bool chunk;
	size_t cut; /* behind so many bytes of the message's last line */
};

/* Where the sequence begins in what is said. */
static size_t said(const struct trial *t, struct out *o)
{
	static const struct str head = STR_INIT("Subject: x\r\n\r\nbody");
	const size_t n = head.n + edges[t->before].n + 1 + edges[t->after].n;

	if (t->chunk)
		out_printf(o, "BDAT %zu LAST\r\n", n + behind.n);
	else
		out_str(o, STR("DATA\r\n"));
	out_str(o, head);
	out_str(o, edges[t->before]);
	out_char(o, '.');
	out_str(o, edges[t->after]);
	out_str(o, behind);
	CHECK(!o->full);
	return o->n - behind.n - (n - head.n);
}

static bool holds(const struct trial *t, bool loud)
{
	char bytes[1024], text[2048];
	struct out o = OUT(bytes), why = OUT(text);
	const size_t begin = said(t, &o), cut = begin + t->cut;
	const struct str all = out_text(&o);
	const struct move moves[] = {
		{ .kind = MOVE_BYTES,
		  .bytes = STR("EHLO mx.example.org\r\nMAIL FROM:<a@example.org>\r\n"
			       "RCPT TO:<b@example.net>\r\n") },
		{ .kind = MOVE_BYTES, .bytes = str_head(all, cut) },
		{ .kind = MOVE_BYTES, .bytes = str_from(all, cut) },
		{ .kind = MOVE_BYTES, .bytes = STR("NOOP\r\n") },
	};
	const bool good =
		talk(&gates[t->gate], &setups[t->gate], moves, COUNTOF(moves), loud, &why);

	if (loud)
		printf("# " STR_FMT "\n", STR_ARG(out_text(&why)));
	return good;
}

static bool try_splits(struct trial t)
{
	const size_t last = edges[t.before].n + 1 + edges[t.after].n + 2;
	const unsigned step = often_unless_sanitized(1, 2);

	for (t.cut = (t.before + t.after) % step; t.cut <= last; t.cut += step) {
		if (holds(&t, false))
			continue;
		(void)holds(&t, true);
		printf("# gate %zu, edges %zu and %zu, cut %zu\n", t.gate, t.before, t.after,
		       t.cut);
		return false;
	}
	return true;
}

static bool try_all(bool chunk)
{
	unsigned played = 0, failed = 0;

	for (size_t g = 0; g < COUNTOF(gates); g++)
		for (size_t a = 0; a < COUNTOF(edges); a++)
			for (size_t b = 0; b < COUNTOF(edges); b++) {
				const struct trial t = {
					.gate = g, .before = a, .after = b, .chunk = chunk
				};

				played++;
				failed += !try_splits(t);
			}
	printf("%sok - %s: %u sequences in every split\n", failed ? "not " : "",
	       chunk ? "in a chunk" : "behind DATA", played);
	return failed == 0;
}

int main(void)
{
	bool good;

	talk_setups(gates, setups, COUNTOF(gates));
	good = try_all(false);
	good = try_all(true) && good;
	for (size_t i = 0; i < COUNTOF(gates); i++)
		setup_free(&setups[i]);
	return good ? 0 : 1;
}
