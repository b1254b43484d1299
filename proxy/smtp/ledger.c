#include "smtp/ledger.h"

#include "base/limits.h"
#include "filters/bulk/facts.h"
#include "journal/journal.h"
#include "smtp/session.h"

const char *ledger_by_name(enum ledger_by by)
{
	static const char *const names[LEDGER_BY_COUNT] = {
#define X(ID, NAME, ABOUT) [LEDGER_##ID] = NAME,
		LEDGER_BY(X)
#undef X
	};

	return names[by];
}

void ledger_open(struct smtp_session *s)
{
	struct ledger *l = NULL;

	if (s->server->o.journal)
		l = arena_new(session_arena(s), struct ledger);
	s->tx->ledger = l;
	if (!l)
		return;
	l->last = &l->first;
	l->last_refused = &l->refused;
}

static struct str keep(struct smtp_session *s, struct str text)
{
	return arena_str(session_arena(s), str_head(text, LIMIT_JOURNAL_TEXT));
}

void ledger_heard(struct smtp_session *s, const struct ledger_line *line)
{
	struct ledger *l = s->tx->ledger;
	struct ledger_line *new;

	if (!l)
		return;
	new = arena_new(session_arena(s), struct ledger_line);
	if (!new) {
		l->left_out++;
		return;
	}
	*new = *line;
	new->reply = keep(s, line->reply);
	if (!line->recipient)
		new->rcpt = keep(s, line->rcpt);
	*l->last = new;
	l->last = &new->next;
}

static void note_refusal(struct smtp_session *s, struct str command, unsigned code,
			 struct str reply)
{
	struct ledger *l = s->tx->ledger;
	struct ledger_refusal *new;

	if (!l)
		return;
	new = l->refused_count < LIMIT_JOURNAL_REFUSED
		      ? arena_new(session_arena(s), struct ledger_refusal)
		      : NULL;
	if (!new) {
		l->left_out++;
		return;
	}
	l->refused_count++;
	new->command = keep(s, command);
	new->code = code;
	new->reply = keep(s, reply);
	*l->last_refused = new;
	l->last_refused = &new->next;
}

void ledger_refused(struct smtp_session *s, struct str command, unsigned code, struct str reply)
{
	struct journal *journal = s->server->o.journal;
	struct out *o;

	if (s->tx) {
		note_refusal(s, command, code, reply);
		return;
	}
	o = journal ? journal_begin(journal) : NULL;
	if (!o)
		return;
	ledger_print_refused(o, s, command, code, reply);
	journal_end(journal);
}

/* He has heard nothing of the message, or that he has had it. */
static void settle(struct smtp_session *s, const struct recipient *r)
{
	static const struct str known = STR_INIT("2.0.0 delivered before");

	ledger_heard(s, &(struct ledger_line){
				.rcpt = r->address,
				.recipient = r,
				.by = r->known ? LEDGER_DUPLICATE : LEDGER_NOBODY,
				.code = r->known ? 250 : 0,
				.reply = r->known ? known : (struct str){ 0 },
			});
}

/* Those who have heard of the message stand in the order of RCPT. */
static void settle_rest(struct smtp_session *s, struct ledger *l)
{
	const struct ledger_line *from = l->first;

	for (const struct recipient *r = s->tx->first; r; r = r->next) {
		const struct ledger_line *line = from;

		while (line && line->recipient != r)
			line = line->next;
		if (line)
			from = line->next;
		else
			settle(s, r);
	}
	if (s->tx->asking)
		settle(s, s->tx->asking);
}

void ledger_close(struct smtp_session *s)
{
	struct out *o;

	if (!s->tx->ledger)
		return;
	settle_rest(s, s->tx->ledger);
	o = journal_begin(s->server->o.journal);
	if (!o)
		return;
	ledger_print(o, s);
	journal_end(s->server->o.journal);
}

void ledger_bulk(struct smtp_session *s)
{
	struct journal *journal = s->server->o.journal;
	struct out *o = journal ? journal_begin(journal) : NULL;

	if (!o)
		return;
	ledger_print_bulk(o, s);
	journal_end(journal);
}
