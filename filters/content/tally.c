/* tally.c - see tally.h. */
#include "filters/content/tally.h"

#include "base/eight.h"
#include "base/limits.h"
#include "base/mem.h"
#include "filters/content/element.h"

enum { BEHIND = 64 }; /* zeroes: machine code of expressions looks past an end */

/* ---- parts ---- */

static bool is_ascii(struct str charset)
{
	static const struct str names[] = { STR_INIT("us-ascii"),       STR_INIT("ascii"),
					    STR_INIT("ansi_x3.4-1968"), STR_INIT("iso646-us"),
					    STR_INIT("cp367"),          STR_INIT("ibm367") };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_ieq(charset, names[i]))
			return true;
	return charset.n == 0;
}

/* "iso-..." with another '-' in it, and neither iso-8859-N nor iso-2022-jp or -kr. */
static bool is_bad_iso(struct str charset)
{
	struct str rest = charset.n > 4 ? str_from(charset, 4) : (struct str){ 0 };

	if (!str_istarts(charset, STR("iso-")) || rest.n < 3 ||
	    !memchr(rest.p + 1, '-', rest.n - 2))
		return false;
	if (str_starts(rest, STR("8859-")))
		return !ascii_digit(rest.p[rest.n > 5 ? 5 : 0]);
	return !str_istarts(rest, STR("2022-jp")) && !str_istarts(rest, STR("2022-kr"));
}

static void note_charset(struct tally *t, struct str charset)
{
	struct out o = { .p = t->charsets, .n = t->charsets_n, .cap = sizeof(t->charsets) };

	if (charset.n == 0)
		return;
	t->bad_charset = t->bad_charset || is_bad_iso(charset);
	out_char(&o, ' ');
	out_str(&o, charset);
	t->charsets_n = (uint16_t)o.n;
}

/* Exchange's invitations, of which only the calendar tells all. */
static void note_meeting(struct tally *t, const struct entity *e)
{
	static const struct str types[][2] = { { STR_INIT("multipart"), STR_INIT("alternative") },
					       { STR_INIT("text"), STR_INIT("html") },
					       { STR_INIT("text"), STR_INIT("calendar") } };
	const unsigned n = t->parts;

	t->meeting = n < 3 && (n == 0 || t->meeting) && entity_is(e, types[n][0], types[n][1]);
}

void tally_part(struct tally *t, const struct entity *e, bool alternative)
{
	const bool text = str_ieq(e->type, STR("text"));
	const bool attachment = str_ieq(e->disposition, STR("attachment"));
	char bytes[64];
	struct out o = OUT(bytes);
	struct str ignored;

	(void)!params_value(&e->params, PARAM_CHARSET, &o, &ignored);
	note_charset(t, out_text(&o));
	note_meeting(t, e);
	t->parts++;
	t->html_parts += text && str_ieq(e->subtype, STR("html"));
	t->text_parts += text && !str_ieq(e->subtype, STR("html"));
	t->base64_parts += e->encoding == TRANSFER_BASE64;
	t->attachments += attachment;
	t->quoted_parts += e->encoding == TRANSFER_QUOTED;
	t->alternatives += entity_is(e, STR("multipart"), STR("alternative"));
	t->base64_text = t->base64_text ||
			 (text && e->encoding == TRANSFER_BASE64 && is_ascii(out_text(&o)) &&
			  !attachment && !str_ieq(e->disposition, STR("inline")));
	t->odd_alternative =
		t->odd_alternative ||
		(alternative && !text && !entity_is(e, STR("multipart"), STR("related")) &&
		 !entity_is(e, STR("application"), STR("rtf")));
}

struct tally_text *tally_begin_text(struct tally *t, const struct body *body, bool html,
				    uint32_t alternatives)
{
	struct tally_text *text;

	if (t->text_count == TALLY_TEXTS)
		return NULL;
	text = &t->texts[t->text_count++];
	*text = (struct tally_text){ .html = html,
				     .alternatives = alternatives,
				     .from = body->pieces[BODY_RENDERED].n,
				     .raw_from = body->pieces[BODY_RAW].n };
	return text;
}

void tally_end_text(const struct tally *t, struct tally_text *text, const struct body *body)
{
	text->to = body->pieces[BODY_RENDERED].n;
	text->raw_to = body->pieces[BODY_RAW].n;
	text->image =
		text->html && t->html_count && tally_has(&t->html[t->html_count - 1], TAG_img);
}

void tally_bytes(uint64_t *n, struct str bytes)
{
	*n += bytes.n - eight_count(bytes.p, bytes.n, '\r');
}

/* ---- texts that are kept ---- */

static const struct str string_names[] = {
#define X(ID, NAME) [TALLY_##ID] = STR_INIT(NAME),
	TALLY_STRINGS(X)
#undef X
};

enum tally_string tally_string_named(struct str name)
{
	unsigned i = 0;

	while (i < TALLY_STRING_COUNT && !str_eq(name, string_names[i]))
		i++;
	return (enum tally_string)i;
}

