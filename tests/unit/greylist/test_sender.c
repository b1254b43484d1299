/* filters/greylist/sender.h: addresses as they are seen in use, and what two mails of a kind have in common. */
#include "filters/greylist/question.h"
#include "filters/greylist/sender.h"

#include "base/check.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *normal(const char *address)
{
	static char bytes[2 * LIMIT_PATH];
	struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };

	greylist_sender(str_z(address), &o);
	bytes[o.n] = '\0';
	return bytes;
}

static void known_kinds(void **state)
{
	static const struct {
		const char *address, *pattern;
	} rows[] = {
		{ "", "<>" },
		{ "alice@example.org", "alice@example.org" },
		{ "Alice.Example@EXAMPLE.org", "alice.example@example.org" },
		{ "postmaster", "postmaster@" },
		/* VERP */
		{ "bounce-4711-user=example.org@list.test", "bounce-*@list.test" },
		{ "bounce-4711-first-last=example.org@list.test", "bounce-*@list.test" },
		{ "debian-devel-return-1234-user=example.org@lists.test", "debian-*@lists.test" },
		{ "list-bounces+user=example.org@list.test", "list-bounces+*@list.test" },
		{ "bounces+1234567-ab12-user=example.org@em99.shop.test",
		  "bounces+*@em99.shop.test" },
		{ "user=example.org@bounce.test", "*@bounce.test" },
		/* a recipient's or a list's tag */
		{ "group+bncBCXYZABC123EKDLMNOP@groups.test", "group+*@groups.test" },
		{ "owner+M1@list.test", "owner+*@list.test" },
		/* numbers and random words */
		{ "bounce-123456-789@list.test", "bounce-#-#@list.test" },
		{ "bounce.mc.us12_34567.890@m.test", "bounce.mc.us#_#.#@m.test" },
		{ "0100018f2b3c4d5e-1a2b3c4d-1234-5678-9abc-def012345678-000000@ses.test",
		  "#-#-#-#-#-#-#@ses.test" },
		{ "20240101123456abcdef-C1ABC@bounces.test", "#-#@bounces.test" },
		{ "m-abc123XYZ@bounce.test", "m-#@bounce.test" },
		{ "msg-deadbeef1234@b.test", "msg-#@b.test" }, /* hexadecimal */
		{ "mail2@b.test", "mail#@b.test" },
		{ "o'neil_99@b.test", "o'neil_#@b.test" },
		/* BATV (draft-levine-smtp-batv), and its like */
		{ "prvs=4123ab45cd=alice@example.org", "alice@example.org" },
		{ "PRVS=4123ab45cd=Alice@example.org", "alice@example.org" },
		{ "btv1==0123456789a==alice@example.org", "alice@example.org" },
		{ "msprvs1=17234XyZ=bounces-1234@e.test", "bounces-#@e.test" },
		{ "prvs=4123ab45cd@example.org", "*@example.org" }, /* no address in it */
		/* SRS */
		{ "SRS0=HHH=TT=orig.test=alice@fwd.test", "alice@orig.test" },
		{ "srs0+HHH=TT=Orig.Test=Alice@fwd.test", "alice@orig.test" },
		{ "SRS0-HHH=TT=orig.test=a=b@fwd.test", "*@orig.test" },
		{ "SRS1=HHH=fwd.test==HHH=TT=orig.test=alice@third.test", "alice@orig.test" },
		{ "SRS1=HHH=fwd.test=+HHH=TT=orig.test=alice@third.test", "alice@orig.test" },
		{ "SRS0=HHH=TT=orig.test=prvs=4123ab45cd=alice@fwd.test", "alice@orig.test" },
		{ "SRS0=HHH=TT=@fwd.test", "*@fwd.test" },
		{ "SRS0@fwd.test", "srs#@fwd.test" },
		{ "SRS1=HHH@fwd.test", "*@fwd.test" },
		{ "bounces+SRS=kQ2ch=4B@contoso.test", "bounces+*@contoso.test" },
		/* quoted, and past ASCII */
		{ "\"a@b\"@c.test", "\"a@b\"@c.test" },
		{ "j\xc3\xb6rg@c.test", "j\xc3\xb6rg@c.test" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (strcmp(normal(rows[i].address), rows[i].pattern) != 0)
			fail_msg("%s: %s, not %s", rows[i].address, normal(rows[i].address),
				 rows[i].pattern);
}

/* The room that the header promises is enough, whatever the bytes. */
static void it_never_grows(void **state)
{
	static const char alphabet[] = "aZ0=+-@.SRS01prvs=\"\x80";
	char bytes[64], to[66];
	unsigned seed = 1;

	(void)state;
	for (unsigned n = 0; n < 200000; n++) {
		const size_t length = n % sizeof(bytes);
		struct out o = OUT(to);

		o.cap = length + 2;
		for (size_t i = 0; i < length; i++) {
			seed = seed * 1103515245u + 12345u;
			bytes[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		greylist_sender((struct str){ .p = bytes, .n = length }, &o);
		assert_false(o.full);
	}
}

/* As an operator says it, to `postern greylist allow`. */
static void sources(void **state)
{
	static const struct {
		const char *said, *source;
	} rows[] = {
		{ "192.0.2.7", "192.0.2.0/24" },
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "2001:db8:1:2:3::1", "2001:db8:1:2::/64" },
		{ "2001:db8::/64", "2001:db8::/64" },
		{ "Example.ORG.", "example.org" },
		{ "m\xc3\xbcller.example", "xn--mller-kva.example" },
		{ "192.0.2.0/23", NULL },
		{ "192.0.2.7/32", NULL },
		{ "2001:db8::/48", NULL },
		{ "a b", NULL },
		{ "a/b", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char bytes[300] = "";
		struct out o = { .p = bytes, .cap = sizeof(bytes) - 1 };
		const bool is = greylist_source(str_z(rows[i].said), &o);

		if (is != (rows[i].source != NULL) || (is && strcmp(bytes, rows[i].source) != 0))
			fail_msg("%s: %s", rows[i].said, is ? bytes : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_kinds),
		cmocka_unit_test(it_never_grows),
		cmocka_unit_test(sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
