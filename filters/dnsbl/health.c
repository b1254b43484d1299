/* health.c - see health.h. */
#include "filters/dnsbl/health.h"

#include "base/limits.h"
#include "base/log.h"
#include "filters/dnsbl/code.h"

const struct ip *dnsbl_broken_answer(const struct dns_answer *answer)
{
	for (unsigned i = 0; i < answer->count; i++)
		if (dnsbl_answer_is_broken(&answer->records[i].ip))
			return &answer->records[i].ip;
	return NULL;
}

enum probe { PROBE_FINE, PROBE_BROKEN, PROBE_UNKNOWN };

/* Of both answers.  Says why it is broken. */
static enum probe judge(const struct dnsbl_health *h, const struct dnsbl_entries *entries,
			struct out *why)
{
	const struct dns_answer *clear = &h->clear, *listed = &h->listed;
	const struct ip *broken = dnsbl_broken_answer(listed);

	if (clear->count) {
		out_str(why, STR("it lists "));
		out_str(why, entries->clear);
		out_str(why, STR(", so perhaps everything"));
		return PROBE_BROKEN;
	}
	if (broken) {
		out_str(why, STR("it answers "));
		ip_print(why, broken);
		return PROBE_BROKEN;
	}
	if (clear->status == DNS_FAILED || listed->status == DNS_FAILED)
		return PROBE_UNKNOWN;
	if (listed->count == 0 && entries->listed.n) {
		out_str(why, STR("it does not list "));
		out_str(why, entries->listed);
		out_str(why, STR(", so perhaps nothing"));
		return PROBE_BROKEN;
	}
	return PROBE_FINE;
}

void dnsbl_switch_off(struct dnsbl_health *h, const char *zone, struct str why)
{
	if (!h->off)
		log_note("dnsbl_off", zone, "switched off until a probe finds it well: " STR_FMT,
			 STR_ARG(why));
	h->off = true;
}

static void switch_on(struct dnsbl_health *h, const char *zone)
{
	if (h->off)
		log_note("dnsbl_on", zone,
			 "switched on again: the probe is answered as it should be");
	h->off = false;
}

int64_t dnsbl_probe_end(struct dnsbl_health *h, const struct dnsbl_entries *entries,
			const char *zone)
{
	char bytes[128];
	struct out why = OUT(bytes);

	switch (judge(h, entries, &why)) {
	case PROBE_FINE:
		switch_on(h, zone);
		break;
	case PROBE_BROKEN:
		dnsbl_switch_off(h, zone, out_text(&why));
		break;
	case PROBE_UNKNOWN:
		break;
	}
	return h->off ? LIMIT_DNSBL_REPROBE_MS : LIMIT_DNSBL_PROBE_MS;
}
