#include "store/shared_bulk.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/octets.h"
#include "store/cluster.h"

#include <string.h>

static void put_ways(struct out *o, const struct bulk_sighting *s)
{
	uint64_t ways[BULK_BANDS + BULK_SIGNS + 1];
	const unsigned n = bulk_ways(s, ways);
	const unsigned all = s->again ? n + 1 : n;

	ways[n] = bulk_again_way(s);
	out_le(o, n, 1);
	out_le(o, all, 1);
	for (unsigned i = 0; i < all; i++)
		out_be(o, ways[i], sizeof(ways[i]));
}

static void put_set(struct out *o, const struct bulk_sighting *s, enum bulk_set set)
{
	uint32_t values[BULK_RECIPIENTS];
	const unsigned n = cluster_values(s, set, values);

	out_le(o, n, 1);
	for (unsigned i = 0; i < n; i++)
		out_le(o, values[i], 4);
}

struct str shared_bulk_mail(const struct store_question *q, char to[SHARED_BULK_MAIL])
{
	const struct bulk_sighting *s = q->sighting;
	struct out o = { .p = to, .cap = SHARED_BULK_MAIL };
	char key[BULK_KEY];

	if (!s)
		return STR("");
	out_le(&o, s->has_text, 1);
	for (unsigned i = 0; s->has_text && i < BULK_VALUES; i++)
		out_le(&o, s->text[i], 4);
	put_ways(&o, s);
	for (unsigned i = 0; i < BULK_SET_COUNT; i++)
		put_set(&o, s, (enum bulk_set)i);
	if (s->domain)
		out_str(&o, bulk_domain_key(s->domain, key));
	CHECK(!o.full);
	return out_text(&o);
}

/* ---- answers ---- */

enum { IS_NEW, BY, ALIKE, DOMAIN_SAID, COMMON, AGAIN, NUMBERS, ID = NUMBERS, LABEL, BODY, ITEMS };

static bool has_form(const struct redis_value *reply)
{
	if (reply->type != REDIS_ARRAY || reply->count != ITEMS)
		return false;
	for (unsigned i = 0; i < ITEMS; i++)
		if (reply->items[i].type != (i < NUMBERS ? REDIS_INTEGER : REDIS_TEXT))
			return false;
	return true;
}

static bool read_cluster(const struct store_question *q, const struct redis_value *items,
			 struct bulk_seen *seen)
{
	const struct str id = items[ID].text, label = items[LABEL].text;
	const bool has_window =
		q->args[0] == BULK_NOTE || q->args[0] == BULK_LOOK || q->args[0] == BULK_SHOW;
	struct cluster c;

	if ((id.n && id.n != 8) || !cluster_read(items[BODY].text, &c))
		return false;
	seen->id = octets_be(id.p, (unsigned)id.n);
	seen->sample_n = label.n < BULK_SAMPLE ? (unsigned)label.n : BULK_SAMPLE;
	if (seen->sample_n)
		memcpy(seen->sample, label.p, seen->sample_n);
	cluster_tell_all(&c, q->now_ms, has_window ? q->args[1] : 1, seen);
	return true;
}

/* By the mail's signs; and by its text, when no sign has led to a cluster that is not new. */
static unsigned common(const struct store_question *q, const struct redis_value *items)
{
	const bool by_text = q->sighting && !items[IS_NEW].integer && !items[BY].integer;
	unsigned kinds = by_text ? 1u << BULK_TEXT : 0;

	for (unsigned i = 0; q->sighting && i < q->sighting->sign_count; i++)
		if (items[COMMON].integer & INT64_C(1) << i)
			kinds |= 1u << q->sighting->signs[i].kind;
	return kinds;
}

bool shared_bulk_answer(const struct store_question *q, const struct redis_value *reply,
			struct bulk_seen *seen)
{
	const unsigned signs = q->sighting ? q->sighting->sign_count : 0;
	const struct redis_value *items = reply->items;

	*seen = (struct bulk_seen){ .id = 0 };
	if (!has_form(reply) || items[BY].integer < 0 || items[BY].integer > signs ||
	    items[ALIKE].integer < 0 || items[ALIKE].integer > BULK_VALUES ||
	    items[DOMAIN_SAID].integer < 0 || items[DOMAIN_SAID].integer >= BULK_SAID_COUNT ||
	    items[COMMON].integer < 0 || items[COMMON].integer >= 1 << signs)
		return false;
	seen->is_new = items[IS_NEW].integer != 0;
	seen->again = items[AGAIN].integer != 0;
	seen->alike = (unsigned)items[ALIKE].integer;
	seen->domain_said = (enum bulk_said)items[DOMAIN_SAID].integer;
	if (items[BY].integer)
		seen->by = q->sighting->signs[items[BY].integer - 1].kind;
	seen->common = common(q, items);
	return items[BODY].text.n == 0 || read_cluster(q, items, seen);
}

/* ---- pages ---- */

bool shared_bulk_row(struct str *key, struct str value, struct store_record *r)
{
	enum { EXPIRES = 6, HEAD = 8 };
	size_t label;

	*r = (struct store_record){ .expires_ms = 0 };
	if (!str_starts(*key, STR(SHARED_BULK)) || value.n < HEAD)
		return false;
	*key = str_from(*key, sizeof(SHARED_BULK) - 1);
	label = (size_t)octets_le(value.p + EXPIRES, HEAD - EXPIRES);
	if (key->n == 0 || key->n > LIMIT_STORE_KEY || label > LIMIT_STORE_LABEL ||
	    label > value.n - HEAD || value.n - HEAD - label > LIMIT_STORE_BODY)
		return false;
	r->expires_ms = (int64_t)octets_le(value.p, EXPIRES);
	r->label = str_head(str_from(value, HEAD), label);
	r->body = str_from(value, HEAD + label);
	return true;
}
