/* The message: received into the spool, judged, stamped, replayed; the backend's answer is ours. */
#include "smtp/session.h"

#include "base/check.h"
#include "base/limits.h"
#include "filters/auth.h"
#include "inspection/attest.h"
#include "mail/header.h"
#include "smtp/answer.h"
#include "smtp/pressure.h"
#include "smtp/record.h"
#include "smtp/stamp.h"

void message_open(struct smtp_session *s, enum text_kind kind)
{
	struct transaction *tx = s->tx;

	tx->spool = spool_new(s->server->o.spool, LIMIT_SPOOL_MEMORY);
	text_begin(&tx->scan, kind, (enum bare_newline)s->server->o.conf->bare_newline);
}

enum next message_begin(struct smtp_session *s)
{
	message_open(s, TEXT_DATA);
	answer(s, 354, "end with <CRLF>.<CRLF>");
	return session_go(s, SESSION_MESSAGE);
}

/* The transaction is over; the session goes on. */
static enum next finish(struct smtp_session *s)
{
	duplicate_keep(s);
	transaction_end(s);
	s->idle_commands = 0;
	return session_go(s, SESSION_COMMAND);
}

static void refuse_message(struct smtp_session *s, unsigned code, struct str text)
{
	answer_refusal(s, code, text);
	record_refused(s, code, text);
	for (const struct recipient *r = s->tx->first; r; r = r->next)
		outcome_tell(s, r, code >= 500 ? FATE_REJECTED : FATE_DEFERRED);
}

enum next message_refuse(struct smtp_session *s, unsigned code, struct str text)
{
	refuse_message(s, code, text);
	return finish(s);
}

/* ---- receiving ---- */

/* The header section is copied into the arena once, as soon as it is there; what is behind it is shown as it
 * comes.  Past LIMIT_MESSAGE_HEADER it is looked for no more. */
static void show(struct smtp_session *s, struct str bytes)
{
	struct transaction *tx = s->tx;
	struct str run, header;
	size_t n;

	if (s->inspection.facts.header.p) {
		inspection_body(&s->inspection, bytes);
		return;
	}
	if (tx->headless >= LIMIT_MESSAGE_HEADER || spool_read(tx->spool, 0, &run) != ERR_OK)
		return;
	n = header_length_from(str_head(run, LIMIT_MESSAGE_HEADER), tx->headless);
	tx->headless = run.n;
	if (n == 0)
		return;
	header = arena_str(session_arena(s), str_head(run, n));
	if (!header.p) {
		tx->receive = RECEIVE_NO_SPACE;
		return;
	}
	inspection_header(&s->inspection, header);
	inspection_body(&s->inspection, str_from(run, n));
}

/* What cannot be kept is still read to its end: the answer comes after the final dot (RFC 5321
 * 4.1.1.4), and the client stays in step. */
void message_store(struct smtp_session *s, struct str bytes)
{
	struct transaction *tx = s->tx;

	tx->received += bytes.n;
	if (tx->receive == RECEIVE_STORE && tx->received > s->size_max)
		tx->receive = RECEIVE_TOO_BIG;
	if (tx->receive == RECEIVE_STORE && bytes.n && spool_append(tx->spool, bytes) != ERR_OK) {
		tx->receive = RECEIVE_NO_SPACE;
		pressure_say_spool(s->server, spool_fault(tx->spool));
	}
	if (tx->receive == RECEIVE_STORE && bytes.n && inspection_wants_body(&s->inspection))
		show(s, bytes);
}

/* The header section as one run of bytes in the arena.  A message without an empty line is all
 * header; p == NULL: no memory; ERR_LIMIT: longer than we look into. */
static enum err read_header(struct smtp_session *s, struct str *header)
{
	const struct transaction *tx = s->tx;
	const uint64_t size = spool_size(tx->spool);
	const size_t most = size < LIMIT_MESSAGE_HEADER ? (size_t)size : LIMIT_MESSAGE_HEADER;
	struct out o = { .cap = most };
	struct str run;
	size_t n;

