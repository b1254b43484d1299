/* view.c - see view.h.
 *
 * As SpamAssassin has it: fields of one name follow one another, each on a line; a decoded one is trimmed and its folds
 * are one space, its encoded words are decoded (RFC 2047); a raw one is all that stands behind its colon.  Addresses and names are taken from the raw field. */
#include "filters/pattern/view.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/content/words.h"
#include "mail/mailbox.h"

struct name_row {
	struct str name;
	struct name_row *next; /* in its bucket */
	uint16_t number;
};

enum { BUCKETS = 1024 };

struct view_names {
	uint64_t lengths
		[256]; /* of names by their first byte, a bit each: most fields are none of them */
	struct name_row *buckets[BUCKETS];
	unsigned count;
};

/* ---- names ---- */

struct view_names *view_names_new(struct arena *arena)
{
	return arena_new(arena, struct view_names);
}

static uint64_t length_bit(struct str name)
{
	return UINT64_C(1) << (name.n < 64 ? name.n : 0);
}

static uint8_t first_of(struct str name)
{
	return name.n ? (uint8_t)ascii_lower(name.p[0]) : 0;
}

static const struct name_row *find(const struct view_names *names, struct str name)
{
	const struct name_row *row;

	if (!(names->lengths[first_of(name)] & length_bit(name)))
		return NULL;
	row = names->buckets[str_ihash(name) % BUCKETS];
	while (row && !str_ieq(row->name, name))
		row = row->next;
	return row;
}

static bool add_name(struct view_names *names, struct arena *arena, struct view *v, struct str name)
{
	const struct name_row *row = find(names, name);
	struct name_row **bucket = &names->buckets[str_ihash(name) % BUCKETS];
	struct name_row *new;

	if (!row) {
		new = arena_new(arena, struct name_row);
		if (!new || names->count == UINT16_MAX)
			return false;
		*new = (struct name_row){ .name = name,
					  .next = *bucket,
					  .number = (uint16_t)names->count++ };
		*bucket = new;
		names->lengths[first_of(name)] |= length_bit(name);
		row = new;
	}
	CHECK(v->name_count < SOURCE_NAMES);
	v->names[v->name_count++] = row->number;
	return true;
}

bool view_prepare(struct view_names *names, struct arena *arena, struct view *v)
{
	const struct source *source = source_of(v->pattern.source);

	v->name_count = 0;
	if (v->pattern.source == PATTERN_FIELD)
		return add_name(names, arena, v, v->pattern.field);
	for (unsigned i = 0; i < SOURCE_NAMES && source->names[i].n; i++)
		if (!add_name(names, arena, v, source->names[i]))
			return false;
	return true;
}

/* ---- the index ---- */

void view_index_open(struct view_index *index, const struct view_names *names)
{
	index->entries = mem_array(NULL, LIMIT_PATTERN_FIELDS, sizeof(*index->entries));
	index->charsets = charsets_new();
	index->spare = mem_array(NULL, LIMIT_MESSAGE_HEADER, 1);
	index->first = mem_array(NULL, names->count + 1, sizeof(*index->first));
	index->last = mem_array(NULL, names->count + 1, sizeof(*index->last));
}

void view_index_close(struct view_index *index)
{
	if (index->charsets)
		charsets_free(index->charsets);
	mem_free(index->spare);
	mem_free(index->entries);
	mem_free(index->first);
	mem_free(index->last);
	*index = (struct view_index){ .count = 0 };
}

static void add_field(struct view_index *index, uint16_t name, const struct header_field *field)
{
	index->entries[index->count++] = (struct view_entry){ .field = *field };
	if (index->first[name])
		index->entries[index->last[name] - 1].next = (uint16_t)index->count;
	else
		index->first[name] = (uint16_t)index->count;
	index->last[name] = (uint16_t)index->count;
}

static bool shows(const struct view_index *index, const struct header_field *field)
{
	return index->whole || view_shows(field->name);
}

static void fill(struct view_index *index, const struct view_names *names, struct str header,
		 bool whole)
{
	struct header_field field;

	index->header = header;
	index->whole = whole;
	index->count = 0;
	memset(index->first, 0, names->count * sizeof(*index->first));
	while (index->count < LIMIT_PATTERN_FIELDS && header_next(&header, &field)) {
		const struct name_row *row = find(names, field.name);

		if (row && shows(index, &field))
			add_field(index, row->number, &field);
	}
}

void view_index_fill(struct view_index *index, const struct view_names *names, struct str header)
{
	fill(index, names, header, false);
}

