#include "filters/file/inside.h"

#include "base/mem.h"
#include "filters/file/unpack.h"

enum { PIECE = 4096, SLACK = 8 /* a gzip begins with what is packed less */ };

struct inside {
	struct walk walk;
	struct unpack unpack;
	bool known, over; /* what it is; and that no more can be known of it */
	uint64_t paid;    /* steps of unpacking it */
	uint64_t packed;  /* bytes that it is packed in, */
	char tail[4];     /* and the last of them */
	size_t n;
	char head[KIND_HEAD];
};

/* The file at work; one begins where there is none. */
static struct inside *at_work(struct walk *outer)
{
	if (!outer->inside)
		outer->inside = mem_new(sizeof(*outer->inside));
	return outer->inside;
}

static struct listing *add_listing(struct listing *outer)
{
	struct listing *l = arena_new(outer->arena, struct listing);

	if (!l) {
		outer->flags |= LISTING_LIMIT;
		return NULL;
	}
	l->arena = outer->arena;
	l->inside = outer->inside;
	outer->inside = l;
	return l;
}

/* Its head is there, or there is no more of it. */
static void know(struct inside *i, struct walk *outer)
{
	const struct str head = { .p = i->head, .n = i->n };
	const enum kind kind = kind_of(head);
	struct listing *l;

	i->known = i->over = true;
	if (kind_class(kind) == CLASS_PROGRAM)
		outer->listing->flags |= LISTING_PROGRAM;
	if (outer->depth == LIMIT_ARCHIVE_DEPTH || !walk_knows(kind))
		return;
	l = add_listing(outer->listing);
	if (!l)
		return;
	walk_begin(&i->walk, kind, l, outer->steps);
	i->walk.depth = outer->depth + 1;
	i->over = false;
	walk_feed(&i->walk, head);
}

static void put(struct inside *i, struct walk *outer, struct str bytes)
{
	if (!i->known) {
		const struct str head = str_head(bytes, sizeof(i->head) - i->n);

		memcpy(i->head + i->n, head.p, head.n);
		i->n += head.n;
		bytes = str_from(bytes, head.n);
		if (i->n == sizeof(i->head))
			know(i, outer);
	}
	if (i->over || bytes.n == 0)
		return;
	walk_feed(&i->walk, bytes);
	i->over = !walk_goes_on(&i->walk);
}

void inside_put(struct walk *outer, struct str bytes)
{
	struct inside *i = at_work(outer);

	if (!i->over && bytes.n)
		put(i, outer, bytes);
}

/* False: that was too much. */
static bool pay(struct inside *i, struct steps *left)
{
	const uint64_t steps = unpack_steps(&i->unpack);

	if (!steps_pay(left, steps - i->paid))
		return false;
	i->paid = steps;
	return true;
}

/* Whatever may still come is not seen. */
static void give_up(struct inside *i, struct listing *outer)
{
	outer->flags |= LISTING_UNSEEN;
	walk_free(&i->walk);
	i->known = i->over = true;
}

static void keep_tail(struct inside *i, struct str bytes)
{
	const size_t n = bytes.n < sizeof(i->tail) ? bytes.n : sizeof(i->tail);

	i->packed += bytes.n;
	memmove(i->tail, i->tail + n, sizeof(i->tail) - n);
	if (n)
		memcpy(i->tail + sizeof(i->tail) - n, bytes.p + bytes.n - n, n);
}

void inside_unpack(struct walk *outer, struct str bytes)
{
	struct inside *i = at_work(outer);
	char out[PIECE];
	size_t n = sizeof(out);

	keep_tail(i, bytes);
	if (i->unpack.method == UNPACK_NONE && !i->over)
		unpack_begin(&i->unpack, unpack_method_of(outer->listing->kind));
	while (!i->over && !i->unpack.over && (bytes.n || n == sizeof(out))) {
		n = unpack_take(&i->unpack, &bytes, out, sizeof(out));
		inside_put(outer, (struct str){ .p = out, .n = n });
		if (!pay(i, outer->steps))
			give_up(i, outer->listing);
	}
	if (i->over)
		unpack_end(&i->unpack);
}

/* As a gzip says at its end; where that is far more than what was unpacked of it makes likely it has been cut. */
static uint64_t unpacked_size(const struct inside *i)
{
	const struct unpack *u = &i->unpack;
	const uint64_t said = walk_u32((struct str){ .p = i->tail, .n = sizeof(i->tail) }, 0),
		       likely = u->in ? u->out * i->packed / u->in * SLACK : 0;

	return said < likely ? said : 0;
}

void inside_end(struct walk *outer)
{
	struct inside *i = outer->inside;

	if (!i)
		return;
	if (!i->known)
		know(i, outer);
	if (outer->listing->kind == KIND_GZIP)
		listing_unpacks(outer->listing, unpacked_size(i));
	walk_end(&i->walk);
	unpack_end(&i->unpack);
	*i = (struct inside){ .n = 0 };
}

void inside_free(struct walk *outer)
{
	struct inside *i = outer->inside;

	if (!i)
		return;
	walk_free(&i->walk);
	unpack_end(&i->unpack);
	mem_free(i);
	outer->inside = NULL;
}
