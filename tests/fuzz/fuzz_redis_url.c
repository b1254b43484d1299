/* URLs of a Redis: what is taken can be printed and means the same again. */
#include "base/check.h"
#include "redis/redis_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str print(const struct redis_url *url, char *bytes, size_t cap)
{
	struct out o = { .p = bytes, .cap = cap };

	redis_url_print(&o, url);
	CHECK(!o.full);
	return out_text(&o);
}

static bool plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' || s.p[i] == '?' || s.p[i] == '/')
			return false;
	}
	return true;
}

static void print_and_read_again(const struct redis_url *url, struct arena *arena)
{
	static char first[16384], second[16384];
	const struct str text = print(url, first, sizeof(first));
	struct redis_url again;

	if (!plain(url->master) || memchr(text.p, '%', text.n) ||
	    memchr(text.p, '?', text.n - (url->db ? 4 : 0)))
		return;
	CHECK(redis_url_parse(text, arena, &again) == NULL);
	CHECK(str_eq(print(&again, second, sizeof(second)), text));
	CHECK(again.db == url->db && again.host_count == url->host_count);
	CHECK(again.user.n == 0 && again.password.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct redis_url url;

	arena_init(&arena, 1 << 16);
	if (size <= 4096 &&
	    !redis_url_parse((struct str){ .p = (const char *)data, .n = size }, &arena, &url)) {
		for (unsigned i = 0; i < url.host_count; i++)
			CHECK(url.hosts[i].port && redis_host_name(url.hosts[i].name));
		print_and_read_again(&url, &arena);
	}
	arena_reset(&arena);
	return 0;
}
