#include "mail/domain.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "mail/punycode.h"

#include <idn2.h>

bool domain_is_utf8(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return true;
	return false;
}

static bool label_ok(struct str label)
{
	if (label.n == 0 || label.n > LIMIT_DNS_LABEL)
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
			return false;
	return true;
}

static bool name_ok(struct str name)
{
	struct str label, rest = name;
	bool more;

	if (name.n > LIMIT_DNS_NAME - 2)
		return false;
	do {
		more = str_cut(rest, '.', &label, &rest);
		if (!label_ok(label))
			return false;
	} while (more);
	return true;
}

/* By IDNA 2008 and UTS 46, non-transitional.  Empty: it refuses. */
static struct str by_idna(struct arena *arena, struct str name)
{
	const struct str copy = arena_str(arena, name);
	struct str ascii = { 0 };
	char *found = NULL;

	if (!copy.p || idn2_to_ascii_8z(copy.p, &found, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return ascii;
	ascii = arena_str(arena, str_z(found));
	idn2_free(found);
	return ascii;
}

/* Of the dot at its head, which may be one that UTS 46 takes for it; 0: there is none. */
static size_t dot_length(struct str s)
{
	static const struct str dots[] = { STR_INIT("."), STR_INIT("\xe3\x80\x82"),
					   STR_INIT("\xef\xbc\x8e"), STR_INIT("\xef\xbd\xa1") };

	for (size_t i = 0; i < COUNTOF(dots); i++)
		if (str_starts(s, dots[i]))
			return dots[i].n;
	return 0;
}

/* Takes the dot behind it as well. */
static struct str take_label(struct str *rest)
{
	struct str label;
	size_t n = 0;

	while (n < rest->n && dot_length(str_from(*rest, n)) == 0)
		n++;
	label = str_take(rest, n);
	*rest = str_from(*rest, dot_length(*rest));
	return label;
}

/* Label by label: browsers follow what IDNA 2008 refuses, emoji as well as a wrong label in front. */
static struct str by_labels(struct arena *arena, struct str name)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);

	while (name.n) {
		const struct str label = take_label(&name);
		const bool plain = !domain_is_utf8(label);
		const struct str ascii = plain ? label : by_idna(arena, label);

		if (o.n)
			out_char(&o, '.');
		if (plain || ascii.n)
			out_str(&o, ascii);
		else if (!punycode_put(label, &o))
			return (struct str){ 0 };
	}
	return o.full ? (struct str){ 0 } : arena_str(arena, out_text(&o));
}

/* What readers of mail make of it, so that the name they see is the name that is asked.  The bound keeps the mapping,
 * which is not linear, short. */
static struct str to_ascii(struct arena *arena, struct str name)
{
	struct str ascii;

	if (memchr(name.p, '\0', name.n) || name.n > LIMIT_DOMAIN)
		return (struct str){ 0 };
	ascii = by_idna(arena, name);
	return ascii.n ? ascii : by_labels(arena, name);
}

struct str domain_ascii(struct arena *arena, struct str name)
{
	struct str ascii;
	char *lower;

	if (name.n && domain_is_utf8(name))
		name = to_ascii(arena, name);
	if (name.n && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || !name_ok(name))
		return (struct str){ 0 };
	lower = arena_alloc(arena, name.n + 1);
	if (!lower)
		return (struct str){ 0 };
	for (size_t i = 0; i < name.n; i++)
		lower[i] = ascii_lower(name.p[i]);
	ascii = (struct str){ .p = lower, .n = name.n };
	return ascii;
}

bool domain_has(struct str domain, struct str name)
{
	return str_ends(name, domain) &&
	       (name.n == domain.n || (domain.n && name.p[name.n - domain.n - 1] == '.'));
}

struct str domain_parent(struct str name)
{
	struct str label, parent;

	str_cut(name, '.', &label, &parent);
	return parent;
}

unsigned domain_labels(struct str name)
{
	unsigned count = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		count += name.p[i] == '.';
	return count;
}
