/* The core blocks: defaults, the spellings that are settled, and what conf_check() says. */
#include "unit/conf/say.h"

static const char minimal[] = "listener \"mx\" { address = \"127.0.0.1:2525\" }\n"
			      "backend \"trial\" { maildir = \"var/mail\" }\n";

static void a_listener_and_a_backend_are_a_config(void **state)
{
	struct said said;
	struct conf *conf = core_parse(minimal, &said);
	const struct conf_listener *l;

	(void)state;
	assert_non_null(conf);
	assert_true(conf_check(conf, &said.report));
	assert_string_equal(said.text, "");
	l = conf_first(conf, &block_listener)->values;
	assert_string_equal(l->address.items[0].text.p, "127.0.0.1:2525");
	assert_int_equal(l->tls, TLS_OPTIONAL);
	assert_int_equal(l->bare_newline, BARE_REJECT);
	assert_string_equal(
		((const struct conf_store *)conf_values(conf, &block_store))->url.text.p,
		"lmdb:/var/lib/postern");
	assert_string_equal(conf_name(conf), "test.conf");
	conf_free(conf);
}

static void defaults_are_the_limits_table(void **state)
{
	struct said said;
	struct conf *conf = core_parse(minimal, &said);
	const struct conf_listener *l = conf_first(conf, &block_listener)->values;
	const struct conf_backend *b = conf_first(conf, &block_backend)->values;
	const struct conf_global *g = conf_values(conf, &block_global);
	const struct conf_resolver *r = conf_values(conf, &block_resolver);
	const struct conf_rules *rules = conf_values(conf, &block_rules);

	(void)state;
	assert_int_equal(l->timeout_ms, LIMIT_CLIENT_IDLE_MS);
	assert_int_equal(l->message_max, LIMIT_MESSAGE);
	assert_int_equal(l->recipients_max, LIMIT_RECIPIENTS);
	assert_int_equal(l->errors_max, LIMIT_ERRORS);
	assert_int_equal(l->sessions_max, LIMIT_SESSIONS);
	assert_int_equal(l->auth, AUTH_TLS);
	assert_int_equal(l->profile, PROFILE_MX);
	assert_int_equal(b->connections, LIMIT_BACKEND_CONNECTIONS);
	assert_int_equal(b->connect_timeout_ms, LIMIT_BACKEND_CONNECT_MS);
	assert_int_equal(b->reply_timeout_ms, LIMIT_BACKEND_MAIL_MS);
	assert_int_equal(b->end_timeout_ms, LIMIT_BACKEND_END_MS);
	assert_int_equal(b->idle_ms, LIMIT_BACKEND_IDLE_MS);
	assert_int_equal(b->protocol, BACKEND_SMTP);
	assert_int_equal(b->tls, BACKEND_TLS_OPTIONAL);
	assert_true(b->tls_verify);
	assert_int_equal(b->identity, IDENTITY_AUTO);
	assert_int_equal(g->workers, 0);
	assert_string_equal(g->user.text.p, "");
	assert_string_equal(g->spool.text.p, "/var/tmp");
	assert_int_equal(r->servers.count, 0);
	assert_int_equal(r->timeout_ms, 5000);
	assert_int_equal(rules->files.count, 0);
	conf_free(conf);
}

static void the_settled_spellings_are_read(void **state)
{
	static const char text[] =
		"workers = 2\n"
		"listener \"mx\" {\n"
		"    address      = [\"0.0.0.0:25\", \"[::]:25\"]\n"
		"    tls          = optional                  # none | optional | required\n"
		"    certificate  = \"mx.pem\"   key = \"mx.key\"\n"
		"    bare_newline = reject                    # reject | normalize\n"
		"    backend      = \"mta\"                     # may be left out\n"
		"}\n"
		"backend \"mta\"   { servers = [\"10.0.0.5:25\", \"unix:/run/mta.sock\"]  identity = "
		"auto }\n"
		"backend \"trial\" { maildir = \"var/mail\" }\n"
		"resolver { servers = [\"127.0.0.1:5353\"]  timeout = 5s }\n"
		"store    { url = \"lmdb:/var/lib/postern\" }   # lmdb:DIR | redis://... | memory:\n"
		"rules    { files = [\"/etc/postern/rules/*.cf\"] }\n"
		"control  { socket = \"/run/postern/control.sock\" }\n"
		"journal  { path = \"/var/lib/postern/journal\"  keep = 7d }\n"
		"pregreet { wait = 3s }\n";
	struct said said;

	(void)state;
	assert_string_equal(complaints(text, &said), "");
	assert_int_equal(said.report.errors, 0);
	assert_int_equal(said.report.warnings, 0);
}

