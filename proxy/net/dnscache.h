/* dnscache.h - the answers a worker keeps: bounded in entries and bytes, the least recently
 * used go first.  Time is a parameter.
 *
 * Only dns_cache_put() frees entries: what dns_cache_find() gave stays valid until then. */
#ifndef NET_DNSCACHE_H
#define NET_DNSCACHE_H

#include "base/err.h"
#include "base/rr.h"

struct dns_cache;

/* A question as the key of tables: the name in lower case, without the final dot. */
struct dns_key {
	struct str name;
	enum rr_type type;
};

uint64_t dns_key_hash(struct dns_key key);
bool dns_key_eq(struct dns_key a, struct dns_key b);

/* What is known of a question; err says why of a DNS_FAILED answer. */
struct dns_known {
	struct dns_answer answer;
	enum err err;
};

struct dns_cache *dns_cache_new(size_t entries_max, size_t bytes_max);
void dns_cache_free(struct dns_cache *cache);

/* Keeps a copy for answer.ttl_s seconds from now; an older one of the same key goes.  With a
 * TTL of 0 nothing is kept. */
void dns_cache_put(struct dns_cache *cache, struct dns_key key, const struct dns_known *known,
		   int64_t now_ms);

/* answer.ttl_s is what is left of it. */
bool dns_cache_find(struct dns_cache *cache, struct dns_key key, int64_t now_ms,
		    struct dns_known *known);

struct dns_cache_size {
	size_t entries, bytes;
};
struct dns_cache_size dns_cache_size(const struct dns_cache *cache);

#endif
