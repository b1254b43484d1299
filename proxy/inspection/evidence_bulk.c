#include "inspection/evidence.h"

#include "filters/bulk/facts.h"

static void number(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	json_u64(j, v > 0 ? (uint64_t)v : 0);
}

static void text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, str_z(value));
}

static void print_counts(struct json *j, const struct bulk_seen *seen)
{
	static const char *const sets[BULK_SET_COUNT] = {
#define X(ID, NAME) NAME,
		BULK_SETS(X)
#undef X
	};
	static const char *const outcomes[BULK_OUTCOME_COUNT] = {
#define X(ID, NAME) NAME,
		BULK_OUTCOMES(X)
#undef X
	};

	number(j, "messages", seen->messages);
	number(j, "in_window", seen->in_window);
	number(j, "with_domain", seen->with_domain);
	for (unsigned i = 0; i < BULK_SET_COUNT; i++)
		number(j, sets[i], seen->distinct[i]);
	for (unsigned i = 0; i < BULK_OUTCOME_COUNT; i++)
		number(j, outcomes[i], seen->outcomes[i]);
}

static const char *name_of(enum bulk_kind kind, bool by_form)
{
	return kind == BULK_TEXT && by_form ? "form" : bulk_kind_name(kind);
}

static void print_common(struct json *j, unsigned kinds, bool by_form)
{
	json_key(j, "common");
	json_array(j);
	for (unsigned i = 0; i < BULK_KIND_COUNT; i++)
		if (kinds & 1u << i)
			json_str(j, str_z(name_of((enum bulk_kind)i, by_form)));
	json_array_end(j);
}

void evidence_bulk(struct json *j, const struct bulk_facts *facts)
{
	static const char *const said[] = {
		[BULK_SAID_NOTHING] = "",
		[BULK_SAID_ALLOW] = "allow",
		[BULK_SAID_BLOCK] = "block",
	};
	const struct bulk_seen *seen = facts ? facts->seen : NULL;
	char id[BULK_ID_TEXT];

	json_key(j, "bulk");
	json_object(j);
	if (seen && seen->id) {
		json_key(j, "cluster");
		json_str(j, bulk_print_id(seen->id, id));
		json_key(j, "new");
		json_bool(j, seen->is_new);
		json_key(j, "again");
		json_bool(j, seen->again);
		text(j, "by", name_of(seen->by, facts->by_form));
		number(j, "alike", seen->alike);
		number(j, "of", BULK_VALUES);
		print_common(j, seen->common, facts->by_form);
		print_counts(j, seen);
		number(j, "first_ms", seen->first_ms);
		number(j, "last_ms", seen->last_ms);
		text(j, "said", said[seen->said]);
		text(j, "domain_said", said[seen->domain_said]);
	}
	json_object_end(j);
}
