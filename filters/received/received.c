/* received.c - see received.h. */
#include "filters/received/received.h"

#include "base/check.h"
#include "filters/received/field.h"

/* ---- texts ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static struct str put_line(struct str value, struct out *o)
{
	const size_t start = o->n;
	struct str line;

	for (size_t i = 0; i < value.n && !o->full; i++) {
		if (!is_space(value.p[i]))
			out_char(o, value.p[i]);
		else if (o->n > start && o->p[o->n - 1] != ' ')
			out_char(o, ' ');
	}
	line = (struct str){ .p = o->p + start, .n = o->n - start };
	while (line.n && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == ';'))
		line.n--;
	return line;
}

void received_mask(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_space(p[i]) || p[i] == '\0' || strchr("#[]()<>|", p[i]))
			p[i] = '!';
}

/* ---- taking a field apart ---- */

static bool is_by(const struct field *f, const struct item *item)
{
	return item->kind == ITEM_WORD && str_eq(item->text, f->capitals ? STR("BY") : STR("by"));
}

/* The words and comments up to "by", and the name behind it. */
static void take_apart(struct field *f, struct str s, struct received *r)
{
	f->line = f->rest = s;
	while (f->count < FIELD_ITEMS) {
		const struct item item = item_take(&s);

		if (item.kind == ITEM_NONE)
			return;
		if (is_by(f, &item) && f->count) {
			s = str_trim(s);
			r->by = item_word(s, " ");
			f->rest = str_from(s, r->by.n);
			f->bare = f->rest.n == 0 || str_starts(f->rest, STR(" ;")) ||
				  str_ends(r->by, STR(";"));
			while (r->by.n && strchr(",;", r->by.p[r->by.n - 1]))
				r->by.n--;
			return;
		}
		f->items[f->count++] = item;
	}
}

/* ---- what stands anywhere ---- */

static void read_id(const struct field *f, struct received *r)
{
	struct str s = f->line;

	while (str_find(s, f->capitals ? STR(" ID ") : STR(" id "), &s)) {
		const struct str id = item_word(str_from(s, str_starts(s, STR("<"))), " <>;");

		if (id.n >= 3) {
			r->id = id;
			return;
		}
	}
}

static void read_sender(const struct field *f, struct received *r)
{
	static const struct str keys[] = {
		STR_INIT("envelope-from "),   STR_INIT("envelope-from="),
		STR_INIT("envelope-sender "), STR_INIT("return-path: "),
		STR_INIT("return-path "),
	};
	struct str s;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (!str_find(f->line, keys[i], &s))
			continue;
		while (s.n && s.p[0] == '<')
			s = str_from(s, 1);
		s = item_word(s, " >);");
		while (s.n && !ascii_alnum(s.p[s.n - 1]) && s.p[s.n - 1] != '_')
			s.n--;
		r->mail_from = s;
		return;
	}
}

/* The greeting as far as its characters are those of names. */
static void read_greeting(const struct field *f, struct received *r)
{
	static const char more[] = "-.^+_&:=?!@%*$\\/";
	struct str s;
	size_t n = 0;

	if (!str_find(f->line, STR("helo="), &s) && !str_find(f->line, STR("HELO "), &s) &&
	    !str_find(f->line, STR("EHLO "), &s))
		return;
	while (n < s.n && (ascii_alnum(s.p[n]) || strchr(more, s.p[n])))
		n++;
	r->helo = str_head(s, n);
}

/* ---- who has connected ---- */

