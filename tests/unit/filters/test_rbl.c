/* filters/rbl: whom the lists of rule files are asked about, what their answers mean, and that nobody is asked in vain. */
#include "base/check.h"
#include "conf/pattern.h"
#include "filters/auth.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/rbl/test.h"
#include "filters/relays.h"
#include "filters/uri/uris.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- answers ---- */

static void answers(void **state)
{
	static const struct {
		const char *test, *code, *address;
		bool has;
	} rows[] = {
		{ "", NULL, "127.0.0.2", true },
		{ "", NULL, "127.0.0.1", false },
		{ "", NULL, "127.255.255.254", false },
		{ "", NULL, "192.0.2.1", false },
		{ "6", NULL, "127.0.0.4", true },
		{ "6", NULL, "127.0.0.8", false },
		{ "127.0.0.2", NULL, "127.0.0.2", true },
		{ "127.0.0.2", NULL, "127.0.0.20", false },
		{ "^127\\.255\\.255\\.25[45]$", NULL, "127.255.255.254", true },
		{ "^10\\.", NULL, "10.0.0.1", false },
		{ NULL, "127.0.1.2", "127.0.1.2", true },
		{ NULL, "127.0.1.2-127.0.1.9", "127.0.1.9", true },
		{ NULL, "127.0.1.2-127.0.1.9", "127.0.1.10", false },
		{ NULL, "127.0.1.0/255.255.255.0", "127.0.1.77", true },
		{ NULL, "0x10/0x10", "127.0.0.16", true },
		{ NULL, "0x10", "127.0.0.15", false },
		{ NULL, "2", "127.0.0.6", true },
	};
	struct regex_engine *engine = regex_engine_new();

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct rr answer = { .type = RR_A };
		struct regex_error error;
		struct rbl_test test;

		assert_true(ip_parse(str_z(rows[i].address), &answer.ip));
		assert_true(rows[i].code ? rbl_test_read_code(str_z(rows[i].code), &test)
					 : rbl_test_read(str_z(rows[i].test), &test, &error));
		if (rbl_test_has(&test, engine, &answer) != rows[i].has)
			fail_msg("row %zu", i);
		if (test.regex)
			regex_free(test.regex);
	}
	regex_engine_free(engine);
}

/* ---- the filter ---- */

enum { CALLS = 6, LINES = 4, ANSWERS = 5 };

struct row {
	const char *calls[CALLS]; /* "NAME function set zone test" */
	const char *lines[LINES];
	uint8_t asks;
	bool weightless;
	const char *dns[ANSWERS]; /* "name address" */
	const char *header, *body;
	unsigned asked;
	const char *hits; /* names with a space behind each */
};

#define RELAY(IP, BY) "Received: from x (x.test [" IP "]) by " BY " (Postfix) with SMTP id 1abc\r\n"
#define CHAIN                                                                                      \
	RELAY("198.51.100.7", "mx.test") RELAY("203.0.113.9", "a.test") RELAY("10.0.0.1", "b.test")

