/* filters/received: what Received fields say, and where trust in them ends. */
#include "base/check.h"
#include "filters/auth.h"
#include "filters/received/relays.h"
#include "mail/header.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---- one field ---- */

struct row {
	const char *value;
	const char
		*read; /* "ip rdns helo by id ident mail_from auth", - for nothing; or the kind */
};

static const struct row rows[] = {
	/* Postfix */
	{ "from helo.test (name.test [192.0.2.1])\r\n\tby mx.test (Postfix) with ESMTPS id 4F1; x",
	  "192.0.2.1 name.test helo.test mx.test 4F1 - - -" },
	{ "from helo.test (unknown [IPv6:2001:db8::1]) by mx.test (Postfix) with ESMTP id 4F1; x",
	  "2001:db8::1 - helo.test mx.test 4F1 - - -" },
	{ "from h (n.test [192.0.2.1]) (Authenticated sender: u) by mx.test (Postfix) with ESMTP id 4F1",
	  "192.0.2.1 n.test h mx.test 4F1 - - Postfix" },
	{ "from h (n.test [192.0.2.1]) (Authenticated sender: u) by mx.test (Other) with ESMTP id 4F1",
	  "192.0.2.1 n.test h mx.test 4F1 - - Postfix!(Other)" },
	/* Sendmail */
	{ "from helo.test (IDENT:user@name.test [192.0.2.1] (may be forged)) by mx.test (8.1/8.1) id 4F12",
	  "192.0.2.1 name.test helo.test mx.test 4F12 user - -" },
	{ "from h (n.test [192.0.2.1]) (authenticated bits=0) by mx.test (8.1/8.1) id 4F12",
	  "192.0.2.1 n.test h mx.test 4F12 - - Sendmail" },
	{ "from helo.test (192.0.2.1) by mx.test (8.1/8.1) with ESMTP id 4F12",
	  "192.0.2.1 helo.test helo.test mx.test 4F12 - - -" },
	/* Exim */
	{ "from name.test ([192.0.2.1]:4711 helo=helo.test ident=u) by mx.test with esmtp (Exim 4.9) id 1a-b",
	  "192.0.2.1 name.test helo.test mx.test 1a-b u - -" },
	{ "from [192.0.2.1] (helo=helo.test) by mx.test with esmtpsa (Exim 4.9) (envelope-from <a@b.test>)",
	  "192.0.2.1 - helo.test mx.test - - a@b.test esmtpsa" },
	{ "from user by mx.test with local (Exim 4.9) id 1a-b", "local" },
	/* qmail */
	{ "from name.test (HELO helo.test) (user@192.0.2.1) by mx.test with SMTP; x",
	  "192.0.2.1 name.test helo.test mx.test - user - -" },
	{ "from unknown (HELO [10.0.0.1]) ([192.0.2.1]) by mx.test with SMTP; x",
	  "192.0.2.1 - !10.0.0.1! mx.test - - - -" },
	{ "(qmail 1 invoked by uid 0); x", "local" },
	/* Exchange */
	{ "from a.test ([fe80::1]) by b.test ([fe80::1%6]) with mapi id 15.20",
	  "fe80::1 - a.test b.test - - - -" },
	{ "from a.test ([192.0.2.1] unverified) by b.test with Microsoft SMTPSVC(5.0); x",
	  "192.0.2.1 - a.test b.test - - - -" },
	/* others */
	{ "from name.test ([::ffff:192.0.2.1]) (AUTH: LOGIN me) by mx.test with esmtp",
	  "192.0.2.1 - name.test mx.test - - - LOGIN" },
	{ "FROM helo.test (name.test [192.0.2.1]) BY mx.test ID 4F12",
	  "192.0.2.1 name.test helo.test mx.test 4F12 - - -" },
	{ "from 192.0.2.1 (SquirrelMail authenticated user me); by mx.test with HTTP; x",
	  "192.0.2.1 - - mx.test - - - HTTP" },
	{ "from name.test(192.0.2.1), claiming to be \"helo.test\" via SMTP by mx.test, id 4F12",
	  "192.0.2.1 name.test helo.test mx.test 4F12 - - -" },
	{ "from pop.test [192.0.2.1] by localhost with POP3 (fetchmail-6) for me", "fetched" },
	{ "from a.test (a.test [none]) by b.test with SMTP", "unreadable" },
	{ "by mx.test with SMTP id 4F12", "local" },
	{ "from a.test by b.test; x", "local" },
	/* what would look like a relay of its own */
	{ "from a]b (c|d [192.0.2.1]) by d#e with SMTP id f|g", "192.0.2.1 c!d a!b d!e f|g - - -" },
	/* nothing at all */
	{ "", "local" },
	{ "from", "local" },
	{ "from (", "unreadable" },
	{ "from [ by", "unreadable" },
	{ "from ((((((((((((", "unreadable" },
};

static void put(struct out *o, struct str s)
{
	if (o->n)
		out_char(o, ' ');
	for (size_t i = 0; i < s.n; i++)
		out_char(o, s.p[i] == ' ' ? '!' : s.p[i]);
	if (s.n == 0)
		out_char(o, '-');
}