	if (spool_read(tx->spool, 0, &run) != ERR_OK)
		return ERR_IO;
	n = header_length(str_head(run, most));
	if (n) {
		*header = arena_str(session_arena(s), str_head(run, n));
		return header->p ? ERR_OK : ERR_NOMEM;
	}
	o.p = arena_alloc(session_arena(s), most + 1);
	if (!o.p)
		return ERR_NOMEM;
	while (o.n < most && run.n) {
		out_str(&o, str_head(run, most - o.n));
		if (spool_read(tx->spool, o.n, &run) != ERR_OK)
			return ERR_IO;
	}
	*header = out_text(&o);
	n = header_length(*header);
	if (n)
		header->n = n;
	return n || size <= most ? ERR_OK : ERR_LIMIT;
}

static enum err header_of(struct smtp_session *s, struct str *header)
{
	enum err err = ERR_OK;

	*header = s->inspection.facts.header;
	if (header->p)
		return ERR_OK; /* shown already */
	err = read_header(s, header);
	if (err == ERR_OK)
		inspection_header(&s->inspection, *header);
	return err;
}

static const char bare_text[] =
	"5.6.0 bare CR or LF in the message: lines end in CRLF (RFC 5321 2.3.8)";
static const char nul_text[] = "5.6.0 NUL bytes in the message (RFC 2045 2.7, 2.8)";

static bool refuses_nul(const struct smtp_session *s)
{
	return s->server->o.conf->nul == NUL_REJECT;
}

/* Why it is refused as text, or NULL. */
static const char *fault_of_text(const struct smtp_session *s)
{
	const struct text_scan *scan = &s->tx->scan;

	if (scan->bare_seen && scan->bare == BARE_REJECT)
		return bare_text;
	return scan->nul_seen && refuses_nul(s) ? nul_text : NULL;
}

/* Binary is the body: a field behind another line end is hidden from us, and not from others. */
static const char *fault_of_binary(const struct smtp_session *s, struct str header)
{
	if (header_has_bare(header))
		return bare_text;
	return header.n && memchr(header.p, '\0', header.n) && refuses_nul(s) ? nul_text : NULL;
}

/* Fields in its name are ours alone; empty: we write none. */
static struct str our_id(const struct smtp_session *s)
{
	if (!s->server->o.results->enabled)
		return (struct str){ 0 };
	return attest_id(s->server->o.results, s->server->o.hostname);
}

enum next message_complete(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	const char *fault = fault_of_text(s);
	struct stamp_survey survey;
	struct str header;
	enum err err;

	if (fault)
		return message_refuse(s, 550, str_z(fault));
	if (tx->receive == RECEIVE_TOO_BIG)
		return message_refuse(
			s, 552, STR("5.3.4 message is larger than this server takes (RFC 1870)"));
	if (tx->receive == RECEIVE_NO_SPACE)
		return message_refuse(s, 452,
				      STR("4.3.1 no space for this message now, try again later"));
	if (!tx->scan.dots)
		spool_set_dotless(tx->spool);
	err = header_of(s, &header);
	if (err == ERR_LIMIT)
		return message_refuse(s, 552, STR("5.3.4 header section is too large"));
	if (err != ERR_OK)
		return message_refuse(s, 452,
				      STR("4.3.1 no memory for this message now, try again later"));
	fault = tx->binary ? fault_of_binary(s, header) : NULL;
	if (fault)
		return message_refuse(s, 550, str_z(fault));
	survey = stamp_survey(header, our_id(s));
	if (survey.hops > LIMIT_RECEIVED_HOPS)
		return message_refuse(
			s, 554, STR("5.4.6 too many Received fields: a mail loop (RFC 5321 6.3)"));
	tx->forged = survey.ours;
	tx->whole_ms = loop_now_ms(s->server->o.loop);
	tx->at = &tx->group;
	inspection_end(&s->inspection, tx->received);
	duplicate_look(s);
	return session_go(s, SESSION_JUDGING_END);
}

enum next message_receive(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	const struct str input = conn_input(s->conn);
	size_t at = 0;

	while (at < input.n && tx->scan.at != TEXT_END) {
		struct str keep;

		at += text_scan(&tx->scan, str_from(input, at), &keep);
		message_store(s, keep);
	}
	conn_consume(s->conn, at);
	if (tx->scan.at == TEXT_END)
		return message_complete(s);
	if (tx->received > 2 * s->size_max) {
		const struct str text =
			STR("5.3.4 message is larger than this server takes, closing connection");

		refuse_message(s, 552, text);
		return session_close(s, "size");
	}
	return NEXT_WAIT;
}

