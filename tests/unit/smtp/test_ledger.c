/* smtp/ledger.h: whatever room there is for a record, it is whole JSON, and says how much is missing. */
#define _GNU_SOURCE 1 /* mkstemp */

#include "fake/fake.h"

#include "base/check.h"
#include "fake/mta.h"
#include "session/world.h"
#include "smtp/ledger.h"
#include "smtp/session.h"
#include "unit/often.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

enum { RECORD_MAX = 16384 };

static const char config[] =
	"hostname = \"gate.test\"\n"
	"listener \"mx\" { address = \"127.0.0.1:2525\"  tls = none }\n"
	"backend \"mta\" { servers = [\"127.0.0.1:2500\"] }\n"
	"recipients \"closed\" { match = [\"closed@example.net\"] }\n"
	"rate \"mine\" { per = address  counts = recipients  limit = 1/1h }\n"
	"verdict \"closed\" { for = [\"closed\"]  when = HELO_NOT_FQDN  do = reject }\n"
	"verdict \"watched\" { when = HELO_NOT_FQDN  do = reject  mode = shadow }\n";

static const char *const said[] = {
	"EHLO odd\r\n",
	"MAIL FROM:<\"a\\\"\\\"\\\"\"@example.org>\r\n",
	"RCPT TO:<closed@example.net>\r\n",
	"RCPT TO:<b@example.net>\r\n",
	"RCPT TO:<c@example.net\r\n",
	"RCPT TO:<d@example.net>\r\n",
	"RCPT TO:<>\r\n",
	"DATA\r\n",
	"Message-ID: <1@example.org>\r\n\r\nHello",
};

static struct setup setup;
static struct world world;

static int open_world(void **state)
{
	char path[] = "/tmp/postern-ledger.XXXXXX", text[1024];
	const int fd = mkstemp(path);
	struct out why = OUT(text);
	struct fake_peer *client;
	struct ip ip;

	(void)state;
	CHECK(write(fd, config, sizeof(config) - 1) == (ssize_t)sizeof(config) - 1);
	close(fd);
	if (!world_setup(&setup, path, &why) || !world_open(&world, &setup, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	unlink(path);
	CHECK(ip_parse(STR("192.0.2.1"), &ip));
	client = fake_client(world.loop);
	world_connect(&world, client, &ip);
	fake_turn(world.loop);
	for (size_t i = 0; i < COUNTOF(said); i++) {
		fake_send(client, str_z(said[i]));
		fake_turn(world.loop);
	}
	return 0;
}

static int close_world(void **state)
{
	char text[1024];
	struct out why = OUT(text);

	(void)state;
	if (!world_close(&world, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	setup_free(&setup);
	return 0;
}

typedef void print_fn(struct out *o, struct smtp_session *s);

static void print_refused(struct out *o, struct smtp_session *s)
{
	ledger_print_refused(o, s, STR("VRFY"), 502, STR("5.5.1 no"));
}

/* The record in so much room; NULL: there is not enough for its begin. */
static json_t *print(print_fn *fn, size_t room)
{
	static char text[RECORD_MAX];
	struct out o = { .p = text, .cap = room };
	json_t *record;

	fn(&o, world.server->sessions);
	if (o.full)
		return NULL;
	assert_true(o.n <= room);
	record = json_loadb(text, o.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(record);
	return record;
}

/* From the room on that its begin needs there is a record, and in all of it nothing is missing. */
static void check_rooms(print_fn *fn)
{
	json_int_t missing = 0;
	const size_t step = often(1, 16);
	bool begun = false;

	for (size_t room = 0; room <= RECORD_MAX; room += step) {
		json_t *record = print(fn, room);

		assert_true(record || !begun);
		begun = record != NULL;
		missing = json_integer_value(json_object_get(record, "left_out"));
		json_decref(record);
	}
	assert_true(begun);
	assert_int_equal(missing, 0);
}

static void a_transaction_in_any_room(void **state)
{
	json_t *record;

	(void)state;
	check_rooms(ledger_print);
	record = print(ledger_print, RECORD_MAX);
	/* b and d are still open: they are noted when it is over. */
	assert_int_equal(json_array_size(json_object_get(record, "recipients")), 1);
	assert_int_equal(json_array_size(json_object_get(record, "refused")), 2);
	assert_string_equal(json_string_value(json_object_get(record, "mail_from")),
			    "\"a\\\"\\\"\\\"\"@example.org");
	json_decref(record);
}

static void a_refusal_in_any_room(void **state)
{
	(void)state;
	check_rooms(print_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_in_any_room),
		cmocka_unit_test(a_refusal_in_any_room),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