static void what_is_missing_is_told(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(complaints("", &said),
			    "0:0 there is no listener: no mail can come in\n"
			    "0:0 there is no backend: mail has nowhere to go\n");
	assert_string_equal(complaints("listener \"a\" { }\nbackend \"b\" { }", &said),
			    "1:1 listener \"a\" needs \"address\": where to listen: addresses with "
			    "ports\n");
	assert_string_equal(complaints("listener \"a\" { address = [] }\nbackend \"b\" { }", &said),
			    "1:16 this listener has no address\n"
			    "2:1 backend \"b\" needs \"servers\" or \"maildir\"\n");
	assert_string_equal(complaints("listner \"a\" { }", &said),
			    "1:1 unknown block \"listner\"; did you mean \"listener\"?\n");
}

static void addresses_are_checked(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints(
			"listener \"a\" { address = [\"*:25\", \"[::1]:25\"] }\n"
			"listener \"b\" { address = [\"[0::1]:25\", \"[::1]:26\"] }\n"
			"backend \"c\" { servers = [\"10.0.0.1\", \"mta:25\"] maildir = \"x\" }\n"
			"resolver { servers = [\"::1\", \"dns.example\"] }",
			&said),
		"1:27 \"*:25\" is not an address with a port, like \"0.0.0.0:25\" or \"[::]:25\"\n"
		"2:27 \"[0::1]:25\" is listened at already, see test.conf:1:35\n"
		"3:58 a backend has servers or a maildir, not both\n"
		"3:26 \"10.0.0.1\" is not a server, like \"10.0.0.5:25\", \"[::1]:25\", "
		"\"mta.example:25\" or \"unix:/run/mta.sock\"\n"
		"4:30 \"dns.example\" is not a DNS server, like \"127.0.0.1\" or "
		"\"127.0.0.1:5353\"\n");
}

static void networks_are_checked(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints("listener \"a\" { address = \"[::1]:25\"\n"
			   "proxy_from = [\"10.0.0.0/8\", \"lb.example\", \"10.0.0.0/33\"]\n"
			   "xclient_from = [\"::1\", \"::1/129\"] }\n"
			   "backend \"c\" { maildir = \"x\" }",
			   &said),
		"2:29 \"lb.example\" is not an address or a network, like \"192.0.2.1\" or "
		"\"2001:db8::/64\"\n"
		"2:43 \"10.0.0.0/33\" is not an address or a network, like \"192.0.2.1\" or "
		"\"2001:db8::/64\"\n"
		"3:24 \"::1/129\" is not an address or a network, like \"192.0.2.1\" or "
		"\"2001:db8::/64\"\n");
}

static void a_backend_is_not_ourselves(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints("listener \"a\" { address = [\"0.0.0.0:25\", \"[::1]:26\"] }\n"
			   "backend \"b\" { servers = [\"127.0.0.1:25\", \"127.0.0.1:26\",\n"
			   "\"10.0.0.5:25\", \"[::1]:25\", \"[::1]:26\"] }",
			   &said),
		"2:26 \"127.0.0.1:25\" is our own listener \"a\": mail would go in circles\n"
		"3:28 \"[::1]:26\" is our own listener \"a\": mail would go in circles\n");
}

static void the_hostname_is_a_name(void **state)
{
	static const char *const good[] = {
		"", "mx", "mx.example.org", "a_b-c.example", "[192.0.2.1]", "[2001:db8::1]"
	};
	static const char *const bad[] = { "mx example", "mx..example", ".mx", "mx.",
					   "mx/1",       "[]",          "[mx]" };
	struct said said;
	char text[512];

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		snprintf(text, sizeof(text), "hostname = \"%s\"\n%s", good[i], minimal);
		assert_string_equal(complaints(text, &said), "");
	}
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		snprintf(text, sizeof(text), "hostname = \"%s\"\n%s", bad[i], minimal);
		assert_non_null(strstr(complaints(text, &said), "is not a host name"));
	}
}