unsigned tally_wants(const struct rule_call *call)
{
	const bool matches = str_eq(call->function, STR("html_text_match")) ||
			     str_eq(call->function, STR("html_text_not_match"));

	if (str_eq(call->function, STR("html_title_subject_ratio")))
		return 1u << TALLY_TITLE;
	/* what is no name is a bit that nobody looks at */
	return matches && call->count ? 1u << tally_string_named(call->arguments[0]) : 0;
}

static bool keeps(const struct tally_html *h, enum tally_string kind)
{
	return h->wanted & 1u << kind;
}

static void add_string(struct tally_html *h, enum tally_string kind, struct str s)
{
	struct body_pieces *p = &h->strings[kind];

	if (!keeps(h, kind) || p->count == 0)
		return;
	s = str_head(s, LIMIT_HTML_STRING_BYTES - p->n);
	while (p->n + s.n + BEHIND > p->size) {
		p->size = p->size ? p->size * 2 : 1024;
		p->bytes = mem_resize(p->bytes, p->size);
	}
	if (s.n)
		memcpy(p->bytes + p->n, s.p, s.n);
	p->n += (uint32_t)s.n;
	memset(p->bytes + p->n, 0, BEHIND);
	p->ends[p->count - 1] = p->n;
}

/* A text begins, empty. */
static void begin_string(struct tally_html *h, enum tally_string kind)
{
	struct body_pieces *p = &h->strings[kind];

	if (!keeps(h, kind) || p->count >= LIMIT_HTML_STRINGS)
		return;
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 16;
		p->ends = mem_array(p->ends, p->room, sizeof(*p->ends));
	}
	p->ends[p->count++] = p->n;
	add_string(h, kind, STR("")); /* there are bytes to point to */
}

void tally_drop(struct tally *t)
{
	for (unsigned i = 0; i < t->html_count; i++) {
		for (unsigned kind = 0; kind < TALLY_STRING_COUNT; kind++) {
			mem_free(t->html[i].strings[kind].bytes);
			mem_free(t->html[i].strings[kind].ends);
		}
	}
	t->html_count = 0;
}

/* ---- HTML ---- */

struct tally_html *tally_begin_html(struct tally *t)
{
	struct tally_html *h;

	if (t->html_count < TALLY_HTML)
		t->html[t->html_count++] = (struct tally_html){ .wanted = t->wanted,
								.smallest = LOOK_SIZE,
								.largest = LOOK_SIZE,
								.base_size = LOOK_SIZE };
	h = &t->html[t->html_count - 1];
	h->apart = h->script = false;
	return h;
}

/* "o:p", "st1:place", "x-tab": of other markup, and no mistake. */
static bool is_of_others(struct str name)
{
	struct str space, local;

	if (str_ieq(name, STR("x-tab")) || str_ieq(name, STR("x-sigsep")))
		return true;
	if (!str_cut(name, ':', &space, &local) || local.n == 0)
		return false;
	return str_ieq(space, STR("o")) ||
	       (space.n == 3 && str_istarts(space, STR("st")) && ascii_digit(space.p[2]));
}

/* Of a name that is in no table; NULL: there are too many. */
static int16_t *inside_other(struct tally_html *h, struct str name, bool *is_new)
{
	uint32_t hash = 0x811c9dc5;

	for (size_t i = 0; i < name.n; i++)
		hash = (hash ^ (uint8_t)ascii_lower(name.p[i])) * 0x01000193;
	hash |= 1; /* 0: empty */
	for (unsigned i = 0; i < TALLY_OTHERS; i++) {
		struct tally_other *other = &h->others[(hash / 2 + i) % TALLY_OTHERS];

		*is_new = other->hash == 0;
		other->hash = *is_new ? hash : other->hash;
		if (other->hash == hash)
			return &other->inside;
	}
	return NULL;
}

static void note_string_tag(struct tally_html *h, uint8_t tag)
{
	if (tag == TAG_a)
		begin_string(h, TALLY_ANCHOR);
	else if (tag == TAG_title)
		begin_string(h, TALLY_TITLE);
	else if (tag == TAG_img && h->inside[TAG_a] > 0)
		add_string(h, TALLY_ANCHOR, STR("<img>\n"));
}

void tally_tag(struct tally_html *h, uint8_t tag, struct str name, bool closes)
{
	const bool known = tag < TALLY_TAGS;
	const bool element = html_tag_is_of_html4(tag) || (!known && is_of_others(name));
	bool is_new = known && !tally_has(h, tag);
	int16_t *inside = known ? &h->inside[tag] : inside_other(h, name, &is_new);

	h->width = h->height = 0;
	h->apart = true;
	h->tags++;
	h->elements += element;
	h->names += is_new;
	h->element_names += element && is_new;
	if (known)
		h->seen[tag / 64] |= UINT64_C(1) << tag % 64;
	if (inside && closes && *inside == 0)
		h->closed_extra++;
	else if (inside && (closes || *inside < INT16_MAX))
		*inside = (int16_t)(*inside + (closes ? -1 : 1));
	if (!closes)
		note_string_tag(h, tag);
}