static void fields(void **state)
{
	static const char *const kinds[] = { "relay", "local", "fetched", "unreadable" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char bytes[1024], text[1024];
		struct out o = OUT(bytes), said = OUT(text);
		struct received r;
		const enum received_kind kind = received_read(str_z(rows[i].value), &o, &r);

		if (kind == RECEIVED_RELAY) {
			put(&said, r.ip);
			put(&said, r.rdns);
			put(&said, r.helo);
			put(&said, r.by);
			put(&said, r.id);
			put(&said, r.ident);
			put(&said, r.mail_from);
			put(&said, r.auth);
		} else {
			out_str(&said, str_z(kinds[kind]));
		}
		out_char(&said, '\0');
		assert_string_equal(text, rows[i].read);
	}
}

/* ---- many of them ---- */

#define OURS                                                                                       \
	"Received: from mx.test (mx.test [192.0.2.25]) by in.test (Postfix) with ESMTP id 3abc\r\n"
#define PRIVATE                                                                                    \
	"Received: from old.test (old.test [10.0.0.1]) by mx.test (Postfix) with ESMTP id 2abc\r\n"
#define STRANGER                                                                                   \
	"Received: from bot.test (unknown [198.51.100.7]) by old.test (Postfix) with SMTP id 1abc\r\n"
#define USER                                                                                       \
	"Received: from me (unknown [203.0.113.9]) by old.test (Postfix) with ESMTPSA id 0abc\r\n"

static const struct {
	const char *conf, *client, *header;
	const char *sides; /* addresses: trusted | untrusted | internal | external */
} cases[] = {
	{ "", NULL, "\r\n", "|||" },
	{ "", NULL, PRIVATE STRANGER USER,
	  "10.0.0.1|198.51.100.7 203.0.113.9|10.0.0.1|198.51.100.7 203.0.113.9" },
	{ "", NULL, USER STRANGER, "203.0.113.9|198.51.100.7|203.0.113.9|198.51.100.7" },
	{ "", "198.51.100.1", PRIVATE STRANGER,
	  "|198.51.100.1 10.0.0.1 198.51.100.7||198.51.100.1 10.0.0.1 198.51.100.7" },
	{ "", "10.0.0.9", STRANGER, "10.0.0.9|198.51.100.7|10.0.0.9|198.51.100.7" },
	{ "", "fd00::9", STRANGER, "fd00::9|198.51.100.7|fd00::9|198.51.100.7" },
	{ "trusted = [\"192.0.2.0/24\"]", "192.0.2.1", OURS PRIVATE,
	  "192.0.2.1 192.0.2.25|10.0.0.1|192.0.2.1 192.0.2.25|10.0.0.1" },
	{ "trusted = [\"192.0.2.0/24\"] internal = [\"192.0.2.1\"]", "192.0.2.1", OURS STRANGER,
	  "192.0.2.1 192.0.2.25|198.51.100.7|192.0.2.1|192.0.2.25 198.51.100.7" },
	{ "trusted = [\"192.0.2.0/24\"] msa = [\"192.0.2.25\"]", NULL, OURS STRANGER,
	  "192.0.2.25 198.51.100.7||192.0.2.25 198.51.100.7|" },
	/* what a mailbox was emptied into came another way */
	{ "", "127.0.0.1",
	  "Received: from p [192.0.2.3] by localhost with POP3 (fetchmail)\r\n" STRANGER,
	  "|198.51.100.7||198.51.100.7" },
	/* a web page's own word is the oldest */
	{ "", NULL, STRANGER "X-Originating-IP: [203.0.113.77]\r\n",
	  "|198.51.100.7 203.0.113.77||198.51.100.7 203.0.113.77" },
};

static void put_side(const struct relays *relays, enum relays_side side, struct out *o)
{
	const struct relays_range range = relays_side(relays, side);

	for (unsigned i = range.from; i < range.to; i++) {
		if (i > range.from)
			out_char(o, ' ');
		out_str(o, relays->items[i].received.ip);
	}
	out_char(o, side == RELAYS_EXTERNAL ? '\0' : '|');
}

/* A filter's run is what they are asked through: any will do. */
struct asked {
	struct world *w;
	struct auth_client client;
	struct relays relays;
};

static struct asked ask(const char *conf, const char *client, const char *header)
{
	char text[512];
	struct out o = OUT(text);
	struct asked a = { .relays.read = false };

	out_printf(&o, "rdns { enabled = no }\nhelo { enabled = no }\nrelays { %s }\n", conf);
	out_char(&o, '\0');
	a.w = world_new(text);
	assert_non_null(a.w->set);
	a.w->facts.header = str_z(header);
	if (client)
		world_client(a.w, client);
	return a;
}

static void reach_header(struct asked *a)
{
	a->w->facts.relays = &a->relays;
	a->w->facts.client = &a->client;
	world_open(a->w, SCOPE_TRANSACTION);
	filter_runner_reach(a->w->runner, PHASE_MAIL);
	filter_runner_reach(a->w->runner, PHASE_HEADER);
	while (world_step(a->w))
		continue;
	relays_read(&a->relays, &a->w->arena, &a->w->facts);
}

