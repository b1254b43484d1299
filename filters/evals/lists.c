#include "filters/evals/lists.h"

#include "base/check.h"

/* A list that a host is taken out of by "!". */
#define NOT STR("!")

struct list_row {
	struct list_row *next;
	struct str name;
	struct globs globs;
};

static const struct str list_names[] = {
#define X(ID, NAME) STR_INIT(NAME),
	EVAL_LISTS(X)
#undef X
};

static const struct {
	struct str name;
	uint64_t value;
} numbers[] = {
#define X(ID, NAME, VALUE) { STR_INIT(NAME), (VALUE) },
	EVAL_NUMBERS(X)
#undef X
};

struct reader {
	struct eval_lists *lists;
	struct conf_report *report;
	const struct rule_setting *line;
	bool full;
};

static struct list_row *find(struct list_row *rows, struct str name)
{
	while (rows && !str_eq(rows->name, name))
		rows = rows->next;
	return rows;
}

/* NULL over the ceiling. */
static struct globs *list_of(struct eval_lists *lists, struct list_row **rows, struct str name)
{
	struct list_row *row = find(*rows, name);

	if (row)
		return &row->globs;
	row = arena_new(lists->arena, struct list_row);
	if (!row)
		return NULL;
	row->name = name;
	row->globs.dots = true;
	row->next = *rows;
	*rows = row;
	return &row->globs;
}

/* ---- words of a line ---- */

static struct conf_place place_of(const struct reader *r, struct str word)
{
	struct conf_place at = r->line->at;

	at.column += (unsigned)(word.p - r->line->text.p);
	return at;
}

/* "(NAME)" at the beginning.  False: there is none. */
static bool cut_name(struct str *rest, struct str *name)
{
	struct str inner, behind;

	if (!str_starts(*rest, STR("(")) || !str_cut(str_from(*rest, 1), ')', &inner, &behind) ||
	    inner.n == 0)
		return false;
	*name = inner;
	*rest = behind;
	return true;
}

static bool is_domain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !strchr(".*?-", s.p[i]))
			return false;
	return true;
}

static bool has_wildcard(struct str s)
{
	return memchr(s.p, '*', s.n) || memchr(s.p, '?', s.n);
}

static const char *wrong_with(enum setting_kind kind, struct str word)
{
	if (word.n > GLOBS_TEXT - 1)
		return "is too long";
	if (kind == SETTING_DOMAINS && !is_domain(word))
		return "is no domain";
	if (kind == SETTING_PLAIN && has_wildcard(word))
		return "has a wildcard, which means nothing here";
	return NULL;
}

static void add(struct reader *r, struct globs *list, struct str word, struct str with)
{
	const char *wrong = wrong_with(r->line->setting->kind, word);
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);

	if (wrong) {
		const struct conf_place at = place_of(r, word);

		conf_error(r->report, &at, "'" STR_FMT "' %s", STR_ARG(str_head(word, 60)), wrong);
		return;
	}
	if (r->line->setting->kind == SETTING_DOMAINS)
		out_char(&o, '@');
	out_str(&o, word);
	r->full = r->full || !globs_add(list, r->lists->arena, out_text(&o), with);
}

static void read_words(struct reader *r, struct globs *list, struct str rest, struct str with)
{
	struct str word;

	if (str_trim(rest).n == 0)
		conf_error(r->report, &r->line->at, "%s: expected what is to be listed",
			   r->line->setting->word);
	while (str_word(&rest, &word))
		add(r, list, word, with);
}

static void read_whole_line(struct reader *r, struct globs *list)
{
	const struct str text = str_trim(r->line->text);
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);

	out_char(&o, '*');
	out_str(&o, text);
	out_char(&o, '*');
	if (text.n == 0 || o.full)
		conf_error(r->report, &r->line->at, "%s: expected a text of 1 to %d bytes",
			   r->line->setting->word, GLOBS_TEXT - 2);
	else
		r->full = r->full ||
			  !globs_add(list, r->lists->arena, out_text(&o), (struct str){ 0 });
}

/* What is taken out of a list is taken out of the stock one too. */
static void remove_word(struct reader *r, struct str name, struct str word, const struct str *with)
{
	char bytes[64];
	struct out o = OUT(bytes);
	struct list_row *row = find(r->lists->addresses, name);

	if (row)
		globs_remove(&row->globs, word, with);
	out_str(&o, STR("def_"));
	out_str(&o, name);
	row = find(r->lists->addresses, out_text(&o));
	if (row)
		globs_remove(&row->globs, word, with);
}

/* An address, and what else is wanted of it. */
static void read_pair(struct reader *r, struct globs *list)
{
	struct str rest = r->line->text, word, with = { 0 }, more;

	if (!str_word(&rest, &word) ||
	    (!str_word(&rest, &with) && r->line->setting->kind == SETTING_RELAY)) {
		conf_error(r->report, &r->line->at, "%s: expected an address%s",
			   r->line->setting->word,
			   r->line->setting->kind == SETTING_RELAY ? " and a relay" : "");
		return;
	}
	if (str_word(&rest, &more)) {
		const struct conf_place at = place_of(r, more);

		conf_error(r->report, &at, "%s takes an address and one word more",
			   r->line->setting->word);
	} else if (r->line->setting->kind == SETTING_UNPAIR) {
		remove_word(r, r->line->setting->list, word, &with);
	} else {
		add(r, list, word, with);
	}
}

static void read_number(struct reader *r)
{
	size_t i = 0;

	while (!str_eq(numbers[i].name, r->line->setting->list))
		i++;
	if (!str_u64(str_trim(r->line->text), UINT32_MAX, &r->lists->numbers[i]))
		conf_error(r->report, &r->line->at, "%s: '" STR_FMT "' is no number",
			   r->line->setting->word, STR_ARG(str_head(r->line->text, 60)));
}

