/* Any bytes as what an askdns rule asks, its test, values of its tags (a line each) and a record behind them: names that
 * can be asked, and a yes or no. */
#include "base/check.h"
#include "filters/rbl/template.h"
#include "filters/rbl/test.h"
#include "net/dnswire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(struct str name)
{
	CHECK(dnswire_name_ok(name));
	for (size_t i = 0; i < name.n; i++)
		CHECK(ascii_alnum(name.p[i]) || name.p[i] == '-' || name.p[i] == '_' ||
		      name.p[i] == '.');
}

static void make_names(const struct name_template *t, struct str *rest, struct arena *arena)
{
	struct template_values values[TEMPLATE_TAGS] = { { .count = 0 } };
	struct names names = { .count = 0 };
	struct str line;

	for (unsigned i = 0; rest->n && i < TEMPLATE_TAGS * TEMPLATE_VALUES; i++) {
		struct template_values *v = &values[i % TEMPLATE_TAGS];

		str_cut(*rest, '\n', &line, rest);
		v->items[v->count++] = str_head(line, LIMIT_DNS_NAME);
	}
	template_put(t, values, arena, &names);
	CHECK(names.count <= TEMPLATE_VALUES);
	for (unsigned i = 0; i < names.count; i++)
		check_name(name_text(&names.items[i]));
}

static void look(const struct rbl_test *test, struct str text)
{
	static const enum rr_type types[] = { RR_A,   RR_AAAA, RR_MX,  RR_TXT,
					      RR_PTR, RR_NS,   RR_SOA, RR_CNAME };
	static struct regex_engine *engine;
	struct rr record = { .text = str_head(text, LIMIT_DNS_TXT) };

	if (!engine)
		engine = regex_engine_new();
	regex_engine_allow(engine, 5000000);
	record.ip = ip_from_bytes(IP_V4, "\x7f\x00\x00\x02");
	for (size_t i = 0; i < COUNTOF(types); i++) {
		record.type = types[i];
		(void)rbl_test_has_any(test, engine, &record);
	}
	for (unsigned code = 0; code < 16; code++)
		(void)rbl_test_has_code(
			test, &(struct dns_answer){ .status = DNS_FAILED, .rcode = (uint8_t)code });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size }, name, text, wrong;
	struct regex_error error;
	struct name_template t;
	struct rbl_test test;
	struct arena arena;

	arena_init(&arena, 1 << 16);
	str_cut(rest, '\n', &name, &rest);
	str_cut(rest, '\n', &text, &rest);
	if (template_read(name, &t, &wrong))
		make_names(&t, &rest, &arena);
	else
		CHECK(wrong.n <= name.n);
	if (rbl_test_read_any(text, &test, &error)) {
		look(&test, rest);
		if (test.regex)
			regex_free(test.regex);
	}
	arena_reset(&arena);
	return 0;
}