static struct str without_dot(struct str name)
{
	while (name.n && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

/* What says that there is no name. */
static struct str name_of(struct str s)
{
	s = without_dot(s);
	if (str_ieq(s, STR("unknown")) || str_starts(s, STR("[")))
		s.n = 0;
	return s;
}

static bool exim(const struct field *f)
{
	return str_has(f->line, STR("Exim"));
}

/* qmail, which has no id: "with SMTP;", also where that is encrypted. */
static bool qmail(const struct field *f)
{
	static const struct str words[] = { STR_INIT(" SMTP"), STR_INIT(" QMQP") };
	struct str with, s;

	if (!str_find(f->rest, STR(" with"), &with))
		return false;
	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_find(with, words[i], &s) && !str_starts(s, STR(" id ")))
			return true;
	return false;
}

static bool exchange(const struct field *f)
{
	return str_has(f->line, STR(" with mapi id "));
}

/* Sendmail says so, and its version behind its name. */
static bool may_be_forged(const struct field *f, const struct peer *peer)
{
	return str_has(peer->behind, STR("(")) && !str_starts(f->rest, STR(" ("));
}

/* "name (other [1.2.3.4])": what was said in EHLO, and the name by DNS. */
static void read_named(const struct field *f, const struct peer *peer, struct received *r)
{
	r->helo = f->items[0].text;
	r->looked_up = true;
	r->ident = peer->ident;
	if (str_eq(peer->name, STR("softdnserr")) || str_starts(peer->name, STR("<unknown")))
		r->looked_up = false;
	else if (!may_be_forged(f, peer) &&
		 (!f->capitals || !str_eq(peer->name, STR("unverified"))))
		r->rdns = name_of(peer->name);
}

/* "from <sender>", of XMail's. */
static void read_xmail(const struct field *f, struct received *r)
{
	struct str s;

	if (str_has(f->line, STR("[XMail ")) && str_find(f->rest, STR(" from <"), &s))
		r->mail_from = item_word(s, "> ");
}

/* "name ([1.2.3.4] ...)": who says the name is known by the program. */
static void read_square(const struct field *f, const struct item *item, const struct peer *peer,
			struct received *r)
{
	const struct str first = f->items[0].text;
	struct str helo;

	r->ident = peer->ident;
	if (str_has(f->line, STR("(ecelerity "))) {
		r->helo = peer_value(item->text, STR("helo="));
	} else if (peer_greeting(item->text, &helo) || exim(f)) {
		if (!item_address(first) && (exim(f) || str_starts(f->rest, STR(" with "))))
			r->rdns = name_of(first);
		r->helo = helo.n ? helo : first;
		r->ident = peer_value(item->text, STR("ident="));
	} else if (str_has(f->line, STR(" SMTPSVC")) || exchange(f) ||
		   str_has(f->line, STR("(Lotus Domino")) || str_has(f->line, STR("[XMail "))) {
		r->helo = first;
		read_xmail(f, r);
	} else if ((str_eq(peer->behind, STR("]")) && qmail(f)) ||
		   (str_has(f->line, STR("(CommuniGate Pro")) &&
		    str_has(peer->behind, STR(" verified")))) {
		r->rdns = name_of(first);
		r->helo = first;
		r->looked_up = r->rdns.n > 0;
	} else if (!str_starts(item->text, STR(" ")) &&
		   (!item_address(first) || !str_has(f->rest, STR("with HTTP")))) {
		r->helo = first;
		r->looked_up = true;
	}
}

/* "name (1.2.3.4)", with the user perhaps: qmail has the name by DNS there, and leaves out EHLO when it says the same. */
static void read_bare(const struct field *f, const struct item *item, const struct peer *peer,
		      struct received *r)
{
	const struct str first = f->items[0].text;

	if (item->glued) {
		struct str claim;

		r->rdns = name_of(first);
		if (str_find(f->line, STR("claiming to be \""), &claim))
			r->helo = item_word(claim, "\" ");
		r->looked_up =
			str_has(f->line, STR(" via smap ")) || str_has(f->line, STR(" via SMTP"));
		return;
	}
	r->helo = first;
	read_xmail(f, r);
	if (exchange(f) || str_has(f->line, STR("[XMail ")) || str_has(f->line, STR("(Scalix ")) ||
	    str_has(peer->behind, STR(" with login")))
		return;
	r->rdns = name_of(first);
	r->ident = peer->ident;
	r->looked_up = !str_eq(first, STR("unknown"));
}

/* "name (HELO other) (user@1.2.3.4)" */
static void read_greeted(const struct field *f, struct str helo, const struct peer *peer,
			 struct received *r)
{
	const size_t n = item_word(helo, " ").n;

