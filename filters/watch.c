/* watch.c - what filters do on their own: see struct filter's watch.
 *
 * One timer for all watches of a worker.  Each has an arena for its answers, emptied when it wakes
 * from sleep, so that hourly work never adds up. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/lookup.h"
#include "filters/set.h"

enum { WATCH_ARENA = 65536 };

struct filter_watch {
	struct filter_worker *worker;
	struct filter_instance *instance;
	struct arena arena;
	struct lookups lookups;
	int64_t due_ms; /* while no lookup is running */
};

struct filter_worker {
	const struct filter_worker_services *services;
	unsigned count;
	struct filter_watch watches[];
};

static int64_t now_ms(const struct filter_worker *w)
{
	return w->services->now_ms(w->services->ctx);
}

static bool asleep(const struct filter_watch *watch)
{
	return watch->lookups.ops.pending == 0;
}

static void set_timer(struct filter_worker *w)
{
	const int64_t now = now_ms(w);
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < w->count; i++)
		if (asleep(&w->watches[i]) && w->watches[i].due_ms < next)
			next = w->watches[i].due_ms;
	if (next != INT64_MAX)
		w->services->tick_in(w->services->ctx, next > now ? next - now : 0);
}

/* Lookups of which none could even start have ended too. */
static void call(struct filter_watch *watch, bool answered)
{
	const struct filter_instance *instance = watch->instance;
	int64_t again_ms;

	again_ms = instance->filter->watch(watch, instance->watched, answered);
	if (!answered && asleep(watch) && watch->lookups.first)
		again_ms = instance->filter->watch(watch, instance->watched, true);
	watch->due_ms = now_ms(watch->worker) + (again_ms > 0 ? again_ms : 1);
}

static void settled(void *owner)
{
	struct filter_watch *watch = owner;

	call(watch, true);
	set_timer(watch->worker);
}

void filter_worker_tick(struct filter_worker *w)
{
	const int64_t now = now_ms(w);

	for (unsigned i = 0; i < w->count; i++) {
		struct filter_watch *watch = &w->watches[i];

		if (!asleep(watch) || watch->due_ms > now)
			continue;
		lookups_forget(&watch->lookups);
		watch->lookups.count = 0;
		watch->lookups.addresses = watch->lookups.texts = 0;
		arena_reset(&watch->arena);
		call(watch, false);
	}
	set_timer(w);
}

static void start(struct filter_worker *w, struct filter_instance *instance)
{
	struct filter_watch *watch = &w->watches[w->count++];

	CHECK(!instance->watch);
	instance->watch = watch;
	*watch = (struct filter_watch){
		.worker = w,
		.instance = instance,
		.lookups = { .arena = &watch->arena,
			     .dns = w->services->dns,
			     .ctx = w->services->ctx,
			     .share = LIMIT_FILTER_SESSION_ANSWERS,
			     .settled = settled,
			     .owner = watch },
		.due_ms = now_ms(w),
	};
	arena_init(&watch->arena, WATCH_ARENA);
}

struct filter_worker *filter_worker_new(struct filter_set *set,
					const struct filter_worker_services *services)
{
	struct filter_worker *w = mem_new(sizeof(*w) + set->count * sizeof(struct filter_watch));

	w->services = services;
	for (struct filter_instance *i = set->first; i; i = i->next)
		if (i->filter->watch)
			start(w, i);
	filter_worker_tick(w);
	return w;
}

void filter_worker_free(struct filter_worker *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		w->watches[i].instance->watch = NULL;
		ops_cancel_all(&w->watches[i].lookups.ops);
		arena_reset(&w->watches[i].arena);
	}
	mem_free(w);
}

void filter_instance_watch_soon(const struct filter_instance *instance, int64_t in_ms)
{
	struct filter_watch *watch = instance->watch;

	if (!watch || !asleep(watch) || watch->due_ms <= now_ms(watch->worker) + in_ms)
		return;
	watch->due_ms = now_ms(watch->worker) + in_ms;
	set_timer(watch->worker);
}

const void *filter_watch_conf(const struct filter_watch *watch)
{
	return watch->instance->conf;
}

void filter_watch_dns(struct filter_watch *watch, struct str name, enum rr_type type,
		      struct dns_answer *out)
{
	lookups_dns(&watch->lookups, &(struct lookup_dns){ .name = name, .type = type },
		    LIMIT_FILTER_DEADLINE_MS, out);
}
