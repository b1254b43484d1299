/* nets.c - lists of a million networks: what they cost to load, in memory, and a lookup.
 *
 *	build/measure/nets [NETWORKS [LOOKUPS]]
 *
 * Each list is a text as a file would have it, read by the parser of the `networks` block.  Lookups are of addresses
 * all over the list, each waits for the one before it, and they come back after ten thousand (warm: a busy hour's
 * clients) or after a million (cold: its block has long left the core's own cache).  Times are of the CPU. */
#include "base/check.h"
#include "base/mem.h"
#include "bench/seconds.h"
#include "filters/networks/list.h"
#include "unit/dice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_ROOM = 64, PROBES = 1 << 20, WARM = 10000 };

static struct dice dice = { .state = DICE_SEED };

static uint64_t any(void)
{
	return dice_any(&dice);
}

struct kind {
	const char *name;
	enum ip_family family;
	unsigned shortest, longest; /* prefixes */
	bool texts;
};

static struct ip_net any_net(const struct kind *k)
{
	const uint64_t words[2] = { any(), any() };
	struct ip_net net = { .base = ip_from_bytes(k->family, words) };

	if (k->family == IP_V6)
		net.base.bytes[0] = 0x20 | (net.base.bytes[0] & 15); /* global unicast */
	net.bits = (uint8_t)(k->shortest + any() % (k->longest - k->shortest + 1));
	net.base = ip_net_first(&net);
	return net;
}

static struct ip any_inside(const struct ip_net *net, const struct kind *k)
{
	const struct ip noise = any_net(&(struct kind){ .family = k->family,
							.shortest = k->family == IP_V4 ? 32 : 128,
							.longest = k->family == IP_V4 ? 32 : 128 })
					.base;
	struct ip ip = net->base;

	for (unsigned i = net->bits; i < (k->family == IP_V4 ? 32u : 128u); i++)
		ip.bytes[i / 8] |= noise.bytes[i / 8] & (0x80u >> i % 8);
	return ip;
}

static struct str write_list(const struct kind *k, size_t n, struct ip *probes)
{
	char *bytes = mem_resize(NULL, n * LINE_ROOM);
	struct out o = { .p = bytes, .cap = n * LINE_ROOM };

	for (size_t i = 0; i < n; i++) {
		const struct ip_net net = any_net(k);

		ip_net_print(&o, &net);
		if (k->texts) {
			out_str(&o, STR(" case "));
			out_u64(&o, i);
		}
		out_char(&o, '\n');
		if (any() % (n / PROBES + 1) == 0)
			probes[i % PROBES] = any_inside(&net, k);
	}
	CHECK(!o.full);
	return out_text(&o);
}

/* The time of one, and how many were found. */
static double look_up(const struct nets *nets, const struct ip *probes, size_t probe_count,
		      size_t lookups, size_t *found)
{
	const double start = cpu_s();
	struct nets_match m;
	size_t at = 0;

	*found = 0;
	for (size_t i = 0; i < lookups; i++) {
		const bool hit = nets_find(nets, &probes[at % probe_count], &m);

		*found += hit;
		at += hit ? 1 : 3; /* the next one is not known before this one is */
	}
	return (cpu_s() - start) / (double)lookups * 1e9;
}

static void run(const struct kind *k, size_t n, size_t lookups)
{
	struct conf_report report = conf_report_to(stderr);
	struct ip *probes = mem_new(PROBES * sizeof(*probes));
	struct nets_builder *b = nets_builder_new();
	struct str list;
	struct nets *nets;
	double start, parsed, built, warm, cold;
	size_t found;

	for (size_t i = 0; i < PROBES; i++)
		probes[i] = any_net(k).base;
	list = write_list(k, n, probes);
	start = cpu_s();
	CHECK(networks_read(list, k->name, n, b, &report) == n);
	parsed = cpu_s();
	nets = nets_build(b);
	built = cpu_s();
	warm = look_up(nets, probes, WARM, lookups, &found);
	cold = look_up(nets, probes, PROBES, lookups, &found);
	printf("%-32s %8zu %7.0f ms %7.0f ms %7.1f MB %7.0f ns %7.0f ns %5.0f %%\n", k->name, n,
	       (parsed - start) * 1e3, (built - parsed) * 1e3, (double)nets_bytes(nets) / 1e6, warm,
	       cold, 100.0 * (double)found / (double)lookups);
	nets_free(nets);
	mem_free(probes);
	mem_free((void *)(uintptr_t)list.p);
}

/* What the machine takes to bring one line of cache from memory: the measure of what is cold. */
static double miss_ns(void)
{
	const size_t n = 1 << 22;
	uint32_t *next = mem_array(NULL, n * 16, sizeof(*next)), at = 0;
	double start;

	for (size_t i = 0; i < n; i++)
		next[i * 16] = (uint32_t)i;
	for (size_t i = n - 1; i > 0; i--) { /* one circle through all (Sattolo) */
		const size_t j = any() % i;
		const uint32_t kept = next[i * 16];

		next[i * 16] = next[j * 16];
		next[j * 16] = kept;
	}
	start = cpu_s();
	for (size_t i = 0; i < 1000000; i++)
		at = next[(size_t)at * 16];
	start = (cpu_s() - start) / 1000000 * 1e9;
	CHECK(at < n);
	mem_free(next);
	return start;
}

int main(int argc, char **argv)
{
	static const struct kind kinds[] = {
		{ "IPv4 addresses", IP_V4, 32, 32, false },
		{ "IPv4 networks, /12 to /32", IP_V4, 12, 32, false },
		{ "IPv4 addresses, each with a text", IP_V4, 32, 32, true },
		{ "IPv6 networks, /32 to /64", IP_V6, 32, 64, false },
		{ "IPv6 addresses", IP_V6, 128, 128, false },
	};
	const size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	const size_t lookups = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000000;

	printf("%-32s %8s %10s %10s %10s %10s %10s %7s\n", "list", "lines", "parse", "build",
	       "memory", "warm", "cold", "found");
	for (size_t i = 0; n && i < COUNTOF(kinds); i++)
		run(&kinds[i], n, lookups);
	printf("one miss of the cache, 256 MB: %.0f ns\n", miss_ns());
	return 0;
}
