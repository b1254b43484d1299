/* Random conversations, compared with a small model of what RFC 5321 wants (model.h): reply by reply and
 * delivery by delivery.
 *
 *	test_model [--count N] [--seed N]      --seed: that one conversation, printed
 *
 * A failure is shrunk to what is needed for it and printed with its seed. */
#include "unit/model/talk.h"

#include "base/check.h"
#include "fake/fake.h"
#include "unit/often.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LISTENER                                                                                   \
	"hostname = \"gate.test\"\nspool = \"/tmp\"\nlistener \"mx\" { address = \"127.0.0.1:2525\" "
#define TLS     "certificate = \"mx.pem\" key = \"mx.key\" "
#define BACKEND "\nbackend \"mta\" { servers = [\"127.0.0.1:2500\"] }\n"
#define MANY    1000

static const struct model_gate gates[] = {
	{ .conf = LISTENER "tls = none errors_max = 1000 }" BACKEND,
	  .dot = '2',
	  .errors_max = MANY },
	{ .conf = LISTENER "tls = optional " TLS "errors_max = 1000 }" BACKEND,
	  .tls = true,
	  .dot = '2',
	  .errors_max = MANY },
	{ .conf = LISTENER "tls = required " TLS "errors_max = 5 }" BACKEND,
	  .tls = true,
	  .tls_required = true,
	  .dot = '2',
	  .errors_max = 5 },
	{ .conf = LISTENER "tls = optional " TLS
			   "errors_max = 1000 bare_newline = normalize nul = keep }" BACKEND,
	  .backend = { "ehlo SIZE 52428800 8BITMIME CHUNKING" },
	  .tls = true,
	  .normalize = true,
	  .keep_nul = true,
	  .dot = '2',
	  .errors_max = MANY },
	{ .conf = LISTENER "tls = optional " TLS
			   "errors_max = 8 xclient_from = \"192.0.2.1\" }" BACKEND,
	  .backend = { "ehlo PIPELINING 8BITMIME CHUNKING BINARYMIME XCLIENT ADDR NAME" },
	  .tls = true,
	  .trusted = true,
	  .binary = true,
	  .dot = '2',
	  .errors_max = 8 },
	{ .conf = LISTENER "tls = optional " TLS "errors_max = 1000 }" BACKEND,
	  .backend = { "ehlo PIPELINING SIZE 52428800 8BITMIME AUTH:PLAIN:LOGIN" },
	  .tls = true,
	  .login = true,
	  .dot = '2',
	  .errors_max = MANY },
	{ .conf = LISTENER "tls = none errors_max = 1000 }" BACKEND,
	  .backend = { "dot 451 4.3.0 later" },
	  .dot = '4',
	  .errors_max = MANY },
	{ .conf = LISTENER "tls = none errors_max = 1000 }" BACKEND,
	  .backend = { "rcpt <b@*> after 20ms 250 2.1.5 ok", "dot after 10ms 554 5.7.1 no",
		       "mail after 10ms 250 2.1.0 ok", "ehlo SIZE 52428800 8BITMIME" },
	  .slow = true,
	  .dot = '5',
	  .errors_max = MANY },
};

static struct setup setups[COUNTOF(gates)];

/* ---- chance ---- */

struct chance {
	uint64_t at;
};

static uint32_t pick(struct chance *c, uint32_t below)
{
	uint64_t z = c->at += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) % below);
}

static uint32_t row_of(const char *text)
{
	for (size_t i = 0; i < model_rows(); i++)
		if (strcmp(model_row(i), text) == 0)
			return (uint32_t)i;
	UNREACHABLE();
}

/* ---- a conversation ---- */

/* As clients go on, for a part of the moves: else hardly any message would be sent. */
static const struct {
	const char *row; /* NULL: a bit of a message */
	uint32_t text;
} ordinary[] = {
	{ "EHLO mx.example.org", 0 },
	{ "STARTTLS", 0 },
	{ "EHLO mx.example.org", 0 },
	{ "MAIL FROM:<a@example.org>", 0 },
	{ "RCPT TO:<b@example.net>", 0 },
	{ "DATA", 0 },
	{ NULL, 0 },
	{ NULL, 1 },
	{ NULL, 2 },
	{ NULL, 6 },
	{ "MAIL FROM:<a@example.org>", 0 },
	{ "RCPT TO:<b@example.net>", 0 },
};

static struct move ordinary_move(size_t at)
{
	if (!ordinary[at].row)
		return (struct move){ .kind = MOVE_TEXT, .a = ordinary[at].text };
	return (struct move){ .kind = MOVE_ROW, .a = row_of(ordinary[at].row) };
}

static struct move odd_move(struct chance *c)
{
	const uint32_t what = pick(c, 100);
	struct move m = { .a = pick(c, 1000), .b = pick(c, 16) };

	if (what < 40)
		m.kind = MOVE_ROW;
	else if (what < 60)
		m.kind = MOVE_TEXT;
	else if (what < 85)
		m.kind = MOVE_CHUNK;
	else if (what < 92)
		m.kind = MOVE_SHAKE;
	else if (what < 96)
		m.kind = MOVE_WAIT;
	else
		m.kind = (enum move_kind)(MOVE_PAUSE + pick(c, MOVE_KINDS - MOVE_PAUSE));
	return m;
}

