#include "filters/file/walk.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/file/inside.h"
#include "filters/file/unpack.h"

/* `first` bytes are at least as many as a walker reads without asking for more. */
static const struct {
	enum kind kind;
	walk_step *step;
	size_t first, head; /* head: in front of the first header */
} walkers[] = {
	{ .kind = KIND_ZIP, .step = walk_zip, .first = 4 },
	{ .kind = KIND_RAR4, .step = walk_rar4, .first = 7, .head = 7 },
	{ .kind = KIND_RAR5, .step = walk_rar5, .first = 7, .head = 8 },
	{ .kind = KIND_TAR, .step = walk_tar, .first = 512 },
	{ .kind = KIND_GZIP, .step = walk_gzip, .first = 10 },
	{ .kind = KIND_CAB, .step = walk_cab, .first = 36 },
	{ .kind = KIND_SEVENZIP, .step = walk_sevenzip, .first = 32 },
	{ .kind = KIND_OLE, .step = walk_ole, .first = 128 },
	{ .kind = KIND_TNEF, .step = walk_tnef, .first = 9, .head = 6 },
};

bool listing_add(struct listing *l, struct str name)
{
	struct listing_entry *e =
		l->count < LIMIT_ARCHIVE_ENTRIES ? arena_new(l->arena, struct listing_entry) : NULL;

	if (e)
		e->name = arena_str(l->arena, name);
	if (!e || !e->name.p) {
		l->flags |= LISTING_LIMIT;
		return false;
	}
	if (l->last)
		l->last->next = e;
	else
		l->first = e;
	l->last = e;
	l->count++;
	return true;
}

void walk_over(struct walk *w)
{
	w->step = NULL;
}

void walk_broken(struct walk *w)
{
	w->listing->flags |= LISTING_BROKEN;
	walk_over(w);
}

bool walk_pay(struct walk *w, uint64_t steps)
{
	if (steps_pay(w->steps, steps))
		return true;
	w->listing->flags |= LISTING_LIMIT;
	walk_over(w);
	return false;
}

bool walk_entry(struct walk *w, struct str name)
{
	if (name.n > LIMIT_ATTACHMENT_NAME)
		w->listing->flags |= LISTING_LIMIT;
	if (name.n == 0 || listing_add(w->listing, str_head(name, LIMIT_ATTACHMENT_NAME)))
		return true;
	walk_over(w);
	return false;
}

bool walk_knows(enum kind kind)
{
	size_t i = 0;

	while (i < COUNTOF(walkers) && walkers[i].kind != kind)
		i++;
	return i < COUNTOF(walkers) || unpack_method_of(kind) != UNPACK_NONE || scan_knows(kind);
}

void walk_begin(struct walk *w, enum kind kind, struct listing *listing, struct steps *steps)
{
	*w = (struct walk){ .listing = listing,
			    .steps = steps,
			    .packed = unpack_method_of(kind) != UNPACK_NONE };
	scan_begin(&w->scan, kind);
	listing->kind = kind;
	for (size_t i = 0; i < COUNTOF(walkers); i++) {
		if (walkers[i].kind != kind)
			continue;
		w->step = walkers[i].step;
		w->first = walkers[i].first;
		w->skip = walkers[i].head;
	}
}

static size_t shorter(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* The head of the buffer is of no use any more. */
static void drop(struct walk *w, size_t n)
{
	w->at += n;
	w->n -= n;
	if (n)
		memmove(w->buffer, w->buffer + n, w->n);
}

/* What is stepped over goes by; the head of it may be a file. */
static void pass(struct walk *w, struct str s)
{
	const struct str file = str_head(s, shorter(w->file, s.n));

	w->skip -= s.n;
	if (w->file == 0)
		return;
	inside_put(w, file);
	w->file -= file.n;
	if (w->file == 0)
		inside_end(w);
}

static struct str step_over(struct walk *w, struct str in)
{
	size_t n = shorter(w->skip, w->n);

	pass(w, (struct str){ .p = w->buffer, .n = n });
	drop(w, n);
	n = shorter(w->skip, in.n);
	pass(w, str_head(in, n));
	w->at += n;
	return str_from(in, n);
}

static struct str gather(struct walk *w, struct str in, size_t want)
{
	const size_t n = shorter(want - w->n, in.n);

	if (want > w->size) {
		w->buffer = mem_resize(w->buffer, want);
		w->size = want;
	}
	if (n)
		memcpy(w->buffer + w->n, in.p, n);
	w->n += n;
	return str_from(in, n);
}

enum { NEAR = 16 }; /* bytes behind a "P" that cost less than another memchr() */

/* Where "PK" begins, or may begin at the end of s; s.n: nowhere. */
static size_t find_mark(struct str s)
{
	const char *p = s.p, *const end = s.p + s.n;

	while (p < end && (p = memchr(p, 'P', (size_t)(end - p))) != NULL)
		for (int i = 0; i < NEAR && p < end; i++, p++)
			if (*p == 'P' && (p + 1 == end || p[1] == 'K'))
				return (size_t)(p - s.p);
	return s.n;
}

/* A "P" at the end of what is there stays in the buffer, until it is known what comes behind it. */
static struct str find(struct walk *w, struct str in)
{
	size_t n;

	drop(w, find_mark((struct str){ .p = w->buffer, .n = w->n }));
	if (w->n == 1 && in.n && in.p[0] != 'K')
		drop(w, 1);
	w->search = w->n < 2 && !(w->n == 1 && in.n);
	if (w->n || in.n == 0)
		return in;
	n = find_mark(in);
	w->at += n;
	w->search = in.n - n < 2;
	in = str_from(in, n);
	return in.n == 1 ? gather(w, in, 1) : in;
}

static void take_step(struct walk *w)
{
	const size_t before = w->want;

	if (!walk_pay(w, 1))
		return;
	w->want = w->used = 0;
	w->step(w, (struct str){ .p = w->buffer, .n = w->n });
	if (!w->step)
		return;
	CHECK(w->used <= w->n && (w->used || w->want > before) && w->want <= LIMIT_ARCHIVE_TAIL);
	drop(w, w->used);
}

void walk_feed(struct walk *w, struct str in)
{
	if (w->packed)
		inside_unpack(w, in);
	if (w->scan.language)
		w->listing->flags |= scan_feed(&w->scan, in, w->steps);
	while (w->step) {
		const size_t want = w->want ? w->want : w->first;

		if (w->skip)
			in = step_over(w, in);
		else if (w->search)
			in = find(w, in);
		if (w->skip || w->search)
			return;
		if (w->n < want)
			in = gather(w, in, want);
		if (w->n < want)
			return;
		take_step(w);
	}
}

void walk_end(struct walk *w)
{
	if (w->step && ((w->n && !w->search) || w->skip || w->left))
		w->listing->flags |= LISTING_BROKEN;
	if (w->packed || w->file)
		inside_end(w);
	walk_free(w);
}

void walk_free(struct walk *w)
{
	inside_free(w);
	scan_free(&w->scan);
	mem_free(w->buffer);
	*w = (struct walk){ 0 };
}
