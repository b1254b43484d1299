/* dkim.c - what DKIM signatures cost: of honest mails, and of mails made to cost.
 *
 *	build/measure/dkim [TURNS]
 *
 * Everything but DNS, as the filter does it: the header section is read, the key record too, the body is hashed in
 * pieces of 16 KB, the signatures are verified.  Times are of the CPU, per mail. */
#include "base/check.h"
#include "base/mem.h"
#include "bench/seconds.h"
#include "filters/dkim/gather.h"
#include "mail/header.h"
#include "unit/filters/dkim_sign.h"

#include <stdio.h>

enum { ROOM = 11 << 20, MEMORY = 16 << 20, PIECE = 16384 };

static struct dkim_library *library;
static struct dkim_pair pair, wide_pair;

/* ---- mails ---- */

static const struct str fields =
	STR_INIT("Date: Fri, 27 Nov 2026 10:00:00 +0000\r\n"
		 "To: Bob <bob@example.net>\r\nSubject: the figures\r\n"
		 "Message-ID: <20261127@example.org>\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: text/plain\r\nFrom: Ann <ann@example.org>\r\n\r\n");

static void put_body(struct out *o, size_t n)
{
	for (size_t at = 0; at + 64 <= n; at += 64)
		out_str(o, STR("sixty-two letters  of text as it is in mails, with spaces in it\r"
			       "\n"));
}

static void honest(struct out *o, size_t body)
{
	struct out plain = { .p = mem_new(ROOM), .cap = ROOM };

	out_str(&plain, fields);
	put_body(&plain, body);
	dkim_sign_mail(&pair, out_text(&plain), o);
	mem_free(plain.p);
}

static void honest_2k(struct out *o)
{
	honest(o, 1500);
}

static void honest_50k(struct out *o)
{
	honest(o, 50000);
}

static void honest_10m(struct out *o)
{
	honest(o, 10 << 20);
}

/* The same good signature as often as it is evaluated. */
static void eight_good(struct out *o)
{
	struct out plain = { .p = mem_new(ROOM), .cap = ROOM };
	struct out once = { .p = mem_new(ROOM), .cap = ROOM };
	struct header_field field;
	struct str rest;

	out_str(&plain, fields);
	put_body(&plain, 1500);
	dkim_sign_mail(&wide_pair, out_text(&plain), &once);
	rest = out_text(&once);
	CHECK(header_next(&rest, &field));
	for (unsigned i = 0; i < LIMIT_DKIM_SIGNATURES; i++)
		out_str(o, field.whole);
	out_str(o, rest);
	mem_free(plain.p);
	mem_free(once.p);
}

/* Signatures that do not match, which costs the same. */
static void put_signature(struct out *o, unsigned names, struct str more)
{
	out_str(o, STR("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;"
		       " bh=AAAA; h=from"));
	for (unsigned i = 1; i < names; i++)
		out_printf(o, ":x-%u", i % 50);
	out_str(o, more);
	out_str(o, STR("; b="));
	for (unsigned i = 0; i < 512 / 3 * 4 / 4; i++)
		out_str(o, STR("AAAA"));
	out_str(o, STR("\r\n"));
}

static void many_signatures(struct out *o)
{
	for (unsigned i = 0; i < 300; i++)
		put_signature(o, 4, STR(""));
	out_str(o, fields);
}

static void many_fields(struct out *o)
{
	for (unsigned i = 0; i < 8; i++)
		put_signature(o, 100, STR(""));
	for (unsigned i = 0; o->n < 250000; i++)
		out_printf(o, "x-%u:\r\n", i % 50);
	out_str(o, fields);
}

static void long_fields(struct out *o)
{
	for (unsigned i = 0; i < 8; i++)
		put_signature(o, 100, STR(""));
	for (unsigned i = 0; i < 49; i++) {
		out_printf(o, "x-%u:", i);
		for (unsigned line = 0; line < 120; line++)
			out_str(o, STR(" a b c d e f g h i j k l\r\n \t"));
		out_str(o, STR(" end\r\n"));
	}
	out_str(o, fields);
}

static void lengths_10m(struct out *o)
{
	put_signature(o, 4, STR("; l=1000000000"));
	put_signature(o, 4, STR("; l=1000000001"));
	out_str(o, fields);
	put_body(o, 10 << 20);
}

