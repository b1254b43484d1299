/* delivery/as_client.h: in whose name a connection is made, and how that is said. */
#include "delivery/as_client.h"
#include "protocol/proxy_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct delivery_sender sender_at(const char *client, const char *local)
{
	struct delivery_sender s = { .client_port = 4711, .local_port = 25, .id = STR("T1-3") };

	assert_true(*client == '\0' || ip_parse(str_z(client), &s.client_ip));
	assert_true(*local == '\0' || ip_parse(str_z(local), &s.local_ip));
	return s;
}

static const struct conf_backend proxy = { .identity = IDENTITY_PROXY };
static const struct conf_backend transparent = { .identity = IDENTITY_TRANSPARENT };

static struct proxy_header header_of(const struct delivery_sender *s)
{
	static char bytes[AS_CLIENT_HEADER_MAX];
	struct out o = OUT(bytes);
	struct proxy_header h;

	as_client_header(&o, &proxy, s);
	assert_false(o.full);
	assert_int_equal(proxy_header_parse(out_text(&o), &h), PROXY_WHOLE);
	assert_int_equal(h.n, o.n);
	return h;
}

static void the_header_says_both_ends(void **state)
{
	static const struct {
		const char *client, *local, *source, *destination;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.25", "192.0.2.7", "192.0.2.25" },
		{ "2001:db8::7", "2001:db8::25", "2001:db8::7", "2001:db8::25" },
		/* of two families, or unknown: never taken for us */
		{ "2001:db8::7", "192.0.2.25", "2001:db8::7", "::" },
		{ "192.0.2.7", "", "192.0.2.7", "0.0.0.0" },
		{ "", "192.0.2.25", "0.0.0.0", "192.0.2.25" },
		{ "", "", "0.0.0.0", "0.0.0.0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct delivery_sender s = sender_at(cases[i].client, cases[i].local);
		const struct proxy_header h = header_of(&s);
		struct ip source, destination;

		assert_true(ip_parse(str_z(cases[i].source), &source));
		assert_true(ip_parse(str_z(cases[i].destination), &destination));
		assert_true(h.known && ip_eq(&h.source, &source) &&
			    ip_eq(&h.destination, &destination));
		assert_int_equal(h.source_port, 4711);
		assert_int_equal(h.destination_port, 25);
	}
	assert_false(header_of(NULL).known);
}

static bool share(const struct conf_backend *conf, const struct delivery_sender *a,
		  const struct delivery_sender *b)
{
	char a_bytes[AS_CLIENT_KEY_MAX], b_bytes[AS_CLIENT_KEY_MAX];
	struct out a_key = OUT(a_bytes), b_key = OUT(b_bytes);

	return str_eq(as_client_key(&a_key, conf, a), as_client_key(&b_key, conf, b));
}

static void nobody_gets_the_connection_of_another(void **state)
{
	const struct delivery_sender one = sender_at("192.0.2.7", "192.0.2.25");
	const struct delivery_sender other = sender_at("192.0.2.8", "192.0.2.25");
	const struct delivery_sender unknown = sender_at("", "");
	struct delivery_sender later = one, session = one;

	(void)state;
	later.id = STR("T1-4");
	session.id = STR("T2-1");
	for (unsigned i = 0; i < 2; i++) {
		const struct conf_backend *conf = i ? &transparent : &proxy;

		assert_true(as_client(conf));
		assert_true(share(conf, &one, &later));
		assert_false(share(conf, &one, &other));
		assert_false(share(conf, &one, NULL));
		assert_false(share(conf, &unknown, NULL));
		assert_false(share(conf, &unknown, &one));
	}
	assert_false(share(&proxy, &one, &session));
	assert_true(share(&transparent, &one, &session));
}

static void the_source_is_of_the_server_s_family(void **state)
{
	const struct delivery_sender v4 = sender_at("192.0.2.7", "");
	const struct delivery_sender v6 = sender_at("2001:db8::7", "");
	struct endpoint to = { .port = 25 };

	(void)state;
	assert_true(ip_parse(STR("192.0.2.1"), &to.ip));
	assert_ptr_equal(as_client_source(&transparent, &to, &v4), &v4.client_ip);
	assert_null(as_client_source(&transparent, &to, &v6));
	assert_null(as_client_source(&transparent, &to, NULL));
	assert_null(as_client_source(&proxy, &to, &v4));
	to.unix_path = "/run/mta.sock";
	assert_null(as_client_source(&transparent, &to, &v4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_says_both_ends),
		cmocka_unit_test(nobody_gets_the_connection_of_another),
		cmocka_unit_test(the_source_is_of_the_server_s_family),
	};

	return cmocka_run_group_tests_name("as_client", tests, NULL, NULL);
}
