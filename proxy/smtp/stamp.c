#include "smtp/stamp.h"

#include "base/check.h"
#include "base/limits.h"
#include "filters/auth_results.h"
#include "mail/header.h"

#include <time.h>

enum { HEADERS_MAX = 8192, FOLD_AT = 76 };

/* Client text inside a header: what could end the line, a comment or a token becomes '?'. */
static void safe(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n && i < LIMIT_DOMAIN; i++) {
		const char c = s.p[i];
		const bool plain = ascii_alnum(c) || strchr(".-_:[]+=@<>", c);

		out_char(o, plain && c ? c : '?');
	}
}

static void two_digits(struct out *o, int v)
{
	out_char(o, (char)('0' + v / 10));
	out_char(o, (char)('0' + v % 10));
}

/* RFC 5322 3.3, in UTC. */
static void date(struct out *o, int64_t unix_ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;

	CHECK(gmtime_r(&t, &tm));
	out_str(o, (struct str){ .p = days + (ptrdiff_t)3 * tm.tm_wday, .n = 3 });
	out_str(o, STR(", "));
	two_digits(o, tm.tm_mday);
	out_char(o, ' ');
	out_str(o, (struct str){ .p = months + (ptrdiff_t)3 * tm.tm_mon, .n = 3 });
	out_char(o, ' ');
	out_u64(o, (uint64_t)(tm.tm_year + 1900));
	out_char(o, ' ');
	two_digits(o, tm.tm_hour);
	out_char(o, ':');
	two_digits(o, tm.tm_min);
	out_char(o, ':');
	two_digits(o, tm.tm_sec);
	out_str(o, STR(" +0000"));
}

/* RFC 3848: S over TLS, A authenticated; RFC 6531 4.3: UTF8SMTP. */
static void with_word(struct out *o, const struct stamp *s)
{
	if (!s->esmtp) {
		out_str(o, STR("SMTP"));
		return;
	}
	out_str(o, s->utf8 ? STR("UTF8SMTP") : STR("ESMTP"));
	if (s->tls)
		out_char(o, 'S');
	if (s->authenticated)
		out_char(o, 'A');
}

static void received(struct out *o, const struct stamp *s)
{
	out_str(o, STR("Received: from "));
	safe(o, s->helo);
	out_str(o, STR(" ("));
	if (s->client_name.n) {
		safe(o, s->client_name);
		out_char(o, ' ');
	}
	ip_print_literal(o, &s->client_ip);
	out_str(o, STR(")\r\n"));
	if (s->tls)
		out_printf(o, "\t(using %s with cipher %s)\r\n", s->tls->version, s->tls->cipher);
	out_str(o, STR("\tby "));
	out_str(o, s->hostname);
	out_str(o, STR(" (Postern) with "));
	with_word(o, s);
	out_str(o, STR(" id "));
	out_str(o, s->id);
	if (s->rcpt.n) {
		out_str(o, STR("\r\n\tfor <"));
		safe(o, s->rcpt);
		out_char(o, '>');
	}
	if (s->tls)
		out_printf(o, "\r\n\ttls %s", s->tls->suite);
	out_str(o, STR(";\r\n\t"));
	date(o, s->unix_ms);
	out_str(o, STR("\r\n"));
}

/* "DNSBL_ZEN(4),HELO_BARE_IP(1)" folded at commas. */
static void folded_symbols(struct out *o, struct str symbols)
{
	size_t column = 40;

	if (symbols.n == 0)
		out_str(o, STR("none"));
	while (symbols.n) {
		struct str one;
		const bool more = str_cut(symbols, ',', &one, &symbols);

		if (column + one.n > FOLD_AT) {
			out_str(o, STR("\r\n\t"));
			column = 8;
		}
		out_str(o, one);
		if (more)
			out_char(o, ',');
		column += one.n + 1;
	}
}

static void verdict(struct out *o, const struct stamp *s)
{
	const struct judgement *j = s->judgement;
	const bool spam = j->action == ACTION_TAG;

	out_str(o, STR("X-Postern-Verdict: id="));
	out_str(o, s->id);
	out_str(o, STR(" action="));
	out_str(o, str_z(action_name(j->action)));
	if (j->name[0]) {
		out_str(o, STR(" verdict=\""));
		out_str(o, str_z(j->name));
		out_char(o, '"');
	}
	out_str(o, STR(" score="));
	out_tenths(o, j->score);
	out_str(o, spam ? STR("\r\nX-Spam-Flag: YES") : STR("\r\nX-Spam-Flag: NO"));
	out_str(o, STR("\r\nX-Spam-Score: "));
	out_tenths(o, j->score);
	out_str(o, spam ? STR("\r\nX-Spam-Status: Yes") : STR("\r\nX-Spam-Status: No"));
	out_str(o, STR(", score="));
	out_tenths(o, j->score);
	out_str(o, STR(" tests="));
	folded_symbols(o, j->symbols);
	out_str(o, STR("\r\n"));
}

struct str stamp_headers(struct arena *arena, const struct stamp *s)
{
	char bytes[HEADERS_MAX];
	struct out o = OUT(bytes);

	received(&o, s);
	verdict(&o, s);
	return o.full ? (struct str){ 0 } : arena_str(arena, out_text(&o));
}

static bool is_ours(const struct header_field *f, struct str id)
{
	static const struct str ours[] = { STR_INIT("X-Postern-Verdict"), STR_INIT("X-Spam-Flag"),
					   STR_INIT("X-Spam-Score"), STR_INIT("X-Spam-Status") };

	if (ascii_lower(f->name.p[0]) == 'a')
		return id.n && str_ieq(f->name, STR("Authentication-Results")) &&
		       auth_results_claims(f->value, id);
	if (ascii_lower(f->name.p[0]) != 'x')
		return false; /* most fields */
	for (size_t i = 0; i < COUNTOF(ours); i++)
		if (str_ieq(f->name, ours[i]))
			return true;
	return false;
}

struct stamp_survey stamp_survey(struct str header, struct str id)
{
	struct stamp_survey found = { 0 };
	struct header_field f;

	while (header_next(&header, &f)) {
		found.hops += str_ieq(f.name, STR("Received"));
		found.ours = found.ours || is_ours(&f, id);
	}
	return found;
}

enum err stamp_clean(struct arena *arena, struct str header, struct str id, struct str *clean)
{
	struct str rest = header;
	const char *copied = header.p; /* what lies before it is in `o`, or was ours */
	struct header_field f;
	struct out o = { .cap = header.n };

	*clean = (struct str){ 0 };
	if (!stamp_survey(header, id).ours)
		return ERR_OK;
	o.p = arena_alloc(arena, header.n + 1);
	if (!o.p)
		return ERR_NOMEM;
	while (header_next(&rest, &f)) {
		if (!is_ours(&f, id))
			continue;
		out_str(&o, (struct str){ .p = copied, .n = (size_t)(f.whole.p - copied) });
		copied = f.whole.p + f.whole.n;
	}
	out_str(&o, (struct str){ .p = copied, .n = (size_t)(header.p + header.n - copied) });
	*clean = out_text(&o);
	return ERR_OK;
}
