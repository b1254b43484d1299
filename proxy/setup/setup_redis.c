/* setup_redis.c - a store that is a Redis: its URL, its TLS. */
#include "base/mem.h"
#include "setup/setup.h"
#include "store/shared.h"

/* An URL is shown in no message: it may have a password. */
static struct redis_url *parse_url(struct setup *s, const struct conf_store *conf,
				   struct conf_report *report)
{
	struct redis_url *url = mem_new(sizeof(*url));
	const char *wrong = redis_url_parse(conf->url.text, conf_arena(s->conf), url);

	if (wrong) {
		conf_error(report, &conf->url.at, "the url of the Redis: %s", wrong);
		mem_free(url);
		return NULL;
	}
	if (conf->user.text.n)
		url->user = conf->user.text;
	if (conf->password.text.n)
		url->password = conf->password.text;
	return url;
}

void setup_check_redis(struct setup *s, const struct conf_store *conf, struct conf_report *report)
{
	const char *ca = conf->tls_ca.text.n ? conf->tls_ca.text.p : NULL;
	char text[256];
	struct out why = OUT(text);

	s->redis = parse_url(s, conf, report);
	if (!s->redis)
		return;
	if (s->redis->user.n && s->redis->password.n == 0)
		conf_error(report, &conf->user.at, "a user needs a password");
	if (!s->redis->tls)
		return;
	s->redis_tls = tls_client_new(conf->tls_verify, ca, &why);
	if (!s->redis_tls)
		conf_error(report, &conf->tls_ca.at, STR_FMT, STR_ARG(out_text(&why)));
}

struct store_side setup_redis(const struct setup *s, struct loop *loop, struct dns *dns)
{
	const struct conf_store *conf = conf_values(s->conf, &block_store);

	return store_shared(
		&(struct redis_options){ .loop = loop,
					 .dns = dns,
					 .url = s->redis,
					 .tls = s->redis_tls,
					 .sentinel_user = conf->sentinel_user.text,
					 .sentinel_password = conf->sentinel_password.text,
					 .timeout_ms = conf->timeout_ms,
					 .silence_ms = conf->timeout_ms });
}
