#include "filters/arc/chain.h"

#include "base/check.h"
#include "filters/taglist.h"
#include "mail/path.h"

static bool fail(struct arc_chain *c, struct str wrong)
{
	if (!c->wrong.n)
		c->wrong = wrong;
	return false;
}

/* ---- one signature ---- */

/* RFC 6376 3.7: the value of b= and all white space around it. */
static struct str hole_of(struct str field_value, struct str b)
{
	const char *begin = b.p, *end = b.p + b.n;

	while (begin > field_value.p && begin[-1] != '=')
		begin--;
	while (end < field_value.p + field_value.n && *end != ';')
		end++;
	return (struct str){ .p = begin, .n = (size_t)(end - begin) };
}

static bool read_algorithm(struct str a, enum arc_algorithm *algorithm)
{
	if (str_eq(a, STR("rsa-sha256")))
		*algorithm = ARC_RSA_SHA256;
	else if (str_eq(a, STR("ed25519-sha256")))
		*algorithm = ARC_ED25519_SHA256;
	else
		return false;
	return true;
}

static bool is_selector(struct str s)
{
	return s.n <= LIMIT_DOMAIN && path_domain_ok(s) && s.p[0] != '[';
}

/* What both kinds have. */
static struct str read_common(const struct header_field *f, const struct taglist *tags,
			      struct arc_signature *s)
{
	*s = (struct arc_signature){ .field = *f,
				     .domain = taglist_get(tags, STR("d")),
				     .selector = taglist_get(tags, STR("s")),
				     .b = taglist_get(tags, STR("b")) };
	if (!read_algorithm(taglist_get(tags, STR("a")), &s->algorithm))
		return STR("a= is no algorithm known here");
	if (!is_selector(s->domain))
		return STR("d= is no domain");
	if (!is_selector(s->selector))
		return STR("s= is no selector");
	if (s->b.n == 0)
		return STR("no b=");
	s->hole = hole_of(f->value, s->b);
	return (struct str){ 0 };
}

/* RFC 6376 3.5: header/body, simple unless said otherwise. */
static bool read_canonicalization(struct str c, struct arc_signature *s)
{
	struct str header, body;

	if (!c.p)
		return true;
	if (!str_cut(c, '/', &header, &body))
		body = STR("simple");
	s->relaxed_header = str_eq(header, STR("relaxed"));
	s->relaxed_body = str_eq(body, STR("relaxed"));
	return (s->relaxed_header || str_eq(header, STR("simple"))) &&
	       (s->relaxed_body || str_eq(body, STR("simple")));
}

/* From is signed, ARC-Seal is not (RFC 8617 4.1.2). */
static bool read_signed_fields(struct str h)
{
	bool from = false;
	unsigned count = 0;

	while (h.p) {
		const struct str name = taglist_item(&h);

		from = from || str_ieq(name, STR("from"));
		if (str_ieq(name, STR("arc-seal")) || ++count > LIMIT_ARC_FIELDS)
			return false;
	}
	return from;
}

static struct str read_message_signature(const struct header_field *f, const struct taglist *tags,
					 struct arc_signature *s)
{
	const struct str common = read_common(f, tags, s);
	const struct str length = taglist_get(tags, STR("l"));

	if (common.n)
		return common;
	s->bh = taglist_get(tags, STR("bh"));
	s->h = taglist_get(tags, STR("h"));
	s->length = UINT64_MAX;
	if (!read_canonicalization(taglist_get(tags, STR("c")), s))
		return STR("c= is no canonicalization");
	if (s->bh.n == 0)
		return STR("no bh=");
	if (!read_signed_fields(s->h))
		return STR("h= without From, with ARC-Seal, or too long");
	if (length.p && !str_u64(length, UINT64_MAX - 1, &s->length))
		return STR("l= is no number");
	return (struct str){ 0 };
}

static struct str read_seal(const struct header_field *f, const struct taglist *tags,
			    struct arc_signature *s)
{
	static const struct str words[] = {
		[ARC_CV_NONE] = STR_INIT("none"),
		[ARC_CV_FAIL] = STR_INIT("fail"),
		[ARC_CV_PASS] = STR_INIT("pass"),
	};
	const struct str common = read_common(f, tags, s);
	const struct str cv = taglist_get(tags, STR("cv"));

	if (common.n)
		return common;
	if (taglist_get(tags, STR("h")).p)
		return STR("h= in ARC-Seal");
	for (unsigned i = 0; i < COUNTOF(words); i++) {
		if (!str_eq(cv, words[i]))
			continue;
		s->cv = (enum arc_cv)i;
		return (struct str){ 0 };
	}
	return STR("cv= is none of none, fail, pass");
}

/* ---- the sets ---- */

static struct arc_set *set_of(struct arc_chain *c, struct str i)
{
	uint64_t instance;

	if (!i.n || i.n > 2 || !str_u64(i, LIMIT_ARC_SETS, &instance) || instance == 0)
		return NULL;
	if (instance > c->count)
		c->count = (unsigned)instance;
	return &c->sets[instance - 1];
}

static struct str add_results(struct arc_chain *c, const struct header_field *f)
{
	struct str first, rest, name, value;
	struct arc_set *set = NULL;

