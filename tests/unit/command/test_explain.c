/* command/explain.h: a record for people; of what is none, or half of one, nothing. */
#include "command/explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char text[8192];

static const char *explain(const char *record)
{
	struct out o = OUT(text);

	if (!explain_print(&o, str_z(record))) {
		assert_int_equal(o.n, 0);
		return NULL;
	}
	assert_false(o.full);
	out_char(&o, '\0');
	return text;
}

static void a_transaction_is_a_story(void **state)
{
	(void)state;
	assert_string_equal(
		explain("{\"event\":\"transaction\",\"id\":\"T48DDC6F0000-1\",\"time\":"
			"\"2026-11-28T10:22:20.576Z\",\"listener\":\"mx\",\"client\":{\"ip\":\"192.0.2.1\","
			"\"port\":57116,\"name\":\"mx.example.org\",\"country\":\"DE\",\"as\":\"64496\"},"
			"\"tls\":{\"version\":\"TLSv1.3\",\"cipher\":\"TLS_AES_256_GCM_SHA384\"},"
			"\"helo\":\"mx.example.org\",\"mail_from\":\"me@example.org\",\"message_id\":\"<1@x>\","
			"\"size\":277,\"ms\":3,\"score\":4.8,\"degraded\":[\"dnsbl\",\"spf\"],\"symbols\":["
			"{\"name\":\"A\",\"score\":0,\"detail\":\"\"},{\"name\":\"B\",\"score\":-2.5,\"detail\":"
			"\"why\"},{\"name\":\"C\",\"score\":1.5,\"detail\":\"\"},{\"name\":\"D\",\"score\":0,"
			"\"detail\":\"\"}],\"auth\":{\"spf\":{\"result\":\"pass\",\"domain\":\"example.org\","
			"\"reason\":\"ip4\"},\"dkim\":[{\"result\":\"fail\",\"domain\":\"example.org\","
			"\"selector\":\"s1\",\"reason\":\"body hash\"}],\"dmarc\":{\"result\":\"fail\",\"domain\":"
			"\"example.org\",\"disposition\":\"reject\",\"reason\":\"\"},\"arc\":{\"result\":\"none\"}},"
			"\"bulk\":{},\"refused\":[{\"command\":\"RCPT TO:<x\",\"reply\":\"501 5.1.3 what?\"}],"
			"\"recipients\":[{\"rcpt\":\"a@example.net\",\"by\":\"verdict\",\"reply\":\"550 5.7.1 no\","
			"\"verdict\":{\"action\":\"reject\",\"name\":\"spam\",\"stage\":\"rcpt\",\"reply\":"
			"\"550 5.7.1 no\",\"would\":\"new:reject,other:tag\"},\"score\":4.8},"
			"{\"rcpt\":\"b@example.net\",\"by\":\"nobody\",\"reply\":\"\"}],\"left_out\":2}"),
		"T48DDC6F0000-1  transaction  2026-11-28T10:22:20.576Z, listener mx\n"
		"client     192.0.2.1 port 57116, mx.example.org, country DE, AS 64496\n"
		"tls        TLSv1.3 TLS_AES_256_GCM_SHA384\n"
		"helo       mx.example.org\n"
		"from       <me@example.org>\n"
		"message-id <1@x>\n"
		"size       277 bytes, 3 ms from MAIL to the end\n"
		"spf        pass example.org: ip4\n"
		"dkim       fail example.org/s1: body hash\n"
		"dmarc      fail example.org, which asks for reject\n"
		"score      4.8\n"
		"  -2.5  B                             why\n"
		"   1.5  C\n"
		"   0.0  A\n"
		"   0.0  D\n"
		"degraded   dnsbl, spf: could not be asked, what they would have found is missing\n"
		"refused    RCPT TO:<x: 501 5.1.3 what?\n"
		"\n"
		"to a@example.net\n"
		"    reply      550 5.7.1 no\n"
		"    by         a verdict of the configuration\n"
		"    judged     reject by verdict \"spam\" at rcpt, score 4.8\n"
		"    would      verdict \"new\" would reject, but does not act\n"
		"    would      verdict \"other\" would tag, but does not act\n"
		"\n"
		"to b@example.net\n"
		"    reply      none\n"
		"    by         the client ended the transaction before there was an answer\n"
		"\n"
		"2 things are not here: the record was too large\n");
}

static void what_drives_a_terminal_does_not_come_through(void **state)
{
	(void)state;
	assert_string_equal(
		explain("{\"event\":\"refused\",\"id\":\"T48DDC6F0000\",\"time\":\"t\","
			"\"client\":{\"ip\":\"192.0.2.1\",\"port\":1},\"helo\":\"\\u001b]0;x\\u0007\","
			"\"command\":\"VRFY\\n\\u0000\\u202e\xc3\xa9\",\"reply\":\"502\"}"),
		"T48DDC6F0000  refused  t\n"
		"client     192.0.2.1 port 1\n"
		"helo       ?]0;x?\n"
		"refused    VRFY?????\xc3\xa9: 502\n");
}