static void sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct asked a = ask(cases[i].conf, cases[i].client, cases[i].header);
		char bytes[512];
		struct out o = OUT(bytes);

		reach_header(&a);
		put_side(&a.relays, RELAYS_TRUSTED, &o);
		put_side(&a.relays, RELAYS_UNTRUSTED, &o);
		put_side(&a.relays, RELAYS_INTERNAL, &o);
		put_side(&a.relays, RELAYS_EXTERNAL, &o);
		assert_string_equal(bytes, cases[i].sides);
		world_free(a.w);
	}
}

/* "o": the field that is not written yet; else what its fields begin with. */
static void put_fields(const struct asked *a, enum relays_side side, struct out *o)
{
	struct str header = relays_fields(&a->relays, side, a->w->facts.header);
	char bytes[200];
	struct out own = OUT(bytes);
	struct header_field field;

	relays_put_own(&a->relays, side, &own);
	if (own.n)
		out_char(o, 'o');
	while (header_next(&header, &field))
		out_char(o, field.name.p[0]);
	out_char(o, side == RELAYS_EXTERNAL ? '\0' : '|');
}

static void fields_of_a_side(void **state)
{
	static const struct {
		const char *conf, *client, *header;
		const char *sides; /* trusted | untrusted | internal | external */
	} mails[] = {
#define MAIL "Top: 1\r\n" PRIVATE "Mid: 1\r\n" STRANGER "End: 1\r\n\r\n"
		{ "", NULL, MAIL, "TRMR|RE|TRMR|RE" },
		{ "", "198.51.100.1", MAIL, "o|oTRMRE|o|oTRMRE" },
		{ "", "10.0.0.9", MAIL, "oTRMR|RE|oTRMR|RE" },
		{ "internal = [\"192.0.2.1\"] trusted = [\"192.0.2.1\", \"10.0.0.0/8\"]",
		  "192.0.2.1", MAIL, "oTRMR|RE|oTR|RMRE" },
		{ "", "10.0.0.9", "Top: 1\r\n\r\n", "oT||oT|" },
		{ "", NULL, "Top: 1\r\n\r\n", "T||T|" },
		{ "", "127.0.0.1",
		  "Received: from p [192.0.2.3] by localhost with POP3 (fetchmail)\r\n" STRANGER
		  "\r\n",
		  "RR|R|RR|R" },
#undef MAIL
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(mails); i++) {
		struct asked a = ask(mails[i].conf, mails[i].client, mails[i].header);
		char bytes[64];
		struct out o = OUT(bytes);

		reach_header(&a);
		for (enum relays_side side = RELAYS_TRUSTED; side <= RELAYS_EXTERNAL; side++)
			put_fields(&a, side, &o);
		assert_string_equal(bytes, mails[i].sides);
		world_free(a.w);
	}
}

static void as_rules_see_the_client(void **state)
{
	struct asked a = ask("", "198.51.100.1", PRIVATE);
	char bytes[1024];
	struct out o = OUT(bytes);

	(void)state;
	a.client = (struct auth_client){ .looked_up = true, .name = STR("name.test") };
	a.w->facts.helo = STR("he ]lo");
	a.w->facts.mail_from = STR("a@b.test");
	reach_header(&a);
	relays_put_own(&a.relays, RELAYS_EXTERNAL, &o);
	relays_put(&a.relays, RELAYS_EXTERNAL, &o);
	out_char(&o, '\0');
	assert_string_equal(
		bytes,
		"Received: from he!!lo (name.test [198.51.100.1])\n"
		"[ ip=198.51.100.1 rdns=name.test helo=he!!lo by= ident= envfrom=a@b.test intl=0 "
		"id= auth= msa=0 ] [ ip=10.0.0.1 rdns=old.test helo=old.test by=mx.test "
		"ident= envfrom= intl=0 id=2abc auth= msa=0 ]");
	world_free(a.w);
}

static void who_is_not_known_is_not_believed(void **state)
{
	struct asked a = ask("", NULL, USER PRIVATE);

	(void)state;
	a.w->facts.client_port = 4711;
	reach_header(&a);
	assert_int_equal(a.relays.count, 2);
	assert_int_equal(a.relays.trusted, 0);
	world_free(a.w);
}

static void no_more_than_that(void **state)
{
	char *header = test_malloc(200 * sizeof(STRANGER));
	struct asked a;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++, n += sizeof(STRANGER) - 1)
		memcpy(header + n, STRANGER, sizeof(STRANGER));
	a = ask("", NULL, header);
	reach_header(&a);
	assert_int_equal(a.relays.count, LIMIT_RECEIVED_HOPS);
	world_free(a.w);
	test_free(header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(sides),
		cmocka_unit_test(fields_of_a_side),
		cmocka_unit_test(as_rules_see_the_client),
		cmocka_unit_test(who_is_not_known_is_not_believed),
		cmocka_unit_test(no_more_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