/* ---- judging and replaying, group by group ---- */

static struct str stamps(struct smtp_session *s, const struct group *g)
{
	const struct transaction *tx = s->tx;
	const struct filter_facts *f = &s->inspection.facts;
	const struct stamp stamp = {
		.id = id_str(&tx->id),
		.hostname = s->server->o.hostname,
		.helo = f->helo,
		.client_name = inspection_client_name(&s->inspection),
		.rcpt = g->count == 1 ? g->first->address : (struct str){ 0 },
		.client_ip = s->client_ip,
		.esmtp = f->esmtp,
		.utf8 = tx->utf8,
		.authenticated = f->authenticated,
		.tls = conn_tls_facts(s->conn),
		.unix_ms = loop_unix_ms(s->server->o.loop),
		.judgement = &g->judgement,
	};

	return stamp_headers(session_arena(s), &stamp);
}

/* The header section without forged copies of our fields, made once. */
static enum err clean_header(struct smtp_session *s)
{
	struct transaction *tx = s->tx;

	if (tx->clean.p)
		return ERR_OK;
	if (stamp_clean(session_arena(s), s->inspection.facts.header, our_id(s), &tx->clean) !=
	    ERR_OK)
		return ERR_NOMEM;
	return tx->clean.p ? ERR_OK : ERR_NOMEM;
}

/* Told of the message, not of a recipient: made once. */
static bool attest(struct smtp_session *s)
{
	const struct conf_authentication_results *conf = s->server->o.results;
	const struct attest_message m = {
		.header = s->tx->clean.p ? s->tx->clean : s->inspection.facts.header,
		.unix_ms = loop_unix_ms(s->server->o.loop),
	};
	struct auth_report r;

	if (s->tx->attested.p)
		return true;
	r = attest_report(&s->inspection, attest_id(conf, s->server->o.hostname));
	if (conf->login)
		r.login = s->login;
	return attest_fields(session_arena(s), conf, &r, &m, &s->tx->attested);
}

/* A first line that begins with a space would be taken for more of our last field: it is no header section, and
 * ours ends before it. */
static struct str before(struct str header)
{
	const bool folded = header.n && (header.p[0] == ' ' || header.p[0] == '\t');

	return folded ? STR("\r\n") : STR("");
}

/* What goes in front of the message: our fields, and the header section itself when something had to be cut out
 * of it. */
static enum err front(struct smtp_session *s, const struct group *g, struct delivery_message *m)
{
	const struct str ours = stamps(s, g);
	struct out o;

	if (!ours.p || (s->tx->forged && clean_header(s) != ERR_OK) || !attest(s))
		return ERR_NOMEM;
	o = (struct out){ .cap = s->tx->attested.n + ours.n + 2 + s->tx->clean.n };
	o.p = arena_alloc(session_arena(s), o.cap);
	if (!o.p)
		return ERR_NOMEM;
	out_str(&o, s->tx->attested);
	out_str(&o, ours);
	out_str(&o, before(s->inspection.facts.header));
	out_str(&o, s->tx->clean);
	m->headers = out_text(&o);
	if (s->tx->forged)
		m->from = s->inspection.facts.header.n;
	return ERR_OK;
}

/* True: the backend's answer is awaited.  Otherwise the group has its own. */
static bool replay(struct smtp_session *s, struct group *g)
{
	struct delivery_message m = {
		.spool = s->tx->spool,
		.each = s->tx->prdr ? outcome_each : NULL,
	};

	if (front(s, g, &m) != ERR_OK) {
		const struct reply reply = {
			.code = 452,
			.text = STR_INIT("4.3.1 no memory for this message now, try again later"),
		};

		outcome_group(s, g, &reply);
		return false;
	}
	if (s->peer == PEER_GONE)
		duplicate_fly(s);
	delivery_send(g->delivery, &s->ops, session_ask(s, "message"), &m);
	return true;
}

static void judge_for(struct smtp_session *s, const struct recipient *r, struct judgement *j)
{
	const struct inspection_subject subject = transaction_subject(s->tx, r);

	inspection_judge(&s->inspection, STAGE_END, &subject, j);
}

