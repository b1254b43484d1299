/* zip.c - ZIP (APPNOTE 4.3): the headers in front of the files, and those of the directory at the end.
 *
 * What a header says of lengths is not believed: it might lead past the directory, which is what programs go by.  Both
 * kinds of headers are looked for wherever they are, so that a name that is in one of them alone is seen; so is the
 * name in Info-ZIP's extra field (4.6.9), which is shown in its place. */
#include "base/check.h"
#include "filters/file/walk.h"

/* Where a header has what. */
struct layout {
	size_t size, flags, unpacked, name_length; /* the length of the extra field is behind it */
	bool repeats;                              /* names of files that were there, mostly */
};

static const struct layout local = { .size = 30, .flags = 6, .unpacked = 22, .name_length = 26 };
static const struct layout central = {
	.size = 46, .flags = 8, .unpacked = 24, .name_length = 28, .repeats = true
};

enum {
	ENCRYPTED = 1,
	MASKED = 1 << 13,

	EXTRA_SIZES = 1, /* of files of 4 GB or more */
	EXTRA_NAME = 0x7075,
	EXTRA_HEAD = 4,
	EXTRA_SUM = 5, /* in front of the name: version, sum of the other */
};

struct mark {
	struct str text; /* in a name */
	enum listing_flag flag;
	bool at_end;
};

/* Files that say what a document is. */
static const struct mark marks[] = {
	{ STR_INIT("vbaproject.bin"), LISTING_MACROS, true },
	{ STR_INIT("xl/macrosheets/"), LISTING_MACROS, false },
	{ STR_INIT("/script-lb.xml"), LISTING_MACROS, true }, /* OpenDocument */
	{ STR_INIT("/embeddings/oleobject"), LISTING_EMBEDDED, false },
};

static bool is_in(struct str s, struct str text, bool at_end)
{
	for (size_t i = at_end && s.n > text.n ? s.n - text.n : 0; i + text.n <= s.n; i++)
		if (str_istarts(str_from(s, i), text))
			return true;
	return false;
}

static void look_at_name(struct listing *l, struct str name)
{
	for (size_t i = 0; i < COUNTOF(marks); i++)
		if (is_in(name, marks[i].text, marks[i].at_end))
			l->flags |= marks[i].flag;
}

/* The directory repeats what was there, mostly in the same order. */
static bool is_known(struct walk *w, struct str name)
{
	struct listing_entry *e = w->known ? w->known->next : w->listing->first;

	if (!e || !str_eq(e->name, str_head(name, LIMIT_ATTACHMENT_NAME)))
		return false;
	w->known = e;
	return true;
}

/* Up to the NUL, if there is one: for programs it ends there. */
static struct str cut_name(struct str name)
{
	struct str rest;

	(void)!str_cut(name, '\0', &name, &rest);
	return name;
}

/* again: it may be one that was there before. */
static void take_name(struct walk *w, struct str name, bool again)
{
	look_at_name(w->listing, name);
	if (!again || !is_known(w, name))
		walk_entry(w, name);
}

static void take_extra(struct walk *w, struct str extra)
{
	w->extra = 0;
	while (w->step && extra.n > EXTRA_HEAD) {
		const size_t n = walk_u16(extra, 2);
		const struct str data = str_head(str_from(extra, EXTRA_HEAD), n);

		if (walk_u16(extra, 0) == EXTRA_NAME && data.n > EXTRA_SUM && walk_pay(w, 1))
			take_name(w, cut_name(str_from(data, EXTRA_SUM)), true);
		if (walk_u16(extra, 0) == EXTRA_SIZES && data.n >= 8 && w->large) {
			listing_unpacks(w->listing, walk_u64(data, 0));
			w->large = false;
		}
		extra = str_from(extra, EXTRA_HEAD + data.n);
	}
}

static void expect_extra(struct walk *w, size_t n)
{
	if (n > LIMIT_ATTACHMENT_NAME) {
		w->listing->flags |= LISTING_LIMIT;
		n = LIMIT_ATTACHMENT_NAME;
	}
	if (n > EXTRA_HEAD + EXTRA_SUM) {
		w->extra = n;
		w->search = false;
	}
}

static void take_size(struct walk *w, uint32_t unpacked)
{
	w->large = unpacked == UINT32_MAX;
	listing_unpacks(w->listing, w->large ? 0 : unpacked);
}

static void take_header(struct walk *w, struct str have, const struct layout *at)
{
	size_t length;
	struct str name;
	uint32_t flags;

	if (have.n < at->size) {
		w->want = at->size;
		return;
	}
	length = walk_u16(have, at->name_length);
	if (length > LIMIT_ATTACHMENT_NAME) {
		w->listing->flags |= LISTING_LIMIT;
		length = LIMIT_ATTACHMENT_NAME;
	}
	if (have.n < at->size + length) {
		w->want = at->size + length;
		return;
	}
	w->search = true;
	name = cut_name(str_head(str_from(have, at->size), length));
	w->used = at->size + name.n;
	if (name.n == 0)
		return;
	if (name.n == length)
		expect_extra(w, walk_u16(have, at->name_length + 2));
	else if (walk_u16(have, at->name_length + 2) > 0)
		w->listing->flags |= LISTING_LIMIT; /* no honest name has a NUL */
	flags = walk_u16(have, at->flags);
	if (flags & ENCRYPTED)
		w->listing->flags |= flags & MASKED ? LISTING_NAMES_ENCRYPTED : LISTING_ENCRYPTED;
	if (at->repeats) /* the directory: programs go by its sizes */
		take_size(w, walk_u32(have, at->unpacked));
	take_name(w, name, at->repeats);
}

void walk_zip(struct walk *w, struct str have)
{
	if (w->at == 0)
		w->left = 1; /* the end of the directory */
	if (have.n < w->extra) {
		w->want = w->extra;
		return;
	}
	if (w->extra)
		take_extra(w, str_head(have, w->extra));
	if (!w->step)
		return;
	if (str_starts(have, STR("PK\3\4"))) {
		take_header(w, have, &local);
	} else if (str_starts(have, STR("PK\1\2"))) {
		take_header(w, have, &central);
	} else {
		if (str_starts(have, STR("PK\5\6")))
			w->left = 0;
		w->used = 1;
		w->search = true;
	}
}
