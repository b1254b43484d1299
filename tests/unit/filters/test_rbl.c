/* filters/rbl: whom the lists of rule files are asked about, and that nobody is asked in vain. */
#include "base/check.h"
#include "conf/pattern.h"
#include "fake/work.h"
#include "filters/auth.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/received/relays.h"
#include "filters/uri/uris.h"
#include "rbl_rows.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct stage {
	struct world *w;
	struct text text;
	struct attachments attachments;
	struct uris uris;
	struct auth auth;
	struct auth_dkim signatures[3];
	struct relays relays;
	struct rule_call calls[CALLS];
	struct rule_setting settings[LINES];
	struct patterns patterns;
	char header[1024], said[512];
};

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
		line->setting = setting_find(word);
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
	struct conf_report report = world_report(&said);
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
	for (unsigned i = 0; i < COUNTOF(s->signatures) && row->signers[i]; i++) {
		s->signatures[i] = (struct auth_dkim){ .next = s->auth.dkim,
						       .result = AUTH_PASS,
						       .trusted = true,
						       .domain = str_z(row->signers[i]),
						       .selector = STR("s1") };
		s->auth.dkim = &s->signatures[i];
	}
	read_answers(s->w, row);
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
		world_message(s.w, str_z(rows[i].body));
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
	world_message(s.w, STR(""));
	assert_int_equal(s.w->asked, 0);
	finish(&s);

	weightless.weightless = true;
	begin(&s, &weightless, "");
	world_message(s.w, STR(""));
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
	world_message(s.w, STR(""));
	assert_string_equal(world_found(s.w, "RBL_UNAVAILABLE"), "z.test");
	finish(&s);

	/* Not when it is a stranger's own server. */
	begin(&s, &servers, "");
	world_dns_status(s.w, "bad.com", RR_NS, DNS_FAILED);
	world_message(s.w, str_z(servers.body));
	assert_null(world_found(s.w, "RBL_UNAVAILABLE"));
	finish(&s);
}

/* Of strangers' zones what is not answered says nothing, and what is takes no room from others. */
static void strangers_zones(void **state)
{
	static const struct row row = { .calls = { "A askdns _SENDERDOMAIN_ TXT /x$/",
						   "B askdns _DKIMDOMAIN_.f.test A",
						   "C askdns _DKIMDOMAIN_.f.test A [SERVFAIL]" },
					.signers = { "a.com" },
					.header = "" };
	static char much[LIMIT_DNS_TXT];
	struct stage s;

	(void)state;
	begin(&s, &row, "");
	world_dns_status(s.w, "sub.example.net", RR_TXT, DNS_FAILED);
	world_message(s.w, STR(""));
	assert_null(world_found(s.w, "RBL_UNAVAILABLE"));
	finish(&s);

	begin(&s, &row, "");
	world_dns_status(s.w, "a.com.f.test", RR_A, DNS_FAILED);
	world_message(s.w, STR(""));
	assert_string_equal(world_found(s.w, "RBL_UNAVAILABLE"), "f.test");
	finish(&s);

	memset(much, 'y', sizeof(much) - 1);
	begin(&s, &row, "");
	for (unsigned i = 0; i < 40; i++)
		world_dns(s.w, "sub.example.net", RR_TXT, much);
	world_dns(s.w, "a.com.f.test", RR_A, "127.0.0.2");
	world_dns_delay(s.w, "a.com.f.test", RR_A, 1000);
	world_message(s.w, STR(""));
	assert_non_null(world_found(s.w, "B"));
	finish(&s);
}

/* Expressions of rule files have a time together. */
static void answers_are_read_while_there_is_time(void **state)
{
	static const struct row row = { .calls = { "A askdns _SENDERDOMAIN_ TXT /x$/" },
					.dns = { "sub.example.net =yx" },
					.header = "" };
	struct stage s;

	(void)state;
	fake_work_each_look(INT64_C(1000000000));
	begin(&s, &row, "");
	world_message(s.w, STR(""));
	assert_null(world_found(s.w, "A"));
	assert_string_equal(world_found(s.w, "RBL_UNAVAILABLE"), "no time is left for all answers");
	finish(&s);
	fake_work_each_look(0);

	begin(&s, &row, "");
	world_message(s.w, STR(""));
	assert_non_null(world_found(s.w, "A"));
	assert_null(world_found(s.w, "RBL_UNAVAILABLE"));
	finish(&s);
}

/* It says that it does not answer us: it is left alone for a while, and others are not. */
static void who_refuses_us_is_left_alone(void **state)
{
	static const struct row row = {
		.calls = { "B check_uridnsbl B", "L check_uridnsbl L", "O check_uridnsbl O" },
		.lines = { "urirhssub B l.test A 1", "urirhssub L l.test A 2",
			   "urirhssub O o.test A 2", "dns_block_rule B L.test." },
		.header = "",
		.dns = { "bad.com.l.test 127.0.0.1" },
	};
	const char *body = "http://bad.com/";
	struct stage s;

	(void)state;
	begin(&s, &row, "");
	world_message(s.w, str_z(body));
	assert_non_null(world_found(s.w, "B"));
	assert_int_equal(s.w->asked, 2);
	world_close(s.w);
	s.relays.read = false;
	world_message(s.w, str_z(body));
	assert_null(world_found(s.w, "B"));
	assert_int_equal(s.w->asked, 1);
	world_close(s.w);
	s.w->now_ms += LIMIT_RBL_BLOCK_MS + 10000;
	s.relays.read = false;
	world_message(s.w, str_z(body));
	assert_int_equal(s.w->asked, 2);
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
	world_message(s.w, str_z(body));
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
		{ { .calls = { "A check_rbl z z.test" },
		    .lines = { "dns_block_rule A" },
		    .header = "" },
		  "dns_block_rule: expected a rule and a zone\n" },
		{ { .calls = { "A askdns _X_.f.test A" }, .header = "" },
		  "'_X_' is no tag, or one too many: A is off\n" },
		{ { .calls = { "A askdns f.test A,HINFO" }, .header = "" },
		  "'HINFO' is no type that DNS is asked for: A is off\n" },
		{ { .calls = { "A askdns f.test SOA 'x'" }, .header = "" },
		  "''x'' looks into SOA records: A is off\n" },
		{ { .calls = { "A askdns f.test A x" }, .header = "" },
		  "A: 'x' is no expression, text in quotes, address, range, mask, bits or [codes]\n" },
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
		cmocka_unit_test(lists),
		cmocka_unit_test(nobody_is_asked_in_vain),
		cmocka_unit_test(a_failure_is_unavailable),
		cmocka_unit_test(strangers_zones),
		cmocka_unit_test(answers_are_read_while_there_is_time),
		cmocka_unit_test(who_refuses_us_is_left_alone),
		cmocka_unit_test(no_more_than_it_may),
		cmocka_unit_test(what_is_no_list_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
