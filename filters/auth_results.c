#include "filters/auth_results.h"

#include "base/limits.h"

enum { FOLD_AT = 76, FOLDED_COLUMN = 8, NAME_COLUMN = 24, WORD_MAX = 800 };

/* ---- values ---- */

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && !memchr(".-_", s.p[i], 3))
			return false;
	return s.n > 0;
}

/* RFC 5322 3.2.3 dot-atom: what a local part may be without quotes. */
static bool is_dot_atom(struct str s)
{
	static const char marks[] = "!#$%&'*+-/=?^_`{|}~.";

	for (size_t i = 0; i < s.n; i++) {
		const bool dot = s.p[i] == '.';

		if (!ascii_alnum(s.p[i]) && !memchr(marks, s.p[i], sizeof(marks) - 1))
			return false;
		if (dot && (i == 0 || i + 1 == s.n || s.p[i - 1] == '.'))
			return false;
	}
	return true;
}

static bool is_address(struct str s)
{
	struct str local, domain;

	return str_cut(s, '@', &local, &domain) && is_dot_atom(local) && is_plain(domain);
}

static void quoted(struct out *o, struct str s)
{
	out_char(o, '"');
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (c == '"' || c == '\\')
			out_char(o, '\\');
		out_char(o, c >= ' ' && c < 0x7f ? c : '?');
	}
	out_char(o, '"');
}

/* RFC 8601 2.2 pvalue: a token (in fewer characters than RFC 2045 allows), an address, or quoted. */
static void value(struct out *o, struct str s)
{
	const struct str some = str_head(s, LIMIT_DOMAIN);

	if (is_plain(some) || is_address(some))
		out_str(o, some);
	else
		quoted(o, some);
}

/* ---- the field ---- */

struct writer {
	struct out *o;
	bool folded;
	size_t column;
	unsigned results;  /* so far */
	bool cut;          /* one did not fit: it and those behind it are left out */
	struct out before; /* the result at hand did not begin yet */
};

static void word(struct writer *w, struct str text)
{
	const bool fold = w->folded && w->column + 1 + text.n > FOLD_AT;

	out_str(w->o, fold ? STR("\r\n\t") : STR(" "));
	out_str(w->o, text);
	w->column = (fold ? FOLDED_COLUMN : w->column + 1) + text.n;
}

static void property(struct writer *w, const char *name, struct str text)
{
	char bytes[WORD_MAX];
	struct out o = OUT(bytes);

	if (text.n == 0)
		return;
	out_str(&o, str_z(name));
	out_char(&o, '=');
	value(&o, text);
	word(w, out_text(&o));
}

static void begin(struct writer *w, const char *method, enum auth_result result)
{
	char bytes[64];
	struct out o = OUT(bytes);

	w->before = *w->o;
	out_printf(&o, "%s=%s", method, auth_result_name(result));
	out_char(w->o, ';');
	w->column++;
	word(w, out_text(&o));
}

static void end(struct writer *w)
{
	w->cut = w->cut || w->o->full;
	if (w->cut)
		*w->o = w->before;
	else
		w->results++;
}

static void reason(struct writer *w, enum auth_result result, struct str text)
{
	if (result != AUTH_PASS)
		property(w, "reason", str_head(text, LIMIT_AUTH_REASON));
}

static void spf(struct writer *w, const struct auth_spf *spf, const char *name, struct str identity)
{
	if (!spf || !spf->checked)
		return;
	begin(w, "spf", spf->result);
	property(w, name, identity);
	end(w);
}

static void of_client(struct writer *w, const struct auth_report *r)
{
	char bytes[IP_TEXT_MAX];
	struct out ip = OUT(bytes);

	ip_print(&ip, &r->client_ip);
	if (r->authenticated) {
		begin(w, "auth", AUTH_PASS);
		property(w, "smtp.auth", r->login);
		end(w);
	}
	/* The null sender's result is that of the greeting (RFC 7208 2.4). */
	if (r->mail_from.n)
		spf(w, &r->auth->spf, "smtp.mailfrom", r->mail_from);
	else if (!r->helo_spf || !r->helo_spf->checked)
		spf(w, &r->auth->spf, "smtp.helo", r->helo);
	spf(w, r->helo_spf, "smtp.helo", r->helo);
	if (r->iprev_checked) {
		begin(w, "iprev", r->iprev);
		property(w, "policy.iprev", out_text(&ip));
		end(w);
	}
	if (r->auth->arc.checked) {
		begin(w, "arc", r->auth->arc.result);
		reason(w, r->auth->arc.result, r->auth->arc.reason);
		property(w, "smtp.remote-ip", out_text(&ip)); /* RFC 8617 10.2 */
		end(w);
	}
}