/* "120", "50%" of a screen of 800 by 600; anything else: a guess. */
static uint32_t read_size(struct str value, unsigned percent)
{
	const bool share = str_ends(value, STR("%"));
	uint64_t n;

	if (!str_u64(str_head(value, value.n - share), 100000, &n) || n == 0)
		return 200;
	return (uint32_t)n * (share ? percent : 1);
}

static void read_font(struct tally_html *h, struct look *look, struct str name, struct str value)
{
	if (str_ieq(name, STR("color")))
		look->color = look_color(value);
	else if (str_ieq(name, STR("size")))
		look_font_size(look, value, h->base_size);
	else if (str_ieq(name, STR("face")))
		h->bad_face = h->bad_face || !look_is_face(value);
}

static void read_image(struct tally_html *h, struct str name, struct str value)
{
	if (str_ieq(name, STR("width")))
		h->width = read_size(value, 8);
	else if (str_ieq(name, STR("height")))
		h->height = read_size(value, 6);
}

void tally_attribute(struct tally_html *h, uint8_t tag, struct look *look, struct str name,
		     struct str value)
{
	struct look base = *look;

	if (tag == TAG_font)
		read_font(h, look, name, value);
	else if (tag == TAG_img)
		read_image(h, name, value);
	else if (tag == TAG_body && str_ieq(name, STR("text")))
		look->color = look_color(value);
	else if (tag == TAG_form && str_ieq(name, STR("action")))
		h->mail_form = h->mail_form || str_istarts(str_trim(value), STR("mailto:"));
	else if (tag == TAG_iframe && str_ieq(name, STR("src")))
		h->frame = true;
	else if (tag == TAG_basefont && str_ieq(name, STR("size"))) {
		look_font_size(&base, value, 0);
		h->base_size = base.size;
	}
}

void tally_tag_end(struct tally_html *h, uint8_t tag, struct look *look)
{
	if (tag == TAG_big || tag == TAG_small)
		look->size = (int16_t)(look->size + (tag == TAG_big ? 1 : -1));
	if (tag == TAG_font && look->size > h->largest)
		h->largest = look->size;
	if (tag == TAG_font && look->size < h->smallest)
		h->smallest = look->size;
	if (h->width && h->height)
		h->area += (uint64_t)h->width * h->height;
}

/* Neither white space nor a mark of ASCII. */
static bool is_wordy(char c)
{
	const uint8_t b = (uint8_t)c;

	return b >= 0x80 || ascii_alnum(c) || (b < ' ' && b && (b < '\t' || b > '\r'));
}

void tally_text(struct tally_html *h, struct look look, struct str text)
{
	const struct str nbsp = STR("\xc2\xa0");
	const uint64_t before = h->text;

	h->text += eight_count_above(text.p, text.n, ' ');
	h->obfuscated +=
		h->apart && is_wordy(text.p[0]) && is_wordy(h->last) && !str_starts(text, nbsp);
	h->apart = false;
	h->last = str_ends(text, nbsp) ? ' ' : text.p[text.n - 1];
	if (h->text > before) {
		h->low_contrast = h->low_contrast || look_is_low(&look);
		h->invalid_color = h->invalid_color || look_is_invalid(&look);
	}
	if (h->inside[TAG_a] > 0)
		add_string(h, TALLY_ANCHOR, text);
	if (h->inside[TAG_title] > 0)
		add_string(h, TALLY_TITLE, text);
}

void tally_gap(struct tally_html *h)
{
	h->last = ' ';
}

/* ---- markup that is no tag ---- */

static void add_markup(struct tally_html *h, struct str s)
{
	const struct str head = str_head(s, sizeof(h->head) - h->head_n);

	if (head.n)
		memcpy(h->head + h->head_n, head.p, head.n);
	h->head_n = (uint8_t)(h->head_n + head.n);
	add_string(h, TALLY_COMMENT, s);
}

void tally_begin_markup(struct tally_html *h, struct str with)
{
	h->apart = true;
	h->head_n = 0;
	begin_string(h, TALLY_COMMENT);
	add_markup(h, with);
}

/* Instructions, declarations of the document's type, and text that is marked as such are no comments. */
void tally_drop_markup(struct tally_html *h)
{
	struct body_pieces *p = &h->strings[TALLY_COMMENT];

	if (p->count)
		p->n = --p->count ? p->ends[p->count - 1] : 0;
}

void tally_markup(struct tally_html *h, struct str bytes, bool ends)
{
	struct str head;

	add_markup(h, bytes);
	if (!ends)
		return;
	head = (struct str){ .p = h->head, .n = h->head_n };
	if (str_istarts(head, STR("<!doctype"))) {
		h->tags++;
		h->elements++;
		tally_drop_markup(h);
	} else if (str_starts(head, STR("<?")) || str_istarts(head, STR("<![cdata["))) {
		tally_drop_markup(h);
	}
}

void tally_script(struct tally_html *h, struct str bytes, bool ends)
{
	if (!h->script)
		begin_string(h, TALLY_SCRIPT);
	h->script = !ends;
	add_string(h, TALLY_SCRIPT, bytes);
}
