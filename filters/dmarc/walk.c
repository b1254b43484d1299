#include "filters/dmarc/walk.h"

#include "base/limits.h"
#include "base/out.h"
#include "mail/domain.h"

static const struct str prefix = STR_INIT("_dmarc.");

/* ---- names ---- */

static struct dmarc_name *find(const struct dmarc_tree *tree, struct str domain)
{
	struct dmarc_name *name = tree->names;

	while (name && !str_eq(name->domain, domain))
		name = name->next;
	return name;
}

void dmarc_tree_ask(struct dmarc_tree *tree, struct dmarc_question *question)
{
	question->next = tree->open;
	tree->open = question;
}

struct dmarc_question *dmarc_tree_open(struct dmarc_tree *tree)
{
	struct dmarc_question *question = tree->open;

	if (question)
		tree->open = question->next;
	return question;
}

static void want_name(struct dmarc_tree *tree, struct str domain)
{
	struct dmarc_name *name = find(tree, domain);

	if (name || domain.n == 0)
		return;
	name = tree->count < LIMIT_DMARC_NAMES ? arena_new(tree->arena, struct dmarc_name) : NULL;
	if (!name)
		return;
	tree->count++;
	name->domain = domain;
	name->next = tree->names;
	tree->names = name;
	if (prefix.n + domain.n > LIMIT_DNS_NAME - 2) {
		name->read = true; /* it cannot exist */
		return;
	}
	name->question.type = RR_TXT;
	name->question.name =
		arena_printf(tree->arena, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(domain));
	if (name->question.name.p)
		dmarc_tree_ask(tree, &name->question);
	else
		name->question.answer.status = DNS_FAILED;
}

/* RFC 9989 4.10: a single record counts, several are none. */
static void read_answer(struct dmarc_name *name)
{
	const struct dns_answer *a = &name->question.answer;
	struct dmarc_record record;
	unsigned count = 0;

	name->read = true;
	if (a->status == DNS_FAILED) {
		name->found = DMARC_FAILED;
		return;
	}
	for (unsigned i = 0; i < a->count; i++)
		if (dmarc_record_parse(a->records[i].text, &record) && count++ == 0)
			name->record = record;
	name->found = count == 1 ? DMARC_RECORD : DMARC_NOTHING;
	if (count == 0 && a->cut)
		name->found = DMARC_FAILED; /* there may be one */
}

const struct dmarc_name *dmarc_tree_name(struct dmarc_tree *tree, struct str domain)
{
	struct dmarc_name *name = find(tree, domain);

	if (name && !name->read)
		read_answer(name);
	return name;
}

/* ---- walks ---- */

/* The next name up; a long one loses all but seven labels (RFC 9989 4.10 step 4). */
static struct str next_up(struct str domain)
{
	unsigned labels = domain_labels(domain);

	do {
		domain = domain_parent(domain);
		labels--;
	} while (labels >= LIMIT_DMARC_QUERIES);
	return domain;
}

void dmarc_tree_want(struct dmarc_tree *tree, struct dmarc_method method, struct str domain)
{
	if (method.psl) {
		want_name(tree, domain);
		want_name(tree, suffixes_organization(method.psl, domain));
		return;
	}
	for (; domain.n; domain = next_up(domain))
		want_name(tree, domain);
}

/* The name with one label more that is domain, or above it. */
static struct str one_below(struct str above, struct str domain)
{
	while (domain_labels(domain) > domain_labels(above) + 1)
		domain = domain_parent(domain);
	return domain;
}

static const struct dmarc_name *with_record(struct dmarc_tree *tree, struct str domain)
{
	const struct dmarc_name *name = dmarc_tree_name(tree, domain);

	return name && name->found == DMARC_RECORD ? name : NULL;
}

/* RFC 9989 4.10.2 */
static struct dmarc_organization by_walk(struct dmarc_tree *tree, struct str domain)
{
	struct dmarc_organization o = { .known = true, .domain = domain };

	for (struct str at = domain; at.n; at = next_up(at)) {
		const struct dmarc_name *name = dmarc_tree_name(tree, at);

		if (!name || name->found == DMARC_FAILED)
			return (struct dmarc_organization){ .known = false };
		if (name->found == DMARC_NOTHING)
			continue;
		if (name->record.psd == DMARC_PSD_YES && at.n < domain.n) {
			o.domain = one_below(at, domain);
			o.policy = with_record(tree, o.domain);
			o.policy = o.policy ? o.policy : name;
			return o;
		}
		o.domain = at;
		o.policy = name;
		if (name->record.psd != DMARC_PSD_UNKNOWN)
			return o;
	}
	return o;
}

static struct dmarc_organization by_list(struct dmarc_tree *tree, const struct suffixes *psl,
					 struct str domain)
{
	struct dmarc_organization o = { .known = true,
					.domain = suffixes_organization(psl, domain) };
	const struct dmarc_name *name = dmarc_tree_name(tree, o.domain);

	if (name && name->found != DMARC_NOTHING)
		o.policy = name;
	return o;
}

struct dmarc_organization dmarc_tree_organization(struct dmarc_tree *tree,
						  struct dmarc_method method, struct str domain)
{
	return method.psl ? by_list(tree, method.psl, domain) : by_walk(tree, domain);
}
