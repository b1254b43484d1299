/* Tags in expressions: `replace_tag O [o0]`, and `<O>` in the expression of a rule that `replace_rules` names is that.
 *
 * As SpamAssassin has it: `<inter X>`, `<pre X>` and `<post X>` in an expression put a text of their own between tags that
 * touch, before and behind each tag; what a tag stands for may have tags in it.  The same
 * once more, brief: what a tag stands for is written once, behind the expression, and called by its name.  That takes
 * longer to match; but PCRE2 compiles no expression to more than 64 KB. */
#include "policy/rules.h"

#include "base/check.h"
#include "base/mem.h"

enum { MOST_PASSES = 6 }; /* of SpamAssassin's: tags in tags in tags */

enum tag_kind { TAG_TEXT, TAG_INTER, TAG_PRE, TAG_POST };

struct rule_tag {
	enum tag_kind kind;
	struct str name, text;
	/* In the expression at work: */
	unsigned number;       /* of its group; 0: it is not called */
	struct rule_tag *next; /* that is called */
};

/* By kind and name: open addressing, NULL where there is none; at most half of it is taken. */
struct rule_tags {
	struct rule_tag **slots;
	size_t count, room; /* room: a power of two */
};

static struct rule_tag **slot(const struct rule_tags *t, enum tag_kind kind, struct str name)
{
	size_t i = (size_t)(str_ihash(name) + kind) & (t->room - 1);

	while (t->slots[i] && (t->slots[i]->kind != kind || !str_eq(t->slots[i]->name, name)))
		i = (i + 1) & (t->room - 1);
	return &t->slots[i];
}

static struct rule_tag *find(const struct policy *p, enum tag_kind kind, struct str name)
{
	return p->tags ? *slot(p->tags, kind, name) : NULL;
}

static void grow(struct policy *p)
{
	const struct rule_tags old = *p->tags;

	p->tags->room = old.room ? 2 * old.room : 64;
	p->tags->slots = policy_keep(p, p->tags->room * sizeof(struct rule_tag *));
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i])
			*slot(p->tags, old.slots[i]->kind, old.slots[i]->name) = old.slots[i];
}

/* The tag of that name, known or new. */
static struct rule_tag *intern(struct policy *p, enum tag_kind kind, struct str name)
{
	struct rule_tag **at;

	if (!p->tags)
		p->tags = policy_keep(p, sizeof(*p->tags));
	if (2 * p->tags->count >= p->tags->room)
		grow(p);
	at = slot(p->tags, kind, name);
	if (!*at) {
		*at = policy_keep(p, sizeof(**at));
		**at = (struct rule_tag){ .kind = kind, .name = policy_keep_str(p, name) };
		p->tags->count++;
	}
	return *at;
}

static void keep(struct rules_reader *r, const char *word, enum tag_kind kind)
{
	const struct str name = rules_word(r), text = rules_rest(r);

	if (name.n == 0 || text.n == 0) {
		conf_error(r->report, &r->at, "%s: expected a tag's name and what it stands for",
			   word);
		return;
	}
	/* the last line of a name counts */
	intern(r->policy, kind, name)->text = rules_keep(r->policy, text);
}

void replace_read_tag(struct rules_reader *r)
{
	keep(r, "replace_tag", TAG_TEXT);
}

void replace_read_inter(struct rules_reader *r)
{
	keep(r, "replace_inter", TAG_INTER);
}

void replace_read_pre(struct rules_reader *r)
{
	keep(r, "replace_pre", TAG_PRE);
}

void replace_read_post(struct rules_reader *r)
{
	keep(r, "replace_post", TAG_POST);
}

void replace_read_rules(struct rules_reader *r)
{
	unsigned n = 0;

	for (struct str name; (name = rules_word(r)).n; n++) {
		symbol_id id;

		if (!symbol_name_ok(name)) {
			conf_error(r->report, &r->at, "replace_rules: expected names of rules");
			return;
		}
		id = symbol_intern(r->policy, name);
		if (id != SYMBOL_NONE)
			r->policy->symbols[id].has_tags = true;
	}
	if (n == 0)
		conf_error(r->report, &r->at, "replace_rules: expected names of rules");
}

/* ---- expressions ---- */

/* The length of the "<name>" at the head; 0: there is none. */
static size_t tag_length(struct str s)
{
	size_t n = 1;

	if (s.n == 0 || s.p[0] != '<')
		return 0;
	while (n < s.n && s.p[n] != '<' && s.p[n] != '>')
		n++;
	return n > 1 && n < s.n && s.p[n] == '>' ? n + 1 : 0;
}

/* What the first "<pre X>" names, or NULL; *at and *n: where it stands. */
static struct str find_modifier(struct str s, struct str word, size_t *at, size_t *n)
{
	for (*at = 0; *at < s.n; ++*at) {
		const struct str here = str_from(s, *at);

		*n = tag_length(here);
		if (*n && str_starts(str_from(here, 1), word))
			return str_head(str_from(here, 1 + word.n), *n - 2 - word.n);
	}
	*at = *n = 0;
	return (struct str){ 0 };
}

struct expansion {
	const struct policy *policy;
	struct out *to;
	struct str inter, pre, post;
	bool again;      /* a tag stood for something with tags in it */
	bool share;      /* tags are called by their numbers */
	unsigned depth;  /* of tags in tags that are not */
	unsigned groups; /* that are called: */
	struct rule_tag *called, **last;
};

static bool has_tag(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (tag_length(str_from(s, i)))
			return true;
	return false;
}

