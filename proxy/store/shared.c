#include "store/shared.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/redis_procedures.h"
#include "store/shared_bulk.h"

enum { KEY_MAX = LIMIT_STORE_KEY + 32, NUMBERS = 1 + STORE_ARGS, WORDS = 3 };

/* A question on its way: what redis_call() needs to stay. */
struct asked {
	struct redis_call call; /* first */
	struct store_call *question;
	struct asked *next_free;
	int64_t numbers[NUMBERS];
	struct str words[WORDS]; /* the label; of STORE_BULK also the key and the mail */
	char key[KEY_MAX];
	char mail[SHARED_BULK_MAIL];
};

enum { SCRIPT_LIST = STORE_PROCEDURE_COUNT, SCRIPT_COUNT };

/* A page on its way. */
struct paged {
	struct redis_call call; /* first */
	struct store_listing *page;
	struct str place;
	char prefix[KEY_MAX];
};

struct shared {
	struct redis *redis;
	struct redis_script scripts[SCRIPT_COUNT];
	struct ops ops;
	struct asked *free;
};

static struct asked *take_one(struct shared *s)
{
	struct asked *a = s->free;

	if (!a)
		return mem_new(sizeof(*a));
	s->free = a->next_free;
	return a;
}

static void give_back(struct shared *s, struct asked *a)
{
	a->next_free = s->free;
	s->free = a;
}

/* A script gives so many whole numbers; anything else comes from something that is no Redis. */
static bool read_answer(const struct redis_value *reply, struct store_call *question)
{
	int64_t *results = question->answer.results;

	if (question->question.procedure == STORE_BULK)
		return shared_bulk_answer(&question->question, reply, &question->answer.bulk);
	if (reply->type != REDIS_ARRAY || reply->count != STORE_RESULTS)
		return false;
	for (size_t i = 0; i < STORE_RESULTS; i++) {
		if (reply->items[i].type != REDIS_INTEGER)
			return false;
		results[i] = reply->items[i].integer;
	}
	return true;
}

static void on_reply(struct op *op, enum err err, const void *result)
{
	struct shared *s = op->arg;
	struct asked *a = (struct asked *)(void *)op;
	struct store_call *question = a->question;

	if (err == ERR_OK && !read_answer(result, question))
		err = ERR_PROTOCOL;
	question->answer.status = err == ERR_OK ? STORE_OK : STORE_FAILED;
	give_back(s, a);
	op_finish(&question->op, err, &question->answer);
}

static void cancel(struct op *op)
{
	struct asked *a = op->provider;
	struct shared *s = a->call.op.arg;

	op_cancel(&a->call.op);
	give_back(s, a);
}

static void print_prefix(struct out *o, enum store_procedure p)
{
	out_str(o, STR("postern:1:"));
	out_str(o, str_z(store_procedure_name(p)));
	out_str(o, STR(":{"));
}

static struct str print_key(struct asked *a, const struct store_question *q)
{
	struct out o = OUT(a->key);

	if (q->procedure == STORE_BULK)
		return STR(SHARED_BULK);
	print_prefix(&o, q->procedure);
	out_str(&o, q->key);
	out_char(&o, '}');
	CHECK(!o.full);
	return out_text(&o);
}

static void ask(void *ctx, struct store_call *question)
{
	const struct store_question *q = &question->question;
	struct shared *s = ctx;
	struct asked *a = take_one(s);

	a->question = question;
	a->numbers[0] = q->now_ms;
	memcpy(a->numbers + 1, q->args, sizeof(q->args));
	a->words[0] = q->label;
	a->words[1] = q->key;
	a->words[2] = shared_bulk_mail(q, a->mail);
	a->call = (struct redis_call){
		.op = { .done = on_reply, .arg = s },
		.script = &s->scripts[q->procedure],
		.key = print_key(a, q),
		.numbers = a->numbers,
		.number_count = NUMBERS,
		.words = a->words,
		.word_count = q->procedure == STORE_BULK ? WORDS : 1,
	};
	question->op.cancel = cancel;
	question->op.provider = a;
	redis_call(s->redis, &s->ops, &a->call, question->deadline_ms);
}

/* ---- pages ---- */

