/* control_bulk.c - what a worker does for `postern bulk`.
 *
 * Clusters are looked through page by page for the largest, or for those of which something was said; of one that is
 * named the store is asked a question. */
#include "control/control.h"

#include "base/check.h"
#include "filters/filter.h"
#include "mail/domain.h"
#include "store/cluster.h"
#include "store/procedures.h"

enum { TOP_FALLBACK = 10, TOP_LEAST = 2 };

enum verb { VERB_TOP, VERB_SHOW, VERB_ALLOW, VERB_BLOCK, VERB_FORGET, VERB_SAID };

/* What verbs ask about one cluster or domain. */
static const struct {
	enum bulk_do what;
	enum bulk_said said;
	const char *done;
} deeds[] = {
	[VERB_SHOW] = { .what = BULK_SHOW },
	[VERB_ALLOW] = { .what = BULK_SAY, .said = BULK_SAID_ALLOW, .done = "allowed" },
	[VERB_BLOCK] = { .what = BULK_SAY, .said = BULK_SAID_BLOCK, .done = "blocked" },
	[VERB_FORGET] = { .what = BULK_FORGET, .done = "forgotten" },
};

static const char *const said_words[BULK_SAID_COUNT] = {
	[BULK_SAID_NOTHING] = "",
	[BULK_SAID_ALLOW] = "allowed",
	[BULK_SAID_BLOCK] = "blocked",
};

struct work {
	struct control_request *request;
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

	if (w->request->verb == VERB_SAID && bulk_key_is_domain(l->key)) {
		look_at_domain(w, l);
		return;
	}
	if (!read_cluster(w, l, &seen))
		return;
	if (w->request->verb == VERB_TOP) {
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
	if (w->request->verb == VERB_TOP && w->count == 0)
		control_fail(w->request, "no mail has come twice");
	else if (w->request->verb == VERB_SAID && !w->found)
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
				    .args = { deeds[w->request->verb].what } };

	if (deeds[w->request->verb].what == BULK_SAY) {
		q.args[1] = deeds[w->request->verb].said;
		q.args[2] = STORE_LIFETIME_MAX_MS;
	} else if (deeds[w->request->verb].what == BULK_SHOW) {
		q.args[1] = 1;
	}
	w->call = (struct store_call){ .question = q, .deadline_ms = CONTROL_ASK_MS };
	w->call.op.done = control_go_on;
	w->call.op.arg = w->request;
	store_ask(host->store, &w->request->ops, &w->call);
}

static void ask_about_domain(struct work *w)
{
	w->domain = domain_ascii(&w->request->arena, w->request->words[0]);
	if (w->domain.n == 0)
		control_misuse(w->request, "'" STR_FMT "' is no domain",
			       STR_ARG(str_head(w->request->words[0], 100)));
	else
		ask(w, bulk_domain_key(bulk_hash(w->domain), w->key));
}

static void ask_about_cluster(struct work *w)
{
	uint64_t id;

	if (bulk_read_id(w->request->words[0], &id))
		ask(w, bulk_cluster_key(id, w->key));
	else
		control_misuse(w->request, "'" STR_FMT "' is no id: it has 16 hexadecimal digits",
			       STR_ARG(str_head(w->request->words[0], 100)));
}

static void tell_answer(struct work *w)
{
	const struct bulk_seen *seen = &w->call.answer.bulk;
	const bool forgets = deeds[w->request->verb].what == BULK_FORGET;

	if (w->request->option ? forgets && seen->is_new : seen->id == 0) {
		control_fail(w->request, w->request->option
						 ? "nothing was said of that domain"
						 : "there is no such mail, or not any more");
		return;
	}
	if (w->request->option)
		control_say(w->request, "%-9s  domain " STR_FMT, deeds[w->request->verb].done,
			    STR_ARG(w->domain));
	else if (w->request->verb == VERB_SHOW)
		say_cluster(w->request, seen, w->call.question.now_ms);
	else
		control_say(w->request, "%-9s  " STR_FMT "  %.*s", deeds[w->request->verb].done,
			    STR_ARG(w->request->words[0]), (int)seen->sample_n, seen->sample);
	control_end(w->request);
}

/* ---- the command ---- */

/* False: it is over, nobody looks for such mail. */
static bool begin(struct control_request *r)
{
	struct work *w = r->state;
	const bool looks = conf_first(r->host->setup->conf, &block_bulk) != NULL;

	w->request = r;
	if (!looks)
		control_fail(r, "the configuration has no block bulk");
	return looks;
}

static void begin_pages(struct control_request *r, unsigned wanted)
{
	struct work *w = r->state;

	w->wanted = wanted;
	if (begin(r))
		control_ask_page(r, STORE_BULK, (struct str){ 0 });
}

static void begin_top(struct control_request *r)
{
	uint64_t wanted = TOP_FALLBACK;

	if (r->word_count && (!str_u64(r->words[0], LIMIT_CONTROL_TOP, &wanted) || wanted == 0))
		control_fail_words(r);
	else
		begin_pages(r, (unsigned)wanted);
}

static void begin_said(struct control_request *r)
{
	begin_pages(r, 0);
}

static void begin_question(struct control_request *r)
{
	struct work *w = r->state;

	if (!begin(r))
		return;
	if (r->option)
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
	else if (w->request->verb == VERB_TOP || w->request->verb == VERB_SAID)
		go_on_with_pages(w);
	else
		tell_answer(w);
}

static const struct control_verb verbs[] = {
	[VERB_TOP] = { .word = "top", .words_max = 1, .wants = "how many", .begin = begin_top },
	[VERB_SHOW] = { .word = "show",
			.words_min = 1,
			.words_max = 1,
			.wants = "an id",
			.begin = begin_question },
	[VERB_ALLOW] = { .word = "allow",
			 .words_min = 1,
			 .words_max = 1,
			 .option = "--domain",
			 .wants = "an id, or --domain and a domain",
			 .begin = begin_question },
	[VERB_BLOCK] = { .word = "block",
			 .words_min = 1,
			 .words_max = 1,
			 .option = "--domain",
			 .wants = "an id, or --domain and a domain",
			 .begin = begin_question },
	[VERB_FORGET] = { .word = "forget",
			  .words_min = 1,
			  .words_max = 1,
			  .option = "--domain",
			  .wants = "an id, or --domain and a domain",
			  .begin = begin_question },
	[VERB_SAID] = { .word = "said", .wants = "no more", .begin = begin_said },
};

const struct control_command control_command_bulk = {
	.name = "bulk",
	.verbs = verbs,
	.verb_count = COUNTOF(verbs),
	.state_size = sizeof(struct work),
	.turn = turn,
};