static void what_is_no_record_is_told_so(void **state)
{
	static const char *const none[] = {
		"",
		"{",
		"[]",
		"\"x\"",
		"{\"event\":\"transaction\",\"id\":\"T48DDC6F0000-1\",\"time\":\"2026-11",
		"{\"event\":\"transaction\"}{\"event\":\"transaction\"}",
		"{\"event\":\"\xff\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(explain(none[i]));
}

/* Other versions, and other programs, may have written it. */
static void anything_may_be_missing_or_something_else(void **state)
{
	static const char *const odd[] = {
		"{}",
		"{\"event\":7}",
		"{\"event\":\"unheard-of\"}",
		"{\"event\":\"transaction\"}",
		"{\"event\":\"bulk\"}",
		"{\"event\":\"refused\"}",
		"{\"event\":\"transaction\",\"client\":[],\"symbols\":{},\"recipients\":7,\"refused\":\"x\","
		"\"auth\":[],\"bulk\":\"\",\"degraded\":{},\"score\":\"high\",\"size\":[],\"ms\":1e308}",
		"{\"event\":\"transaction\",\"symbols\":[7,[],{}],\"recipients\":[7,[],{},{\"verdict\":[]},"
		"{\"verdict\":{\"would\":\",,:,\"}}],\"refused\":[[]],\"auth\":{\"spf\":[],\"dkim\":{}},"
		"\"degraded\":[7,{}],\"bulk\":{\"cluster\":[]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_non_null(explain(odd[i]));
}

static const char *brief(const char *record)
{
	struct out o = OUT(text);

	if (!explain_brief(&o, str_z(record))) {
		assert_int_equal(o.n, 0);
		return NULL;
	}
	assert_false(o.full);
	out_char(&o, '\0');
	return text;
}

static void each_recipient_is_a_line(void **state)
{
	(void)state;
	assert_string_equal(
		brief("{\"event\":\"transaction\",\"id\":\"T1-1\",\"time\":\"2026-11-28T10:22:20.576Z\","
		      "\"client\":{\"ip\":\"192.0.2.1\"},\"mail_from\":\"me@example.org\",\"recipients\":["
		      "{\"rcpt\":\"a@example.net\",\"by\":\"verdict\",\"reply\":\"550 5.7.1 no\\nnever\","
		      "\"verdict\":{\"action\":\"reject\",\"name\":\"spam\"}},"
		      "{\"rcpt\":\"b@example.net\",\"by\":\"nobody\",\"reply\":\"\"}]}"),
		"2026-11-28T10:22:20Z T1-1 192.0.2.1 <me@example.org> a@example.net verdict:reject/spam "
		"550 5.7.1 no / never\n"
		"2026-11-28T10:22:20Z T1-1 192.0.2.1 <me@example.org> b@example.net nobody none\n");
	assert_string_equal(
		brief("{\"event\":\"transaction\",\"id\":\"T1-1\",\"time\":\"2026-11-28T10:22:20.576Z\","
		      "\"client\":{\"ip\":\"192.0.2.1\"},\"mail_from\":\"\",\"recipients\":[]}"),
		"2026-11-28T10:22:20Z T1-1 192.0.2.1 <> - - none\n");
	assert_string_equal(
		brief("{\"event\":\"transaction\",\"id\":\"T1-1\",\"time\":\"2026-11-28T10:22:20.576Z\","
		      "\"client\":{\"ip\":\"192.0.2.1\"},\"mail_from\":\"\\\"x  accept\\\"@example.org\","
		      "\"recipients\":[{\"rcpt\":\"\\\"a b\\\"@example.net\",\"by\":\"nobody\"}]}"),
		"2026-11-28T10:22:20Z T1-1 192.0.2.1 <\"x\\x20\\x20accept\"@example.org> "
		"\"a\\x20b\"@example.net nobody none\n");
	assert_string_equal(
		brief("{\"event\":\"refused\",\"id\":\"T1\",\"time\":\"2026-11-28T10:22:20.576Z\","
		      "\"client\":{\"ip\":\"192.0.2.1\"},\"command\":\"MAIL FROM\",\"reply\":\"501 5.5.4 no\"}"),
		"2026-11-28T10:22:20Z T1 192.0.2.1 - - refused MAIL FROM: 501 5.5.4 no\n");
	assert_string_equal(brief("{\"event\":\"bulk\",\"id\":\"T1\"}"), "");
	assert_null(brief("{\"event\":\"transaction\""));
	assert_non_null(brief(
		"{\"event\":\"transaction\",\"client\":[],\"recipients\":[7,[],{\"verdict\":[]}]}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_is_a_story),
		cmocka_unit_test(what_drives_a_terminal_does_not_come_through),
		cmocka_unit_test(what_is_no_record_is_told_so),
		cmocka_unit_test(anything_may_be_missing_or_something_else),
		cmocka_unit_test(each_recipient_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