/* "expires field ... field|label", see record.lua. */
static bool read_record(struct str value, struct store_record *r)
{
	struct str numbers, one;
	uint64_t number;
	unsigned n = 0;
	bool more;

	*r = (struct store_record){ .expires_ms = 0 };
	if (!str_cut(value, '|', &numbers, &r->label) || r->label.n > LIMIT_STORE_LABEL)
		return false;
	do {
		more = str_cut(numbers, ' ', &one, &numbers);
		if (n > STORE_FIELDS || !str_u64(one, INT64_MAX, &number))
			return false;
		*(n ? &r->fields[n - 1] : &r->expires_ms) = (int64_t)number;
		n++;
	} while (more);
	return true;
}

static void read_row(struct store_listing *l, struct str prefix, const struct redis_value *pair)
{
	struct store_record record;
	struct str key = pair[0].text;

	if (pair[0].type != REDIS_TEXT || pair[1].type != REDIS_TEXT || l->count == STORE_PAGE)
		return;
	if (l->procedure == STORE_BULK) {
		if (shared_bulk_row(&key, pair[1].text, &record))
			store_listing_add(l, key, &record);
		return;
	}
	if (!str_starts(key, prefix) || !str_ends(key, STR("}")))
		return;
	key = str_from(str_head(key, key.n - 1), prefix.n);
	if (key.n && key.n <= LIMIT_STORE_KEY && read_record(pair[1].text, &record))
		store_listing_add(l, key, &record);
}

static enum err read_page(struct paged *p, const struct redis_value *reply)
{
	struct store_listing *l = p->page;

	if (reply->type != REDIS_ARRAY || reply->count % 2 == 0 ||
	    reply->items[0].type != REDIS_TEXT)
		return ERR_PROTOCOL;
	for (size_t i = 1; i < reply->count; i += 2)
		read_row(l, p->call.key, &reply->items[i]);
	if (!str_eq(reply->items[0].text, STR("0")))
		l->next = arena_str(l->arena, reply->items[0].text);
	return ERR_OK;
}

static void on_page(struct op *op, enum err err, const void *result)
{
	struct paged *p = (struct paged *)(void *)op;
	struct store_listing *l = p->page;

	if (err == ERR_OK)
		err = read_page(p, result);
	mem_free(p);
	op_finish(&l->op, err, NULL);
}

static void cancel_page(struct op *op)
{
	struct paged *p = op->provider;

	op_cancel(&p->call.op);
	mem_free(p);
}

static void list(void *ctx, struct store_listing *l)
{
	struct shared *s = ctx;
	struct paged *p = mem_new(sizeof(*p));
	struct out prefix = OUT(p->prefix);

	/* Of the bulk radar, no buckets: there are many. */
	if (l->procedure == STORE_BULK)
		out_str(&prefix, STR(SHARED_BULK "[cd]"));
	else
		print_prefix(&prefix, l->procedure);
	p->page = l;
	p->place = l->from.n ? l->from : STR("0");
	p->call = (struct redis_call){
		.op = { .done = on_page, .arg = s },
		.script = &s->scripts[SCRIPT_LIST],
		.key = out_text(&prefix),
		.words = &p->place,
		.word_count = 1,
	};
	l->op.cancel = cancel_page;
	l->op.provider = p;
	redis_call(s->redis, &s->ops, &p->call, l->deadline_ms);
}

static void close_shared(void *ctx)
{
	struct shared *s = ctx;

	CHECK(s->ops.pending == 0);
	redis_free(s->redis);
	while (s->free) {
		struct asked *a = s->free;

		s->free = a->next_free;
		mem_free(a);
	}
	mem_free(s);
}

static const struct store_backend backend_shared = { .ask = ask,
						     .list = list,
						     .close = close_shared };

struct store_side store_shared(const struct redis_options *options)
{
	struct shared *s = mem_new(sizeof(*s));
	struct redis_options all = *options;

	redis_procedures(s->scripts);
	s->scripts[SCRIPT_LIST] = redis_list();
	all.scripts = s->scripts;
	all.script_count = SCRIPT_COUNT;
	s->redis = redis_new(&all);
	return (struct store_side){ .backend = &backend_shared, .ctx = s };
}
