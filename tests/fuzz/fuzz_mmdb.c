/* Any bytes as a MaxMind database: what it says of an address costs a bounded time and lies in the file. */
#include "base/check.h"
#include "filters/location/mmdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const struct mmdb *db, struct str input, struct ip ip)
{
	static const char *const paths[][3] = { { "country", "iso_code", NULL },
						{ "autonomous_system_organization", NULL } };
	static const char *const number[] = { "autonomous_system_number", NULL };
	struct str text;
	uint64_t n;
	size_t record;

	if (mmdb_find(db, &ip, &record) != MMDB_FOUND)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (mmdb_text(db, record, paths[i], &text) == MMDB_FOUND)
			CHECK(text.p >= input.p && text.n <= input.n &&
			      (size_t)(text.p - input.p) <= input.n - text.n);
	(void)!mmdb_number(db, record, number, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { .p = (const char *)data, .n = size };
	struct mmdb db;
	const char *why = NULL;

	if (!mmdb_open(&db, input, &why)) {
		CHECK(why != NULL);
		return 0;
	}
	look_up(&db, input, ip_from_bytes(IP_V4, (const uint8_t[]){ 192, 0, 2, 1 }));
	for (size_t i = 0; i + 16 <= size && i < 64; i++) {
		look_up(&db, input, ip_from_bytes(IP_V4, data + i));
		look_up(&db, input, ip_from_bytes(IP_V6, data + i));
	}
	return 0;
}
