#include "delivery/accepted.h"

#include "base/limits.h"
#include "base/mem.h"

enum { TEXT_MAX = 100 };

struct accepted_row {
	uint64_t key;
	int64_t until_ms; /* 0: empty */
	uint16_t code, n;
	char text[TEXT_MAX];
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	return (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Two keys that are the same by accident, or because only case differs, cost a late refusal. */
uint64_t accepted_key(const struct delivery_sender *sender, struct str path, struct str params,
		      bool of_client)
{
	uint64_t key = mix(str_ihash(path), str_ihash(params));

	key = mix(key, str_ihash(sender->path));
	key = mix(key, str_ihash(sender->params));
	if (of_client) {
		const char *ip = (const char *)sender->client_ip.bytes;

		key = mix(key, str_ihash((struct str){ .p = ip, .n = 16 }));
		key = mix(key, str_ihash(sender->client_name));
		key = mix(key, str_ihash(sender->helo));
	}
	return key ^ key >> 32;
}

static struct accepted_row *row_of(const struct accepted *a, uint64_t key)
{
	return &a->rows[key % LIMIT_BACKEND_ACCEPTED];
}

void accepted_note(struct accepted *a, uint64_t key, const struct reply *reply, int64_t until_ms)
{
	struct accepted_row *row;

	if (reply->text.n > TEXT_MAX)
		return;
	if (!a->rows)
		a->rows = mem_new(LIMIT_BACKEND_ACCEPTED * sizeof(*a->rows));
	row = row_of(a, key);
	*row = (struct accepted_row){ .key = key,
				      .until_ms = until_ms,
				      .code = (uint16_t)reply->code,
				      .n = (uint16_t)reply->text.n };
	if (reply->text.n)
		memcpy(row->text, reply->text.p, reply->text.n);
}

bool accepted_find(const struct accepted *a, uint64_t key, int64_t now_ms, struct reply *reply)
{
	const struct accepted_row *row = a->rows ? row_of(a, key) : NULL;

	if (!row || row->key != key || row->until_ms <= now_ms)
		return false;
	*reply = (struct reply){ .code = row->code, .text = { .p = row->text, .n = row->n } };
	return true;
}

void accepted_forget(struct accepted *a, uint64_t key)
{
	if (a->rows && row_of(a, key)->key == key)
		row_of(a, key)->until_ms = 0;
}

void accepted_free(struct accepted *a)
{
	mem_free(a->rows);
	a->rows = NULL;
}
