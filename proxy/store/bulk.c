#include "store/bulk.h"

#include "base/check.h"
#include "base/limits.h"
#include "store/bucket.h"
#include "store/cluster.h"
#include "store/procedures.h"

#include <string.h>

enum {
	WAYS = BULK_BANDS + BULK_SIGNS,
};

static_assert(LIMIT_STORE_BODY >= (int)BUCKET_BYTES, "a record holds a bucket");
static_assert(LIMIT_STORE_BODY >= (int)CLUSTER_MAX, "and a cluster");

/* ---- a mail that is asked about ---- */

struct way {
	uint64_t way;
	uint64_t id;  /* of the cluster it leads to; 0: to none */
	uint16_t due; /* its entry */
};

struct candidate {
	uint64_t id;
	bool alive;
	int64_t expires_ms;
	struct cluster cluster;
	unsigned sample_n;
	char sample[BULK_SAMPLE];
};

struct search {
	const struct store_question *q;
	const struct store_view *view;
	const struct bulk_sighting *mail;
	struct way ways[WAYS];
	unsigned way_count, sign_at; /* signs begin there */
	uint64_t ids[WAYS + 1];      /* candidates */
	bool alive[WAYS + 1];
	unsigned id_count;
	struct candidate best;
	enum bulk_kind by;
	unsigned alike; /* of the best by text */
	unsigned sign;  /* of the best by a sign: its place among the mail's; sign_count: none */
};

/* ---- ways ---- */

static int take_way(struct search *s, uint64_t way, int64_t expires_ms)
{
	const int64_t end_ms = bucket_end_ms(expires_ms);
	char key[BUCKET_KEY], bytes[BUCKET_BYTES + BUCKET_ENTRY];
	const struct str name = bucket_key(way, key);
	struct store_record bucket;
	const int rc = s->view->get(s->view->ctx, name, &bucket);

	if (rc)
		return rc;
	bucket.body = bucket_with(bucket.body, way, s->best.id, expires_ms, s->q->now_ms, bytes);
	if (bucket.expires_ms < end_ms)
		bucket.expires_ms = end_ms;
	return s->view->put(s->view->ctx, name, &bucket);
}

/* ---- candidates ---- */

static void add_candidate(struct search *s, uint64_t id)
{
	for (unsigned i = 0; i < s->id_count; i++)
		if (s->ids[i] == id)
			return;
	s->ids[s->id_count++] = id;
}

static int follow(const struct search *s, struct way *way)
{
	struct store_record bucket;
	char key[BUCKET_KEY];
	const int rc = s->view->get(s->view->ctx, bucket_key(way->way, key), &bucket);

	if (!rc && !bucket_find(bucket.body, way->way, s->q->now_ms, &way->id, &way->due))
		way->id = 0;
	return rc;
}

static int get_cluster(const struct store_view *view, uint64_t id, struct candidate *c)
{
	char key[BULK_KEY];
	struct store_record r;
	const int rc = view->get(view->ctx, bulk_cluster_key(id, key), &r);

	if (rc)
		return rc;
	c->id = id;
	c->alive = r.expires_ms && cluster_read(r.body, &c->cluster);
	c->expires_ms = r.expires_ms;
	c->sample_n = r.label.n < BULK_SAMPLE ? (unsigned)r.label.n : BULK_SAMPLE;
	if (c->alive && c->sample_n)
		memcpy(c->sample, r.label.p, c->sample_n);
	return 0;
}

static bool leads(const struct search *s, unsigned way)
{
	return way < s->sign_at || bulk_way_leads(s->ways[way].way);
}

/* The first of the mail's signs that leads to the cluster. */
static unsigned first_sign(const struct search *s, const struct cluster *c)
{
	unsigned i = 0;

	while (i < s->mail->sign_count &&
	       !(leads(s, s->sign_at + i) && cluster_has_sign(c, s->ways[s->sign_at + i].way)))
		i++;
	return i;
}

/* What the mail and the cluster it is of have in common. */
static unsigned common(const struct search *s)
{
	unsigned kinds = s->alike ? 1u << BULK_TEXT : 0;

	for (unsigned i = 0; i < s->mail->sign_count; i++)
		if (cluster_has_sign(&s->best.cluster, s->ways[s->sign_at + i].way))
			kinds |= 1u << s->mail->signs[i].kind;
	return kinds;
}

/* Text comes before signs, and of two as good the one that was found first stays. */
static void compare(struct search *s, const struct candidate *c)
{
	const unsigned alike = cluster_alike(&c->cluster, s->mail),
		       sign = first_sign(s, &c->cluster);

	if (alike >= (unsigned)s->q->args[3] && alike > s->alike) {
		s->best = *c;
		s->alike = alike;
		s->by = BULK_TEXT;
	} else if (s->alike == 0 && sign < s->sign) {
		s->best = *c;
		s->sign = sign;
		s->by = s->mail->signs[sign].kind;
	}
}

