#include "filters/rbl/template.h"

#include "mail/domain.h"

static const struct str tag_names[] = {
#define TAG(NAME, PHASE, ABOUT) STR_INIT(#NAME),
#include "filters/rbl/tags.def"
#undef TAG
};
enum { TAG_COUNT = sizeof(tag_names) / sizeof(tag_names[0]) };

/* ---- reading ---- */

static bool is_capital(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Capitals and single "_", as far as they go in front of a "_"; 0: there is none. */
static size_t name_length(struct str s)
{
	size_t n = 0, end = 0;

	if (s.n == 0 || s.p[0] < 'A' || s.p[0] > 'Z')
		return 0;
	for (; n < s.n && (is_capital(s.p[n]) || s.p[n] == '_'); n++) {
		if (s.p[n] != '_')
			continue;
		end = n;
		if (n + 1 == s.n || !is_capital(s.p[n + 1]))
			break;
	}
	return n < s.n && s.p[n] == '(' ? n : end;
}

struct tag_text {
	struct str whole, name, argument;
};

/* "_NAME_" or "_NAME(argument)_" at the text's begin. */
static bool cut_tag(struct str s, struct tag_text *tag)
{
	struct str rest;
	size_t n;

	if (!str_starts(s, STR("_")))
		return false;
	n = name_length(str_from(s, 1));
	if (n == 0)
		return false;
	*tag = (struct tag_text){ .name = str_head(str_from(s, 1), n) };
	rest = str_from(s, 1 + n);
	if (rest.p[0] == '_')
		rest = str_from(rest, 1);
	else if (str_find(rest, STR(")_"), &rest))
		tag->argument = str_head(str_from(s, n + 2), s.n - rest.n - n - 4);
	else
		return false;
	tag->whole = str_head(s, s.n - rest.n);
	return true;
}

/* The index of the tag; -1: it is not known, or there is no room for it. */
static int tag_for(struct name_template *t, const struct tag_text *text)
{
	unsigned fact = 0, i = 0;

	while (fact < TAG_COUNT && !str_eq(tag_names[fact], text->name))
		fact++;
	if (fact == TAG_COUNT || (fact == FACT_HEADER) != (text->argument.n > 0))
		return -1;
	while (i < t->tag_count &&
	       (t->tags[i].fact != fact || !str_ieq(t->tags[i].argument, text->argument)))
		i++;
	if (i == TEMPLATE_TAGS)
		return -1;
	if (i == t->tag_count)
		t->tags[t->tag_count++] = (struct template_tag){ .fact = (enum template_fact)fact,
								 .argument = text->argument };
	return (int)i;
}

static bool add_piece(struct name_template *t, struct str text, int tag)
{
	if (tag < 0 && text.n == 0)
		return true;
	if (t->piece_count == TEMPLATE_PIECES)
		return false;
	t->pieces[t->piece_count++] = (struct template_piece){ .text = text, .tag = tag };
	return true;
}

/* "x._vouch.zone.example." is zone.example's.  A top level alone is nobody's in particular. */
static struct str zone_of(const struct name_template *t)
{
	const struct template_piece *last = &t->pieces[t->piece_count - 1];
	struct str zone = last->text;

	if (last->tag >= 0)
		return (struct str){ 0 };
	if (t->tag_count)
		zone = domain_parent(zone);
	while (str_ends(zone, STR(".")))
		zone.n--;
	return domain_labels(zone) > 1 ? zone : (struct str){ 0 };
}

bool template_read(struct str text, struct name_template *t, struct str *wrong)
{
	struct str plain = { .p = text.p };
	struct tag_text tag;

	*t = (struct name_template){ .piece_count = 0 };
	*wrong = text;
	while (text.n) {
		int index;

		if (!cut_tag(text, &tag)) {
			plain.n++;
			text = str_from(text, 1);
			continue;
		}
		index = tag_for(t, &tag);
		if (index < 0)
			*wrong = tag.whole;
		if (index < 0 || !add_piece(t, plain, -1) || !add_piece(t, tag.whole, index))
			return false;
		text = str_from(text, tag.whole.n);
		plain = (struct str){ .p = text.p };
	}
	if (!add_piece(t, plain, -1) || t->piece_count == 0)
		return false;
	t->zone = zone_of(t);
	return true;
}

/* ---- names ---- */

/* chosen: the value of each tag. */
static void put_one(const struct name_template *t, const struct template_values *values,
		    const unsigned *chosen, struct arena *arena, struct names *names)
{
	char bytes[LIMIT_DNS_NAME * 4]; /* as it is written: U-labels are longer */
	struct out o = OUT(bytes);
	struct str name;

	for (unsigned i = 0; i < t->piece_count; i++) {
		const int tag = t->pieces[i].tag;

		out_str(&o, tag < 0 ? t->pieces[i].text : values[tag].items[chosen[tag]]);
	}
	name = o.full ? (struct str){ 0 } : domain_ascii(arena, out_text(&o));
	if (domain_labels(name) >= 2)
		names_put(names, TEMPLATE_VALUES, name, 0);
}

/* The next choice, the last tag's first.  False: that was the last one. */
static bool choose_next(const struct name_template *t, const struct template_values *values,
			unsigned *chosen)
{
	for (unsigned i = t->tag_count; i-- > 0;) {
		if (++chosen[i] < values[i].count)
			return true;
		chosen[i] = 0;
	}
	return false;
}

void template_put(const struct name_template *t, const struct template_values *values,
		  struct arena *arena, struct names *names)
{
	enum { MOST_CHOICES = 4 * TEMPLATE_VALUES };
	unsigned chosen[TEMPLATE_TAGS] = { 0 }, choices = 0;
	bool more;

	for (unsigned i = 0; i < t->tag_count; i++)
		if (values[i].count == 0)
			return;
	do {
		put_one(t, values, chosen, arena, names);
		more = choose_next(t, values, chosen);
	} while (more && ++choices < MOST_CHOICES && !names->cut);
	names->cut = names->cut || more;
	for (unsigned i = 0; i < t->tag_count; i++)
		names->cut = names->cut || values[i].cut;
}
