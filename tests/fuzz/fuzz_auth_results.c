/* Authentication-Results of anything a stranger may write: a strict reader finds the results that went in, in their
 * order, and no others; the value of each property is what went in, printable.  Who forged one in our name is found out:
 * what we write claims to be ours, and nothing in front of a name hides it. */
#include "base/check.h"
#include "base/limits.h"
#include "filters/auth_results.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELD_MAX = 8192, SIGNATURES = 3, RESULTS_MAX = 16, LONGEST_LINE = 998 };

struct wanted {
	const char *method;
	enum auth_result result;
};

static struct wanted wanted[RESULTS_MAX];
static unsigned wanted_count;

static void want(const char *method, enum auth_result result)
{
	wanted[wanted_count++] = (struct wanted){ .method = method, .result = result };
}

/* ---- the reader ---- */

/* Takes the folds out; every other byte is printable. */
static struct str unfold(struct str s, bool folded, struct out *o)
{
	size_t line = sizeof("Authentication-Results:");

	for (size_t i = 0; i < s.n; i++, line++) {
		if (s.p[i] == '\r') {
			CHECK(i + 2 < s.n && s.p[i + 1] == '\n' && s.p[i + 2] == '\t');
			CHECK(folded && line < LONGEST_LINE);
			i += 2;
			line = 0;
			out_char(o, ' ');
			continue;
		}
		CHECK(s.p[i] >= ' ' && s.p[i] < 0x7f);
		out_char(o, s.p[i]);
	}
	CHECK(!o->full && (!folded || line < LONGEST_LINE));
	return out_text(o);
}

/* A word or a quoted string, decoded. */
static struct str read_value(struct str *s, struct out *o)
{
	size_t i = 0;

	if (s->n && s->p[0] == '"') {
		for (i = 1; i < s->n && s->p[i] != '"'; i++) {
			if (s->p[i] == '\\')
				i++;
			CHECK(i < s->n);
			out_char(o, s->p[i]);
		}
		CHECK(i < s->n);
		i++;
	} else {
		for (; i < s->n && s->p[i] != ' ' && s->p[i] != ';'; i++) {
			CHECK(!memchr("()<>,:\\\"[]", s->p[i], 10));
			out_char(o, s->p[i]);
		}
		CHECK(i > 0);
	}
	*s = str_from(*s, i);
	CHECK(s->n == 0 || s->p[0] == ' ' || s->p[0] == ';');
	return out_text(o);
}

static struct str read_name(struct str *s)
{
	struct str name;

	CHECK(str_cut(*s, '=', &name, s));
	for (size_t i = 0; i < name.n; i++)
		CHECK(ascii_alnum(name.p[i]) || name.p[i] == '.' || name.p[i] == '-');
	return name;
}

static bool take(struct str *s, struct str text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_from(*s, text.n);
	return true;
}

/* What is left of a stranger's text. */
static void same(struct str got, struct str given)
{
	given = str_head(given, LIMIT_DOMAIN);
	CHECK(got.n == given.n);
	for (size_t i = 0; i < got.n; i++)
		CHECK(got.p[i] == given.p[i] ||
		      (got.p[i] == '?' && (given.p[i] < ' ' || given.p[i] == 0x7f)));
}

static void read_property(struct str *s, const struct auth_report *r)
{
	char bytes[FIELD_MAX];
	struct out o = OUT(bytes);
	const struct str name = read_name(s);
	const struct str text = read_value(s, &o);

	if (str_eq(name, STR("smtp.mailfrom")))
		same(text, r->mail_from);
	else if (str_eq(name, STR("smtp.helo")))
		same(text, r->helo);
	else if (str_eq(name, STR("smtp.auth")))
		same(text, r->login);
}

/* At the semicolon before it. */
static void read_result(struct str *s, const struct auth_report *r, const struct wanted *w)
{
	char bytes[64];
	struct out o = OUT(bytes);

	CHECK(take(s, STR("; ")));
	CHECK(str_eq(read_name(s), str_z(w->method)));
	CHECK(str_eq(read_value(s, &o), str_z(auth_result_name(w->result))));
	while (take(s, STR(" ")))
		read_property(s, r);
}