static const struct row rows[] = {
	/* With a client at 192.0.2.2, who is the newest. */
	{ .calls = { "L check_rbl z-lastexternal z.test." },
	  .dns = { "2.2.0.192.z.test 127.0.0.2" },
	  .header = CHAIN,
	  .asked = 1,
	  .hits = "L " },
	{ .calls = { "ALL check_rbl z z.test", "A check_rbl_sub z 127.0.0.2",
		     "B check_rbl_sub z 127.0.0.3" },
	  .dns = { "9.113.0.203.z.test 127.0.0.3" },
	  .header = CHAIN,
	  .asked = 3,
	  .hits = "ALL B " },
	{ .calls = { "F check_rbl z-firsttrusted z.test", "N check_rbl z-notfirsthop z.test",
		     "U check_rbl z-untrusted z.test" },
	  .dns = { "7.100.51.198.z.test 127.0.0.3" },
	  .header = CHAIN,
	  .asked = 5,
	  .hits = "N U " },
	{ .calls = { "A check_rbl z-lastexternal z.test 2", "B check_rbl z-lastexternal z.test 4" },
	  .dns = { "2.2.0.192.z.test 127.0.0.4" },
	  .header = "",
	  .asked = 1,
	  .hits = "B " },
	{ .calls = { "T check_rbl_txt z-lastexternal z.test spam" },
	  .dns = { "2.2.0.192.z.test =this_is_spam" },
	  .header = "",
	  .asked = 1,
	  .hits = "T " },
	{ .calls = { "H check_rbl_from_host h h.test", "D check_rbl_from_domain d d.test",
		     "E check_rbl_envfrom e e.test" },
	  .dns = { "a.from.com.h.test 127.0.0.2", "from.com.d.test 127.0.0.2" },
	  .header = "From: x@a.from.com\r\n",
	  .asked = 5,
	  .hits = "D H " },
	{ .calls = { "R check_rbl_headers r r.test 2 Reply-To,Sender" },
	  .dns = { "reply.com.r.test 127.0.0.2" },
	  .header = "Reply-To: x@reply.com\r\n",
	  .asked = 1,
	  .hits = "R " },
	{ .calls = { "O check_rbl_rcvd o o.test" },
	  .dns = { "b.example.com.o.test 127.0.0.2" },
	  .header = RELAY("203.0.113.9", "b.example.com"),
	  .asked = 2,
	  .hits = "O " },
	{ .calls = { "S check_dns_sender" }, .header = "", .asked = 3, .hits = "S " },
	{ .calls = { "S check_dns_sender" },
	  .dns = { "sub.example.net 192.0.2.1" },
	  .header = "",
	  .asked = 3,
	  .hits = "" },
	/* Of addresses in the message. */
	{ .calls = { "A check_uridnsbl A", "B check_uridnsbl B" },
	  .lines = { "urirhssub A u.test. A 2", "urirhssub B u.test. A 4",
		     "uridnsbl_skip_domain skipped.com kept.com",
		     "clear_uridnsbl_skip_domain kept.com" },
	  .dns = { "bad.com.u.test 127.0.0.2", "kept.com.u.test 127.0.0.6" },
	  .header = "",
	  .body = "http://www.bad.com/ http://a.skipped.com/ http://kept.com/ http://192.0.2.9/",
	  .asked = 3,
	  .hits = "A B " },
	{ .calls = { "A check_uridnsbl A" },
	  .asks = CALL_WHOLE,
	  .lines = { "urirhsbl A u.test A" },
	  .dns = { "www.bad.com.u.test 127.0.0.2" },
	  .header = "",
	  .body = "http://www.bad.com/",
	  .asked = 1,
	  .hits = "A " },
	{ .calls = { "A check_uridnsbl A" },
	  .lines = { "uridnsbl A u.test A" },
	  .dns = { "bad.com @ns.evil.com", "ns.evil.com 192.0.2.7", "7.2.0.192.u.test 127.0.0.2" },
	  .header = "",
	  .body = "http://www.bad.com/",
	  .asked = 3,
	  .hits = "A " },
	{ .calls = { "A check_uridnsbl A" },
	  .asks = CALL_ADDRESSES,
	  .lines = { "uridnssub A u.test A 127.0.0.2-127.0.0.3" },
	  .dns = { "bad.com 192.0.2.7", "7.2.0.192.u.test 127.0.0.2" },
	  .header = "",
	  .body = "http://bad.com/",
	  .asked = 2,
	  .hits = "A " },
	{ .calls = { "A check_uridnsbl A" },
	  .asks = CALL_ONLY_IPS,
	  .lines = { "urirhsbl A u.test A" },
	  .dns = { "9.2.0.192.u.test 127.0.0.2" },
	  .header = "",
	  .body = "http://www.bad.com/ http://192.0.2.9/",
	  .asked = 1,
	  .hits = "A " },
	{ .calls = { "A check_uridnsbl A" },
	  .lines = { "uridnsbl A u.test A" },
	  .header = "",
	  .body = "http://192.0.2.9/",
	  .asked = 0,
	  .hits = "" },
	{ .calls = { "A check_uridnsbl A" },
	  .lines = { "urinsrhsbl A u.test A" },
	  .dns = { "bad.com @ns.evil.com", "evil.com.u.test 127.0.0.2" },
	  .header = "",
	  .body = "http://www.bad.com/",
	  .asked = 2,
	  .hits = "A " },
};

struct stage {
	struct world *w;
	struct text text;
	struct attachments attachments;
	struct uris uris;
	struct auth auth;
	struct relays relays;
	struct rule_call calls[CALLS];
	struct rule_setting settings[LINES];
	struct patterns patterns;
	char header[1024], said[512];
};

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	(void)severity;
	(void)at;
	out_printf(r->arg, "%s\n", text);
}

