#include "store/shared.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/redis_procedures.h"

enum { KEY_MAX = LIMIT_STORE_KEY + 32, NUMBERS = 1 + STORE_ARGS };

/* A question on its way: what redis_call() needs to stay. */
struct asked {
	struct redis_call call; /* first */
	struct store_call *question;
	struct asked *next_free;
	int64_t numbers[NUMBERS];
	char key[KEY_MAX];
};

struct shared {
	struct redis *redis;
	struct redis_script scripts[STORE_PROCEDURE_COUNT];
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
static bool read_results(const struct redis_value *reply, int64_t results[STORE_RESULTS])
{
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

	if (err == ERR_OK && !read_results(result, question->answer.results))
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

static struct str print_key(struct asked *a, const struct store_question *q)
{
	struct out o = OUT(a->key);

	out_str(&o, STR("postern:1:"));
	out_str(&o, str_z(store_procedure_name(q->procedure)));
	out_str(&o, STR(":{"));
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
	a->call = (struct redis_call){
		.op = { .done = on_reply, .arg = s },
		.script = &s->scripts[q->procedure],
		.key = print_key(a, q),
		.numbers = a->numbers,
		.number_count = NUMBERS,
		.words = &q->label,
		.word_count = 1,
	};
	question->op.cancel = cancel;
	question->op.provider = a;
	redis_call(s->redis, &s->ops, &a->call, question->deadline_ms);
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

static const struct store_backend backend_shared = { .ask = ask, .close = close_shared };

struct store_side store_shared(const struct redis_options *options)
{
	struct shared *s = mem_new(sizeof(*s));
	struct redis_options all = *options;

	redis_procedures(s->scripts);
	all.scripts = s->scripts;
	all.script_count = STORE_PROCEDURE_COUNT;
	s->redis = redis_new(&all);
	return (struct store_side){ .backend = &backend_shared, .ctx = s, .name = "redis" };
}
