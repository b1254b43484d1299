/* filters/evals: each function by header sections that it is true of, and that it is not; dates. */
#include "base/check.h"
#include "conf/pattern.h"
#include "filters/auth.h"
#include "filters/content/text.h"
#include "filters/evals/date.h"
#include "filters/evals/eval.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- functions ---- */

struct row {
	const char *function, *arguments; /* with '|' between two */
	bool is;
	const char *header, *body;
};

#define TO(WHO)     "To: " WHO "\r\n"
#define FROM(WHO)   "From: " WHO "\r\n"
#define SUBJECT(S)  "Subject: " S "\r\n"
#define RECEIVED(S) "Received: " S "\r\n"
#define STRANGER                                                                                   \
	RECEIVED("from bot.test (name.test [198.51.100.7]) by mx.test (Postfix) with SMTP id 1abc")
#define SENDER       "; (envelope-from <joe@example.test>)"
#define OUTLOOK_DATE "Date: Thu, 22 Aug 2002 11:00:00 +0000\r\n"
#define TEXT(TYPE)   "Content-Type: text/" TYPE "\r\n"
#define BASE64       "Content-Transfer-Encoding: base64\r\n"
#define ALTERNATIVE  "Content-Type: multipart/alternative; boundary=b\r\n"
#define LOUD         "WHO CRIES THAT LOUD IS NOT HEARD AT ALL BY ANYBODY, NOT EVEN BY ITSELF.\r\n"
#define MANY(A, B)                                                                                 \
	TO(A "1@a.test, " A "2@a.test, " B "3@a.test, " B "4@a.test,\r\n " B "5@a.test, " B        \
	     "6@a.test, " B "7@a.test")