static int search(struct search *s)
{
	int rc = 0;

	for (unsigned i = 0; i < s->way_count && !rc; i++) {
		rc = leads(s, i) ? follow(s, &s->ways[i]) : 0;
		if (!rc && s->ways[i].id)
			add_candidate(s, s->ways[i].id);
	}
	add_candidate(s, bulk_key_id(s->q->key));
	for (unsigned i = 0; i < s->id_count && !rc; i++) {
		struct candidate c;

		rc = get_cluster(s->view, s->ids[i], &c);
		if (rc)
			break;
		s->alive[i] = c.alive;
		if (c.alive)
			compare(s, &c);
	}
	return rc;
}

/* ---- counting it in ---- */

static bool is_alive(const struct search *s, uint64_t id)
{
	for (unsigned i = 0; i < s->id_count; i++)
		if (s->ids[i] == id)
			return s->alive[i];
	return false;
}

/* Of the cluster's own ways: bands that the mail and the cluster have in common, and signs. */
static bool is_clusters_way(const struct search *s, unsigned i)
{
	const struct cluster *c = &s->best.cluster;

	if (i >= s->sign_at)
		return leads(s, i) && cluster_has_sign(c, s->ways[i].way);
	return c->has_text && c->text[2 * i] == s->mail->text[2 * i] &&
	       c->text[2 * i + 1] == s->mail->text[2 * i + 1];
}

/* It leads nowhere; or to the cluster, and is to be prolonged. */
static bool is_to_be_taken(const struct search *s, const struct way *way)
{
	const int64_t now = s->q->now_ms;

	if (way->id == s->best.id)
		return bucket_is_over(way->due, now + (s->best.expires_ms - now) * 3 / 4);
	return !is_alive(s, way->id);
}

static int put_cluster(const struct store_view *view, const struct candidate *c)
{
	char key[BULK_KEY], bytes[CLUSTER_MAX];
	const struct store_record r = { .expires_ms = c->expires_ms,
					.label = { .p = c->sample, .n = c->sample_n },
					.body = cluster_write(&c->cluster, bytes) };

	return view->put(view->ctx, bulk_cluster_key(c->id, key), &r);
}

static int write_all(struct search *s)
{
	int rc = put_cluster(s->view, &s->best);

	for (unsigned i = 0; i < s->way_count && !rc; i++)
		if (is_clusters_way(s, i) && is_to_be_taken(s, &s->ways[i]))
			rc = take_way(s, s->ways[i].way, s->best.expires_ms);
	return rc;
}

static void begin_cluster(struct search *s)
{
	const struct str label = s->q->label;
	struct candidate *c = &s->best;
	uint64_t signs[BULK_SIGNS];

	for (unsigned i = 0; i < s->mail->sign_count; i++)
		signs[i] = s->ways[s->sign_at + i].way;
	c->id = bulk_key_id(s->q->key);
	c->cluster = cluster_new(s->mail, signs, s->q->now_ms);
	c->sample_n = label.n < BULK_SAMPLE ? (unsigned)label.n : BULK_SAMPLE;
	if (c->sample_n)
		memcpy(c->sample, label.p, c->sample_n);
}

/* It was held as one of this cluster. */
static int find_again(const struct search *s, bool *again)
{
	struct way way = { .way = bulk_again_way(s->mail) };
	const int rc = way.way ? follow(s, &way) : 0;

	*again = !rc && way.id && way.id == s->best.id;
	return rc;
}

static void count_in(struct search *s, bool again)
{
	const int64_t now = s->q->now_ms;

	if (!again)
		cluster_add(&s->best.cluster, s->mail, now, s->q->args[1]);
	if (s->best.expires_ms < now + s->q->args[2])
		s->best.expires_ms = now + s->q->args[2];
}

static void tell(const struct candidate *c, const struct store_question *q, int64_t window_ms,
		 struct bulk_seen *seen)
{
	seen->id = c->id;
	seen->sample_n = c->sample_n;
	memcpy(seen->sample, c->sample, c->sample_n);
	cluster_tell_all(&c->cluster, q->now_ms, window_ms, seen);
}

static int get_domain(const struct store_view *view, struct str key, struct store_record *r,
		      enum bulk_said *said)
{
	const int rc = view->get(view->ctx, key, r);

	*said = BULK_SAID_NOTHING;
	if (!rc && r->expires_ms && r->body.n == 1 && r->body.p[0] < BULK_SAID_COUNT)
		*said = (enum bulk_said)r->body.p[0];
	return rc;
}