	r->helo = str_head(helo, n);
	r->rdns = name_of(f->items[0].text);
	r->ident = peer->ident;
	r->looked_up = r->rdns.n > 0;
}

/* "name [1.2.3.4]" */
static void read_beside(const struct field *f, struct received *r)
{
	struct str helo;

	r->helo = f->items[0].text;
	if (f->count > 2 && peer_greeting(f->items[2].text, &helo)) {
		r->helo = helo;
	} else if (exim(f)) {
		r->rdns = name_of(r->helo);
		if (f->items[1].kind == ITEM_ROUND)
			r->helo = f->items[1].text;
	} else
		r->looked_up = str_starts(str_trim(f->rest), STR("["));
}

/* The comment with the address; the greeting may stand in one before it. */
static bool read_peer(const struct field *f, struct received *r)
{
	struct str helo = { 0 };
	bool greeted = false;
	struct peer peer;

	for (unsigned i = 1; i < f->count; i++) {
		const struct item *item = &f->items[i];

		if (item->kind == ITEM_SQUARE)
			peer = (struct peer){ .ip = item_literal(item->text) };
		else if (item->kind == ITEM_WORD || !peer_read(item->text, &peer))
			peer.ip.n = 0;
		if (peer.ip.n == 0) {
			if (item->kind == ITEM_ROUND && !greeted)
				greeted = peer_greeting(item->text, &helo);
			continue;
		}
		r->ip = peer.ip;
		if (greeted)
			read_greeted(f, helo, &peer, r);
		else if (item->kind == ITEM_SQUARE)
			read_beside(f, r);
		else if (peer.square && peer.name.n)
			read_named(f, &peer, r);
		else if (peer.square)
			read_square(f, item, &peer, r);
		else
			read_bare(f, item, &peer, r);
		return true;
	}
	return false;
}

/* The address itself stands first: "[1.2.3.4] (helo=name)", "([1.2.3.4])", "(name [1.2.3.4])". */
static bool read_first(const struct field *f, struct received *r)
{
	const struct item *first = &f->items[0];
	struct peer peer = { .alone = false };
	struct str helo;

	if (first->kind == ITEM_ROUND) {
		if (!peer_read(first->text, &peer))
			return false;
		r->ip = peer.ip;
		if (peer_greeting(first->text, &helo))
			r->helo = helo;
		else if (peer.name.n)
			r->helo = peer.name;
		return true;
	}
	r->ip = item_literal(first->text);
	if (r->ip.n == 0)
		return false;
	for (unsigned i = 1; i < f->count; i++) {
		if (f->items[i].kind != ITEM_ROUND || !peer_greeting(f->items[i].text, &helo))
			continue;
		r->helo = helo;
		r->ident = peer_value(f->items[i].text, STR("ident="));
	}
	return true;
}

/* A web page's own field: the name before the address is the page's idea. */
static bool of_web(const struct field *f)
{
	return str_has(f->line, STR("(SquirrelMail authenticated user ")) ||
	       str_has(f->line, STR("(NaSMail authenticated user "));
}

/* Any address in brackets, when all else fails. */
static bool read_any(const struct field *f, struct received *r)
{
	struct str s = f->line;

	while (r->ip.n == 0 && str_find(s, STR("["), &s)) {
		const struct str ip = item_literal(s);

		if (ip.n && str_starts(str_from(s, ip.n), STR("]")))
			r->ip = ip;
	}
	if (r->ip.n && r->helo.n == 0 && f->count)
		r->helo = f->items[0].text;
	return r->ip.n > 0;
}

static bool read_handover(const struct field *f, struct received *r)
{
	const struct item *first = &f->items[0];

	if (f->count == 0)
		return false;
	if (f->count == 1 && f->bare)
		return first->kind == ITEM_SQUARE && read_any(f, r);
	if (first->kind == ITEM_ROUND && read_first(f, r))
		return true;
	if (!read_peer(f, r) && !read_first(f, r))
		return f->count > 1 && read_any(f, r);
	if (of_web(f))
		r->helo.n = r->rdns.n = 0;
	return true;
}

/* ---- the whole ---- */

static bool is_fetched(const struct field *f)
{
	return str_has(f->rest, STR("with POP3")) || str_has(f->rest, STR("with IMAP"));
}

/* From one program of a machine to another. */
static bool within(const struct field *f)
{
	return str_has(f->line, STR(" with local for ")) ||
	       (exim(f) && str_has(f->rest, STR(" with local"))) ||
	       str_has(f->rest, STR(") with qmail-scanner")) ||
	       str_starts(f->line, STR("mail pickup service ")) ||
	       (f->count == 2 && str_eq(f->items[1].text, STR("unverified")));
}

/* No address: whether there should be one. */
static enum received_kind without_address(const struct field *f, const struct received *r)
{
	struct str helo;

