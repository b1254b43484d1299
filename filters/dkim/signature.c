#include "filters/dkim/signature.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/hex.h"
#include "filters/taglist.h"

enum {
	TIME_DIGITS = 12, /* RFC 6376 3.5, t= and x= */
	LENGTH_MAX = 1 << 30,
	/* libopendkim compares with its own clock, which is not ours: wrapper.c has it look away by this much, and
	 * then takes what is older for the future.  That was in 2001, before there was DKIM. */
	FIRST_TIME = 1000000000,
};

static const struct {
	struct str name;
	bool required;
} known[] = {
#define X(ID, TEXT, REQUIRED) [DKIM_TAG_##ID] = { .name = STR_INIT(TEXT), .required = (REQUIRED) },
	DKIM_SIGNATURE_TAGS(X)
#undef X
};

/* ---- reading the list ---- */

/* Nothing past ASCII, no NUL: what libopendkim is shown. */
static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || (unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

/* libopendkim leaves out, when a signature signs itself, the value of each "=" with a "b" before it: so not that of
 * "b =", and that of "xb=" as well. */
static bool is_mistaken(struct str name)
{
	const bool adjoins = name.p[name.n] == '=';

	return name.p[name.n - 1] == 'b' && adjoins != str_eq(name, STR("b"));
}

static const char *read_tags(struct dkim_signature *s, struct str text)
{
	struct taglist list;
	const bool good = taglist_parse(text, &list);

	for (size_t i = 0; i < COUNTOF(known); i++)
		s->tags[i] = taglist_get(&list, known[i].name);
	if (!good)
		return list.wrong.p;
	for (unsigned i = 0; i < list.count; i++)
		if (is_mistaken(list.tags[i].name))
			return "libopendkim would mistake which part of it is b=";
	return is_ascii(text) ? NULL : "it is not ASCII";
}

/* ---- one check per tag ---- */

static const char *check_required(struct dkim_signature *s)
{
	for (size_t i = 0; i < COUNTOF(known); i++)
		if (known[i].required && s->tags[i].n == 0)
			return "a required tag is missing";
	return NULL;
}

static const char *check_version(struct dkim_signature *s)
{
	return str_eq(s->tags[DKIM_TAG_V], STR("1")) ? NULL : "v= is not 1";
}

static const char *check_algorithm(struct dkim_signature *s)
{
	static const struct str names[] = { [DKIM_RSA_SHA256] = STR_INIT("rsa-sha256"),
					    [DKIM_ED25519_SHA256] = STR_INIT("ed25519-sha256"),
					    [DKIM_RSA_SHA1] = STR_INIT("rsa-sha1") };

	for (size_t i = 0; i < COUNTOF(names); i++) {
		if (!str_ieq(s->tags[DKIM_TAG_A], names[i]))
			continue;
		s->algorithm = (enum dkim_algorithm)i;
		return i == DKIM_RSA_SHA1 ? "rsa-sha1 is historic (RFC 8301)" : NULL;
	}
	return "unknown algorithm";
}

static bool is_base64(struct str text, struct out *o)
{
	taglist_squeeze(o, text);
	return o->n > 0 && !o->full && base64_ok(out_text(o));
}

static const char *check_hashes(struct dkim_signature *s)
{
	char bytes[LIMIT_DKIM_FIELD];
	struct out b = OUT(bytes), bh = OUT(bytes);

	if (!is_base64(s->tags[DKIM_TAG_BH], &bh))
		return "bh= is not base64";
	if (!is_base64(s->tags[DKIM_TAG_B], &b))
		return "b= is not base64";
	memcpy(s->b, b.p, b.n < sizeof(s->b) ? b.n : sizeof(s->b) - 1);
	return NULL;
}

static bool is_canonicalization(struct str word, bool *relaxed)
{
	*relaxed = str_ieq(word, STR("relaxed"));
	return *relaxed || str_ieq(word, STR("simple"));
}

static const char *check_canonicalization(struct dkim_signature *s)
{
	struct str header, body;
	bool relaxed;

	if (!s->tags[DKIM_TAG_C].p)
		return NULL;
	if (!str_cut(s->tags[DKIM_TAG_C], '/', &header, &body))
		body = STR("simple");
	return is_canonicalization(header, &relaxed) && is_canonicalization(body, &s->relaxed_body)
		       ? NULL
		       : "unknown canonicalization";
}

/* Names with dots between, of letters, digits, "-" and "_". */
static bool is_domain(struct str domain)
{
	size_t label = 0;

	for (size_t i = 0; i < domain.n; i++) {
		const char c = domain.p[i];

		if (c == '.' && label == 0)
			return false;
		if (c != '.' && !ascii_alnum(c) && c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LIMIT_DNS_LABEL)
			return false;
	}
	return label > 0 && domain.n <= LIMIT_DOMAIN;
}

static const char *check_domain(struct dkim_signature *s)
{
	return is_domain(s->tags[DKIM_TAG_D]) ? NULL : "d= is no domain";
}

static const char *check_selector(struct dkim_signature *s)
{
	const size_t n = s->tags[DKIM_TAG_S].n + STR("._domainkey.").n + s->tags[DKIM_TAG_D].n;

	if (!is_domain(s->tags[DKIM_TAG_S]))
		return "s= is no selector";
	return n <= LIMIT_DOMAIN - 2 ? NULL : "the key's name is too long";
}

/* RFC 5322 3.6.8 ftext; ";" ends a tag. */
static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return false;
	return name.n > 0;
}

