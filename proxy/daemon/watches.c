#include "daemon/watches.h"

#include "base/mem.h"
#include "inspection/lookup.h"

struct watches {
	struct loop *loop;
	struct dns *dns;
	struct timer timer;
	struct filter_worker_services services;
	struct filter_worker *worker;
};

static int64_t now_ms(void *ctx)
{
	const struct watches *w = ctx;

	return loop_now_ms(w->loop);
}

static struct op *ask_dns(void *ctx, const struct filter_question *question)
{
	const struct watches *w = ctx;

	return lookup_dns(w->dns, question);
}

static void tick_in(void *ctx, int64_t after_ms)
{
	struct watches *w = ctx;

	timer_start(&w->timer, after_ms);
}

static void on_timer(struct timer *t, void *arg)
{
	const struct watches *w = arg;

	(void)t;
	filter_worker_tick(w->worker);
}

struct watches *watches_new(struct loop *loop, struct dns *dns, struct filter_set *set)
{
	struct watches *w = mem_new(sizeof(*w));

	*w = (struct watches){ .loop = loop, .dns = dns };
	w->services = (struct filter_worker_services){
		.ctx = w, .now_ms = now_ms, .dns = ask_dns, .tick_in = tick_in
	};
	timer_init(&w->timer, loop, on_timer, w);
	w->worker = filter_worker_new(set, &w->services);
	return w;
}

void watches_free(struct watches *w)
{
	filter_worker_free(w->worker);
	timer_stop(&w->timer);
	mem_free(w);
}