static void read_calls(struct stage *s, const struct row *row)
{
	for (unsigned i = 0; i < CALLS && row->calls[i]; i++) {
		struct rule_call *call = &s->calls[s->patterns.call_count++];
		struct str rest = str_z(row->calls[i]);

		str_cut(rest, ' ', &call->rule, &rest);
		str_cut(rest, ' ', &call->function, &rest);
		while (rest.n)
			str_cut(rest, ' ', &call->arguments[call->count++], &rest);
		call->asks = row->asks;
		call->weightless = row->weightless;
	}
	for (unsigned i = 0; i < LINES && row->lines[i]; i++) {
		struct rule_setting *line = &s->settings[i];
		struct str word;

		str_cut(str_z(row->lines[i]), ' ', &word, &line->text);
		line->setting = setting_rows;
		while (!str_eq(word, str_z(line->setting->word)))
			line->setting++;
		line->next = i + 1 < LINES && row->lines[i + 1] ? line + 1 : NULL;
	}
	s->patterns.calls = s->calls;
	s->patterns.settings = row->lines[0] ? s->settings : NULL;
}

static void read_answers(struct world *w, const struct row *row)
{
	static char names[ANSWERS][128];

	for (unsigned i = 0; i < ANSWERS && row->dns[i]; i++) {
		const char *value = strchr(row->dns[i], ' ') + 1;
		const enum rr_type type = *value == '=' ? RR_TXT : *value == '@' ? RR_NS : RR_A;

		snprintf(names[i], sizeof(names[i]), "%.*s", (int)(value - row->dns[i] - 1),
			 row->dns[i]);
		world_dns(w, names[i], type, type == RR_A ? value : value + 1);
	}
}

static void begin(struct stage *s, const struct row *row, const char *options)
{
	struct out said = OUT(s->said);
	struct conf_report report = { .say = complain, .arg = &said };
	char conf[256];

	*s = (struct stage){ .patterns.call_count = 0 };
	snprintf(conf, sizeof(conf),
		 "rdns { enabled = no }\nhelo { enabled = no }\ncontent { }\nuri { }\nrelays { }\n"
		 "rbl { %s }\n",
		 options);
	s->w = world_new(conf);
	if (!s->w->set)
		fail_msg("%s", s->w->complaints);
	read_calls(s, row);
	filter_set_patterns(s->w->set, s->w->conf, &s->w->registry, &s->patterns, &report);
	out_char(&said, '\0');
	world_client(s->w, "192.0.2.2");
	s->w->facts.text = &s->text;
	s->w->facts.attachments = &s->attachments;
	s->w->facts.uris = &s->uris;
	s->w->facts.auth = &s->auth;
	s->w->facts.relays = &s->relays;
	snprintf(s->header, sizeof(s->header), "%s\r\n", row->header);
	s->w->facts.header = str_z(s->header);
	s->w->facts.helo = STR("mx.example.org");
	s->w->facts.mail_from = STR("a@sub.example.net");
	read_answers(s->w, row);
}

static void drain(struct world *w)
{
	while (world_step(w))
		continue;
}

static void play(struct stage *s, const char *body)
{
	struct world *w = s->w;

	world_open(w, SCOPE_TRANSACTION);
	filter_runner_reach(w->runner, PHASE_MAIL);
	filter_runner_reach(w->runner, PHASE_HEADER);
	drain(w);
	filter_runner_body(w->runner, str_z(body ? body : ""));
	filter_runner_reach(w->runner, PHASE_END);
	drain(w);
	filter_runner_reach(w->runner, PHASE_ALIGN);
	drain(w);
	assert_int_equal(w->open, 0);
}

static void finish(struct stage *s)
{
	world_close(s->w);
	world_free(s->w);
}

static const char *hits_of(const struct stage *s, const struct row *row, char *bytes, size_t room)
{
	struct out o = { .p = bytes, .cap = room - 1 };

	for (char c = 'A'; c <= 'Z'; c++)
		for (unsigned i = 0; i < CALLS && row->calls[i]; i++) {
			char name[16];

			if (row->calls[i][0] != c)
				continue;
			snprintf(name, sizeof(name), "%.*s", (int)s->calls[i].rule.n,
				 s->calls[i].rule.p);
			if (world_found(s->w, name))
				out_printf(&o, "%s ", name);
		}
	bytes[o.n] = '\0';
	return bytes;
}

