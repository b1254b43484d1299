/* world.c - see world.h. */
#include "world.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/procedures.h"

struct world_question {
	struct op op;
	struct world_question *next, **link;
	struct world *world;
	struct str name;
	enum rr_type type;
	int64_t due_ms;
	bool fails;
	bool stored; /* for the store */
	struct store_question question;
};

/* ---- DNS ---- */

static struct world_row *row_of(struct world *w, struct str name, enum rr_type type)
{
	for (unsigned i = 0; i < w->row_count; i++)
		if (w->rows[i].type == type && str_ieq(str_z(w->rows[i].name), name))
			return &w->rows[i];
	return NULL;
}

static struct world_row *make_row(struct world *w, const char *name, enum rr_type type)
{
	struct world_row *row = row_of(w, str_z(name), type);

	if (row)
		return row;
	CHECK(w->row_count < WORLD_ROWS);
	row = &w->rows[w->row_count++];
	*row = (struct world_row){ .name = name, .type = type };
	return row;
}

void world_dns(struct world *w, const char *name, enum rr_type type, const char *value)
{
	struct world_row *row = make_row(w, name, type);
	struct rr *rr;

	CHECK(row->count < COUNTOF(row->records));
	rr = &row->records[row->count++];
	*rr = (struct rr){ .type = type, .text = str_z("") };
	if (type == RR_A || type == RR_AAAA)
		CHECK(ip_parse(str_z(value), &rr->ip));
	else
		rr->text = str_z(value);
}

void world_dns_status(struct world *w, const char *name, enum rr_type type, enum dns_status status)
{
	make_row(w, name, type)->status = status;
}

void world_dns_delay(struct world *w, const char *name, enum rr_type type, int64_t ms)
{
	make_row(w, name, type)->delay_ms = ms;
}

void world_dns_clear(struct world *w)
{
	w->row_count = 0;
}

static void unlink_question(struct world_question *q)
{
	*q->link = q->next;
	if (q->next)
		q->next->link = q->link;
	q->world->open--;
}

static void cancel_question(struct op *op)
{
	unlink_question(op->provider);
}

static void put_last(struct world_question *q)
{
	q->link = &q->world->questions;
	while (*q->link)
		q->link = &(*q->link)->next;
	*q->link = q;
	q->world->open++;
}

static struct op *ask(void *ctx, const struct filter_question *asked)
{
	struct world *w = ctx;
	struct world_question *q = arena_new(asked->arena, struct world_question);
	const struct world_row *row = row_of(w, asked->name, asked->type);
	const int64_t delay = row ? row->delay_ms : 0;
	const int64_t deadline_ms = asked->deadline_ms;

	CHECK(deadline_ms > 0);
	if (!q)
		return NULL;
	*q = (struct world_question){
		.world = w,
		.name = arena_str(asked->arena, asked->name),
		.type = asked->type,
		.due_ms = w->now_ms + (delay > deadline_ms ? deadline_ms : delay),
		.fails = w->fail_all || (int)w->asked == w->fail_nth || delay > deadline_ms,
		.op = { .label = "dns",
			.done = asked->done,
			.arg = asked->arg,
			.cancel = cancel_question,
			.provider = q },
	};
	if (!q->name.p)
		return NULL;
	put_last(q);
	w->asked++;
	op_start(asked->ops, &q->op);
	return &q->op;
}

/* ---- the store ---- */

static struct world_record *record_of(struct world *w, const struct store_question *q)
{
	struct world_record *r = w->records;

	while (r < w->records + w->record_count &&
	       (r->procedure != q->procedure || !str_eq(str_z(r->key), q->key)))
		r++;
	if (r < w->records + w->record_count)
		return r;
	CHECK(w->record_count < WORLD_RECORDS);
	w->record_count++;
	*r = (struct world_record){ .procedure = q->procedure };
	memcpy(r->key, q->key.p, q->key.n);
	return r;
}

static void do_store(struct world *w, const struct store_question *q, int64_t *results)
{
	struct world_record *r = record_of(w, q);
	struct store_record record = r->record;

	if (record.expires_ms <= q->now_ms)
		record = (struct store_record){ .expires_ms = 0 };
	if (!store_procedure_run(q, &record, results))
		return;
	if (record.label.n)
		memmove(r->label, record.label.p, record.label.n);
	r->record = record;
	r->record.label = (struct str){ .p = r->label, .n = record.label.n };
}

