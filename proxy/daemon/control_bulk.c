/* control_bulk.c - what a worker does for `postern bulk`.
 *
 * Clusters are looked through page by page for the largest, or for those of which something was said; of one that is
 * named the store is asked a question. */
#include "daemon/control.h"

#include "base/check.h"
#include "mail/domain.h"
#include "store/cluster.h"
#include "store/procedures.h"

enum { TOP_FALLBACK = 10, TOP_LEAST = 2 };

enum verb { VERB_TOP, VERB_SAID, VERB_SHOW, VERB_ALLOW, VERB_BLOCK, VERB_FORGET };

static const struct {
	const char *word;
	enum bulk_do what; /* that is asked about one cluster or domain */
	enum bulk_said said;
	const char *done, *wants;
	unsigned words_min, words_max; /* behind it */
	bool domain;                   /* may be of one */
} verbs[] = {
	[VERB_TOP] = { .word = "top", .words_max = 1, .wants = "how many" },
	[VERB_SAID] = { .word = "said", .wants = "no more" },
	[VERB_SHOW] = { .word = "show",
			.what = BULK_SHOW,
			.words_min = 1,
			.words_max = 1,
			.wants = "an id" },
	[VERB_ALLOW] = { .word = "allow",
			 .what = BULK_SAY,
			 .said = BULK_SAID_ALLOW,
			 .done = "allowed",
			 .words_min = 1,
			 .words_max = 1,
			 .domain = true,
			 .wants = "an id, or --domain and a domain" },
	[VERB_BLOCK] = { .word = "block",
			 .what = BULK_SAY,
			 .said = BULK_SAID_BLOCK,
			 .done = "blocked",
			 .words_min = 1,
			 .words_max = 1,
			 .domain = true,
			 .wants = "an id, or --domain and a domain" },
	[VERB_FORGET] = { .word = "forget",
			  .what = BULK_FORGET,
			  .done = "forgotten",
			  .words_min = 1,
			  .words_max = 1,
			  .domain = true,
			  .wants = "an id, or --domain and a domain" },
};

static const char *const said_words[BULK_SAID_COUNT] = {
	[BULK_SAID_NOTHING] = "",
	[BULK_SAID_ALLOW] = "allowed",
	[BULK_SAID_BLOCK] = "blocked",
};

struct work {
	struct control_request *request;
	enum verb verb;
	struct str *words; /* behind the verb, and behind "--domain" */
	unsigned word_count;
	bool of_domain;
	/* page by page: */
	bool found;
	unsigned wanted, count;
	struct bulk_seen top[LIMIT_CONTROL_TOP];
	/* one question: */
	struct store_call call;
	struct str domain;
	char key[BULK_KEY];
};

/* ---- lines ---- */

static void print_id(const struct bulk_seen *seen, char text[BULK_ID_TEXT + 1])
{
	text[bulk_print_id(seen->id, text).n] = '\0';
}

static unsigned refused_percent(const struct bulk_seen *seen)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < BULK_OUTCOME_COUNT; i++)
		all += i == BULK_REPORTED ? 0 : seen->outcomes[i];
	return all ? (unsigned)((uint64_t)seen->outcomes[BULK_REJECTED] * 100 / all) : 0;
}

static void say_row(struct control_request *r, const struct bulk_seen *seen, int64_t now_ms)
{
	char id[BULK_ID_TEXT + 1], bytes[32];
	struct out last = OUT(bytes);

	print_id(seen, id);
	control_print_span(&last, now_ms - seen->last_ms);
	control_say(
		r, "%s  %7u mails  %6u networks  %6u senders  %3u%% refused  %9.*s ago  %-7s  %.*s",
		id, seen->messages, seen->distinct[BULK_OF_NETWORKS], seen->distinct[BULK_OF_FROMS],
		refused_percent(seen), (int)last.n, last.p, said_words[seen->said],
		(int)seen->sample_n, seen->sample);
}

static void say_times(struct control_request *r, const struct bulk_seen *seen, int64_t now_ms)
{
	char first_bytes[32], last_bytes[32];
	struct out first = OUT(first_bytes), last = OUT(last_bytes);

	control_print_span(&first, now_ms - seen->first_ms);
	control_print_span(&last, now_ms - seen->last_ms);
	control_say(r, "mails          %u, the first " STR_FMT " ago, the last " STR_FMT " ago",
		    seen->messages, STR_ARG(out_text(&first)), STR_ARG(out_text(&last)));
}

static void say_signs(struct control_request *r, const struct bulk_seen *seen)
{
	char bytes[128];
	struct out o = OUT(bytes);

	for (unsigned i = 0; i < BULK_KIND_COUNT; i++)
		if (seen->signs & 1u << i)
			out_printf(&o, "%s%s", o.n ? ", " : "", bulk_kind_name((enum bulk_kind)i));
	control_say(r, "known by       " STR_FMT, STR_ARG(out_text(&o)));
}