static const struct row rows[] = {
	{ "check_for_missing_to_header", "", true, FROM("a@b.test"), NULL },
	{ "check_for_missing_to_header", "", false, TO("a@b.test"), NULL },
	{ "check_for_missing_to_header", "", false, "Apparently-To: a@b.test\r\n", NULL },
	{ "check_illegal_chars", "Subject|0.00|2", true, SUBJECT("\xe4\xf6\xfc"), NULL },
	{ "check_illegal_chars", "Subject|0.00|2", false, SUBJECT("\xe4 only"), NULL },
	{ "check_illegal_chars", "Subject|0.00|1", false, SUBJECT("100 \xa3"), NULL },
	{ "check_illegal_chars", "Subject|0.00|2", false, SUBJECT("\xc3\xa4\xc3\xb6"), NULL },
	{ "check_illegal_chars", "Subject|0.90|2", false, SUBJECT("\xe4\xf6 and much more"), NULL },
	{ "check_illegal_chars", "ALL|0.01|2", true, FROM("\xe4\xf6\xfc"), NULL },
	{ "check_header_count_range", "Subject|2|999", true, SUBJECT("a") SUBJECT("b"), NULL },
	{ "check_header_count_range", "Subject|2|999", false, SUBJECT("a") SUBJECT("a"), NULL },
	{ "check_unresolved_template", "", true, "X-Mailer: %MAILER\r\n", NULL },
	{ "check_unresolved_template", "", false, SUBJECT("100 %OF"), NULL },
	{ "check_for_unique_subject_id", "", false, SUBJECT("x 12345"), NULL },
	{ "subject_is_all_caps", "", true, SUBJECT("Re: BUY IT NOW"), NULL },
	{ "subject_is_all_caps", "", false, SUBJECT("BUY iT NOW!"), NULL },
	{ "subject_is_all_caps", "", false, SUBJECT("BUYITALLNOW"), NULL },
	{ "subject_is_all_caps", "", false, SUBJECT("=?gb2312?Q?BUY IT NOW?="), NULL },
	{ "check_for_to_in_subject", "user", true, TO("joe@a.test") SUBJECT("joe, look at this"),
	  NULL },
	{ "check_for_to_in_subject", "user", true, TO("joe@a.test") SUBJECT("Re: joe"), NULL },
	{ "check_for_to_in_subject", "user", false, TO("joe@a.test") SUBJECT("to joe of us"),
	  NULL },
	{ "check_for_to_in_subject", "address", true, TO("joe@a.test") SUBJECT("x joe@a.test y"),
	  NULL },
	{ "check_for_shifted_date", "3|6", true,
	  "Date: Mon, 1 Jan 2024 14:00:00 +0000\r\n" RECEIVED(
		  "by a; Mon, 1 Jan 2024 10:00:00 +0000"),
	  NULL },
	{ "check_for_shifted_date", "3|6", false,
	  "Date: Mon, 1 Jan 2024 14:00:00 +0400\r\n" RECEIVED(
		  "by a; Mon, 1 Jan 2024 10:00:00 +0000"),
	  NULL },
	{ "check_for_shifted_date", "undef|-96", true,
	  "Date: Mon, 1 Jan 2024 14:00:00 +0000\r\n" RECEIVED(
		  "by a; Sat, 1 Jun 2024 10:00:00 +0000"),
	  NULL },
	{ "check_for_shifted_date", "3|6", false, RECEIVED("by a; Mon, 1 Jan 2024 10:00:00 +0000"),
	  NULL },
	{ "check_outlook_message_id", "", false,
	  OUTLOOK_DATE "Message-Id: <000601c249cb$12345678$0100a8c0@a>\r\n", NULL },
	{ "check_outlook_message_id", "", true,
	  OUTLOOK_DATE "Message-Id: <000611111111$12345678$0100a8c0@a>\r\n", NULL },
	{ "check_ratware_name_id", "", true,
	  "Message-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.joe@a.test>\r\n" FROM("\"Joe\" <joe@a.test>"),
	  NULL },
	{ "check_ratware_name_id", "", false,
	  "Message-Id: <ABCDEFGHIJKLMNOPQRSTUVWXYZAB.ann@a.test>\r\n" FROM("\"Joe\" <joe@a.test>"),
	  NULL },
	{ "check_equal_from_domains", "", true, FROM("a@other.test"), NULL },
	{ "check_equal_from_domains", "", false, FROM("a@mail.example.test"), NULL },
	{ "check_for_matching_env_and_hdr_from", "", true, FROM("Joe <JOE@example.test>"), NULL },
	{ "check_for_matching_env_and_hdr_from", "", false, FROM("ann@example.test"), NULL },
	{ "check_ratware_envelope_from", "", false, TO("joe@example.test"), NULL },
	{ "sorted_recipients", "", true, MANY("a", "b"), NULL },
	{ "sorted_recipients", "", false, MANY("b", "a"), NULL },
	{ "similar_recipients", "0.65|undef", true,
	  TO("aa1@x.test, aa2@x.test, aa3@x.test, aa4@x.test, aa5@x.test"), NULL },
	{ "similar_recipients", "0.65|undef", false,
	  TO("ab@x.test, bc@x.test, cd@x.test, de@x.test, ef@x.test"), NULL },
	{ "gated_through_received_hdr_remover", "", true, FROM("a@b.test"), NULL },
	{ "gated_through_received_hdr_remover", "", false, STRANGER, NULL },
	{ "check_for_fake_aol_relay_in_rcvd", "", true,
	  RECEIVED("from x by rly-xw01.mx.aol.com with QMQP"), NULL },
	{ "check_for_fake_aol_relay_in_rcvd", "", false,
	  RECEIVED("from x by rly-xw01.mx.aol.com (8.8.8/8.8.8/AOL-5.0.0)"), NULL },
	{ "check_for_forged_hotmail_received_headers", "", true,
	  RECEIVED("from hotmail.com (x.test [192.0.2.1]) by mx"), NULL },
	{ "check_for_forged_hotmail_received_headers", "", false,
	  RECEIVED(
		  "from hotmail.com (f1.law8.hotmail.com [192.0.2.1]) by mx") "X-Originating-IP: 192.0.2.7\r\n",
	  NULL },
	{ "check_for_no_hotmail_received_headers", "", true, FROM("a@hotmail.com") STRANGER, NULL },
	{ "check_for_no_hotmail_received_headers", "", false, FROM("a@b.test") STRANGER, NULL },
	{ "check_for_forged_yahoo_received_headers", "", true, FROM("a@yahoo.com") STRANGER, NULL },
	{ "check_for_forged_yahoo_received_headers", "", false,
	  FROM("a@yahoo.com") RECEIVED("from [192.0.2.1] by web1.mail.yahoo.com via HTTP; x"),
	  NULL },
	{ "check_for_forged_juno_received_headers", "", true, FROM("a@juno.com") STRANGER, NULL },
	{ "check_for_forged_eudoramail_received_headers", "", true,
	  FROM("a@eudoramail.com") STRANGER, NULL },
	{ "check_for_forged_gmail_received_headers", "", true, FROM("a@gmail.com") STRANGER, NULL },
	{ "check_for_forged_gmail_received_headers", "", false,
	  FROM("a@gmail.com") "X-Received: by 10.1.1.1 with SMTP id x\r\n", NULL },
	{ "check_all_trusted", "", true,
	  RECEIVED("from a (a [10.0.0.1]) by b (Postfix) with SMTP id 1abc"), NULL },
	{ "check_all_trusted", "", false, STRANGER, NULL },
	{ "check_no_relays", "", true, FROM("a@b.test"), NULL },
	{ "check_no_relays", "", false, STRANGER, NULL },
	{ "check_relays_unparseable", "", true, RECEIVED("from a (a [none]) by b with SMTP"),
	  NULL },
	{ "check_relays_unparseable", "", false, STRANGER, NULL },
	{ "check_for_no_rdns_dotcom_helo", "", true,
	  RECEIVED("from mx.yahoo.com (unknown [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_for_no_rdns_dotcom_helo", "", false,
	  RECEIVED("from mx.yahoo.com (a.test [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_for_numeric_helo", "", true,
	  RECEIVED("from 192.0.2.1 (a.test [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_for_numeric_helo", "", false, STRANGER, NULL },
	{ "helo_ip_mismatch", "", true,
	  RECEIVED("from 192.0.2.1 (a.test [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "helo_ip_mismatch", "", false,
	  RECEIVED("from 198.51.100.9 (a.test [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_for_forged_received_ip_helo", "", true,
	  RECEIVED(
		  "from 192.0.2.1 (a.test [198.51.100.7]) by b.example.test (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_for_forged_received_ip_helo", "", false, STRANGER, NULL },
	{ "check_for_forged_received_trail", "", true,
	  STRANGER RECEIVED(
		  "from x (c.example.net [198.51.100.8]) by a.example.org (8.1/8.1) id 1abc")
		  RECEIVED(
			  "from x (d.example.com [198.51.100.9]) by b.example.org (8.1/8.1) id 1abc"),
	  NULL },
	{ "check_for_forged_received_trail", "", false, STRANGER, NULL },
	{ "check_for_sender_no_reverse", "", true, STRANGER, NULL },
	{ "check_for_sender_no_reverse", "", false,
	  RECEIVED("from x (unknown [198.51.100.7]) by b (Postfix) with SMTP id 1abc"), NULL },
	{ "check_mailfrom_matches_rcvd", "", true,
	  RECEIVED("from x (mx.example.test [198.51.100.7]) by b (Postfix) with SMTP id 1abc"),
	  NULL },
	{ "check_mailfrom_matches_rcvd", "", false, STRANGER, NULL },
	{ "check_for_spf_pass", "", true, "", NULL },
	{ "check_for_spf_none", "", false, "", NULL },
	{ "check_for_spf_helo_softfail", "", true, "", NULL },
	{ "check_for_spf_helo_none", "", false, "", NULL },
	{ "check_dkim_signed", "", true, "", NULL },
	{ "check_dkim_valid", "", true, "", NULL },
	{ "check_dkim_valid", "other.test", false, "", NULL },
	{ "check_dkim_valid", "other.test|example.test", true, "", NULL },
	{ "check_dkim_valid_author_sig", "", true, "", NULL },
	{ "check_dkim_valid_envelopefrom", "", true, "", NULL },
	{ "check_arc_signed", "", true, "", NULL },
	{ "check_arc_valid", "", false, "", NULL },
	{ "check_for_mime", "mime_base64_count", true, BASE64 TEXT("plain"), "eA==" },
	{ "check_for_mime", "mime_base64_encoded_text", true, BASE64 TEXT("plain"), "eA==" },
	{ "check_for_mime", "mime_base64_encoded_text", false, BASE64 TEXT("plain; charset=utf-8"),
	  "" },
	{ "check_for_mime", "mime_bad_iso_charset", true, TEXT("plain; charset=iso-8860-1"), "" },
	{ "check_for_mime", "mime_bad_iso_charset", false, TEXT("plain; charset=iso-8859-15"), "" },
	{ "check_for_mime", "mime_attachment", true,
	  TEXT("plain") "Content-Disposition: attachment\r\n", "" },
	{ "check_for_mime", "mime_multipart_alternative", true, ALTERNATIVE,
	  "--b\r\n\r\nx\r\n--b--\r\n" },
	{ "check_for_mime_html", "", true, TEXT("html"), "" },
	{ "check_for_mime_html", "", false, TEXT("plain"), "" },
	{ "check_for_mime_html_only", "", true, TEXT("html"), "" },
	{ "check_for_mime_html_only", "", false, ALTERNATIVE,
	  "--b\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--\r\n" },
	{ "check_ma_non_text", "", true, ALTERNATIVE,
	  "--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n" },
	{ "check_ma_non_text", "", false, ALTERNATIVE, "--b\r\n\r\nx\r\n--b--\r\n" },
	{ "check_body_length", "3", true, "", "ab\r\n" },
	{ "check_body_length", "3", false, "", "abc\r\n" },
	{ "html_test", "html", true, TEXT("html"), "x" },
	{ "html_test", "html", false, TEXT("plain"), "x" },
	{ "html_test", "embeds", true, TEXT("html"), "<embed src=x>" },
	{ "html_test", "form_action_mailto", true, TEXT("html"),
	  "<form action='mailto:a@b.test'>" },
	{ "html_test", "form_action_mailto", false, TEXT("html"),
	  "<form action='https://b.test/mailto:'>" },
	{ "html_tag_exists", "center", true, TEXT("html"), "<CENTER>x</center>" },
	{ "html_tag_exists", "center", false, TEXT("html"), "<!-- <center> -->" },
	{ "html_tag_exists", "nosuch", false, TEXT("html"), "<nosuch>" },
	{ "html_tag_balance", "body|!= 0", true, TEXT("html"), "<body>x" },
	{ "html_tag_balance", "body|!= 0", false, TEXT("html"), "<body>x</body></body>" },
	{ "html_tag_balance", "p|> 1", true, TEXT("html"), "<p><p>" },
	{ "html_eval", "length|< 3", true, TEXT("html"), "x\r\n" },
	{ "html_eval", "length|< 3", false, TEXT("html"), "xy\r\n" },
	{ "html_range", "length|2|3", true, TEXT("html"), "xyz" },
	{ "html_range", "length|3|inf", false, TEXT("html"), "xyz" },
	{ "html_image_only", "0|400", true, TEXT("html"), "<img src=x>" },
	{ "html_image_only", "0|400", false, TEXT("html"), "x" },
	{ "html_image_ratio", "0.000|0.001", true, TEXT("html"), "<img width=100 height=50%>x" },
	{ "html_image_ratio", "0.000|0.001", false, TEXT("html"), "<img src=x>x" },
	{ "check_for_uppercase", "75|100", true, TEXT("plain"), LOUD LOUD LOUD LOUD },
	{ "check_for_uppercase", "75|100", false, TEXT("plain"), LOUD },
	{ "check_for_uppercase", "75|100", false, TEXT("plain; charset=koi8-r"),
	  LOUD LOUD LOUD LOUD },
	{ "tvd_vertical_words", "50|100", true, TEXT("plain"), "a b c d e f" },
	{ "tvd_vertical_words", "50|100", false, TEXT("plain"), "abc def ghi" },
	{ "check_blank_line_ratio", "40|60|4", true, TEXT("plain"), "a\r\n\r\nb\r\n \r\n" },
	{ "check_blank_line_ratio", "40|60|8", false, TEXT("plain"), "a\r\n\r\nb\r\n \r\n" },
};

static struct rule_call call_of(const struct row *row)
{
	struct rule_call call = { .rule = STR("RULE"), .function = str_z(row->function) };
	struct str rest = str_z(row->arguments);

	while (rest.n)
		str_cut(rest, '|', &call.arguments[call.count++], &rest);
	return call;
}

/* What is known of the sender of all of them. */
struct stage {
	struct auth auth;
	struct auth_dkim dkim;
	struct auth_spf helo;
	struct relays relays;
	struct text text;
	char header[1024];
};

static void set_stage(struct stage *s, struct filter_facts *facts)
{
	*s = (struct stage){ .relays.read = false };
	s->dkim = (struct auth_dkim){ .result = AUTH_PASS,
				      .trusted = true,
				      .domain = STR("example.test") };
	s->auth = (struct auth){ .from_domain = STR("example.test"), .dkim = &s->dkim };
	s->auth.spf = (struct auth_spf){ .checked = true, .result = AUTH_PASS };
	s->auth.arc = (struct auth_arc){ .checked = true, .result = AUTH_FAIL };
	s->helo = (struct auth_spf){ .checked = true, .result = AUTH_SOFTFAIL };
	facts->auth = &s->auth;
	facts->helo_spf = &s->helo;
	facts->relays = &s->relays;
	facts->text = &s->text;
	facts->mail_from = STR("joe@example.test");
}

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	(void)severity;
	(void)at;
	out_printf(r->arg, "%s\n", text);
}

static struct world *world_with(const struct rule_call *call, struct out *said)
{
	struct world *w = world_new(
		"rdns { enabled = no }\nhelo { enabled = no }\nrelays { }\nevals { }\ncontent { }\n");
	const struct patterns patterns = { .calls = call, .call_count = 1 };
	struct conf_report report = { .say = complain, .arg = said };

	assert_non_null(w->set);
	filter_set_patterns(w->set, w->conf, &w->registry, &patterns, &report);
	return w;
}

static bool hits(const struct row *row)
{
	const struct rule_call call = call_of(row);
	char bytes[256];
	struct out said = OUT(bytes);
	struct world *w = world_with(&call, &said);
	struct stage stage;
	bool found;

	assert_int_equal(said.n, 0);
	set_stage(&stage, &w->facts);
	snprintf(stage.header, sizeof(stage.header), "%s\r\n", row->header);
	w->facts.header = str_z(stage.header);
	world_run(w, PHASE_MAIL);
	filter_runner_reach(w->runner, PHASE_HEADER);
	while (world_step(w))
		continue;
	filter_runner_body(w->runner, str_z(row->body ? row->body : ""));
	filter_runner_reach(w->runner, PHASE_END);
	filter_runner_reach(w->runner, PHASE_ALIGN);
	while (world_step(w))
		continue;
	found = world_found(w, "RULE") != NULL;
	world_free(w);
	return found;
}

static void functions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (hits(&rows[i]) != rows[i].is)
			fail_msg("%s(%s): %s", rows[i].function, rows[i].arguments, rows[i].header);
}

static void every_function_has_a_row(void **state)
{
	static const char *const names[] = {
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT) #NAME,
#include "filters/evals/evals.def"
#undef EVAL
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(names); i++) {
		size_t k = 0;

		while (k < COUNTOF(rows) && strcmp(rows[k].function, names[i]) != 0)
			k++;
		if (k == COUNTOF(rows) && strncmp(names[i], "check_for_spf_", 14) != 0)
			fail_msg("%s has no test", names[i]);
	}
}

static void what_is_not_known_is_told(void **state)
{
	static const struct {
		struct row row;
		const char *said;
	} cases[] = {
		{ { "check_weather", "", false, "", NULL },
		  "the function check_weather is not known here: RULE is off\n" },
		{ { "check_all_trusted", "x", false, "", NULL },
		  "check_all_trusted takes other arguments: RULE is off\n" },
		{ { "check_for_shifted_date", "3|six", false, "", NULL },
		  "check_for_shifted_date takes other arguments: RULE is off\n" },
		{ { "check_for_shifted_date", "3", false, "", NULL },
		  "check_for_shifted_date takes other arguments: RULE is off\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct rule_call call = call_of(&cases[i].row);
		char bytes[256];
		struct out said = OUT(bytes);
		struct world *w = world_with(&call, &said);

		out_char(&said, '\0');
		assert_string_equal(bytes, cases[i].said);
		world_free(w);
	}
}

/* ---- dates ---- */

static void dates(void **state)
{
	static const struct {
		const char *text;
		int64_t unix_s; /* -1: none */
	} cases[] = {
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0 },
		{ "Thu, 29 Feb 2024 23:59:60 +0000", 1709251200 },
		{ "1 Mar 2024 02:00:00 +0200 (CEST)", 1709251200 },
		{ "Fri,  1 Mar 2024 00:00 GMT", 1709251200 },
		{ "29 Feb 24 19:00:00 EST", 1709251200 },
		{ "01-Mar-2024 00:00:00", 1709251200 },
		{ "id 4F12; 1 Mar 2024 00:00:00 -0000", 1709251200 },
		{ "32 Mar 2024 00:00:00", -1 },
		{ "1 Foo 2024 00:00:00", -1 },
		{ "1 Mar 2024 24:00:00", -1 },
		{ "tomorrow", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		int64_t unix_s = -1;

		if (!date_parse(str_z(cases[i].text), &unix_s))
			unix_s = -1;
		if (unix_s != cases[i].unix_s)
			fail_msg("%s: %lld", cases[i].text, (long long)unix_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions),
		cmocka_unit_test(every_function_has_a_row),
		cmocka_unit_test(what_is_not_known_is_told),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