static void the_way_back_of_a_transparent_backend(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints(
			"listener \"a\" { address = [\"0.0.0.0:25\", \"[::]:25\"]  backend = \"b\" }\n"
			"listener \"c\" { address = \"0.0.0.0:26\"  backend = \"d\" }\n"
			"backend \"b\" { servers = [\"203.0.113.2:25\", \"[2001:db8::2]:25\",\n"
			"\"unix:/run/mta.sock\", \"mta.example:25\"] identity = transparent }\n"
			"backend \"d\" { servers = [\"203.0.113.2:25\"] identity = transparent }\n"
			"backend \"e\" { servers = [\"203.0.113.2:25\"] identity = proxy }\n",
			&said),
		"3:26 warning identity = transparent does not work there for clients that come by IPv6: it sees our "
		"address, and must let nobody relay for it\n"
		"3:44 warning identity = transparent does not work there for clients that come by IPv4: it sees our "
		"address, and must let nobody relay for it\n"
		"4:1 warning identity = transparent does not work there: a unix socket knows no addresses\n");
}

static void exceptions_of_the_vantage_guard_are_networks(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(complaints("listener \"a\" { address = \"0.0.0.0:25\" }\n"
				       "backend \"b\" { servers = \"127.0.0.1:26\" }\n"
				       "vantage { except = [\"10.0.0.0/8\", \"lan\"] }\n",
				       &said),
			    "3:35 \"lan\" is not an address or a network, like \"192.0.2.1\" or "
			    "\"2001:db8::/64\"\n");
}

static void addresses_are_counted(void **state)
{
	static char text[16384];
	struct out o = OUT(text);
	struct said said;

	(void)state;
	out_printf(&o, "backend \"b\" { maildir = x }\nlistener \"l\" { address = [");
	for (unsigned i = 0; i <= LIMIT_ADDRESSES; i++)
		out_printf(&o, "127.0.%u.%u:25,", i / 256, i % 256);
	out_printf(&o, "] }");
	assert_string_equal(complaints(text, &said), "2:16 more than 256 addresses to listen on\n");
}

static void certificates_have_keys(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints("listener \"a\" { address = 1.2.3.4:1 certificate = c }\n"
			   "listener \"b\" { address = 1.2.3.4:2 key = k tls = implicit }\n"
			   "listener \"c\" { address = 1.2.3.4:3 tls = required }\n"
			   "listener \"d\" { address = 1.2.3.4:4 tls = optional }\n"
			   "backend \"x\" { maildir = x }",
			   &said),
		"2:42 a key needs its \"certificate\"\n"
		"3:36 tls = required needs \"certificate\" and \"key\"\n");
}

static void submission_can_be_served(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints(
			"listener \"a\" { address = 1.2.3.4:1 profile = submission backend = s }\n"
			"listener \"b\" { address = 1.2.3.4:2 profile = submission certificate = c backend = m }\n"
			"listener \"c\" { address = 1.2.3.4:3 profile = submission certificate = c tls = none auth = none "
			"backend = l }\n"
			"listener \"d\" { address = 1.2.3.4:4 profile = submission certificate = c backend = far }\n"
			"backend \"s\" { servers = [\"127.0.0.1:25\", \"unix:/x\"] tls = none }\n"
			"backend \"m\" { maildir = x }\n"
			"backend \"l\" { servers = \"unix:/x\" protocol = lmtp }\n"
			"backend \"far\" { servers = [\"127.0.0.1:26\", \"192.0.2.1:25\"] tls = none }\n",
			&said),
		"1:1 profile = submission needs \"certificate\" and \"key\"\n"
		"2:83 profile = submission: nobody can log in at backend \"m\", which is a maildir\n"
		"3:73 profile = submission needs TLS, and tls = none\n"
		"3:84 profile = submission needs clients to log in, and auth = none\n"
		"3:106 profile = submission: nobody can log in at backend \"l\", which speaks LMTP\n"
		"8:1 warning passwords of listener \"d\" go to this backend in the clear\n");
}