static const char *check_names(struct dkim_signature *s)
{
	struct str rest = s->tags[DKIM_TAG_H];
	size_t bytes = 0;

	while (rest.p) {
		const struct str name = taglist_item(&rest);

		if (!is_field_name(name))
			return "h= is no list of field names";
		if (s->name_count == LIMIT_DKIM_NAMES)
			return "h= names too many fields";
		s->names[s->name_count++] = name;
		bytes += name.n + 1;
	}
	if (bytes > LIMIT_DKIM_NAMES_BYTES)
		return "h= is too long";
	return dkim_signature_signs(s, STR("From")) ? NULL : "From is not signed";
}

/* RFC 6376 2.11 dkim-quoted-printable; only what stands for printable ASCII. */
static bool decode_quoted(struct str text, struct out *o)
{
	char bytes[LIMIT_DKIM_IDENTITY];
	struct out tight = OUT(bytes);

	taglist_squeeze(&tight, text);
	for (size_t i = 0; i < tight.n; i++) {
		int c = bytes[i];

		if (c == '=') {
			c = hex_byte(str_from(out_text(&tight), i + 1));
			i += 2;
		}
		if (c < ' ' || c > '~')
			return false;
		out_char(o, (char)c);
	}
	return !o->full && !tight.full;
}

/* The domain of i=, in o's buffer.  An "@" in the local part, which RFC 5322 lets one quote, is refused: libopendkim
 * takes the first one for the end of it. */
static bool identity_domain(struct str identity, struct out *o, struct str *domain)
{
	struct str local, more;

	if (!decode_quoted(identity, o) || !str_cut(out_text(o), '@', &local, domain))
		return false;
	return !str_cut(*domain, '@', &local, &more) && is_domain(*domain);
}

static const char *check_identity(struct dkim_signature *s)
{
	char bytes[LIMIT_DKIM_IDENTITY];
	struct out o = OUT(bytes);
	const struct str within = s->tags[DKIM_TAG_D];
	struct str domain;

	if (!s->tags[DKIM_TAG_I].p)
		return NULL;
	if (s->tags[DKIM_TAG_I].n > LIMIT_DKIM_IDENTITY)
		return "i= is too long";
	if (!identity_domain(s->tags[DKIM_TAG_I], &o, &domain))
		return "i= is no identity";
	if (!str_iends(domain, within) ||
	    (domain.n > within.n && domain.p[domain.n - within.n - 1] != '.'))
		return "i= is not within d=";
	return NULL;
}

static const char *check_query(struct dkim_signature *s)
{
	struct str rest = s->tags[DKIM_TAG_Q];

	while (rest.p) {
		const struct str method = taglist_item(&rest);

		if (str_eq(method, STR("dns/txt")) || str_eq(method, STR("dns")))
			return NULL;
	}
	return s->tags[DKIM_TAG_Q].p ? "unknown query method" : NULL;
}