static void note(void *ctx, const struct store_question *question)
{
	struct world *w = ctx;
	int64_t results[STORE_RESULTS];

	CHECK(store_question_fits(question));
	if (w->store_status != STORE_FAILED)
		do_store(w, question, results);
}

static struct op *ask_store(void *ctx, const struct filter_store_question *asked)
{
	struct world *w = ctx;
	struct world_question *q = arena_new(asked->arena, struct world_question);
	const int64_t deadline_ms = asked->deadline_ms, delay = w->store_delay_ms;

	CHECK(deadline_ms > 0 && store_question_fits(asked->question));
	if (!q)
		return NULL;
	*q = (struct world_question){
		.world = w,
		.stored = true,
		.question = *asked->question,
		.due_ms = w->now_ms + (delay > deadline_ms ? deadline_ms : delay),
		.fails = delay > deadline_ms,
		.op = { .label = "store",
			.done = asked->done,
			.arg = asked->arg,
			.cancel = cancel_question,
			.provider = q },
	};
	q->question.key = arena_str(asked->arena, asked->question->key);
	q->question.label = arena_str(asked->arena, asked->question->label);
	if (!q->question.key.p)
		return NULL;
	put_last(q);
	op_start(asked->ops, &q->op);
	return &q->op;
}

static void answer_store(struct world_question *q)
{
	struct world *w = q->world;
	struct store_answer *a = mem_new(sizeof(*a));

	a->status = q->fails ? STORE_FAILED : w->store_status;
	if (a->status != STORE_FAILED)
		do_store(w, &q->question, a->results);
	unlink_question(q);
	op_finish(&q->op, a->status == STORE_FAILED ? ERR_TIMEOUT : ERR_OK, a);
	mem_free(a);
}

/* The records are gone when done() returns: what is kept must have been copied. */
static void answer_dns(struct world_question *q)
{
	struct world *w = q->world;
	const struct world_row *row = row_of(w, q->name, q->type);
	struct dns_answer *a = mem_new(sizeof(*a));
	struct rr *records = mem_new(sizeof(row->records));

	a->status = DNS_NXDOMAIN;
	if (row) {
		a->status = row->status;
		a->count = row->status == DNS_OK ? row->count : 0;
		for (unsigned i = 0; i < a->count; i++) {
			records[i] = row->records[i];
			records[i].text.p = mem_strdup(row->records[i].text);
		}
	}
	if (q->fails)
		*a = (struct dns_answer){ .status = DNS_FAILED };
	a->records = records;
	unlink_question(q);
	op_finish(&q->op, a->status == DNS_FAILED ? ERR_SERVFAIL : ERR_OK, a);
	for (unsigned i = 0; i < COUNTOF(row->records); i++)
		if (records[i].text.p)
			mem_free((void *)(uintptr_t)records[i].text.p);
	mem_free(records);
	mem_free(a);
}

static void answer(struct world_question *q)
{
	if (q->stored)
		answer_store(q);
	else
		answer_dns(q);
}

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
						.dns = ask,
						.store = ask_store,
						.note = note,
						.report = report,
						.hit = hit,
						.finished = finished,
						.progress = progress };
	w->worker_services = (struct filter_worker_services){
		.ctx = w, .now_ms = now_ms, .dns = ask, .tick_in = tick_in
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

static struct world_question *next_question(const struct world *w)
{
	struct world_question *next = w->questions;

	for (struct world_question *q = w->questions; q; q = q->next)
		if (q->due_ms < next->due_ms)
			next = q;
	return next;
}

bool world_step(struct world *w)
{
	struct world_question *q;

	if (w->progress) {
		w->progress = false;
		CHECK(filter_runner_turn(w->runner) == filter_runner_idle(w->runner));
		return true;
	}
	q = next_question(w);
	if (!q)
		return false;
	if (q->due_ms > w->now_ms)
		w->now_ms = q->due_ms;
	answer(q);
	return true;
}

void world_run(struct world *w, enum filter_phase phase)
{
	world_open(w, filter_phase_scope(phase));
	CHECK(w->runner);
	filter_runner_reach(w->runner, phase);
	world_drain(w);
}

void world_settle(struct world *w)
{
	struct world_question *q;

	while ((q = next_question(w))) {
		if (q->due_ms > w->now_ms)
			w->now_ms = q->due_ms;
		answer(q);
	}
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
