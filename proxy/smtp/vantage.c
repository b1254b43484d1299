#include "smtp/vantage.h"

#include "base/check.h"
#include "base/limits.h"

bool vantage_is_private(const struct ip *ip)
{
	static const struct ip_net nets[] = {
		{ .base = { IP_V4, { 10 } }, .bits = 8 },          /* RFC 1918 */
		{ .base = { IP_V4, { 172, 16 } }, .bits = 12 },    /* RFC 1918 */
		{ .base = { IP_V4, { 192, 168 } }, .bits = 16 },   /* RFC 1918 */
		{ .base = { IP_V4, { 100, 64 } }, .bits = 10 },    /* RFC 6598 */
		{ .base = { IP_V4, { 127 } }, .bits = 8 },         /* RFC 1122 3.2.1.3 */
		{ .base = { IP_V4, { 169, 254 } }, .bits = 16 },   /* RFC 3927 */
		{ .base = { IP_V6, { [15] = 1 } }, .bits = 128 },  /* RFC 4291 2.5.3 */
		{ .base = { IP_V6, { 0xfc } }, .bits = 7 },        /* RFC 4193 */
		{ .base = { IP_V6, { 0xfe, 0x80 } }, .bits = 10 }, /* RFC 4291 2.5.6 */
	};

	for (size_t i = 0; i < COUNTOF(nets); i++)
		if (ip_net_has(&nets[i], ip))
			return true;
	return false;
}

/* Old connections weigh half as much with each window, and nothing after two without any. */
static bool begin_window(struct vantage *v, const struct conf_vantage *conf, int64_t now_ms)
{
	const int64_t age_ms = now_ms - v->since_ms;
	const unsigned shrink = age_ms >= 2 * conf->window_ms ? 0 : 2;

	if (v->all && age_ms < conf->window_ms)
		return false;
	v->from = shrink ? v->from / shrink : 0;
	v->all = shrink ? v->all / shrink : 0;
	v->votes = shrink ? v->votes / shrink : 0;
	v->since_ms = now_ms;
	return true;
}

static void count(struct vantage *v, const struct ip *client)
{
	const bool is_suspect = ip_eq(client, &v->suspect);

	v->all++;
	if (is_suspect) {
		v->from++;
		v->votes++;
	} else if (v->votes) {
		v->votes--;
	} else if (vantage_is_private(client)) {
		v->suspect = *client;
		v->from = v->votes = 1;
		v->wrong = false;
	}
}

static bool reaches(const struct vantage *v, int64_t percent)
{
	return (int64_t)v->from * 100 >= percent * (int64_t)v->all;
}

enum vantage_news vantage_note(struct vantage *v, const struct conf_vantage *conf,
			       const struct ip *client, int64_t now_ms)
{
	const bool was_wrong = v->wrong;
	bool again;

	if (client->family == IP_NONE)
		return VANTAGE_SAME;
	again = begin_window(v, conf, now_ms);
	count(v, client);
	/* A few prove nothing. */
	if (v->all >= (uint64_t)conf->connections)
		v->wrong = reaches(v, v->wrong ? conf->share - LIMIT_VANTAGE_SLACK : conf->share);
	if (v->wrong != was_wrong)
		return v->wrong ? VANTAGE_WRONG : VANTAGE_RIGHT;
	return v->wrong && again ? VANTAGE_STILL : VANTAGE_SAME;
}

bool vantage_hides(const struct vantage *v, const struct ip *client)
{
	return v->wrong && ip_eq(client, &v->suspect);
}