static void say_cluster(struct control_request *r, const struct bulk_seen *seen, int64_t now_ms)
{
	const uint32_t *n = seen->distinct, *o = seen->outcomes;
	char id[BULK_ID_TEXT + 1];

	print_id(seen, id);
	control_say(r, "id             %s", id);
	control_say(r, "begins with    %.*s", (int)seen->sample_n, seen->sample);
	say_signs(r, seen);
	say_times(r, seen, now_ms);
	control_say(r, "networks       %u", n[BULK_OF_NETWORKS]);
	control_say(r, "sender domains %u, in From %u", n[BULK_OF_ENVELOPES], n[BULK_OF_FROMS]);
	control_say(r, "authenticated  %u, by %u domains", seen->with_domain, n[BULK_OF_DOMAINS]);
	control_say(r, "recipients     %u", n[BULK_OF_RECIPIENTS]);
	control_say(r, "outcomes       accepted %u, tagged %u, rejected %u, reported %u",
		    o[BULK_ACCEPTED], o[BULK_TAGGED], o[BULK_REJECTED], o[BULK_REPORTED]);
	if (seen->said != BULK_SAID_NOTHING)
		control_say(r, "operator       %s", said_words[seen->said]);
}

/* ---- page by page ---- */

static bool read_cluster(const struct work *w, const struct store_listed *l, struct bulk_seen *seen)
{
	const struct str label = str_head(l->record.label, BULK_SAMPLE);
	struct cluster c;

	*seen = (struct bulk_seen){ .id = bulk_key_id(l->key) };
	if (seen->id == 0 || !cluster_read(l->record.body, &c))
		return false;
	seen->sample_n = (unsigned)label.n;
	if (label.n)
		memcpy(seen->sample, label.p, label.n);
	cluster_tell_all(&c, w->request->page.now_ms, 1, seen);
	return true;
}

/* A page may tell of one twice. */
static bool is_told(const struct work *w, uint64_t id)
{
	for (unsigned i = 0; i < w->count; i++)
		if (w->top[i].id == id)
			return true;
	return false;
}

/* The most frequent stands first. */
static void rank(struct work *w, const struct bulk_seen *seen)
{
	unsigned at = w->count;

	if (seen->messages < TOP_LEAST || is_told(w, seen->id))
		return;
	while (at > 0 && w->top[at - 1].messages < seen->messages)
		at--;
	if (at == w->wanted)
		return;
	if (w->count < w->wanted)
		w->count++;
	memmove(&w->top[at + 1], &w->top[at], (w->count - 1 - at) * sizeof(w->top[0]));
	w->top[at] = *seen;
}

static void look_at_domain(struct work *w, const struct store_listed *l)
{
	const struct str body = l->record.body;
	const unsigned said = body.n == 1 ? (unsigned char)body.p[0] : BULK_SAID_COUNT;

	if (said == BULK_SAID_NOTHING || said >= BULK_SAID_COUNT)
		return;
	w->found = true;
	control_say(w->request, "%-7s  domain " STR_FMT, said_words[said],
		    STR_ARG(l->record.label));
}

static void look_at(struct work *w, const struct store_listed *l)
{
	struct bulk_seen seen;

	if (w->verb == VERB_SAID && bulk_key_is_domain(l->key)) {
		look_at_domain(w, l);
		return;
	}
	if (!read_cluster(w, l, &seen))
		return;
	if (w->verb == VERB_TOP) {
		rank(w, &seen);
	} else if (seen.said != BULK_SAID_NOTHING) {
		w->found = true;
		say_row(w->request, &seen, w->request->page.now_ms);
	}
}

static void end_pages(struct work *w)
{
	for (unsigned i = 0; i < w->count; i++)
		say_row(w->request, &w->top[i], w->request->page.now_ms);
	if (w->verb == VERB_TOP && w->count == 0)
		control_fail(w->request, "no mail has come twice");
	else if (w->verb == VERB_SAID && !w->found)
		control_fail(w->request, "nothing was said of any mail or domain");
	else
		control_end(w->request);
}

static void go_on_with_pages(struct work *w)
{
	for (unsigned i = 0; i < w->request->page.count; i++)
		look_at(w, &w->request->page.items[i]);
	if (w->request->page.next.n)
		control_ask_page(w->request, STORE_BULK, w->request->page.next);
	else
		end_pages(w);
}

/* ---- one question ---- */