static bool read_number(struct str text, size_t digits, uint64_t max, uint64_t *value)
{
	return !text.p || (text.n <= digits && str_u64(text, max, value));
}

static const char *check_numbers(struct dkim_signature *s)
{
	if (!read_number(s->tags[DKIM_TAG_L], 76, LENGTH_MAX, &s->length))
		return "l= is no length";
	if (!read_number(s->tags[DKIM_TAG_T], TIME_DIGITS, UINT64_MAX - 1, &s->time_s))
		return "t= is no time";
	if (!read_number(s->tags[DKIM_TAG_X], TIME_DIGITS, UINT64_MAX - 1, &s->expires_s))
		return "x= is no time";
	if (s->tags[DKIM_TAG_T].p && s->tags[DKIM_TAG_X].p && s->expires_s <= s->time_s)
		return "x= is not behind t=";
	return NULL;
}

/* ---- the whole ---- */

const char *dkim_signature_parse(struct str value, struct dkim_signature *s,
				 enum auth_result *result)
{
	static const char *(*const checks[])(struct dkim_signature *) = {
		check_required,         check_version, check_hashes,   check_algorithm,
		check_canonicalization, check_domain,  check_selector, check_names,
		check_identity,         check_query,   check_numbers,
	};
	const char *problem;

	*s = (struct dkim_signature){ .length = UINT64_MAX,
				      .time_s = UINT64_MAX,
				      .expires_s = UINT64_MAX };
	*result = AUTH_PERMERROR; /* RFC 6376 6.1.1: PERMFAIL */
	if (value.n > LIMIT_DKIM_FIELD)
		return "it is too long";
	*result = AUTH_NEUTRAL; /* RFC 8601 2.7.1: syntax errors */
	problem = read_tags(s, value);
	if (problem)
		return problem;
	*result = AUTH_PERMERROR;
	for (size_t i = 0; !problem && i < COUNTOF(checks); i++)
		problem = checks[i](s);
	return problem;
}

const char *dkim_signature_time(const struct dkim_signature *s, uint64_t now_s,
				enum auth_result *result)
{
	*result = AUTH_PERMERROR; /* RFC 6376 6.1.1: PERMFAIL (signature expired) */
	if (s->tags[DKIM_TAG_X].p && s->expires_s < now_s)
		return "expired";
	*result = AUTH_POLICY;
	if (!s->tags[DKIM_TAG_T].p)
		return NULL;
	if (s->time_s < FIRST_TIME)
		return "t= is before there was DKIM";
	return s->time_s > now_s + LIMIT_DKIM_SKEW_MS / 1000 ? "signed in the future" : NULL;
}

/* i= is within d=, but is not d= itself: what a key with t=s does not allow (RFC 6376 3.6.1). */
static bool is_of_subdomain(const struct dkim_signature *s)
{
	char bytes[LIMIT_DKIM_IDENTITY];
	struct out o = OUT(bytes);
	struct str domain;

	return s->tags[DKIM_TAG_I].p && identity_domain(s->tags[DKIM_TAG_I], &o, &domain) &&
	       !str_ieq(domain, s->tags[DKIM_TAG_D]);
}

const char *dkim_signature_fits(const struct dkim_signature *s, const struct pubkey *key,
				enum auth_result *result)
{
	*result = AUTH_PERMERROR;
	if (key->ed25519 != (s->algorithm == DKIM_ED25519_SHA256))
		return "the key is of another kind";
	if (key->no_subdomains && is_of_subdomain(s))
		return "the key is not for subdomains";
	*result = AUTH_POLICY; /* RFC 8301 3.2 */
	return pubkey_is_weak(key) ? "the key has less than 1024 bits (RFC 8301)" : NULL;
}

bool dkim_signature_signs(const struct dkim_signature *s, struct str name)
{
	for (unsigned i = 0; i < s->name_count; i++)
		if (str_ieq(s->names[i], name))
			return true;
	return false;
}