/* Whether it is one group of PCRE2, "(?:...)" or "[...]": what stands behind it is said of all of it. */
static bool is_atom(struct str s)
{
	unsigned depth = 0;
	bool class = false;

	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (i && depth == 0 && !class)
			return false;
		if (c == '\\')
			i++;
		else if (class || c == '[')
			class = class ? c != ']' : true;
		else if (c == '(' || c == ')')
			depth += c == '(' ? 1u : -1u;
	}
	return s.n && (s.p[0] == '(' || s.p[0] == '[');
}

static bool is_repeated(const struct expansion *x, struct str behind)
{
	const struct str next = x->post.n ? x->post : behind;

	return next.n && strchr("?*+{", next.p[0]);
}

/* behind: what follows all of it. */
static void put_tags(struct expansion *x, struct str s, struct str behind);

static void call(struct expansion *x, struct rule_tag *tag)
{
	if (tag->number == 0) {
		tag->number = ++x->groups;
		*x->last = tag;
		x->last = &tag->next;
	}
	out_printf(x->to, "(?&tag%u)", tag->number);
}

/* What stands there instead: as it is, or in a brief expression with the tags in it called. */
static void splice(struct expansion *x, struct str text, struct str behind)
{
	const struct expansion outer = *x;

	if (!x->share || x->depth == MOST_PASSES) {
		out_str(x->to, text);
		return;
	}
	x->depth++;
	x->pre = x->post = x->inter = (struct str){ 0 };
	put_tags(x, text, outer.post.n ? outer.post : behind);
	x->pre = outer.pre;
	x->post = outer.post;
	x->inter = outer.inter;
	x->depth--;
}

static void put_tag(struct expansion *x, struct str tag, struct str behind)
{
	struct rule_tag *known = find(x->policy, TAG_TEXT, str_head(str_from(tag, 1), tag.n - 2));

	out_str(x->to, x->pre);
	if (known && x->share && (!is_repeated(x, behind) || is_atom(known->text)))
		call(x, known);
	else if (known)
		splice(x, known->text, behind);
	else
		out_str(x->to, tag);
	out_str(x->to, x->post);
	x->again = x->again || (known && has_tag(known->text));
}

static void put_tags(struct expansion *x, struct str s, struct str behind)
{
	bool touches = false;

	while (s.n && !x->to->full) {
		const size_t n = tag_length(s);

		if (n && touches)
			out_str(x->to, x->inter);
		if (n)
			put_tag(x, str_head(s, n), s.n > n ? str_from(s, n) : behind);
		else
			out_char(x->to, s.p[0]);
		touches = n != 0;
		s = str_from(s, n ? n : 1);
	}
}

/* Takes the modifier out of the expression in `from`; returns what it stands for. */
static struct str take(const struct policy *p, enum tag_kind kind, struct str word,
		       struct out *from)
{
	size_t at, n;
	const struct str name = find_modifier(out_text(from), word, &at, &n);
	const struct rule_tag *tag = find(p, kind, name);

	memmove(from->p + at, from->p + at + n, from->n - at - n);
	from->n -= n;
	return n && tag ? tag->text : (struct str){ 0 };
}

/* One pass.  True: there are tags left that another one may know. */
static bool pass(struct expansion *x, struct out *from, struct out *to)
{
	x->to = to;
	x->again = false;
	x->pre = take(x->policy, TAG_PRE, STR("pre "), from);
	x->post = take(x->policy, TAG_POST, STR("post "), from);
	x->inter = take(x->policy, TAG_INTER, STR("inter "), from);
	to->n = 0;
	put_tags(x, out_text(from), STR(""));
	return x->again;
}

/* What is called, behind the expression; tags in it are called as well. */
static void put_groups(struct expansion *x)
{
	x->pre = x->post = x->inter = (struct str){ 0 };
	out_str(x->to, STR("(?(DEFINE)"));
	for (struct rule_tag *tag = x->called; tag && !x->to->full; tag = tag->next) {
		out_printf(x->to, "(?'tag%u'", tag->number);
		put_tags(x, tag->text, STR(""));
		out_char(x->to, ')');
	}
	out_char(x->to, ')');
}

/* Nothing is called in the next expression. */
static void forget_calls(struct expansion *x)
{
	for (struct rule_tag *tag = x->called, *next; tag; tag = next) {
		next = tag->next;
		tag->number = 0;
		tag->next = NULL;
	}
}

/* False: it does not fit. */
static bool expand(struct policy *p, struct str *regex, bool share)
{
	const size_t most = LIMIT_EXPRESSION;
	struct expansion x = { .policy = p, .share = share };
	struct out from = { .p = mem_new(most), .cap = most };
	struct out to = { .p = mem_new(most), .cap = most };
	bool again, fits;

	x.last = &x.called;
	out_str(&from, *regex);
	again = pass(&x, &from, &to);
	for (unsigned passes = 1; again && !share && passes < MOST_PASSES; passes++) {
		const struct out swap = from;

		from = to;
		to = swap;
		again = pass(&x, &from, &to);
	}
	if (x.called)
		put_groups(&x);
	forget_calls(&x);
	fits = !from.full && !to.full;
	if (fits)
		*regex = policy_keep_str(p, out_text(&to));
	mem_free(from.p);
	mem_free(to.p);
	return fits;
}

bool replace_tags(struct policy *p, struct pattern *pattern)
{
	pattern->brief = pattern->regex;
	if (!expand(p, &pattern->brief, true))
		return false;
	if (!expand(p, &pattern->regex, false))
		pattern->regex = pattern->brief;
	return true;
}
