/* store/lmdb.h: what every store does; full, without room on the disk, killed. */
#include "base/limits.h"
#include "base/out.h"
#include "store/lmdb.h"
#include "store/lmdb_file.h"
#include "unit/store/conformance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MB (INT64_C(1) << 20)

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	memcpy(folder, "/tmp/postern-store-XXXXXX", sizeof("/tmp/postern-store-XXXXXX"));
	return mkdtemp(folder) ? 0 : -1;
}

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)unlink(path);
}

static int remove_folder(void **state)
{
	(void)state;
	remove_file("store.lmdb");
	remove_file("store.lmdb-lock");
	return rmdir(folder);
}

static void open_shop(struct shop *s, int64_t size_max)
{
	struct loop *loop = loop_new();
	const struct lmdb_options options = {
		.loop = loop, .folder = str_z(folder), .size_max = size_max, .sync_ms = 1000
	};
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	if (!store_lmdb(&options, &side, &why))
		fail_msg(STR_FMT, STR_ARG(out_text(&why)));
	shop_open(s, loop, side);
}

static void conforms(void **state)
{
	struct shop s;

	(void)state;
	open_shop(&s, 64 * MB);
	store_conforms(&s);
	shop_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(conforms, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
