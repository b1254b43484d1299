/* tally.c - see tally.h. */
#include "filters/content/tally.h"

#include "base/eight.h"
#include "filters/content/param.h"

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

void tally_part(struct tally *t, const struct entity *e, bool alternative)
{
	const bool text = str_ieq(e->type, STR("text"));
	const bool attachment = str_ieq(e->disposition, STR("attachment"));
	char bytes[64];
	struct out o = OUT(bytes);
	struct str ignored;

	(void)!param_value(e->params, STR("charset"), &o, &ignored);
	note_charset(t, out_text(&o));
	t->parts++;
	t->html_parts += text && str_ieq(e->subtype, STR("html"));
	t->text_parts += text && !str_ieq(e->subtype, STR("html"));
	t->base64_parts += e->encoding == TRANSFER_BASE64;
	t->attachments += attachment;
	t->alternative = t->alternative || entity_is(e, STR("multipart"), STR("alternative"));
	t->base64_text = t->base64_text ||
			 (text && e->encoding == TRANSFER_BASE64 && is_ascii(out_text(&o)) &&
			  !attachment && !str_ieq(e->disposition, STR("inline")));
	t->odd_alternative =
		t->odd_alternative ||
		(alternative && !text && !entity_is(e, STR("multipart"), STR("related")) &&
		 !entity_is(e, STR("application"), STR("rtf")));
}

/* Not by memchr(): lines may be short. */
void tally_bytes(uint64_t *n, struct str bytes)
{
	size_t returns = 0, i = 0;

	while (i + 8 <= bytes.n) {
		uint64_t each = 0; /* of the eight places of a word: how many, of up to 31 words */

		for (unsigned k = 0; k < 31 && i + 8 <= bytes.n; k++, i += 8)
			each += eight_all_zeroes(eight_load(bytes.p + i) ^ eight_of('\r')) >> 7;
		returns += each * EIGHT_ONES >> 56;
	}
	for (; i < bytes.n; i++)
		returns += bytes.p[i] == '\r';
	*n += bytes.n - returns;
}

/* ---- HTML ---- */

struct tally_html *tally_begin_html(struct tally *t)
{
	if (t->html_count < TALLY_HTML)
		t->html_count++;
	return &t->html[t->html_count - 1];
}

void tally_tag(struct tally_html *h, unsigned tag, bool closes)
{
	h->width = h->height = 0;
	if (tag >= TALLY_TAGS)
		return;
	h->seen[tag / 64] |= UINT64_C(1) << tag % 64;
	if (closes ? h->inside[tag] > 0 : h->inside[tag] < INT16_MAX)
		h->inside[tag] = (int16_t)(h->inside[tag] + (closes ? -1 : 1));
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

void tally_attribute(struct tally_html *h, struct str name, struct str value)
{
	if (str_ieq(name, STR("width")))
		h->width = read_size(value, 8);
	else if (str_ieq(name, STR("height")))
		h->height = read_size(value, 6);
	else if (str_ieq(name, STR("action")))
		h->mail_form = h->mail_form || str_istarts(str_trim(value), STR("mailto:"));
}

void tally_tag_end(struct tally_html *h)
{
	if (h->width && h->height)
		h->area += (uint64_t)h->width * h->height;
}

void tally_text(struct tally_html *h, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		h->text += (unsigned char)text.p[i] > ' ';
}
