/* Any bytes as a file of networks: errors are bounded and have a place in it, and what was read is found again. */
#include "base/check.h"
#include "base/limits.h"
#include "filters/networks/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 100 };

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	const struct str *input = r->arg;

	CHECK(severity == CONF_ERROR && text[0]);
	CHECK(at->line >= 1 && at->line <= input->n + 1);
	CHECK(at->column >= 1 && at->column <= input->n + 1);
}

static void look_up(const struct nets *nets, struct ip ip)
{
	struct nets_match m;

	if (!nets_find(nets, &ip, &m))
		return;
	CHECK(ip_net_has(&m.net, &ip) && strlen(m.text) <= LIMIT_NETWORKS_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { .p = (const char *)data, .n = size };
	struct conf_report report = { .say = complain, .arg = (void *)(uintptr_t)&input };
	struct nets_builder *b = nets_builder_new();
	struct nets *nets;

	CHECK(networks_read(input, "input", ROOM, b, &report) <= ROOM);
	CHECK(report.errors <= LIMIT_NETWORKS_ERRORS + 1);
	nets = nets_build(b);
	for (size_t i = 0; i + 16 <= size && i < 64; i++) {
		look_up(nets, ip_from_bytes(IP_V4, data + i));
		look_up(nets, ip_from_bytes(IP_V6, data + i));
	}
	look_up(nets, (struct ip){ .family = IP_V4, .bytes = { 10, 1, 2, 3 } });
	nets_free(nets);
	return 0;
}
