/* ledger_print.c - records of the journal, in the words of `scan --json` where it says the same.
 *
 * A record has a bounded size: what does not fit (a part, a symbol, a recipient) is left out as a whole, counted under
 * "left_out", and what follows may still fit.  Up to half of it is for what was found, the rest for recipients. */
#include "smtp/ledger.h"

#include "base/limits.h"
#include "filters/bulk/facts.h"
#include "inspection/evidence.h"
#include "mail/header.h"
#include "smtp/session.h"

#include <string.h>
#include <time.h>

/* Kept free for what closes a record, and a list. */
enum { END_ROOM = 64, LIST_END_ROOM = 1 };

struct page {
	struct json json;
	struct smtp_session *session;
	size_t cap;                               /* of the whole */
	const struct inspection_recipient *shown; /* whose symbols are those of the record */
	unsigned left_out;
};

/* ---- what may not fit ---- */

struct mark {
	struct json json;
	size_t n;
};

static struct mark mark(const struct page *p)
{
	return (struct mark){ .json = p->json, .n = p->json.out->n };
}

/* All that was written since, or nothing of it. */
static void keep_if_fits(struct page *p, const struct mark *since)
{
	struct out *o = p->json.out;

	if (!o->full)
		return;
	o->full = false;
	o->n = since->n;
	p->json = since->json;
	p->left_out++;
}

/* What is in a list leaves room for its end: the list itself stays when one of its items does not. */
static void begin_list(struct page *p, const char *key)
{
	json_key(&p->json, key);
	json_array(&p->json);
	p->json.out->cap -= LIST_END_ROOM;
}

static void end_list(struct page *p)
{
	p->json.out->cap += LIST_END_ROOM;
	json_array_end(&p->json);
}

/* ---- words ---- */

static void said(struct json *j, const char *key, struct str text)
{
	json_key(j, key);
	json_str(j, str_head(text, LIMIT_JOURNAL_TEXT));
}

static void said_if(struct json *j, const char *key, struct str text)
{
	if (text.n)
		said(j, key, text);
}