void view_index_fill_part(struct view_index *index, const struct view_names *names,
			  struct str header)
{
	fill(index, names, header, true);
}

/* ---- texts ---- */

/* CRLF as LF. */
static void put_lines(struct str s, struct out *o)
{
	struct str line;

	while (str_cut(s, '\r', &line, &s)) {
		out_str(o, line);
		if (!str_starts(s, STR("\n")))
			out_char(o, '\r');
	}
	out_str(o, line);
}

/* As it is written is as it is read. */
static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] & 0x80) || (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
	return true;
}

static void put_text(const struct view_index *index, struct str value, struct out *o)
{
	struct out spare = { .p = index->spare, .cap = LIMIT_MESSAGE_HEADER };

	if (is_plain(value)) {
		words_unfold(value, o);
		return;
	}
	words_unfold(value, &spare);
	words_put(out_text(&spare), index->charsets, o);
}

static void put_name(const struct view_index *index, const struct mailbox *box, bool raw,
		     struct out *o)
{
	struct out spare = { .p = index->spare, .cap = LIMIT_MESSAGE_HEADER };

	if (raw || is_plain(box->name)) {
		mailbox_put_name(box, o);
		return;
	}
	mailbox_put_name(box, &spare);
	words_put(out_text(&spare), index->charsets, o);
}

static bool put_mailboxes(const struct view_index *index, struct str value, enum pattern_part part,
			  struct out *o)
{
	const bool names = part != PATTERN_ADDRESS;
	struct mailbox box;
	struct mailboxes boxes = { .rest = value };
	bool some = false;

	while (!o->full && mailbox_next(&boxes, &box)) {
		const size_t before = o->n;

		if (names ? box.name.n == 0 : box.address.n == 0)
			continue;
		if (names)
			put_name(index, &box, part == PATTERN_NAME_RAW, o);
		else
			out_str(o, box.address);
		if (o->n > before)
			out_char(o, '\n');
		some = true;
	}
	return some;
}

static bool put_field(const struct view_index *index, const struct pattern_view *view,
		      const struct header_field *field, struct out *o)
{
	switch (view->part) {
	case PATTERN_TEXT:
		put_text(index, field->value, o);
		break;
	case PATTERN_RAW:
		put_lines(view->parts ? str_trim_lines(field->value) : field->value, o);
		break;
	case PATTERN_ADDRESS:
	case PATTERN_NAME:
	case PATTERN_NAME_RAW:
		return put_mailboxes(index, field->value, view->part, o);
	}
	out_char(o, '\n');
	return true;
}

/* Up to the empty line. */
static struct str without_end(struct str header)
{
	const bool ends = str_ends(header, STR("\n\r\n")) || str_eq(header, STR("\r\n"));

	return str_head(header, header.n - (ends ? 2 : 0));
}

static bool put_all(const struct view_index *index, const struct pattern_view *view, struct out *o)
{
	struct str header = index->header;
	struct header_field field;

	if (view->part == PATTERN_RAW) {
		put_lines(without_end(header), o);
		return header.n != 0;
	}
	while (header_next(&header, &field)) {
		if (!shows(index, &field))
			continue;
		out_str(o, field.name);
		out_str(o, STR(": "));
		put_text(index, field.value, o);
		out_char(o, '\n');
	}
	return o->n != 0;
}

/* Every field that the view is of, in order; *fn false: it had nothing to give. */
static bool put_fields(const struct view *v, const struct view_index *index, struct out *o)
{
	const struct header_field *picked = NULL;
	bool some = false;

	for (unsigned i = 0; i < v->name_count; i++) {
		for (unsigned at = index->first[v->names[i]]; at;
		     at = index->entries[at - 1].next) {
			const struct header_field *field = &index->entries[at - 1].field;

			if (v->pattern.pick == PATTERN_EACH)
				some |= put_field(index, &v->pattern, field, o);
			else if (v->pattern.pick == PATTERN_LAST || !picked)
				picked = field;
		}
	}
	return picked ? put_field(index, &v->pattern, picked, o) : some;
}

bool view_put(const struct view *v, const struct view_index *index, struct out *o)
{
	bool some;

	if (v->pattern.source == PATTERN_ALL)
		return put_all(index, &v->pattern, o);
	some = put_fields(v, index, o);
	/* Addresses and names stand between line ends, not before them. */
	if (v->pattern.part >= PATTERN_ADDRESS && o->n && o->p[o->n - 1] == '\n')
		o->n--;
	return some;
}