static void dmarc(struct writer *w, const struct auth_dmarc *d)
{
	const enum auth_policy policy = d->result == AUTH_FAIL ? d->disposition : d->policy;

	if (!d->checked)
		return;
	begin(w, "dmarc", d->result);
	reason(w, d->result, d->reason);
	property(w, "header.from", d->domain);
	if (d->result == AUTH_PASS || d->result == AUTH_FAIL)
		property(w, "policy.dmarc", str_z(auth_policy_name(policy)));
	end(w);
}

static void signature(struct writer *w, const struct auth_dkim *d)
{
	begin(w, d->domainkeys ? "domainkeys" : "dkim", d->result);
	reason(w, d->result, d->reason);
	property(w, "header.d", d->domain);
	property(w, "header.s", d->selector);
	property(w, "header.a", d->algorithm);
	property(w, "header.i", d->identity);
	property(w, "header.b", d->b);
	end(w);
}

static void dkim(struct writer *w, const struct auth *auth)
{
	unsigned signatures = 0;

	for (const struct auth_dkim *d = auth->dkim; d; d = d->next) {
		signature(w, d);
		signatures += !d->domainkeys;
	}
	if (auth->dkim_checked && signatures == 0) {
		begin(w, "dkim", AUTH_NONE);
		end(w);
	}
}

void auth_results_write(struct out *o, const struct auth_report *r, enum auth_results_form form)
{
	struct writer w = { .o = o, .folded = form == AUTH_RESULTS_FOLDED, .column = NAME_COLUMN };
	const size_t before = o->n;

	value(o, r->id);
	w.column += o->n - before;
	of_client(&w, r);
	dmarc(&w, &r->auth->dmarc);
	dkim(&w, r->auth);
	if (w.results == 0 && !w.cut)
		out_str(o, STR("; none")); /* RFC 8601 2.2 */
	o->full = o->full || (w.results == 0 && w.cut);
}

/* ---- Received-SPF ---- */

/* The values of its pairs are dot-atoms or quoted. */
static void evidence(struct writer *w, const char *name, struct str text)
{
	const struct str some = str_head(text, LIMIT_DOMAIN);
	char bytes[WORD_MAX];
	struct out o = OUT(bytes);

	if (text.n == 0)
		return;
	if (w->results++)
		out_char(w->o, ';');
	out_str(&o, str_z(name));
	out_char(&o, '=');
	if (is_dot_atom(some))
		out_str(&o, some);
	else
		quoted(&o, some);
	word(w, out_text(&o));
}

void auth_received_spf_write(struct out *o, const struct auth_report *r)
{
	const bool of_sender = r->auth->spf.checked;
	const struct auth_spf *spf = of_sender ? &r->auth->spf : r->helo_spf;
	struct writer w = { .o = o, .folded = true, .column = NAME_COLUMN };
	char bytes[IP_TEXT_MAX];
	struct out ip = OUT(bytes);

	if (!spf || !spf->checked)
		return;
	ip_print(&ip, &r->client_ip);
	out_str(o, str_z(auth_result_name(spf->result)));
	evidence(&w, "client-ip", out_text(&ip));
	evidence(&w, "envelope-from", r->mail_from);
	evidence(&w, "helo", r->helo);
	evidence(&w, "receiver", r->id);
	evidence(&w, "identity", of_sender ? STR("mailfrom") : STR("helo"));
	if (spf->result == AUTH_TEMPERROR || spf->result == AUTH_PERMERROR)
		evidence(&w, "problem", str_head(spf->reason, LIMIT_AUTH_REASON));
}

/* ---- who claims to have written one ---- */

/* White space, folds, controls: what stands between words for one reader or another. */
static bool is_space(char c)
{
	return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f;
}

/* Behind spaces and comments, nested and with quoted pairs (RFC 5322 3.2.2). */
static struct str skip_cfws(struct str s)
{
	size_t i = 0;

	for (unsigned depth = 0; i < s.n; i++) {
		if (depth && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (depth && s.p[i] == ')')
			depth--;
		else if (!depth && !is_space(s.p[i]))
			break;
	}
	return str_from(s, i < s.n ? i : s.n);
}

/* The first word, without its quotes. */
static struct str first_word(struct str s, struct out *o)
{
	const bool in_quotes = s.n && s.p[0] == '"';
	size_t i = in_quotes;

	for (; i < s.n && !o->full; i++) {
		if (in_quotes && s.p[i] == '"')
			break;
		if (!in_quotes && (is_space(s.p[i]) || memchr(";(/,=\"", s.p[i], 6)))
			break;
		if (in_quotes && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		out_char(o, s.p[i]);
	}
	return out_text(o);
}

bool auth_results_claims(struct str value, struct str id)
{
	char bytes[LIMIT_DOMAIN + 2];
	struct out o = OUT(bytes);
	struct str word = str_trim(first_word(skip_cfws(value), &o));

	if (word.n && word.p[word.n - 1] == '.')
		word.n--; /* the same name to DNS */
	return !o.full && str_ieq(word, id);
}