static void check(const struct auth_report *r, enum auth_results_form form, size_t cap)
{
	static char field[FIELD_MAX], line[FIELD_MAX], id[FIELD_MAX];
	struct out o = { .p = field, .cap = cap }, flat = OUT(line), given = OUT(id);
	struct str s;

	auth_results_write(&o, r, form);
	if (o.full) {
		CHECK(cap < FIELD_MAX);
		return;
	}
	s = unfold(out_text(&o), form == AUTH_RESULTS_FOLDED, &flat);
	same(read_value(&s, &given), r->id);
	for (unsigned i = 0; s.n && i < wanted_count; i++)
		read_result(&s, r, &wanted[i]);
	CHECK(s.n == 0 || (wanted_count == 0 && str_eq(s, STR("; none"))) || cap < FIELD_MAX);
}

static bool is_name(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!ascii_alnum(id.p[i]) && id.p[i] != '-')
			return false;
	return id.n && id.n <= LIMIT_DOMAIN;
}

static void check_claims(const struct auth_report *r, struct str input)
{
	static char field[FIELD_MAX];
	const struct str some = str_head(input, FIELD_MAX / 2);
	struct str name, rest;
	struct out o = OUT(field);

	auth_results_write(&o, r, AUTH_RESULTS_FOLDED);
	CHECK(!is_name(r->id) || auth_results_claims(out_text(&o), r->id));
	str_cut(input, (char)0xff, &name, &rest);
	o = OUT(field);
	out_str(&o, STR("\r\n\t(c (\\)) \") "));
	out_str(&o, some);
	CHECK(auth_results_claims(some, name) == auth_results_claims(out_text(&o), name));
}

/* ---- what goes in ---- */

static struct str next(struct str *rest)
{
	struct str one;

	str_cut(*rest, (char)0xff, &one, rest);
	return one;
}

static enum auth_result result_of(struct str text)
{
	return (enum auth_result)(str_ihash(text) % AUTH_RESULT_COUNT);
}

static void add_signatures(struct auth *auth, struct auth_dkim *dkim, struct str *in)
{
	struct auth_dkim **at = &auth->dkim;

	for (unsigned i = 0; i < SIGNATURES && in->n; i++) {
		dkim[i] = (struct auth_dkim){ .domain = next(in), .selector = next(in) };
		dkim[i].algorithm = next(in);
		dkim[i].identity = next(in);
		dkim[i].b = next(in);
		dkim[i].reason = next(in);
		dkim[i].result = result_of(dkim[i].domain);
		dkim[i].domainkeys = dkim[i].domain.n % 4 == 3;
		want(dkim[i].domainkeys ? "domainkeys" : "dkim", dkim[i].result);
		*at = &dkim[i];
		at = &dkim[i].next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t address[16] = { 0x20, 1, 0xd, 0xb8 };
	struct str in = { .p = (const char *)data, .n = size };
	struct auth_dkim dkim[SIGNATURES];
	struct auth_spf helo_spf = { .checked = true, .result = AUTH_SOFTFAIL };
	struct auth auth = { .spf = { .checked = true } };
	struct auth_report r = { .auth = &auth, .helo_spf = &helo_spf };

	wanted_count = 0;
	r.id = next(&in);
	r.helo = next(&in);
	r.mail_from = next(&in);
	r.login = next(&in);
	r.authenticated = r.login.n > 0;
	r.client_ip = ip_from_bytes(IP_V6, address);
	r.iprev_checked = true;
	r.iprev = result_of(r.helo);
	auth.spf.result = result_of(r.mail_from);
	auth.arc = (struct auth_arc){ .checked = true, .reason = next(&in) };
	auth.dmarc = (struct auth_dmarc){ .checked = true, .domain = next(&in) };
	auth.dmarc.result = result_of(auth.dmarc.domain);
	auth.dmarc.reason = next(&in);
	if (r.authenticated)
		want("auth", AUTH_PASS);
	if (r.mail_from.n)
		want("spf", auth.spf.result);
	want("spf", AUTH_SOFTFAIL);
	want("iprev", r.iprev);
	want("arc", AUTH_NONE);
	want("dmarc", auth.dmarc.result);
	add_signatures(&auth, dkim, &in);
	check(&r, AUTH_RESULTS_FOLDED, FIELD_MAX);
	check(&r, AUTH_RESULTS_LINE, FIELD_MAX);
	check(&r, AUTH_RESULTS_FOLDED, size % FIELD_MAX);
	check_claims(&r, (struct str){ .p = (const char *)data, .n = size });
	return 0;
}
