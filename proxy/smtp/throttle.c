#include "smtp/throttle.h"

#include "base/limits.h"
#include "base/log.h"
#include "smtp/session.h"
#include "smtp/tally.h"

#include <inttypes.h>

struct TABLE_ROW bound {
	const char *option, *status, *words;
	enum smtp_fact fact;
	enum filter_scope scope;
};

static const struct bound rates[CLIENT_RATES] = {
	[RATE_CONNECTIONS] = { .option = "connection_rate",
			       .status = "4.7.0",
			       .words = "too many connections",
			       .fact = FACT_RATE_CONNECTIONS,
			       .scope = SCOPE_CONNECTION },
	[RATE_MESSAGES] = { .option = "message_rate",
			    .status = "4.7.1",
			    .words = "too many messages",
			    .fact = FACT_RATE_MESSAGES,
			    .scope = SCOPE_TRANSACTION },
	[RATE_RECIPIENTS] = { .option = "recipient_rate",
			      .status = "4.7.1",
			      .words = "too many recipients",
			      .fact = FACT_RATE_RECIPIENTS,
			      .scope = SCOPE_TRANSACTION },
	[RATE_ERRORS] = { .option = "error_rate",
			  .status = "4.7.0",
			  .words = "too many errors",
			  .fact = FACT_RATE_ERRORS,
			  .scope = SCOPE_CONNECTION },
	[RATE_LOGINS] = { .option = "login_rate",
			  .status = "4.7.0",
			  .words = "too many failed logins",
			  .fact = FACT_RATE_LOGINS,
			  .scope = SCOPE_CONNECTION },
};

static const struct bound seats[CLIENT_KEYS] = {
	[CLIENT_ADDRESS] = { .option = "sessions_per_address",
			     .status = "4.7.0",
			     .words = "too many sessions",
			     .fact = FACT_MANY_SESSIONS,
			     .scope = SCOPE_CONNECTION },
	[CLIENT_NETWORK] = { .option = "sessions_per_network",
			     .status = "4.7.0",
			     .words = "too many sessions",
			     .fact = FACT_MANY_SESSIONS,
			     .scope = SCOPE_CONNECTION },
};

/* ---- names ---- */

static struct ip_net key_of(const struct smtp_session *s, enum client_key key)
{
	static const uint8_t bits[CLIENT_KEYS][2] = {
		[CLIENT_ADDRESS] = { 32, 64 }, [CLIENT_NETWORK] = { 24, 48 }
	};
	struct ip_net net = { .base = s->client_ip,
			      .bits = bits[key][s->client_ip.family == IP_V6] };

	memset(net.base.bytes + net.bits / 8, 0, sizeof(net.base.bytes) - net.bits / 8);
	return net;
}

/* No key is longer than 64 bits. */
static uint64_t name_of(const struct smtp_session *s, enum client_key key)
{
	const struct ip_net net = key_of(s, key);
	char bytes[sizeof(uint64_t) + 8 + 2];

	memcpy(bytes, &s->server->salt, sizeof(uint64_t));
	memcpy(bytes + sizeof(uint64_t), net.base.bytes, 8);
	bytes[sizeof(bytes) - 2] = (char)net.base.family;
	bytes[sizeof(bytes) - 1] = (char)net.bits;
	return tally_name(s->server->o.tally.tally, (struct str){ .p = bytes, .n = sizeof(bytes) });
}

static void print_key(struct out *o, const struct smtp_session *s, enum client_key key)
{
	const struct ip_net net = key_of(s, key);

	ip_print(o, &net.base);
	if (net.bits != 32)
		out_printf(o, "/%u", net.bits);
}

/* ---- over a limit ---- */

struct excess {
	const struct bound *bound;
	enum client_key key;
	int64_t count, max, window_ms; /* window 0: not a rate */
	int64_t retry_ms;              /* 0: nobody knows */
};

static void explain(const struct smtp_session *s, const struct excess *e, struct out *why)
{
	out_printf(why, "%s %s from ", e->bound->status, e->bound->words);
	print_key(why, s, e->key);
	if (e->retry_ms)
		out_printf(why, ", try again in %" PRId64 " s", (e->retry_ms + 999) / 1000);
	else
		out_str(why, STR(", try again later"));
}

