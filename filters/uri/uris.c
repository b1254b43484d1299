#include "filters/uri/uris.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/siphash.h"

static_assert(LIMIT_URI_TEXTS < UINT16_MAX && LIMIT_URIS < UINT16_MAX, "numbers of 16 bits");
static_assert(LIMIT_DNS_NAME <= UINT8_MAX, "lengths of domains");

/* Where the text is in the table, or where it belongs; there is always an empty place. */
static uint32_t slot_of(const struct uris *u, struct str text)
{
	const uint64_t key[2] = { random_secret(), 0 };
	uint32_t at = (uint32_t)siphash(key, text) & (u->slot_room - 1);

	while (u->slots[at] && !str_eq(uris_text(u, u->slots[at]), text))
		at = (at + 1) & (u->slot_room - 1);
	return at;
}

static void grow_slots(struct uris *u)
{
	if (u->text_count * 2 < u->slot_room)
		return;
	mem_free(u->slots);
	u->slot_room = u->slot_room ? u->slot_room * 4 : 64;
	u->slots = mem_new(u->slot_room * sizeof(*u->slots));
	for (uint16_t i = 1; i <= u->text_count; i++)
		u->slots[slot_of(u, uris_text(u, i))] = i;
}

uint16_t uris_find(const struct uris *u, struct str text)
{
	return u->slot_room ? u->slots[slot_of(u, text)] : 0;
}

uint16_t uris_keep(struct uris *u, struct str text)
{
	uint32_t slot;

	grow_slots(u);
	slot = slot_of(u, text);
	if (u->slots[slot])
		return u->slots[slot];
	if (u->text_count == LIMIT_URI_TEXTS || text.n > LIMIT_URI_BYTES - u->n) {
		u->cut = true;
		return 0;
	}
	u->bytes = mem_grow(u->bytes, &u->size, u->n + (uint32_t)text.n + 1, 1);
	if (text.n)
		memcpy(u->bytes + u->n, text.p, text.n);
	u->texts = mem_grow(u->texts, &u->text_room, u->text_count + 1, sizeof(*u->texts));
	u->texts[u->text_count] = (struct uri_text){ .at = u->n, .n = (uint32_t)text.n };
	u->n += (uint32_t)text.n;
	u->slots[slot] = (uint16_t)++u->text_count;
	return (uint16_t)u->text_count;
}

struct uri *uris_item(struct uris *u, uint16_t text)
{
	struct uri_text *t = &u->texts[text - 1];

	if (!t->uri) {
		if (u->count == LIMIT_URIS) {
			u->cut = true;
			return NULL;
		}
		u->items = mem_grow(u->items, &u->room, u->count + 1, sizeof(*u->items));
		u->items[u->count] = (struct uri){ .text = text };
		t->uri = (uint16_t)++u->count;
	}
	return &u->items[t->uri - 1];
}

struct uri_site *uris_site(struct uris *u, uint16_t text)
{
	struct uri_text *t = &u->texts[text - 1];

	if (!t->site) {
		u->sites = mem_grow(u->sites, &u->site_room, u->site_count + 1, sizeof(*u->sites));
		u->sites[u->site_count] = (struct uri_site){ .text = text };
		t->site = (uint16_t)++u->site_count;
	}
	return &u->sites[t->site - 1];
}

void uris_free(struct uris *u)
{
	mem_free(u->bytes);
	mem_free(u->texts);
	mem_free(u->items);
	mem_free(u->sites);
	mem_free(u->slots);
	mem_free(u->next_links);
	*u = (struct uris){ 0 };
}
