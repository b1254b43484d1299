/* https://redis.io/docs: "Sentinel client spec".  A question has a connection of its own: it is asked when a connection
 * was lost, and by then an old one would be as doubtful as what it says. */
#include "redis/sentinel.h"

#include "base/check.h"
#include "base/mem.h"

struct sentinel {
	const struct redis_net *net;
	struct redis_host hosts[LIMIT_REDIS_HOSTS];
	unsigned host_count, at;
	struct str master, user, password;
	struct redis_link link;
	unsigned skip; /* replies that come before the answer */
	struct timer patience;
	sentinel_fn *fn; /* NULL: nothing is asked */
	void *arg;
	struct redis_host answer;
	char answer_name[LIMIT_DOMAIN + 1];
};

static void end(struct sentinel *s, const struct redis_host *master, struct str why)
{
	sentinel_fn *fn = s->fn;

	s->fn = NULL;
	timer_stop(&s->patience);
	redis_link_close(&s->link);
	fn(master, why, s->arg);
}

static void ask_one(struct sentinel *s)
{
	timer_start(&s->patience, s->net->timeout_ms);
	redis_link_open(&s->link, &s->hosts[s->at]);
}

/* `why` may lie in the reply that closing forgets. */
static void ask_next(struct sentinel *s, struct str why)
{
	char bytes[LIMIT_DOMAIN + 320];
	struct out o = OUT(bytes);

	out_str(&o, STR("no Sentinel knows the master; the last one, "));
	redis_host_print(&o, &s->hosts[s->at]);
	out_str(&o, STR(": "));
	out_str(&o, str_head(why, 256));
	redis_link_close(&s->link);
	if (++s->at < s->host_count)
		ask_one(s);
	else
		end(s, NULL, out_text(&o));
}

static void to_front(struct sentinel *s)
{
	const struct redis_host knows = s->hosts[s->at];

	memmove(s->hosts + 1, s->hosts, s->at * sizeof(*s->hosts));
	s->hosts[0] = knows;
}

static bool is_address(const struct redis_value *reply, struct sentinel *s)
{
	uint64_t port;
	struct str name;

	if (reply->type != REDIS_ARRAY || reply->count != 2)
		return false;
	name = reply->items[0].text;
	if (!redis_host_name(name) || !str_u64(reply->items[1].text, UINT16_MAX, &port) ||
	    port == 0)
		return false;
	memcpy(s->answer_name, name.p, name.n);
	s->answer_name[name.n] = '\0';
	s->answer = (struct redis_host){ .name = { .p = s->answer_name, .n = name.n },
					 .port = (uint16_t)port };
	return true;
}

/* Of an error to AUTH only the first word: it can show what it was asked, password and all. */
static struct str error_of(const struct sentinel *s, const struct redis_value *reply)
{
	struct str word, rest;

	str_cut(reply->text, ' ', &word, &rest);
	return s->skip ? word : reply->text;
}

static void on_reply(struct sentinel *s, const struct redis_value *reply)
{
	if (reply->type == REDIS_ERROR) {
		ask_next(s, error_of(s, reply));
	} else if (s->skip) {
		s->skip--;
	} else if (is_address(reply, s)) {
		to_front(s);
		end(s, &s->answer, (struct str){ 0 });
	} else {
		ask_next(s, reply->type == REDIS_NIL ? STR("it knows no master of this name")
						     : STR("its answer is no address"));
	}
}

static void on_up(struct sentinel *s)
{
	const struct str question[] = { STR("SENTINEL"), STR("get-master-addr-by-name"),
					s->master };
	const struct str login[] = { STR("AUTH"), s->user, s->password };

	s->skip = s->password.n > 0;
	if (s->user.n)
		redis_link_say(&s->link, login, 3);
	else if (s->password.n)
		redis_link_say(&s->link, (const struct str[]){ login[0], login[2] }, 2);
	redis_link_say(&s->link, question, COUNTOF(question));
}

static void on_link(struct redis_link *link, enum redis_link_event event,
		    const struct redis_value *reply, void *arg)
{
	struct sentinel *s = arg;

	switch (event) {
	case REDIS_LINK_UP:
		on_up(s);
		break;
	case REDIS_LINK_REPLY:
		on_reply(s, reply);
		break;
	case REDIS_LINK_DOWN:
		ask_next(s, out_text(&link->why));
		break;
	}
}

static void on_patience(struct timer *t, void *arg)
{
	(void)t;
	ask_next(arg, STR("no answer in time"));
}

void sentinel_ask(struct sentinel *s, sentinel_fn *fn, void *arg)
{
	CHECK(s->fn == NULL);
	s->fn = fn;
	s->arg = arg;
	s->at = 0;
	ask_one(s);
}

void sentinel_cancel(struct sentinel *s)
{
	s->fn = NULL;
	timer_stop(&s->patience);
	redis_link_close(&s->link);
}

struct sentinel *sentinel_new(const struct redis_net *net, const struct redis_url *url,
			      struct str user, struct str password)
{
	struct sentinel *s = mem_new(sizeof(*s));

	*s = (struct sentinel){ .net = net,
				.host_count = url->host_count,
				.master = url->master,
				.user = user,
				.password = password };
	memcpy(s->hosts, url->hosts, sizeof(s->hosts));
	redis_link_init(&s->link, net, on_link, s);
	timer_init(&s->patience, net->loop, on_patience, s);
	return s;
}

void sentinel_free(struct sentinel *s)
{
	sentinel_cancel(s);
	mem_free(s);
}
