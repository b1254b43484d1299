#include "smtp/vantage.h"

#include "base/limits.h"

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
	} else if (ip_is_private(client)) {
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