static void backends_are_found(void **state)
{
	struct said said;

	(void)state;
	assert_string_equal(
		complaints("listener \"a\" { address = 1.2.3.4:1 }\n"
			   "listener \"b\" { address = 1.2.3.4:2 backend = mtaa }\n"
			   "listener \"c\" { address = 1.2.3.4:3 backend = mta }\n"
			   "listener \"d\" { address = 1.2.3.4:4 backend = elsewhere }\n"
			   "backend \"mta\" { maildir = x }\nbackend \"other\" { maildir = y }",
			   &said),
		"1:1 there are 2 backends: this listener needs \"backend\"\n"
		"2:46 there is no backend \"mtaa\"; did you mean \"mta\"?\n"
		"4:46 there is no backend \"elsewhere\"\n");
}

static void addresses_have_ports(void **state)
{
	static const char *const bad[] = { "",     "1.2.3.4",      "1.2.3.4:",      "1.2.3.4:0",
					   ":25",  "::1:25x",      "[::1]",         "[::1]:",
					   "[::1", "[1.2.3.4]:25", "1.2.3.4:65536", "host:25",
					   "::1",  "[::1]25",      "1.2.3.4:+5" };
	struct ip ip;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_false(conf_address(str_z(bad[i]), 0, &ip, &port));
	assert_true(conf_address(STR("0.0.0.0:25"), 0, &ip, &port));
	assert_int_equal(ip.family, IP_V4);
	assert_int_equal(port, 25);
	assert_true(conf_address(STR("[::]:65535"), 0, &ip, &port));
	assert_int_equal(ip.family, IP_V6);
	assert_int_equal(port, 65535);
	assert_true(conf_address(STR("::1"), 53, &ip, &port));
	assert_int_equal(port, 53);
	assert_true(conf_address(STR("[::1]"), 53, &ip, &port));
	assert_int_equal(port, 53);
	assert_true(conf_address(STR("127.0.0.1"), 53, &ip, &port));
	assert_true(conf_address(STR("127.0.0.1:5353"), 53, &ip, &port));
	assert_int_equal(port, 5353);
	assert_false(conf_address(STR("127.0.0.1:"), 53, &ip, &port));
	assert_false(conf_address(STR("[::1]:"), 53, &ip, &port));
}

static void servers_are_of_three_kinds(void **state)
{
	static const char *const bad[] = { "unix:",     "",        "host",    "10.0.0.256:25",
					   "ho st:25",  "a..b:25", ".a:25",   "host:",
					   "[host]:25", "host:x",  "10.0.0.5" };
	struct conf_server s;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_false(conf_server(str_z(bad[i]), &s));
	assert_true(conf_server(STR("10.0.0.5:25"), &s));
	assert_int_equal(s.kind, SERVER_IP);
	assert_int_equal(s.port, 25);
	assert_true(conf_server(STR("[::1]:26"), &s));
	assert_int_equal(s.kind, SERVER_IP);
	assert_true(conf_server(STR("mta.example:27"), &s));
	assert_int_equal(s.kind, SERVER_NAME);
	assert_true(str_eq(s.where, STR("mta.example")));
	assert_int_equal(s.port, 27);
	assert_true(conf_server(STR("unix:/run/mta.sock"), &s));
	assert_int_equal(s.kind, SERVER_UNIX);
	assert_string_equal(s.where.p, "/run/mta.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_and_a_backend_are_a_config),
		cmocka_unit_test(defaults_are_the_limits_table),
		cmocka_unit_test(the_settled_spellings_are_read),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(addresses_are_checked),
		cmocka_unit_test(networks_are_checked),
		cmocka_unit_test(the_way_back_of_a_transparent_backend),
		cmocka_unit_test(exceptions_of_the_vantage_guard_are_networks),
		cmocka_unit_test(addresses_are_counted),
		cmocka_unit_test(a_backend_is_not_ourselves),
		cmocka_unit_test(the_hostname_is_a_name),
		cmocka_unit_test(certificates_have_keys),
		cmocka_unit_test(submission_can_be_served),
		cmocka_unit_test(backends_are_found),
		cmocka_unit_test(addresses_have_ports),
		cmocka_unit_test(servers_are_of_three_kinds),
	};

	return cmocka_run_group_tests_name("conf: the core blocks", tests, NULL, NULL);
}
