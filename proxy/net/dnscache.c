/* An entry is one block of memory: the struct, its records, then the name and all texts. */
#include "net/dnscache.h"

#include "base/check.h"
#include "base/mem.h"

struct entry {
	struct entry *chain;         /* same bucket */
	struct entry *newer, *older; /* by use */
	uint64_t hash;
	size_t bytes;
	int64_t until_ms;
	struct dns_key key;
	struct dns_known known;
	struct rr records[];
};

struct dns_cache {
	size_t entries_max, bytes_max;
	struct dns_cache_size size;
	struct entry *newest, *oldest;
	size_t bucket_mask;
	struct entry **buckets;
};

uint64_t dns_key_hash(struct dns_key key)
{
	return str_ihash(key.name) ^ (uint64_t)key.type * 0x9e3779b97f4a7c15u;
}

bool dns_key_eq(struct dns_key a, struct dns_key b)
{
	return a.type == b.type && str_eq(a.name, b.name);
}

struct dns_cache *dns_cache_new(size_t entries_max, size_t bytes_max)
{
	struct dns_cache *cache = mem_new(sizeof(*cache));
	size_t buckets = 1;

	while (buckets < entries_max)
		buckets *= 2;
	cache->entries_max = entries_max;
	cache->bytes_max = bytes_max;
	cache->bucket_mask = buckets - 1;
	cache->buckets = mem_new(buckets * sizeof(struct entry *));
	return cache;
}

static void unlink_used(struct dns_cache *cache, struct entry *e)
{
	*(e->newer ? &e->newer->older : &cache->newest) = e->older;
	*(e->older ? &e->older->newer : &cache->oldest) = e->newer;
}

static void link_used(struct dns_cache *cache, struct entry *e)
{
	e->newer = NULL;
	e->older = cache->newest;
	*(e->older ? &e->older->newer : &cache->oldest) = e;
	cache->newest = e;
}

static struct entry **place_of(struct dns_cache *cache, struct dns_key key, uint64_t hash)
{
	struct entry **at = &cache->buckets[hash & cache->bucket_mask];

	while (*at && ((*at)->hash != hash || !dns_key_eq((*at)->key, key)))
		at = &(*at)->chain;
	return at;
}

static void drop(struct dns_cache *cache, struct entry **at)
{
	struct entry *e = *at;

	*at = e->chain;
	unlink_used(cache, e);
	cache->size.entries--;
	cache->size.bytes -= e->bytes;
	mem_free(e);
}

void dns_cache_free(struct dns_cache *cache)
{
	while (cache->oldest)
		drop(cache, place_of(cache, cache->oldest->key, cache->oldest->hash));
	mem_free(cache->buckets);
	mem_free(cache);
}

static size_t bytes_of(struct dns_key key, const struct dns_answer *answer)
{
	size_t n = sizeof(struct entry) + answer->count * sizeof(struct rr) + key.name.n;

	for (unsigned i = 0; i < answer->count; i++)
		n += answer->records[i].text.n;
	return n;
}

static struct str copy_text(char **at, struct str s)
{
	const struct str copy = { .p = *at, .n = s.n };

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static struct entry *new_entry(struct dns_key key, const struct dns_known *known, size_t bytes)
{
	const unsigned count = known->answer.count;
	struct entry *e = mem_new(bytes);
	char *text = (char *)(e->records + count);

	e->bytes = bytes;
	e->hash = dns_key_hash(key);
	e->key = (struct dns_key){ .name = copy_text(&text, key.name), .type = key.type };
	e->known = *known;
	e->known.answer.records = e->records;
	for (unsigned i = 0; i < count; i++) {
		e->records[i] = known->answer.records[i];
		e->records[i].text = copy_text(&text, known->answer.records[i].text);
	}
	CHECK(text == (char *)e + bytes);
	return e;
}

void dns_cache_put(struct dns_cache *cache, struct dns_key key, const struct dns_known *known,
		   int64_t now_ms)
{
	const size_t bytes = bytes_of(key, &known->answer);
	struct entry **at = place_of(cache, key, dns_key_hash(key));
	struct entry *e;

	if (*at)
		drop(cache, at);
	if (known->answer.ttl_s == 0 || bytes > cache->bytes_max || cache->entries_max == 0)
		return;
	while (cache->size.entries == cache->entries_max ||
	       cache->size.bytes + bytes > cache->bytes_max)
		drop(cache, place_of(cache, cache->oldest->key, cache->oldest->hash));
	e = new_entry(key, known, bytes);
	e->until_ms = now_ms + (int64_t)known->answer.ttl_s * 1000;
	at = &cache->buckets[e->hash & cache->bucket_mask];
	e->chain = *at;
	*at = e;
	link_used(cache, e);
	cache->size.entries++;
	cache->size.bytes += bytes;
}

bool dns_cache_find(struct dns_cache *cache, struct dns_key key, int64_t now_ms,
		    struct dns_known *known)
{
	struct entry *e = *place_of(cache, key, dns_key_hash(key));

	if (!e || now_ms >= e->until_ms)
		return false;
	unlink_used(cache, e);
	link_used(cache, e);
	*known = e->known;
	known->answer.ttl_s = (uint32_t)((e->until_ms - now_ms + 999) / 1000);
	return true;
}

struct dns_cache_size dns_cache_size(const struct dns_cache *cache)
{
	return cache->size;
}
