/* The answers to what was asked last are kept.  Mails name the same domains again and again, one mail its own several
 * times; the list takes a microsecond and more for each, a third of that for each top level. */
#include "filters/suffixes.h"

#include "base/limits.h"
#include "base/mem.h"

#include <libpsl.h>

enum { ANSWERS = 256, KEPT_NAME = 61 };

enum question { NOT_ASKED, IS_TOP, REGISTRABLE };

struct answer {
	uint8_t question; /* enum question */
	uint8_t name_n, value;
	char name[KEPT_NAME];
};

struct suffixes {
	psl_ctx_t *list;
	struct answer *answers; /* by hash of what was asked, the last one */
};

struct suffixes *suffixes_new(void)
{
	psl_ctx_t *list = psl_latest(NULL);
	struct suffixes *s;

	if (!list)
		return NULL;
	s = mem_new(sizeof(*s));
	s->list = list;
	s->answers = mem_new(ANSWERS * sizeof(*s->answers));
	return s;
}

void suffixes_free(void *suffixes)
{
	struct suffixes *s = suffixes;

	if (!s)
		return;
	psl_free(s->list);
	mem_free(s->answers);
	mem_free(s);
}

/* The name has a NUL behind it.  Of REGISTRABLE the length of the part; 0: there is none. */
static unsigned look_up(const struct suffixes *s, enum question question, struct str name)
{
	const char *found;

	if (question == IS_TOP)
		return psl_is_public_suffix2(s->list, name.p,
					     PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
	found = psl_registrable_domain(s->list, name.p);
	return found ? (unsigned)(name.n - (size_t)(found - name.p)) : 0;
}

static unsigned ask(const struct suffixes *s, enum question question, struct str name)
{
	struct answer *a = &s->answers[(str_ihash(name) + question) % ANSWERS];
	unsigned value;

	if (a->question == question && str_eq((struct str){ .p = a->name, .n = a->name_n }, name))
		return a->value;
	value = look_up(s, question, name);
	if (name.n <= KEPT_NAME) {
		a->question = (uint8_t)question;
		a->name_n = (uint8_t)name.n;
		a->value = (uint8_t)value;
		memcpy(a->name, name.p, name.n);
	}
	return value;
}

struct str suffixes_organization(const struct suffixes *s, struct str domain)
{
	const unsigned n = ask(s, REGISTRABLE, domain);

	return n ? str_from(domain, domain.n - n) : domain;
}

bool suffixes_is_top(const struct suffixes *s, struct str label)
{
	char name[LIMIT_DNS_LABEL + 1];

	if (label.n == 0 || label.n > LIMIT_DNS_LABEL)
		return false;
	for (size_t i = 0; i < label.n; i++)
		name[i] = ascii_lower(label.p[i]);
	name[label.n] = '\0';
	return ask(s, IS_TOP, (struct str){ .p = name, .n = label.n }) != 0;
}

struct str suffixes_registrable(const struct suffixes *s, struct str domain)
{
	size_t top = domain.n;
	unsigned n;

	while (top && domain.p[top - 1] != '.')
		top--;
	if (!suffixes_is_top(s, str_from(domain, top)))
		return (struct str){ 0 };
	n = ask(s, REGISTRABLE, domain);
	return n ? str_from(domain, domain.n - n) : (struct str){ 0 };
}