	if (r->by.n == 0)
		return RECEIVED_UNREADABLE;
	for (unsigned i = 0; i < f->count; i++) {
		const struct item *item = &f->items[i];

		if (item->kind == ITEM_ROUND && !str_has(item->text, STR("localhost")) &&
		    (peer_greeting(item->text, &helo) || str_has(item->text, STR("["))))
			return RECEIVED_UNREADABLE;
	}
	if (f->count > 1 && f->items[1].kind == ITEM_WORD && !str_eq(f->items[1].text, STR("with")))
		return RECEIVED_UNREADABLE;
	return RECEIVED_LOCAL;
}

/* An address as a relay has it: an IPv4 one without what makes it an IPv6 one, no zone. */
static void settle_address(struct received *r)
{
	if (str_istarts(r->ip, STR("IPv6:")))
		r->ip = str_from(r->ip, 5);
	if (!ip_parse(r->ip, &r->address))
		return;
	if (r->address.family == IP_V4)
		while (memchr(r->ip.p, ':', r->ip.n))
			r->ip = str_from(r->ip, 1);
}

static void mask(struct str s, const struct out *o)
{
	if (s.n && s.p >= o->p && s.p < o->p + o->n)
		received_mask(o->p + (s.p - o->p), s.n);
}

static bool begins(struct str line, struct field *f, struct str *behind)
{
	const bool round = str_starts(line, STR("("));

	line = str_from(line, round);
	f->capitals = str_starts(line, STR("FROM "));
	*behind = str_from(line, line.n < 5 ? line.n : 5);
	return str_starts(line, STR("from ")) || f->capitals;
}

enum received_kind received_read(struct str value, struct out *o, struct received *r)
{
	struct field f = { .count = 0 };
	struct str line;

	*r = (struct received){ .looked_up = false };
	line = put_line(value, o);
	if (!begins(line, &f, &line))
		return RECEIVED_LOCAL;
	take_apart(&f, line, r);
	if (within(&f))
		return RECEIVED_LOCAL;
	if (!exchange(&f))
		read_id(&f, r);
	read_sender(&f, r);
	read_greeting(&f, r);
	field_login(&f, o, r);
	if (!read_handover(&f, r))
		return without_address(&f, r);
	if (r->by.n == 0)
		return RECEIVED_UNREADABLE;
	if (is_fetched(&f))
		return RECEIVED_FETCHED;
	settle_address(r);
	mask(r->rdns, o);
	mask(r->helo, o);
	mask(r->by, o);
	mask(r->ident, o);
	mask(r->mail_from, o);
	return RECEIVED_RELAY;
}