/* Who goes on and on is one line in a while, with how often it was. */
static void record(struct smtp_session *s, const struct excess *e, struct str why)
{
	char text[IP_TEXT_MAX + 4];
	struct out key = OUT(text);
	uint32_t times;
	struct log_line l;

	if (!tally_complain(s->server->o.tally.tally, s->seats[e->key], LIMIT_COMPLAIN_MS,
			    loop_now_ms(s->server->o.loop), &times))
		return;
	print_key(&key, s, e->key);
	log_begin(&l, "limit", id_str(s->tx ? &s->tx->id : &s->id));
	log_ip(&l, "ip", &s->client_ip);
	log_z(&l, "what", e->bound->option);
	log_str(&l, "key", out_text(&key));
	log_u64(&l, "count", (uint64_t)e->count);
	log_u64(&l, "max", (uint64_t)e->max);
	if (e->window_ms)
		log_u64(&l, "window_ms", (uint64_t)e->window_ms);
	log_u64(&l, "times", times);
	log_str(&l, s->server->o.conf->limits == LIMITS_SHADOW ? "would" : "reply", why);
	log_end(&l);
}

/* True: only said, for limits are in shadow. */
static bool tolerate(struct smtp_session *s, const struct excess *e, struct out *why)
{
	inspection_fact(&s->inspection, e->bound->scope, e->bound->fact);
	explain(s, e, why);
	record(s, e, out_text(why));
	if (s->server->o.conf->limits == LIMITS_ENFORCE)
		return false;
	why->n = 0;
	return true;
}

static bool tolerate_rate(struct smtp_session *s, enum client_rate rate,
			  const struct tally_level *level, struct out *why)
{
	const struct conf_rate *max = &s->server->o.conf->rates[rate];

	return tolerate(s,
			&(struct excess){ .bound = &rates[rate],
					  .key = CLIENT_ADDRESS,
					  .count = level->count,
					  .max = max->count,
					  .window_ms = max->window_ms,
					  .retry_ms = level->retry_ms },
			why);
}

/* ---- rates ---- */

bool throttle_take(struct smtp_session *s, enum client_rate rate, struct out *why)
{
	const struct smtp_server *server = s->server;
	struct tally_level level;

	return tally_take(server->o.tally.tally, s->seats[CLIENT_ADDRESS], rate,
			  &server->o.conf->rates[rate], loop_now_ms(server->o.loop), &level) ||
	       tolerate_rate(s, rate, &level, why);
}

bool throttle_has_room(struct smtp_session *s, enum client_rate rate, struct out *why)
{
	const struct smtp_server *server = s->server;
	struct tally_level level;

	return tally_has_room(server->o.tally.tally, s->seats[CLIENT_ADDRESS], rate,
			      &server->o.conf->rates[rate], loop_now_ms(server->o.loop), &level) ||
	       tolerate_rate(s, rate, &level, why);
}

void throttle_count(struct smtp_session *s, enum client_rate rate)
{
	const struct smtp_server *server = s->server;
	struct tally_level level;

	(void)tally_take(server->o.tally.tally, s->seats[CLIENT_ADDRESS], rate,
			 &server->o.conf->rates[rate], loop_now_ms(server->o.loop), &level);
}

/* ---- seats ---- */

static bool has_seat(struct smtp_session *s, enum client_key key, int64_t max, struct out *why)
{
	const uint32_t open = tally_open(s->server->o.tally.tally, s->seats[key]);

	if (max == 0 || open <= max)
		return true;
	return tolerate(
		s, &(struct excess){ .bound = &seats[key], .key = key, .count = open, .max = max },
		why);
}

void throttle_leave(struct smtp_session *s)
{
	for (unsigned key = 0; key < CLIENT_KEYS; key++) {
		tally_leave(&s->server->o.tally, s->seats[key]);
		s->seats[key] = TALLY_NONE;
	}
}

static bool is_welcome(struct smtp_session *s, struct out *why)
{
	const struct conf_listener *conf = s->server->o.conf;

	return has_seat(s, CLIENT_NETWORK, conf->sessions_per_network, why) &&
	       has_seat(s, CLIENT_ADDRESS, conf->sessions_per_address, why) &&
	       throttle_has_room(s, RATE_ERRORS, why) && throttle_take(s, RATE_CONNECTIONS, why);
}

/* Who is refused gives his seats back at once: the neighbours may need them. */
bool throttle_connect(struct smtp_session *s, struct out *why)
{
	const struct smtp_server *server = s->server;

	throttle_leave(s);
	/* An address that stands for everybody is not one client. */
	if (ip_nets_have(&server->unlimited_from, &s->client_ip) ||
	    vantage_hides(&server->vantage, &s->client_ip))
		return true;
	for (unsigned key = 0; key < CLIENT_KEYS; key++)
		s->seats[key] = tally_enter(&server->o.tally, name_of(s, (enum client_key)key));
	if (is_welcome(s, why))
		return true;
	throttle_leave(s);
	return false;
}
