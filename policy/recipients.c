/* Recipient classes: which `recipients` blocks an address belongs to.  Local parts are compared
 * without case: RFC 5321 2.4 lets them differ by it, no mail system in use does.
 *
 * Both what is listed and who is looked for are brought to one form first (path_plain()).
 *
 * Whatever is listed is an end of the address: all of it, or from its '@' or one of the dots behind that on.  So each
 * of these ends is looked up, however many addresses there are. */
#include "policy/inside.h"

#include "base/check.h"
#include "base/limits.h"
#include "mail/domain.h"
#include "mail/path.h"

struct conf_recipients {
	struct conf_list match;
};

static const struct conf_option options[] = {
	{ .name = "match",
	  .type = CONF_LIST,
	  .offset = offsetof(struct conf_recipients, match),
	  .about = "addresses: user@domain, @domain, @*.domain (its subdomains)" },
};

const struct conf_block block_recipients = {
	.name = "recipients",
	.about = "A class of recipients, for the `for` of verdicts.",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct conf_recipients),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "recipients \"vip\" { match = [\"ceo@example.com\", \"@vip.example.com\"] }\n",
};

/* Where the domain begins: behind the last '@', for a quoted local part may have one of its own.  0: there is none. */
static size_t domain_at(struct str address)
{
	size_t i = address.n;

	while (i > 0 && address.p[i - 1] != '@')
		i--;
	return i;
}

/* The place of an end among the others: where it is, or the empty one where it belongs. */
static struct recipient_end *slot(const struct policy *p, struct str text)
{
	size_t i = (size_t)str_ihash(text) & (p->end_room - 1);

	while (p->ends[i].text.n && !str_ieq(p->ends[i].text, text))
		i = (i + 1) & (p->end_room - 1);
	return &p->ends[i];
}

static void add_end(struct policy *p, struct str text)
{
	struct recipient_end *end = slot(p, text);

	if (end->text.n == 0)
		end->text = policy_keep_str(p, text);
	end->classes |= UINT64_C(1) << p->class_count;
}

/* "user@domain", "@domain", "@*.domain" */
static bool add_match(struct policy *p, const struct conf_text *text, struct conf_report *report)
{
	const size_t at = domain_at(text->text);
	const bool below = str_starts(text->text, STR("@*."));
	const struct str front = str_head(text->text, at),
			 domain = str_from(text->text, below ? 3 : at);
	const struct str ascii = domain_ascii(&p->arena, domain);

	if (at == 0 || (ascii.n == 0 && !str_starts(domain, STR("["))) ||
	    memchr(front.p, '*', front.n)) {
		conf_error(report, &text->at,
			   "'" STR_FMT "' is not user@domain, @domain or @*.domain",
			   STR_ARG(text->text));
		return false;
	}
	if (below)
		add_end(p, arena_printf(&p->arena, "." STR_FMT, STR_ARG(ascii)));
	else
		add_end(p, path_plain(&p->arena, text->text));
	return true;
}

static bool compile_class(struct policy *p, const struct conf_section *section,
			  struct conf_report *report)
{
	const struct conf_recipients *c = section->values;
	bool ok = true;

	p->classes[p->class_count] = policy_keep_str(p, section->title.text).p;
	for (size_t i = 0; i < c->match.count; i++)
		ok &= add_match(p, &c->match.items[i], report);
	if (c->match.count == 0)
		conf_warn(report, &section->at, "match lists nobody");
	p->class_count++;
	return ok;
}

static void make_room(struct policy *p, const struct conf_section *s)
{
	size_t n = 0;

	for (; s; s = conf_next(s))
		n += ((const struct conf_recipients *)s->values)->match.count;
	for (p->end_room = 2; p->end_room < 2 * n;)
		p->end_room *= 2;
	p->ends = policy_keep(p, p->end_room * sizeof(*p->ends));
}

bool recipients_compile(struct policy *p, const struct conf *conf, struct conf_report *report)
{
	const struct conf_section *s = conf_first(conf, &block_recipients);
	bool ok = true;

	p->classes = policy_keep(p, LIMIT_RECIPIENT_CLASSES * sizeof(*p->classes));
	make_room(p, s);
	for (; s; s = conf_next(s)) {
		if (p->class_count == LIMIT_RECIPIENT_CLASSES) {
			conf_error(report, &s->at, "more than %d recipients blocks",
				   LIMIT_RECIPIENT_CLASSES);
			return false;
		}
		ok &= compile_class(p, s, report);
	}
	return ok;
}

static uint64_t match_plain(const struct policy *p, struct str rcpt)
{
	const size_t at = domain_at(rcpt);
	uint64_t classes;

	if (at == 0)
		return 0;
	classes = slot(p, rcpt)->classes | slot(p, str_from(rcpt, at - 1))->classes;
	for (size_t i = at + 1; i < rcpt.n; i++)
		if (rcpt.p[i] == '.')
			classes |= slot(p, str_from(rcpt, i))->classes;
	return classes;
}

uint64_t recipients_match(const struct policy *p, struct str rcpt)
{
	struct arena arena;
	uint64_t classes;

	if (p->class_count == 0)
		return 0;
	arena_init(&arena, SIZE_MAX);
	classes = match_plain(p, path_plain(&arena, rcpt));
	arena_reset(&arena);
	return classes;
}