static void lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct stage s;
		char bytes[64];

		begin(&s, &rows[i], "");
		assert_string_equal(s.said, "");
		play(&s, rows[i].body);
		if (s.w->asked != rows[i].asked ||
		    strcmp(hits_of(&s, &rows[i], bytes, sizeof(bytes)), rows[i].hits) != 0)
			fail_msg("row %zu (%s): %u asked, hits %s", i, rows[i].calls[0], s.w->asked,
				 bytes);
		assert_null(world_found(s.w, "RBL_UNAVAILABLE"));
		finish(&s);
	}
}

static void nobody_is_asked_in_vain(void **state)
{
	static const struct row row = { .calls = { "L check_rbl z-lastexternal z.test" },
					.header = "" };
	struct row weightless = row;
	struct stage s;

	(void)state;
	begin(&s, &row, "ask = no");
	play(&s, "");
	assert_int_equal(s.w->asked, 0);
	finish(&s);

	weightless.weightless = true;
	begin(&s, &weightless, "");
	play(&s, "");
	assert_int_equal(s.w->asked, 0);
	finish(&s);
}

static void a_failure_is_unavailable(void **state)
{
	static const struct row row = { .calls = { "L check_rbl z-lastexternal z.test" },
					.header = "" };
	static const struct row servers = { .calls = { "A check_uridnsbl A" },
					    .lines = { "uridnsbl A u.test A" },
					    .header = "",
					    .body = "http://bad.com/" };
	struct stage s;

	(void)state;
	begin(&s, &row, "");
	world_dns_status(s.w, "2.2.0.192.z.test", RR_A, DNS_FAILED);
	play(&s, "");
	assert_string_equal(world_found(s.w, "RBL_UNAVAILABLE"), "z.test");
	finish(&s);

	/* Not when it is a stranger's own server. */
	begin(&s, &servers, "");
	world_dns_status(s.w, "bad.com", RR_NS, DNS_FAILED);
	play(&s, servers.body);
	assert_null(world_found(s.w, "RBL_UNAVAILABLE"));
	finish(&s);
}

static void no_more_than_it_may(void **state)
{
	static const struct row row = {
		.calls = { "A check_uridnsbl A", "B check_uridnsbl B", "C check_uridnsbl C" },
		.lines = { "uridnsbl A a.test A", "uridnsbl B b.test A", "urirhsbl C c.test A" },
		.header = "",
	};
	char body[4096];
	struct out o = OUT(body);
	struct stage s;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		out_printf(&o, "http://name%u.com/ ", i);
	out_char(&o, '\0');
	begin(&s, &row, "");
	play(&s, body);
	assert_int_equal(s.w->asked, 60); /* twenty a list */
	assert_non_null(world_found(s.w, "RBL_LIMIT"));
	finish(&s);
}

static void what_is_no_list_is_told(void **state)
{
	static const struct {
		struct row row;
		const char *said;
	} cases[] = {
		{ { .calls = { "A check_rbl z" }, .header = "" },
		  "check_rbl takes other arguments: A is off\n" },
		{ { .calls = { "A check_rbl z a_b!" }, .header = "" },
		  "A: 'a_b!' is no DNS zone\n" },
		{ { .calls = { "A check_rbl z z.test (" }, .header = "" },
		  "A: '(' missing closing parenthesis\n" },
		{ { .calls = { "A check_uridnsbl A" }, .header = "" },
		  "no line says what list that is: A is off\n" },
		{ { .calls = { "A check_uridnsbl A" },
		    .lines = { "urirhssub A u.test A" },
		    .header = "" },
		  "A: 'A u.test A' is not a rule, a zone, A or TXT, and a test where the word ends in sub\n" },
		{ { .calls = { "A check_uridnsbl A" },
		    .lines = { "urirhssub A u.test MX 2" },
		    .header = "" },
		  "A: 'MX' is neither A nor TXT\n" },
		{ { .calls = { "A check_uridnsbl A" },
		    .lines = { "urirhssub A u.test A two" },
		    .header = "" },
		  "A: 'two' is no address, range, mask or bits\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct stage s;

		begin(&s, &cases[i].row, "");
		assert_string_equal(s.said, cases[i].said);
		world_free(s.w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(lists),
		cmocka_unit_test(nobody_is_asked_in_vain),
		cmocka_unit_test(a_failure_is_unavailable),
		cmocka_unit_test(no_more_than_it_may),
		cmocka_unit_test(what_is_no_list_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
