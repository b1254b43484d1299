/* filters/networks: the file's syntax by table, the block with files in a folder of its own. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/networks/list.h"
#include "unit/folder.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	(void)severity;
	out_printf(r->arg, "%s:%u:%u: %s\n", at->file, at->line, at->column, text);
}

static size_t read_list(struct str text, size_t room, struct out *said)
{
	struct conf_report report = { .say = complain, .arg = said };
	struct nets_builder *b = nets_builder_new();
	const size_t n = networks_read(text, "f", room, b, &report);

	nets_builder_free(b);
	out_char(said, '\0');
	return n;
}

static const struct {
	const char *text;
	size_t count;
	const char *said;
} rows[] = {
	{ "", 0, "" },
	{ "\n\n# nothing\n   \t\n", 0, "" },
	{ "192.0.2.1", 1, "" },
	{ "192.0.2.0/24 partner\r\n2001:db8::/32\tother # why\r\n!192.0.2.1#x\n", 3, "" },
	{ "::ffff:192.0.2.0/24\n", 1, "" },
	{ "192.0.2.0/24\n192.0.2.0/24\n", 2, "" },
	{ "\n  192.0.2.1/24 x\n", 0,
	  "f:2:3: \"192.0.2.1/24\" has bits set beyond its prefix; did you mean 192.0.2.0/24?\n" },
	{ "!2001:db8::1/64\n", 0,
	  "f:1:2: \"2001:db8::1/64\" has bits set beyond its prefix; did you mean 2001:db8::/64?\n" },
	{ "192.0.2.0/33\n192.0.2.1\n", 1,
	  "f:1:1: \"33\" is not a prefix length of an IPv4 address (0 to 32)\n" },
	{ "2001:db8::/\n", 0,
	  "f:1:1: \"\" is not a prefix length of an IPv6 address (0 to 128)\n" },
	{ "mx.test\n", 0,
	  "f:1:1: \"mx.test\" is not an address or a network, like 192.0.2.1, 192.0.2.0/24 or "
	  "2001:db8::/32\n" },
	{ "! 10.0.0.0/8\n", 0,
	  "f:1:2: \"\" is not an address or a network, like 192.0.2.1, 192.0.2.0/24 or "
	  "2001:db8::/32\n" },
	{ "10.0.0.1 a\x01\n", 0, "f:1:11: a control character (0x01) in the text\n" },
};

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char bytes[1024];
		struct out said = OUT(bytes);

		assert_int_equal(read_list(str_z(rows[i].text), 100, &said), rows[i].count);
		assert_string_equal(bytes, rows[i].said);
	}
}

static void errors_are_bounded(void **state)
{
	char *bytes = mem_new(1 << 20), *text = mem_new(4001);
	struct out said = { .p = bytes, .cap = 1 << 20 };
	unsigned complaints = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		memcpy(text + 4 * i, "bad\n", 4);
	assert_int_equal(read_list(str_z(text), 100, &said), 0);
	for (const char *p = bytes; *p; p++)
		complaints += *p == '\n';
	assert_int_equal(complaints, LIMIT_NETWORKS_ERRORS + 1);
	assert_non_null(strstr(bytes, "f:20:1: the rest of this file is not read\n"));
	mem_free(text);
	mem_free(bytes);
}

static void there_is_room_for_so_many(void **state)
{
	char bytes[512];
	struct out said = OUT(bytes);

	(void)state;
	assert_int_equal(read_list(STR("1.1.1.1\n1.1.1.2\n1.1.1.3\n1.1.1.4\n"), 2, &said), 2);
	assert_non_null(strstr(bytes, "f:3:8: more than"));
	assert_null(strstr(bytes, "f:4"));
}

/* ---- the block ---- */

static void the_finding_tells_the_network(void **state)
{
	struct world *w;

	(void)state;
	write_file("a", STR("192.0.2.0/24 partner since 2019\n!192.0.2.7\n"));
	write_file("b", STR("2001:db8::/32\n10.1.2.3\n"));
	w = world_new("rdns { enabled = no }\n"
		      "networks \"p\" { files = [\"a\", \"b\"]  symbol = CLIENT_ALLOWED }\n"
		      "networks \"off\" { files = \"absent\"  enabled = no }\n");
	assert_non_null(w->set);
	world_client(w, "192.0.2.8");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "CLIENT_ALLOWED"), "192.0.2.0/24 partner since 2019");
	world_client(w, "192.0.2.7");
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	world_client(w, "10.1.2.3");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "CLIENT_ALLOWED"), "10.1.2.3");
	w->facts.client_ip = (struct ip){ .family = IP_NONE };
	world_run(w, PHASE_CONNECT);
	assert_int_equal(w->finding_count, 0);
	world_free(w);
}

static void without_a_symbol_the_title_makes_one(void **state)
{
	struct world *w = world_new("rdns { enabled = no }\n"
				    "networks \"bad-ones 2\" { files = \"b\" }\n");

	(void)state;
	world_client(w, "2001:db8::1");
	world_run(w, PHASE_CONNECT);
	assert_string_equal(world_found(w, "NETWORK_BAD_ONES_2"), "2001:db8::/32");
	world_free(w);
}

static void a_bad_file_refuses_the_config(void **state)
{
	struct world *w;

	(void)state;
	write_file("bad", STR("192.0.2.0/24\n192.0.2.1/24\n"));
	w = world_new("networks \"p\" { files = \"bad\" }\n");
	assert_null(w->set);
	assert_non_null(strstr(w->complaints, "bad:2:1: \"192.0.2.1/24\" has bits set"));
	world_free(w);
	w = world_new("networks \"p\" { files = [\"absent\", \".\"] }\n");
	assert_null(w->set);
	assert_non_null(strstr(w->complaints, "absent: No such file or directory\n"));
	assert_non_null(strstr(w->complaints, "cannot read .: it is not a file\n"));
	world_free(w);
	w = world_new("networks \"p\" { files = \"b\"  symbol = \"a b\" }\n");
	assert_null(w->set);
	assert_non_null(strstr(w->complaints, "\"a b\" is not a symbol"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(errors_are_bounded),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(the_finding_tells_the_network),
		cmocka_unit_test(without_a_symbol_the_title_makes_one),
		cmocka_unit_test(a_bad_file_refuses_the_config),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