/* Of the cluster that the mail leads to. */
static int tell_outcome(struct search *s, struct bulk_seen *seen)
{
	const uint64_t again = bulk_again_way(s->mail);
	const bool held = s->q->args[0] == BULK_HOLD;

	if (s->best.id == 0)
		return 0;
	if (!held)
		cluster_tell(&s->best.cluster, (enum bulk_outcome)s->q->args[1]);
	tell(&s->best, s->q, 1, seen);
	if (!held)
		return put_cluster(s->view, &s->best);
	return again ? take_way(s, again, s->q->now_ms + s->q->args[1]) : 0;
}

static int run_mail(const struct store_question *q, const struct store_view *view,
		    struct bulk_seen *seen)
{
	struct search s = { .q = q, .view = view, .mail = q->sighting };
	const bool is_told = q->args[0] == BULK_TELL || q->args[0] == BULK_HOLD;
	uint64_t ways[WAYS];
	struct store_record r;
	char key[BULK_KEY];
	int rc = 0;

	s.way_count = bulk_ways(s.mail, ways);
	s.sign_at = s.way_count - s.mail->sign_count;
	s.sign = s.mail->sign_count;
	for (unsigned i = 0; i < s.way_count; i++)
		s.ways[i].way = ways[i];
	rc = search(&s);
	if (!rc && s.mail->domain && !is_told)
		rc = get_domain(view, bulk_domain_key(s.mail->domain, key), &r, &seen->domain_said);
	if (!rc && !is_told)
		rc = find_again(&s, &seen->again);
	if (rc)
		return rc;
	seen->is_new = s.best.id == 0;
	seen->by = s.by;
	seen->alike = s.alike ? s.alike : BULK_VALUES;
	seen->common = common(&s);
	if (is_told)
		return tell_outcome(&s, seen);
	if (seen->is_new)
		begin_cluster(&s);
	count_in(&s, seen->again);
	tell(&s.best, q, q->args[1], seen);
	if (q->args[0] == BULK_NOTE)
		return write_all(&s);
	if (seen->is_new)
		seen->id = 0;
	return 0;
}

/* ---- one record ---- */

static int run_domain(const struct store_question *q, const struct store_view *view,
		      struct bulk_seen *seen)
{
	struct store_record r;
	char said;
	int rc = get_domain(view, q->key, &r, &seen->domain_said);

	if (rc)
		return rc;
	seen->is_new = r.expires_ms == 0;
	if (q->args[0] == BULK_FORGET) {
		seen->domain_said = BULK_SAID_NOTHING;
		r.expires_ms = q->now_ms;
		return view->put(view->ctx, q->key, &r);
	}
	seen->domain_said = (enum bulk_said)q->args[1];
	said = (char)q->args[1];
	if (seen->is_new)
		r.label = q->label;
	if (r.expires_ms < q->now_ms + q->args[2])
		r.expires_ms = q->now_ms + q->args[2];
	r.body = (struct str){ .p = &said, .n = 1 };
	return view->put(view->ctx, q->key, &r);
}

static int run_cluster(const struct store_question *q, const struct store_view *view,
		       struct bulk_seen *seen)
{
	const enum bulk_do what = (enum bulk_do)q->args[0];
	struct candidate c;
	const int rc = get_cluster(view, bulk_key_id(q->key), &c);

	if (rc || !c.alive)
		return rc;
	if (what == BULK_TELL)
		cluster_tell(&c.cluster, (enum bulk_outcome)q->args[1]);
	else if (what == BULK_SAY)
		c.cluster.said = (enum bulk_said)q->args[1];
	if (what == BULK_SAY && c.expires_ms < q->now_ms + q->args[2])
		c.expires_ms = q->now_ms + q->args[2];
	if (what == BULK_FORGET)
		c.expires_ms = q->now_ms;
	tell(&c, q, what == BULK_SHOW ? q->args[1] : 1, seen);
	return what == BULK_SHOW ? 0 : put_cluster(view, &c);
}

int store_bulk_run(const struct store_question *q, const struct store_view *view,
		   struct bulk_seen *seen)
{
	CHECK(store_bulk_fits(q));
	*seen = (struct bulk_seen){ .id = 0 };
	if (q->sighting)
		return run_mail(q, view, seen);
	return bulk_key_id(q->key) ? run_cluster(q, view, seen) : run_domain(q, view, seen);
}

bool store_bulk_changes(const struct store_question *q)
{
	return q->args[0] != BULK_LOOK && q->args[0] != BULK_SHOW;
}

bool store_bulk_is_told(struct str key)
{
	return bulk_key_id(key) || bulk_key_is_domain(key);
}
