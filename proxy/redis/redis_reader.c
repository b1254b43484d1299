#include "redis/redis_reader.h"

#include "base/check.h"
#include "base/limits.h"

#include <hiredis/read.h>

/* ---- what the parser calls; a NULL stops it ---- */

static struct redis_value *place_of(const redisReadTask *task)
{
	struct redis_reader *r = task->privdata;
	struct redis_value *parent = task->parent ? task->parent->obj : NULL;

	if (!parent)
		return &r->root;
	CHECK(task->idx >= 0 && (size_t)task->idx < parent->count);
	return &parent->items[task->idx];
}

static void *over(const redisReadTask *task)
{
	struct redis_reader *r = task->privdata;

	r->over = true;
	return NULL;
}

static enum redis_type type_of(int type)
{
	return type == REDIS_REPLY_ERROR    ? REDIS_ERROR
	       : type == REDIS_REPLY_STATUS ? REDIS_STATUS
					    : REDIS_TEXT;
}

/* The parser moves its buffer: texts are copied. */
static void *make_text(const redisReadTask *task, char *p, size_t n)
{
	struct redis_reader *r = task->privdata;
	struct redis_value *v = place_of(task);
	const struct str text = arena_str(&r->arena, (struct str){ .p = p, .n = n });

	if (!text.p)
		return over(task);
	*v = (struct redis_value){ .type = type_of(task->type), .text = text };
	return v;
}

static struct redis_value *make_items(struct redis_reader *r, size_t n)
{
	struct redis_value *few = r->few + r->few_used;

	if (n > REDIS_FEW - r->few_used)
		return arena_alloc(&r->arena, n * sizeof(*few));
	r->few_used += n;
	return few;
}

static void *make_array(const redisReadTask *task, int n)
{
	struct redis_value *v = place_of(task);
	struct redis_value *items;

	CHECK(n >= 0);
	items = make_items(task->privdata, (size_t)n);
	if (!items)
		return over(task);
	*v = (struct redis_value){ .type = REDIS_ARRAY, .items = items, .count = (size_t)n };
	return v;
}

static void *make_integer(const redisReadTask *task, long long n)
{
	struct redis_value *v = place_of(task);

	*v = (struct redis_value){ .type = REDIS_INTEGER, .integer = n };
	return v;
}

static void *make_nil(const redisReadTask *task)
{
	struct redis_value *v = place_of(task);

	*v = (struct redis_value){ .type = REDIS_NIL };
	return v;
}

static void free_nothing(void *value)
{
	(void)value;
}

static redisReplyObjectFunctions makers = {
	.createString = make_text,
	.createArray = make_array,
	.createInteger = make_integer,
	.createNil = make_nil,
	.freeObject = free_nothing,
};

/* ---- the reader ---- */

void redis_reader_init(struct redis_reader *r)
{
	*r = (struct redis_reader){ 0 };
	arena_init(&r->arena, LIMIT_REDIS_REPLY);
}

void redis_reader_free(struct redis_reader *r)
{
	if (r->parser)
		redisReaderFree(r->parser);
	arena_reset(&r->arena);
	redis_reader_init(r);
}

void redis_reader_feed(struct redis_reader *r, struct str bytes)
{
	if (!r->parser) {
		r->parser = redisReaderCreateWithFunctions(&makers);
		CHECK(r->parser != NULL);
		r->parser->privdata = r;
	}
	if (bytes.n && !r->parser->err)
		CHECK(redisReaderFeed(r->parser, bytes.p, bytes.n) == REDIS_OK || r->parser->err);
}

static enum err why_none(const struct redis_reader *r)
{
	if (r->over || r->parser->len - r->parser->pos > LIMIT_REDIS_REPLY)
		return ERR_LIMIT;
	return r->parser->err ? ERR_PROTOCOL : ERR_OK;
}

const struct redis_value *redis_reader_next(struct redis_reader *r, enum err *err)
{
	void *reply = NULL;

	*err = ERR_OK;
	if (!r->parser)
		return NULL;
	/* A reply that has begun keeps what it has so far. */
	if (r->parser->ridx < 0) {
		r->few_used = 0;
		if (r->arena.used)
			arena_reset(&r->arena);
	}
	if (redisReaderGetReply(r->parser, &reply) == REDIS_OK && reply)
		return reply;
	*err = why_none(r);
	return NULL;
}