static void number(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

/* RFC 3339 */
static void print_time(struct json *j, int64_t unix_ms)
{
	const time_t at = (time_t)(unix_ms / 1000);
	char text[40];
	struct out o = OUT(text);
	struct tm tm;

	if (gmtime_r(&at, &tm))
		out_printf(&o, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
			   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			   (int)(unix_ms % 1000));
	json_key(j, "time");
	json_str(j, out_text(&o));
}

static void print_reply(struct json *j, unsigned code, struct str text)
{
	char bytes[LIMIT_JOURNAL_TEXT + 8];
	struct out o = OUT(bytes);

	if (code) {
		out_u64(&o, code);
		out_char(&o, ' ');
		out_str(&o, str_head(text, LIMIT_JOURNAL_TEXT));
	}
	json_key(j, "reply");
	json_str(j, out_text(&o));
}

/* ---- who ---- */

static void print_client(struct json *j, const struct smtp_session *s)
{
	const struct inspection *i = &s->inspection;
	char ip[IP_TEXT_MAX], via[IP_TEXT_MAX];
	struct out ip_text = OUT(ip), via_text = OUT(via);

	json_key(j, "client");
	json_object(j);
	ip_print(&ip_text, &s->client_ip);
	said(j, "ip", out_text(&ip_text));
	number(j, "port", s->client_port);
	if (s->via.family != IP_NONE)
		ip_print(&via_text, &s->via);
	said_if(j, "via", out_text(&via_text));
	said_if(j, "name", inspection_client_name(i));
	said_if(j, "country", inspection_country(i));
	said_if(j, "as", inspection_as(i));
	said_if(j, "login", s->login);
	json_object_end(j);
}

static void print_tls(struct json *j, const struct smtp_session *s)
{
	const struct conn_tls_facts *tls = conn_tls_facts(s->conn);

	json_key(j, "tls");
	json_object(j);
	if (tls) {
		said(j, "version", str_z(tls->version));
		said(j, "cipher", str_z(tls->cipher));
		said_if(j, "fingerprint", tls->fingerprint);
	}
	json_object_end(j);
}

static void begin(struct page *p, const char *event, const struct id *id, int64_t unix_ms)
{
	struct json *j = &p->json;

	json_object(j);
	said(j, "event", str_z(event));
	said(j, "id", id_str(id));
	print_time(j, unix_ms);
	said(j, "listener", p->session->server->o.listener);
	print_client(j, p->session);
	print_tls(j, p->session);
	said(j, "helo", p->session->inspection.facts.helo);
}

/* From here on the whole record is at hand, but for its end. */
static void end(struct page *p)
{
	p->json.out->cap = p->cap;
	if (p->left_out)
		number(&p->json, "left_out", p->left_out);
	json_object_end(&p->json);
}

static struct page page(struct out *o, struct smtp_session *s)
{
	struct page p = { .session = s, .cap = o->cap };

	o->cap = p.cap / 2;
	json_init(&p.json, o);
	return p;
}

/* ---- the message ---- */

static struct str message_id(const struct inspection *i)
{
	struct str rest = i->facts.header;
	struct header_field f;

	while (rest.n && header_next(&rest, &f))
		if (str_ieq(f.name, STR("Message-ID")))
			return str_trim(f.value);
	return (struct str){ 0 };
}

static void print_message(struct json *j, const struct smtp_session *s)
{
	const struct transaction *tx = s->tx;

	said(j, "mail_from", tx->from);
	said_if(j, "message_id", message_id(&s->inspection));
	number(j, "size", tx->received);
	if (tx->spool && spool_fault(tx->spool))
		said(j, "error", str_z(spool_fault(tx->spool)));
	number(j, "ms", (uint64_t)(loop_now_ms(s->server->o.loop) - tx->started_ms));
}

/* ---- what was found ---- */

static void each_symbol(void *arg, struct str name, double score, struct str detail)
{
	struct page *p = arg;
	const struct mark before = mark(p);

	if (p->json.out->full || str_starts(name, STR("__")))
		return;
	evidence_symbol(&p->json, name, score, str_head(detail, LIMIT_JOURNAL_TEXT));
	keep_if_fits(p, &before);
}

/* A part of the record: whole, or left out.  Where what is before it did not fit, that is what is left out. */
typedef void part_fn(struct page *p, const void *arg);
static void part(struct page *p, part_fn *fn, const void *arg)
{
	const struct mark before = mark(p);

	if (p->json.out->full)
		return;
	fn(p, arg);
	keep_if_fits(p, &before);
}

static void print_degraded(struct page *p, const void *recipient)
{
	evidence_degraded(&p->json, &p->session->inspection, recipient);
}

static void print_symbols(struct page *p, const void *recipient)
{
	begin_list(p, "symbols");
	inspection_each_symbol(&p->session->inspection, recipient, each_symbol, p);
	end_list(p);
}

static void print_auth(struct page *p, const void *auth)
{
	evidence_auth(&p->json, auth);
}

static void print_bulk(struct page *p, const void *facts)
{
	evidence_bulk(&p->json, facts);
}

static void print_refusal(struct page *p, const void *arg)
{
	const struct ledger_refusal *r = arg;

	json_object(&p->json);
	said(&p->json, "command", r->command);
	print_reply(&p->json, r->code, r->reply);
	json_object_end(&p->json);
}

static void print_refused(struct page *p, const void *arg)
{
	const struct ledger *l = arg;

	begin_list(p, "refused");
	for (const struct ledger_refusal *r = l->refused; r; r = r->next)
		part(p, print_refusal, r);
	end_list(p);
}

/* ---- what became of it ---- */

/* What was judged, if it came to that. */
static void print_judgement(struct page *p, const struct recipient *r)
{
	char text[LIMIT_JOURNAL_TEXT];
	struct out reply = OUT(text);

	if (!r || !r->judgement.decided)
		return;
	evidence_verdict(&p->json, &r->judgement, evidence_reply(&r->judgement, &reply));
	json_key(&p->json, "score");
	json_number(&p->json, r->judgement.score);
}

static void print_line(struct page *p, const void *arg)
{
	const struct ledger_line *line = arg;
	const struct recipient *r = line->recipient;

	json_object(&p->json);
	said(&p->json, "rcpt", line->rcpt);
	said(&p->json, "by", str_z(ledger_by_name(line->by)));
	print_reply(&p->json, line->code, line->reply);
	print_judgement(p, r);
	if (r && r->group && r->group->delivery)
		said_if(&p->json, "backend", delivery_server(r->group->delivery));
	if (r && r->inspected && !inspection_is_same(p->shown, r->inspected))
		print_symbols(p, r->inspected);
	json_object_end(&p->json);
}

static void print_lines(struct page *p, const void *arg)
{
	const struct ledger *l = arg;

	begin_list(p, "recipients");
	for (const struct ledger_line *line = l->first; line; line = line->next)
		part(p, print_line, line);
	end_list(p);
}

/* How much was judged of what concerns him: nothing, what is known at RCPT, all. */
static unsigned judged(const struct recipient *r)
{
	return !r->judgement.decided ? 0 : r->judgement.stage == STAGE_RCPT ? 1 : 2;
}

/* Whose score and symbols stand for the message: the first of whom most was judged. */
static const struct recipient *most_judged(const struct ledger *l)
{
	const struct recipient *found = NULL;

	for (const struct ledger_line *line = l->first; line; line = line->next) {
		const struct recipient *r = line->recipient;

		if (r && (!found || judged(r) > judged(found)))
			found = r;
	}
	return found;
}

/* ---- records ---- */

void ledger_print(struct out *o, struct smtp_session *s)
{
	const struct ledger *l = s->tx->ledger;
	const struct recipient *first = most_judged(l);
	struct loop *loop = s->server->o.loop;
	struct page p = page(o, s);

	begin(&p, "transaction", &s->tx->id,
	      loop_unix_ms(loop) - (loop_now_ms(loop) - s->tx->started_ms));
	print_message(&p.json, s);
	if (first && judged(first)) {
		json_key(&p.json, "score");
		json_number(&p.json, first->judgement.score);
	}
	p.shown = first ? first->inspected : NULL;
	part(&p, print_degraded, p.shown);
	part(&p, print_symbols, p.shown);
	part(&p, print_auth, s->inspection.facts.auth);
	part(&p, print_bulk, s->inspection.facts.bulk);
	part(&p, print_refused, l);
	o->cap = p.cap - END_ROOM;
	part(&p, print_lines, l);
	p.left_out += l->left_out;
	end(&p);
}

void ledger_print_refused(struct out *o, struct smtp_session *s, struct str command, unsigned code,
			  struct str reply)
{
	struct page p = page(o, s);

	begin(&p, "refused", &s->id, loop_unix_ms(s->server->o.loop));
	said(&p.json, "command", command);
	print_reply(&p.json, code, reply);
	end(&p);
}

void ledger_print_bulk(struct out *o, struct smtp_session *s)
{
	const struct bulk_facts *facts = s->inspection.facts.bulk;
	const struct bulk_seen *seen = facts->seen;
	struct page p = page(o, s);

	begin(&p, "bulk", &s->tx->id, loop_unix_ms(s->server->o.loop));
	said(&p.json, "mail_from", s->tx->from);
	said(&p.json, "level", str_z(facts->grew));
	evidence_bulk(&p.json, facts);
	said(&p.json, "sample", (struct str){ .p = seen->sample, .n = seen->sample_n });
	part(&p, print_symbols, NULL);
	end(&p);
}
