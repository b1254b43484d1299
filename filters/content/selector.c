#include "filters/content/selector.h"

#include "base/check.h"
#include "filters/content/attribute.h"

enum { NAMES = 1, CLASSES = 1 << 4, IDS = 1 << 8 }; /* what they weigh: up to fifteen of a sort */

uint32_t selector_hash(char sort, struct str name)
{
	uint32_t h = (0x811c9dc5 ^ (uint8_t)sort) * 0x01000193;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)ascii_lower(name.p[i])) * 0x01000193;
	return h | 2; /* neither none nor SELECTOR_ANY */
}

static bool is_name(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_' || (c & 0x80);
}

static void doubt(struct compound *c, enum compound_doubt doubt)
{
	if (c->doubt < doubt)
		c->doubt = (uint8_t)doubt;
}

static size_t name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_name(s.p[n]))
		n++;
	return n;
}

/* It must have this, too: what fewer have comes in front. */
static void ask(struct compound *c, uint32_t hash, uint16_t weight)
{
	const uint32_t before = c->hash;

	c->hash = hash;
	c->weight = (uint16_t)(c->weight + weight);
	if (before == SELECTOR_ANY)
		return;
	if (c->more_n == COMPOUND_MORE)
		doubt(c, COMPOUND_UNKNOWN);
	else
		c->more[c->more_n++] = before;
}

/* "class*", "title": an attribute, and how its value is asked for. */
static void ask_of_attribute(struct compound *c, struct str name)
{
	const size_t n = name_length(name);

	name = str_head(name, n);
	if (str_ieq(name, STR("class")) || str_ieq(name, STR("id"))) {
		ask(c, selector_hash('[', name), CLASSES);
		doubt(c, COMPOUND_CLASSES);
	} else {
		doubt(c, COMPOUND_UNKNOWN);
	}
}

/* ":hover", ":not(.a)": returns how long that is. */
static size_t pass_over(struct str s, struct compound *c)
{
	static const struct str passing[] = { STR_INIT(":hover"), STR_INIT(":focus"),
					      STR_INIT(":active"), STR_INIT(":visited"),
					      STR_INIT("::") };
	size_t n = 1;

	doubt(c, COMPOUND_UNKNOWN);
	for (size_t i = 0; i < COUNTOF(passing); i++)
		if (str_istarts(s, passing[i]))
			doubt(c, COMPOUND_PASSING);
	while (n < s.n && s.p[n] != '.' && s.p[n] != '#' && s.p[n] != '[' && s.p[n] != ':' &&
	       s.p[n] != '(')
		n++;
	return n < s.n && s.p[n] == '(' ? s.n : n;
}

/* "[class=a]", "[id='b']": s begins behind the bracket.  Returns how long that is. */
static size_t read_attribute(struct str s, struct compound *c)
{
	struct str name, value, rest;
	char quote;

	str_cut(s, ']', &value, &rest);
	str_cut(value, '=', &name, &value);
	quote = value.n ? value.p[0] : 0;
	if ((quote == '"' || quote == '\'') && value.n > 1 && value.p[value.n - 1] == quote) {
		value = str_from(value, 1);
		value.n--;
	}
	if (value.n && str_ieq(name, STR("class")))
		ask(c, selector_hash('=', value), CLASSES);
	else if (value.n && str_ieq(name, STR("id")))
		ask(c, selector_hash('#', value), CLASSES);
	else
		ask_of_attribute(c, name);
	return s.n - rest.n;
}

/* ".a", "#a", "[class=a]" at the head of s; and what it is in doubt of; returns how long that is. */
static size_t read_claim(struct str s, struct compound *c)
{
	const struct str name = str_from(s, 1);
	size_t n;

	if (s.p[0] == '[')
		return read_attribute(name, c) + 1;
	n = name_length(name);
	if ((s.p[0] != '.' && s.p[0] != '#') || n == 0)
		return pass_over(s, c);
	ask(c, selector_hash(s.p[0], str_head(name, n)), s.p[0] == '.' ? CLASSES : IDS);
	return n + 1;
}

static struct compound read_compound(struct str s)
{
	struct compound c = { .hash = SELECTOR_ANY };
	size_t n;

	if (str_starts(s, STR("*")))
		s = str_from(s, 1);
	n = name_length(s);
	if (n) {
		ask(&c, selector_hash('e', str_head(s, n)), NAMES);
		c.whole = n == s.n && (str_ieq(s, STR("html")) || str_ieq(s, STR("body")));
	}
	for (s = str_from(s, n); s.n; s = str_from(s, n)) {
		if (str_ieq(s, STR(":link"))) {
			c.weight += CLASSES;
			break;
		}
		n = read_claim(s, &c);
	}
	return c;
}

static bool ends_compound(char c)
{
	return attribute_is_space(c) || c == '>' || c == '+' || c == '~';
}

/* What stands between two of them. */
static enum combinator read_combinator(struct str *rest)
{
	enum combinator c = SELECTOR_AROUND;
	size_t n = 0;

	for (; n < rest->n && ends_compound(rest->p[n]); n++)
		if (!attribute_is_space(rest->p[n]))
			c = rest->p[n] == '>' ? SELECTOR_RIGHT_AROUND : SELECTOR_BESIDE;
	*rest = str_from(*rest, n);
	return c;
}

bool selector_next(struct str *rest, struct compound *c)
{
	bool bracket = false;
	size_t n = 0;

	for (; n < rest->n && (bracket || !ends_compound(rest->p[n])); n++)
		bracket = rest->p[n] == '[' || (bracket && rest->p[n] != ']');
	if (n == 0)
		return false;
	*c = read_compound(str_head(*rest, n));
	*rest = str_from(*rest, n);
	c->to = read_combinator(rest);
	return true;
}