	str_cut(f->value, ';', &first, &rest);
	if (str_cut(first, '=', &name, &value) && str_eq(str_trim_lines(name), STR("i")))
		set = set_of(c, str_trim_lines(value));
	if (!set)
		return STR("ARC-Authentication-Results without an instance");
	if (set->results.name.n)
		return STR("ARC-Authentication-Results stands twice");
	set->results = *f;
	return (struct str){ 0 };
}

static struct str add_signature(struct arc_chain *c, const struct header_field *f, bool seal)
{
	struct taglist tags;
	struct arc_signature *to;
	struct arc_set *set;

	if (!taglist_parse(f->value, &tags))
		return tags.wrong;
	set = set_of(c, taglist_get(&tags, STR("i")));
	if (!set)
		return STR("a signature without an instance");
	to = seal ? &set->seal : &set->message;
	if (to->field.name.n)
		return seal ? STR("ARC-Seal stands twice")
			    : STR("ARC-Message-Signature stands twice");
	return seal ? read_seal(f, &tags, to) : read_message_signature(f, &tags, to);
}

/* Names of ARC in the order of a set. */
enum arc_field { ARC_RESULTS, ARC_MESSAGE, ARC_SEAL, ARC_OTHER };

static enum arc_field field_of(struct str name)
{
	static const struct str names[] = {
		[ARC_RESULTS] = STR_INIT("ARC-Authentication-Results"),
		[ARC_MESSAGE] = STR_INIT("ARC-Message-Signature"),
		[ARC_SEAL] = STR_INIT("ARC-Seal"),
	};

	for (unsigned i = 0; ascii_lower(name.p[0]) == 'a' && i < ARC_OTHER; i++)
		if (str_ieq(name, names[i]))
			return (enum arc_field)i;
	return ARC_OTHER;
}

bool arc_chain_present(struct str header)
{
	struct header_field f;

	while (header_next(&header, &f))
		if (field_of(f.name) != ARC_OTHER)
			return true;
	return false;
}

/* RFC 8617 5.2 step 3: sets are whole, instances have no gap, the first says none and the others pass. */
static bool is_whole(struct arc_chain *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		const struct arc_set *s = &c->sets[i];

		if (!s->results.name.n || !s->message.field.name.n || !s->seal.field.name.n)
			return fail(c, STR("a set is not complete"));
	}
	if (c->sets[c->count - 1].seal.cv == ARC_CV_FAIL)
		return fail(c, STR("the newest sealer says that the chain had failed"));
	for (unsigned i = 0; i < c->count; i++)
		if (c->sets[i].seal.cv != (i ? ARC_CV_PASS : ARC_CV_NONE))
			return fail(c, STR("cv= is not what its place asks for"));
	return true;
}

bool arc_chain_read(struct str header, struct arc_chain *chain)
{
	struct header_field f;
	unsigned fields = 0;

	*chain = (struct arc_chain){ .count = 0 };
	while (!chain->wrong.n && header_next(&header, &f)) {
		const enum arc_field kind = field_of(f.name);

		if (kind == ARC_OTHER)
			continue;
		if (++fields > 3 * LIMIT_ARC_SETS)
			return fail(chain, STR("too many sets"));
		chain->wrong = kind == ARC_RESULTS ? add_results(chain, &f)
						   : add_signature(chain, &f, kind == ARC_SEAL);
	}
	return !chain->wrong.n && chain->count && is_whole(chain);
}

/* ---- what a sealer has seen ---- */

/* Length of a comment or a quoted string that begins s; 0: none does. */
static size_t enclosed(struct str s)
{
	const char open = s.n ? s.p[0] : '\0';
	unsigned depth = 0;

	if (open != '(' && open != '"')
		return 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (open == '(' && s.p[i] == '(')
			depth++;
		else if (i && s.p[i] == (open == '(' ? ')' : '"') && (open == '"' || --depth == 0))
			return i + 1;
	}
	return s.n;
}

/* Up to the next semicolon that stands by itself; comments and quoted strings are left out. */
static void next_result(struct str *s, struct out *o)
{
	size_t i = 0;

	o->n = 0;
	o->full = false;
	while (i < s->n && s->p[i] != ';') {
		const size_t skip = enclosed(str_from(*s, i));

		if (skip) {
			i += skip;
			continue;
		}
		if (s->p[i] == '=' && o->n && o->p[o->n - 1] == ' ')
			o->n--;
		if (s->p[i] > ' ')
			out_char(o, s->p[i]);
		else if (o->n && o->p[o->n - 1] != '=')
			out_char(o, ' ');
		i++;
	}
	*s = str_from(*s, i < s->n ? i + 1 : s->n);
}

enum auth_result arc_results_dmarc(struct str value)
{
	char bytes[64]; /* what is cut off is properties */
	struct out o = OUT(bytes);
	struct str word, rest;

	while (value.n) {
		next_result(&value, &o);
		if (!str_istarts(out_text(&o), STR("dmarc=")))
			continue;
		str_cut(str_from(out_text(&o), 6), ' ', &word, &rest);
		for (unsigned i = 0; i < AUTH_RESULT_COUNT; i++)
			if (str_ieq(word, str_z(auth_result_name((enum auth_result)i))))
				return (enum auth_result)i;
		return AUTH_FAIL; /* no word we know */
	}
	return AUTH_NONE;
}
