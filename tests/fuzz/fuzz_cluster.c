/* What the bulk radar reads back from a store: a cluster is written as it was read, counts on, and is one; a bucket of any
 * bytes leads somewhere or nowhere, and takes a way. */
#include "base/check.h"
#include "base/units.h"
#include "store/bucket.h"
#include "store/cluster.h"

enum { NOW_MS = 1000000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_cluster(struct str body)
{
	const struct bulk_sighting mail = { .has_text = true,
					    .network = 1,
					    .recipients = { 2, 3 } };
	char bytes[CLUSTER_MAX];
	struct bulk_seen seen = { .id = 0 };
	struct cluster c;

	if (!cluster_read(body, &c))
		return;
	if ((unsigned char)body.p[2] <= 1)
		CHECK(str_eq(cluster_write(&c, bytes), body));
	cluster_add(&c, &mail, NOW_MS, HOUR_MS);
	cluster_tell(&c, BULK_REJECTED);
	cluster_tell_all(&c, NOW_MS, HOUR_MS, &seen);
	CHECK(seen.messages > 0 && seen.distinct[BULK_OF_RECIPIENTS] > 0);
	CHECK(cluster_alike(&c, &mail) <= BULK_VALUES);
	CHECK(cluster_read(cluster_write(&c, bytes), &c));
}

static void read_bucket(struct str body)
{
	const uint64_t way = 0x0123456789abcdef;
	char bytes[BUCKET_BYTES + BUCKET_ENTRY];
	uint64_t id = 0;
	uint16_t due = 0;
	struct str with;

	(void)bucket_find(body, way, NOW_MS, &id, &due);
	with = bucket_with(body, way, 7, NOW_MS + HOUR_MS, NOW_MS, bytes);
	CHECK(with.n > 0 && with.n <= BUCKET_BYTES && with.n % BUCKET_ENTRY == 0);
	CHECK(bucket_find(with, way, NOW_MS, &id, &due) && id == 7);
	CHECK(!bucket_is_over(due, NOW_MS));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str body = { .p = (const char *)data, .n = size };

	read_cluster(body);
	read_bucket(body);
	return 0;
}