/* With PRDR each of the group is refused in words that may name him, as long as there is memory for them. */
static void refuse(struct smtp_session *s, struct group *g, unsigned code)
{
	const struct reply reply = { .code = code, .text = g->judgement.reply };

	for (struct recipient *r = s->tx->first; r && s->tx->prdr && g->count > 1; r = r->next) {
		struct judgement own = { .decided = false };

		if (r->group != g)
			continue;
		judge_for(s, r, &own);
		if (own.reply.n && own.action == g->judgement.action)
			outcome_each(r, &(struct reply){ .code = code, .text = own.reply }, true);
	}
	outcome_group(s, g, &reply);
}

/* True: as replay(). */
static bool act(struct smtp_session *s, struct group *g)
{
	const unsigned code = action_code(g->judgement.action);

	if (!code)
		return replay(s, g);
	refuse(s, g, code);
	return false;
}

/* The client has broken off before anything was delivered: it tries again, and nobody would hear of this copy.  One
 * that has only closed its half may listen. */
static bool is_in_vain(const struct smtp_session *s)
{
	const struct group *g = s->tx->at;

	return g == &s->tx->group && g->count && !action_code(g->judgement.action) &&
	       s->peer == PEER_GONE && conn_is_broken(s->conn);
}

/* The group at `at` and those behind it. */
static enum next go_on(struct smtp_session *s)
{
	struct transaction *tx = s->tx;

	if (is_in_vain(s))
		return session_close(s, "client");
	for (; tx->at; tx->at = tx->at->next)
		if (tx->at->count && act(s, tx->at))
			return session_go(s, SESSION_REPLAYING);
	record_bulk(s);
	outcome_end(s);
	return finish(s);
}

/* Mail that passes bears its score and who sent it, and others (sieve rules, whoever reads a seal) judge by that: the
 * whole of it, unless a verdict let it pass whatever it weighs.  What is sealed waits in any case. */
static bool awaits_more(const struct smtp_session *s, const struct judgement *j)
{
	const bool passes = j->action == ACTION_TAG || j->action == ACTION_ACCEPT;
	const bool whatever = j->action == ACTION_ACCEPT && j->name[0];
	const bool tells = j->score_is_open || s->server->o.results->enabled;

	return passes && (s->inspection.facts.auth->arc.seals || (tells && !whatever));
}

/* Decided for good. */
static bool is_final(const struct smtp_session *s, const struct judgement *j, bool complete)
{
	return j->decided && (complete || !awaits_more(s, j));
}

/* True: decided for good.  Of those of one class of whom the same was found one is judged; who they are by name changes
 * nothing but words. */
static bool judge(struct smtp_session *s, struct group *g, bool complete)
{
	const struct recipient *before = NULL;

	for (struct recipient *r = s->tx->first; r; r = r->next) {
		if (r->group != g)
			continue;
		if (before && before->class == r->class &&
		    inspection_is_same(before->inspected, r->inspected))
			r->judgement = before->judgement;
		else
			judge_for(s, r, &r->judgement);
		if (!is_final(s, &r->judgement, complete))
			return false;
		before = r;
	}
	outcome_unite(s->tx, g);
	return true;
}

/* One group after the other, each once: the first that is undecided is what is waited for. */
enum next message_judge(struct smtp_session *s)
{
	struct transaction *tx = s->tx;
	const bool complete = inspection_turn(&s->inspection);

	switch (duplicate_settle(s)) {
	case DUPLICATE_OPEN:
		return NEXT_WAIT;
	case DUPLICATE_FLIES:
		return message_refuse(
			s, 451, STR("4.3.0 this message is being delivered, try again later"));
	case DUPLICATE_SETTLED:
		break;
	}
	for (; tx->at; tx->at = tx->at->next) {
		if (!tx->at->count || judge(s, tx->at, complete))
			continue;
		CHECK(!complete);
		return NEXT_WAIT;
	}
	tx->at = &tx->group;
	return go_on(s);
}

enum next message_replayed(struct smtp_session *s)
{
	struct group *g = s->tx->at;

	if (s->result.err == ERR_OK) {
		outcome_group(s, g, &s->result.reply);
	} else {
		char text[128];
		struct out o = OUT(text);
		const struct reply reply = { .code = 451,
					     .text = answer_unavailable(s->result.err, &o) };

		outcome_group(s, g, &reply);
	}
	s->tx->at = g->next;
	return go_on(s);
}