/* ---- hosts ---- */

/* They are found as what stands behind a dot. */
static struct str dotted(struct str host, struct out *o)
{
	out_char(o, '.');
	for (size_t i = 0; i < host.n; i++)
		out_char(o, ascii_lower(host.p[i]));
	return out_text(o);
}

static void add_host(struct reader *r, struct globs *list, struct str word)
{
	const bool not = str_starts(word, NOT);
	const struct str host = str_from(word, not ? 1 : 0);
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);
	const struct str name = dotted(host, &o);

	if (host.n == 0 || o.full || !is_domain(host) || has_wildcard(host)) {
		const struct conf_place at = place_of(r, word);

		conf_error(r->report, &at, "'" STR_FMT "' is no host", STR_ARG(str_head(word, 60)));
		return;
	}
	globs_remove(list, name, NULL);
	r->full = r->full || !globs_add(list, r->lists->arena, name, not ? NOT : (struct str){ 0 });
}

static void remove_host(struct reader *r, struct str name, struct str word)
{
	char bytes[GLOBS_TEXT];
	struct out o = OUT(bytes);
	const struct str host = dotted(str_from(word, str_starts(word, NOT) ? 1 : 0), &o);

	for (struct list_row *row = r->lists->hosts; row; row = row->next)
		if (name.n == 0 || str_eq(row->name, name))
			globs_remove(&row->globs, host, NULL);
}

static void read_hosts(struct reader *r)
{
	struct str name = r->line->setting->list, rest = r->line->text, word;
	const bool add = r->line->setting->kind == SETTING_HOSTS;
	const bool named = cut_name(&rest, &name);
	struct globs *list;

	if (add && name.n == 0 && !named) {
		conf_error(r->report, &r->line->at, "%s: expected (LIST) host ...",
			   r->line->setting->word);
		return;
	}
	list = add ? list_of(r->lists, &r->lists->hosts, name) : NULL;
	r->full = r->full || (add && !list);
	while (!r->full && str_word(&rest, &word)) {
		if (list)
			add_host(r, list, word);
		else
			remove_host(r, name, word);
	}
}

/* ---- lines ---- */

static void read_named(struct reader *r)
{
	struct str name, rest = r->line->text;
	struct globs *list;

	if (!cut_name(&rest, &name)) {
		conf_error(r->report, &r->line->at, "%s: expected (LIST) address ...",
			   r->line->setting->word);
		return;
	}
	list = list_of(r->lists, &r->lists->addresses, name);
	r->full = !list;
	if (list)
		read_words(r, list, rest, (struct str){ 0 });
}

static void read_owned(struct reader *r, struct globs *list)
{
	struct str owner, rest = r->line->text;

	if (cut_name(&rest, &owner))
		read_words(r, list, rest, owner);
	else
		conf_error(r->report, &r->line->at, "%s: expected (OWNER) address ...",
			   r->line->setting->word);
}

static void read_line(struct reader *r)
{
	const struct setting *setting = r->line->setting;
	struct list_row *row = find(r->lists->addresses, setting->list);
	struct str rest = r->line->text, word;

	switch (setting->kind) {
	case SETTING_ADD:
	case SETTING_DOMAINS:
	case SETTING_PLAIN:
		read_words(r, &row->globs, rest, (struct str){ 0 });
		break;
	case SETTING_OWNED:
		read_owned(r, &row->globs);
		break;
	case SETTING_LINE:
		read_whole_line(r, &row->globs);
		break;
	case SETTING_REMOVE:
		while (str_word(&rest, &word))
			remove_word(r, setting->list, word, NULL);
		break;
	case SETTING_RELAY:
	case SETTING_PAIR:
	case SETTING_UNPAIR:
		read_pair(r, &row->globs);
		break;
	case SETTING_NAMED:
		read_named(r);
		break;
	case SETTING_HOSTS:
	case SETTING_UNHOSTS:
		read_hosts(r);
		break;
	case SETTING_NUMBER:
		read_number(r);
		break;
	case SETTING_LOOKUP:
	case SETTING_SKIP:
	case SETTING_ASK:
	case SETTING_BLOCK:
	case SETTING_EXPRESSION:
		break; /* of filters/rbl, filters/uri */
	}
}

bool lists_read(struct eval_lists *lists, struct arena *arena, const struct rule_setting *settings,
		struct conf_report *report)
{
	struct reader r = { .lists = lists, .report = report };

	*lists = (struct eval_lists){ .arena = arena };
	for (unsigned i = 0; i < LIST_COUNT; i++) {
		lists->of[i] = list_of(lists, &lists->addresses, list_names[i]);
		if (!lists->of[i])
			return false;
	}
	lists->of[LIST_FREEMAIL_DOMAINS]->dots = false;
	for (unsigned i = 0; i < NUMBER_COUNT; i++)
		lists->numbers[i] = numbers[i].value;
	for (r.line = settings; r.line && !r.full; r.line = r.line->next)
		read_line(&r);
	return !r.full;
}

const struct globs *lists_addresses(const struct eval_lists *lists, struct str name)
{
	const struct list_row *row = find(lists->addresses, name);

	return row ? &row->globs : NULL;
}

const struct globs *lists_hosts(const struct eval_lists *lists, struct str name)
{
	const struct list_row *row = find(lists->hosts, name);

	return row ? &row->globs : NULL;
}

bool lists_host_is_in(const struct globs *hosts, struct str host)
{
	const struct glob *glob = globs_find_host(hosts, host);

	return glob && glob->with.n == 0;
}