/* No byte may stay where it is, and no two lines are alike. */
static void put_white(struct out *o, size_t n)
{
	static const char *const pieces[] = { "a", "a\r\n", " \r\n", "b\t" };
	uint32_t seed = 4;

	for (size_t end = o->n + n; o->n < end;) {
		seed = seed * 1664525 + 1013904223;
		out_str(o, str_z(pieces[seed >> 30]));
	}
}

static void white_10m(struct out *o)
{
	put_signature(o, 4, STR("; l=1000000000"));
	put_signature(o, 4, STR("; l=1000000001"));
	out_str(o, fields);
	put_white(o, 10 << 20);
}

/* ---- measuring ---- */

static void hash_body(struct dkim_message *m, struct arena *arena, struct str body)
{
	struct body_hashes hashes = { { NULL } };

	for (unsigned i = 0; i < m->case_count; i++) {
		const struct dkim_signature *s = &m->cases[i]->signature;

		m->cases[i]->body = body_hashes_want(&hashes, arena, s->relaxed_body, s->length);
		CHECK(m->cases[i]->body);
	}
	while (body.n)
		body_hashes_add(&hashes, str_take(&body, PIECE));
	body_hashes_end(&hashes);
}

static void evaluate(struct str message, const struct dkim_pair *with, enum auth_result expected)
{
	struct dkim_message m = { 0 };
	struct auth_dkim *told = NULL;
	struct arena arena;

	arena_init(&arena, MEMORY);
	CHECK(dkim_gather(&m, library, &arena, (uint64_t)time(NULL),
			  str_head(message, header_length(message)), &told));
	hash_body(&m, &arena, str_from(message, header_length(message)));
	for (unsigned i = 0; i < m.case_count; i++) {
		struct dkim_one *one = dkim_one_of(m.cases[i]);

		CHECK(pubkey_parse(str_z(with->record), &one->key) == NULL);
		one->at.key = &one->key;
	}
	dkim_message_evaluate(&m);
	CHECK(m.count && (m.ones[0]->at.result == expected || expected == AUTH_NONE));
	arena_reset(&arena);
}

static const struct {
	const char *what;
	void (*make)(struct out *o);
	const struct dkim_pair *pair;
	enum auth_result expected; /* AUTH_NONE: not of interest */
	unsigned share;            /* turns are divided by it */
} rows[] = {
	{ "2 KB, RSA-2048", honest_2k, &pair, AUTH_PASS, 1 },
	{ "50 KB, RSA-2048", honest_50k, &pair, AUTH_PASS, 10 },
	{ "10 MB, RSA-2048", honest_10m, &pair, AUTH_PASS, 1000 },
	{ "2 KB, 8 good signatures, RSA-4096", eight_good, &wide_pair, AUTH_PASS, 10 },
	{ "300 signatures, RSA-4096", many_signatures, &wide_pair, AUTH_NONE, 20 },
	{ "8 signatures of 100 names, 50,000 fields", many_fields, &wide_pair, AUTH_NONE, 50 },
	{ "8 signatures of 100 names, 170 KB of folded fields", long_fields, &wide_pair, AUTH_NONE,
	  50 },
	{ "10 MB, two lengths in l=", lengths_10m, &wide_pair, AUTH_NONE, 1000 },
	{ "10 MB of odd white space, two lengths in l=", white_10m, &wide_pair, AUTH_NONE, 1000 },
};

static void measure(size_t row, unsigned turns)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };
	double began;

	rows[row].make(&o);
	CHECK(!o.full && header_length(out_text(&o)));
	turns = turns / rows[row].share + 1;
	began = cpu_s();
	for (unsigned i = 0; i < turns; i++)
		evaluate(out_text(&o), rows[row].pair, rows[row].expected);
	printf("%-52s %9.1f us\n", rows[row].what, (cpu_s() - began) * 1e6 / turns);
	mem_free(o.p);
}

int main(int argc, char **argv)
{
	uint64_t turns = 5000;

	CHECK(argc < 2 || str_u64(str_z(argv[1]), 1000000, &turns));
	library = dkim_library_new();
	CHECK(library);
	dkim_pair_make(&pair, 2048);
	dkim_pair_make(&wide_pair, 4096);
	for (size_t row = 0; row < COUNTOF(rows); row++)
		measure(row, (unsigned)turns);
	dkim_library_free(library);
	return 0;
}
