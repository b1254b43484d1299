/* login.c - who says of a client that he has logged in, each in his own way (see field.h). */
#include "base/check.h"
#include "filters/received/field.h"

/* "with ESMTPA" and its like (RFC 3848, 6531), and what comes from a web page. */
static bool auth_protocol(const struct field *f, struct out *o, struct received *r)
{
	static const struct str words[] = {
		STR_INIT("ESMTPA"),     STR_INIT("ESMTPSA"),   STR_INIT("LMTPA"),
		STR_INIT("LMTPSA"),     STR_INIT("ASMTP"),     STR_INIT("UTF8SMTPA"),
		STR_INIT("UTF8SMTPSA"), STR_INIT("UTF8LMTPA"), STR_INIT("UTF8LMTPSA"),
		STR_INIT("HTTP"),       STR_INIT("HTTPS"),     STR_INIT("HTTPU"),
	};
	struct str s = f->line;

	(void)o;
	while (str_find(s, STR(" with "), &s)) {
		const struct str word = item_word(s, " ;");

		for (size_t i = 0; i < COUNTOF(words); i++) {
			if (str_ieq(word, words[i])) {
				r->auth = word;
				return r->by.n > 0;
			}
		}
	}
	return false;
}

/* "(AUTH: LOGIN name)" behind the address. */
static bool auth_courier(const struct field *f, struct out *o, struct received *r)
{
	(void)o;
	for (unsigned i = 1; i < f->count; i++) {
		if (!str_starts(f->items[i].text, STR("AUTH: ")))
			continue;
		r->auth = item_word(str_from(f->items[i].text, 6), " ");
		return true;
	}
	return false;
}

/* "(authenticated bits=0)" behind the address, and much like it. */
static bool auth_sendmail(const struct field *f, struct out *o, struct received *r)
{
	bool address = false;
	struct peer peer;

	(void)o;
	for (unsigned i = 1; i < f->count; i++) {
		if (address && f->items[i].kind == ITEM_ROUND &&
		    str_has(f->items[i].text, STR("authenticated"))) {
			r->auth = STR("Sendmail");
			return true;
		}
		address = address || (peer_read(f->items[i].text, &peer) && peer.square);
	}
	return false;
}

/* Google's, which has no word for it: its id says that a program has sent it. */
static bool auth_gmail(const struct field *f, struct out *o, struct received *r)
{
	const size_t start = o->n;
	struct str sm, version, cipher;

	if (!str_eq(r->by, STR("mx.google.com")) || !str_starts(f->rest, STR(" with ESMTPS id ")) ||
	    !str_find(str_head(r->id, 6), STR("sm"), &sm) ||
	    !str_find(f->rest, STR("(version="), &version) ||
	    !str_find(version, STR(" cipher="), &cipher))
		return false;
	out_printf(o, "GMail - transport=" STR_FMT " cipher=" STR_FMT,
		   STR_ARG(item_word(version, " ")), STR_ARG(item_word(cipher, ")")));
	r->auth = str_from(out_text(o), start);
	return true;
}

static bool auth_gmx(const struct field *f, struct out *o, struct received *r)
{
	const size_t start = o->n;
	struct str with;

	if (f->count < 3 || f->items[2].kind != ITEM_SQUARE ||
	    (!str_eq(r->by, STR("mail.gmx.net")) && !str_eq(r->by, STR("mail.gmx.com"))) ||
	    !str_find(f->rest, STR(") with "), &with))
		return false;
	out_printf(o, "GMX (" STR_FMT " / " STR_FMT ")", STR_ARG(item_word(with, " ;")),
		   STR_ARG(r->by));
	r->auth = str_from(out_text(o), start);
	return true;
}

/* "(authenticated as name) id" behind the version, which is a number. */
static bool auth_critical_path(const struct field *f, struct out *o, struct received *r)
{
	(void)o;
	if (!str_starts(f->rest, STR(" (")) || f->rest.n < 3 || !ascii_digit(f->rest.p[2]) ||
	    !str_has(f->rest, STR(") (authenticated as ")))
		return false;
	r->auth = STR("CriticalPath");
	return true;
}

/* "(Authenticated sender: name) by host (Postfix) with" */
static bool auth_postfix(const struct field *f, struct out *o, struct received *r)
{
	struct str rest = f->rest;
	const size_t start = o->n;
	struct item program;

	if (f->count < 2 || !str_starts(f->items[f->count - 1].text, STR("Authenticated sender: ")))
		return false;
	program = item_take(&rest);
	if (program.kind != ITEM_ROUND || !str_starts(rest, STR(" with ")))
		return false;
	program.text = item_word(program.text, "[]"); /* they are around relays */
	if (!str_eq(program.text, STR("Postfix"))) {
		out_printf(o, "Postfix (" STR_FMT ")", STR_ARG(program.text));
		program.text = str_from(out_text(o), start);
	}
	r->auth = program.text;
	return true;
}

static bool auth_communigate(const struct field *f, struct out *o, struct received *r)
{
	(void)o;
	if (!str_has(f->line, STR("(CommuniGate Pro ")) || !str_has(f->line, STR(" (account ")))
		return false;
	r->auth = STR("Communigate");
	return true;
}

/* "(via HTTP)", "with Microsoft Exchange Server HTTP-DAV" */
static bool auth_web(const struct field *f, struct out *o, struct received *r)
{
	struct str s;

	(void)o;
	if (str_has(f->line, STR(" with Microsoft Exchange Server HTTP-DAV")))
		r->auth = STR("HTTP-DAV");
	else if (str_find(f->rest, STR(" (via "), &s) && str_istarts(s, STR("HTTP")) &&
		 item_word(s, ")").n <= 5)
		r->auth = item_word(s, ")");
	return r->auth.n > 0;
}

void field_login(const struct field *f, struct out *o, struct received *r)
{
	static bool (*const ways[])(const struct field *, struct out *, struct received *) = {
		auth_protocol,      auth_gmail,   auth_courier,     auth_sendmail, auth_gmx,
		auth_critical_path, auth_postfix, auth_communigate, auth_web,
	};

	for (size_t i = 0; i < COUNTOF(ways); i++)
		if (ways[i](f, o, r))
			return;
}
