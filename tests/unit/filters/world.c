/* world.c - see world.h. */
#include "world.h"

#include "base/check.h"
#include "base/mem.h"
#include "world_peers.h"

/* ---- services ---- */

static int64_t now_ms(void *ctx)
{
	return ((const struct world *)ctx)->now_ms;
}

static void tick_in(void *ctx, int64_t after_ms)
{
	struct world *w = ctx;

	CHECK(after_ms >= 0);
	w->tick_at_ms = w->now_ms + after_ms;
}

static void report(void *ctx, enum filter_scope scope, filter_symbol symbol, struct str detail)
{
	struct world *w = ctx;

	(void)scope;
	CHECK(w->finding_count < WORLD_FINDINGS && detail.n <= LIMIT_FINDING_DETAIL);
	w->findings[w->finding_count].symbol = symbol;
	if (detail.n)
		memcpy(w->findings[w->finding_count].detail, detail.p, detail.n);
	w->findings[w->finding_count++].detail[detail.n] = '\0';
	if (w->cancel_on_report)
		filter_runner_cancel(w->runner);
}

static void hit(void *ctx, filter_symbol symbol, unsigned hits)
{
	struct world *w = ctx;
	char bytes[16];
	struct out o = OUT(bytes);

	out_u64(&o, hits);
	report(w, SCOPE_TRANSACTION, symbol, out_text(&o));
}

static void finished(void *ctx, unsigned source)
{
	struct world *w = ctx;

	w->finished[source]++;
	if (w->cancel_on_finish)
		filter_runner_cancel(w->runner);
}

static void progress(void *ctx)
{
	((struct world *)ctx)->progress = true;
}

static filter_symbol symbol(void *ctx, struct str name, unsigned source, enum filter_phase phase,
			    const char *about)
{
	struct world *w = ctx;
	unsigned i = 0;

	CHECK(source < FILTER_SOURCES_MAX && phase < PHASE_COUNT && (!about || about[0]));
	while (i < w->symbol_count && !str_eq(str_z(w->symbols[i]), name))
		i++;
	if (i == w->symbol_count) {
		CHECK(i < WORLD_SYMBOLS && name.n < sizeof(w->symbols[0]));
		memcpy(w->symbols[w->symbol_count++], name.p, name.n);
	}
	return (filter_symbol)i;
}

static void defer_on(void *ctx, filter_symbol s)
{
	struct world *w = ctx;

	w->defer_on[w->defer_on_count++] = s;
}

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	struct world *w = r->arg;

	out_printf(&w->said, "%s%s:%u:%u: %s\n", severity == CONF_WARNING ? "warning: " : "",
		   at->file, at->line, at->column, text);
}

static void say(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		const char *text)
{
	(void)severity;
	(void)at;
	out_printf(r->arg, "%s\n", text);
}

struct conf_report world_report(struct out *said)
{
	return (struct conf_report){ .say = say, .arg = said };
}

/* ---- a world ---- */

/* Those who authenticate senders ask about every mail: they are there when the config names them. */
static bool is_quiet(const char *name)
{
	static const char *const names[] = { "spf",      "dkim",    "arc",        "from",
					     "dmarc",    "content", "attachment", "uri",
					     "patterns", "relays",  "evals",      "rbl" };

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void load(struct world *w, const char *text)
{
	size_t n;
	const struct conf_block *const *blocks = filter_blocks(&n);
	struct out all = OUT(w->config);
	struct conf_report r = { .say = complain, .arg = w };

	out_str(&all, str_z(text));
	for (size_t i = 0; i < n; i++)
		if (is_quiet(blocks[i]->name) && !strstr(text, blocks[i]->name))
			out_printf(&all, "%s { enabled = no }\n", blocks[i]->name);
	CHECK(!all.full);
	w->conf = conf_parse(out_text(&all), "test.conf", blocks, n, &r);
	if (w->conf)
		w->set = filter_set_new(w->conf, &w->registry, &r);
}

struct world *world_new(const char *conf)
{
	struct world *w = mem_new(sizeof(*w));

	w->fail_nth = -1;
	w->tick_at_ms = -1;
	w->now_ms = 1000;
	w->said = OUT(w->complaints);
	w->registry = (struct filter_registry){ .ctx = w, .symbol = symbol, .defer_on = defer_on };
	w->services = (struct filter_services){ .ctx = w,
						.now_ms = now_ms,
						.unix_ms = now_ms,
						.dns = world_ask,
						.store = world_ask_store,
						.note = world_note,
						.report = report,
						.hit = hit,
						.finished = finished,
						.progress = progress };
	w->worker_services = (struct filter_worker_services){
		.ctx = w, .now_ms = now_ms, .dns = world_ask, .tick_in = tick_in
	};
	arena_init(&w->arena, WORLD_ARENA);
	if (conf)
		load(w, conf);
	return w;
}

void world_free(struct world *w)
{
	world_close(w);
	CHECK(w->open == 0);
	if (w->conf)
		conf_free(w->conf);
	mem_free(w);
}

void world_client(struct world *w, const char *ip)
{
	CHECK(ip_parse(str_z(ip), &w->facts.client_ip));
}

void world_open(struct world *w, enum filter_scope scope)
{
	CHECK(w->set);
	world_close(w);
	w->finding_count = 0;
	memset(w->finished, 0, sizeof(w->finished));
	w->asked = 0;
	if (w->taken)
		(void)!arena_alloc(&w->arena, w->taken);
	w->runner = filter_runner_new(w->set, scope, &w->arena, &w->services, &w->facts);
}

void world_close(struct world *w)
{
	if (w->runner)
		filter_runner_cancel(w->runner);
	w->runner = NULL;
	w->progress = false;
	arena_reset(&w->arena);
}

bool world_step(struct world *w)
{
	if (!w->progress)
		return world_answer_next(w);
	w->progress = false;
	CHECK(filter_runner_turn(w->runner) == filter_runner_idle(w->runner));
	return true;
}

void world_run(struct world *w, enum filter_phase phase)
{
	world_open(w, filter_phase_scope(phase));
	CHECK(w->runner);
	filter_runner_reach(w->runner, phase);
	world_drain(w);
}

void world_message(struct world *w, struct str body)
{
	world_open(w, SCOPE_TRANSACTION);
	CHECK(w->runner);
	for (enum filter_phase phase = PHASE_MAIL; phase <= PHASE_ALIGN; phase++) {
		if (phase == PHASE_END)
			filter_runner_body(w->runner, body);
		filter_runner_reach(w->runner, phase);
		world_drain(w);
	}
}

void world_settle(struct world *w)
{
	while (world_answer_next(w))
		continue;
}

void world_tick(struct world *w, struct filter_worker *worker)
{
	CHECK(w->tick_at_ms >= 0);
	if (w->tick_at_ms > w->now_ms)
		w->now_ms = w->tick_at_ms;
	w->tick_at_ms = -1;
	filter_worker_tick(worker);
	world_settle(w);
}

const char *world_found(const struct world *w, const char *name)
{
	static char joined[4096];
	struct out o = OUT(joined);
	bool found = false;

	for (unsigned i = 0; i < w->finding_count; i++) {
		if (strcmp(w->symbols[w->findings[i].symbol], name) != 0)
			continue;
		if (found)
			out_char(&o, '|');
		found = true;
		out_str(&o, str_z(w->findings[i].detail));
	}
	out_char(&o, '\0');
	return found ? joined : NULL;
}