static void ask(struct work *w, struct str key)
{
	const struct control_host *host = w->request->host;
	struct store_question q = { .procedure = STORE_BULK,
				    .key = key,
				    .label = w->domain,
				    .now_ms = loop_unix_ms(host->loop),
				    .args = { verbs[w->verb].what } };

	if (verbs[w->verb].what == BULK_SAY) {
		q.args[1] = verbs[w->verb].said;
		q.args[2] = STORE_LIFETIME_MAX_MS;
	} else if (verbs[w->verb].what == BULK_SHOW) {
		q.args[1] = 1;
	}
	w->call = (struct store_call){ .question = q, .deadline_ms = CONTROL_ASK_MS };
	w->call.op.done = control_go_on;
	w->call.op.arg = w->request;
	store_ask(host->store, &w->request->ops, &w->call);
}

static void ask_about_domain(struct work *w)
{
	w->domain = domain_ascii(&w->request->arena, w->words[0]);
	if (w->domain.n == 0)
		control_fail(w->request, "'" STR_FMT "' is no domain",
			     STR_ARG(str_head(w->words[0], 100)));
	else
		ask(w, bulk_domain_key(bulk_hash(w->domain), w->key));
}

static void ask_about_cluster(struct work *w)
{
	uint64_t id;

	if (bulk_read_id(w->words[0], &id))
		ask(w, bulk_cluster_key(id, w->key));
	else
		control_fail(w->request, "'" STR_FMT "' is no id: it has 16 hexadecimal digits",
			     STR_ARG(str_head(w->words[0], 100)));
}

static void tell_answer(struct work *w)
{
	const struct bulk_seen *seen = &w->call.answer.bulk;
	const bool forgets = verbs[w->verb].what == BULK_FORGET;

	if (w->of_domain ? forgets && seen->is_new : seen->id == 0) {
		control_fail(w->request, w->of_domain ? "nothing was said of that domain"
						      : "there is no such mail, or not any more");
		return;
	}
	if (w->of_domain)
		control_say(w->request, "%-9s  domain " STR_FMT, verbs[w->verb].done,
			    STR_ARG(w->domain));
	else if (w->verb == VERB_SHOW)
		say_cluster(w->request, seen, w->call.question.now_ms);
	else
		control_say(w->request, "%-9s  " STR_FMT "  %.*s", verbs[w->verb].done,
			    STR_ARG(w->words[0]), (int)seen->sample_n, seen->sample);
	control_end(w->request);
}

/* ---- the command ---- */

static bool find_verb(const struct control_request *r, enum verb *verb)
{
	for (size_t i = 0; r->word_count > 1 && i < COUNTOF(verbs); i++) {
		if (!str_eq(r->words[1], str_z(verbs[i].word)))
			continue;
		*verb = (enum verb)i;
		return true;
	}
	return false;
}

static bool read_words(struct work *w)
{
	struct control_request *r = w->request;
	uint64_t wanted = TOP_FALLBACK;

	w->words = r->words + 2;
	w->word_count = r->word_count - 2;
	w->of_domain = w->word_count && str_eq(w->words[0], STR("--domain"));
	if (w->of_domain) {
		w->words++;
		w->word_count--;
	}
	if (w->word_count < verbs[w->verb].words_min || w->word_count > verbs[w->verb].words_max ||
	    (w->of_domain && !verbs[w->verb].domain))
		return false;
	if (w->verb == VERB_TOP && w->word_count &&
	    (!str_u64(w->words[0], LIMIT_CONTROL_TOP, &wanted) || wanted == 0))
		return false;
	w->wanted = (unsigned)wanted;
	return true;
}

static void begin(struct control_request *r)
{
	struct work *w = r->state;

	w->request = r;
	if (!find_verb(r, &w->verb))
		control_fail(r, "bulk: top, show, allow, block, forget or said?");
	else if (!read_words(w))
		control_fail(r, "bulk %s: %s?", verbs[w->verb].word, verbs[w->verb].wants);
	else if (w->verb == VERB_TOP || w->verb == VERB_SAID)
		control_ask_page(r, STORE_BULK, (struct str){ 0 });
	else if (w->of_domain)
		ask_about_domain(w);
	else
		ask_about_cluster(w);
}

static void turn(struct control_request *r)
{
	struct work *w = r->state;

	if (r->err != ERR_OK)
		control_fail(r, "the store does not answer: %s", err_text(r->err));
	else if (w->call.answer.status == STORE_LOCAL)
		control_fail(r, "the shared store does not answer: nothing was done there");
	else if (w->verb == VERB_TOP || w->verb == VERB_SAID)
		go_on_with_pages(w);
	else
		tell_answer(w);
}

const struct control_command control_command_bulk = {
	.name = "bulk",
	.state_size = sizeof(struct work),
	.begin = begin,
	.turn = turn,
};