static size_t make_up(struct chance *c, struct move *moves)
{
	const size_t count = 4 + pick(c, MOVES_MAX - 3);
	const uint32_t oddness = 10 + pick(c, 70);
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		if (pick(c, 100) < oddness) {
			moves[i] = odd_move(c);
		} else {
			moves[i] = ordinary_move(at);
			at = (at + 1) % COUNTOF(ordinary);
		}
		moves[i].more = pick(c, 3) == 0;
	}
	return count;
}

/* ---- failures ---- */

static volatile uint64_t seed_at_work;

static void died(int signo)
{
	char text[80];
	const int n = snprintf(text, sizeof(text), "not ok - died, --seed %llu\n",
			       (unsigned long long)seed_at_work);

	(void)!write(STDOUT_FILENO, text, (size_t)n);
	signal(signo, SIG_DFL);
	raise(signo);
}

static bool holds(uint64_t seed, const struct move *moves, size_t count, bool loud)
{
	const size_t g = seed % COUNTOF(gates);
	char text[2048];
	struct out why = OUT(text);
	const bool good = talk(&gates[g], &setups[g], moves, count, loud, &why);

	if (loud && !good)
		printf("# " STR_FMT "\n", STR_ARG(out_text(&why)));
	return good;
}

/* Leaves out what is not needed for the failure. */
static size_t shrink(uint64_t seed, struct move *moves, size_t count)
{
	struct move fewer[MOVES_MAX];

	for (size_t i = count; i-- > 0;) {
		memcpy(fewer, moves, i * sizeof(*moves));
		memcpy(fewer + i, moves + i + 1, (count - i - 1) * sizeof(*moves));
		if (holds(seed, fewer, count - 1, false))
			continue;
		count--;
		memcpy(moves, fewer, count * sizeof(*moves));
	}
	return count;
}

static bool converse(uint64_t seed, bool loud)
{
	struct chance c = { .at = seed };
	struct move moves[MOVES_MAX];
	size_t count = make_up(&c, moves);

	seed_at_work = seed;
	if (holds(seed, moves, count, loud))
		return true;
	count = shrink(seed, moves, count);
	(void)holds(seed, moves, count, true);
	printf("not ok - --seed %llu, gate %u\n", (unsigned long long)seed,
	       (unsigned)(seed % COUNTOF(gates)));
	return false;
}

/* ---- a TLS close at every byte of a message in chunks (CVE-2026-45185 of another server) ---- */

static bool ends_in_chunk(size_t g, bool half, uint32_t cut)
{
	const struct move moves[] = {
		{ .kind = MOVE_ROW, .a = row_of("EHLO mx.example.org") },
		{ .kind = MOVE_ROW, .a = row_of("STARTTLS") },
		{ .kind = MOVE_ROW, .a = row_of("EHLO mx.example.org"), .more = true },
		{ .kind = MOVE_ROW, .a = row_of("MAIL FROM:<a@example.org>"), .more = true },
		{ .kind = MOVE_ROW, .a = row_of("RCPT TO:<b@example.net>"), .more = cut & 1 },
		{ .kind = MOVE_CHUNK, .a = 0, .b = 0, .more = cut & 2 },
		{ .kind = MOVE_CHUNK, .a = 1, .b = cut & 4 ? 6 : 0, .more = cut & 8 },
		{ .kind = MOVE_CHUNK, .a = 7, .b = cut & 16 ? 14 : 6, .more = cut & 32 },
		{ .kind = half ? MOVE_HALF : MOVE_BREAK },
	};

	return holds(g, moves, COUNTOF(moves), false);
}

static void test_tls_close_in_chunk(void)
{
	bool good = true;

	for (size_t g = 0; g < COUNTOF(gates); g++)
		for (uint32_t cut = 0; cut < 64; cut++)
			good = ends_in_chunk(g, true, cut) && ends_in_chunk(g, false, cut) && good;
	printf("%sok - TLS close in a chunk\n", good ? "" : "not ");
}

/* ---- main ---- */

int main(int argc, char **argv)
{
	uint64_t count = often_unless_sanitized(50000, 10000), seed = 0, failed = 0;
	bool one = false;

	for (int i = 1; i + 1 < argc; i += 2) {
		one = one || strcmp(argv[i], "--seed") == 0;
		*(strcmp(argv[i], "--seed") == 0 ? &seed : &count) =
			strtoull(argv[i + 1], NULL, 10);
	}
	signal(SIGABRT, died);
	signal(SIGSEGV, died);
	talk_setups(gates, setups, COUNTOF(gates));
	if (one)
		return converse(seed, true) ? 0 : 1;
	test_tls_close_in_chunk();
	for (uint64_t i = 0; i < count && failed < 5; i++)
		failed += !converse(i, false);
	printf("%sok - %llu conversations\n", failed ? "not " : "", (unsigned long long)count);
	for (size_t i = 0; i < COUNTOF(gates); i++)
		setup_free(&setups[i]);
	return failed ? 1 : 0;
}
