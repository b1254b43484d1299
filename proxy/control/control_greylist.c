/* control_greylist.c - what a worker does for `postern greylist`.
 *
 * Mails and sources are looked through page by page; of each that matches a line is said, and what is to be done with
 * it is asked of the store before the next page. */
#include "control/control.h"

#include "base/check.h"
#include "filters/filter.h"
#include "filters/greylist/question.h"

enum verb { VERB_LIST, VERB_SHOW, VERB_RELEASE, VERB_FORGET, VERB_ALLOW, VERB_BLOCK };

struct work {
	struct control_request *request;
	const struct greylist_conf *conf;
	struct store_call calls[STORE_PAGE];
	unsigned asked, found;
	char source[LIMIT_DOMAIN + IP_TEXT_MAX], key[LIMIT_STORE_KEY];
};

/* ---- the words ---- */

static bool matches(const struct work *w, struct str name)
{
	for (unsigned i = 0; i < w->request->word_count; i++)
		if (!str_ihas(name, w->request->words[i]))
			return false;
	return true;
}

static struct str name_of(const struct store_listed *l)
{
	return l->record.label.n ? l->record.label : l->key;
}

/* ---- what is asked of the store ---- */

static void ask(struct work *w, struct store_question q)
{
	const struct control_host *host = w->request->host;
	struct store_call *call = &w->calls[w->asked++];

	q.now_ms = loop_unix_ms(host->loop);
	*call = (struct store_call){ .question = q, .deadline_ms = CONTROL_ASK_MS };
	call->op.done = control_go_on;
	call->op.arg = w->request;
	store_ask(host->store, &w->request->ops, call);
}

static void ask_page(struct work *w, enum store_procedure procedure, struct str from)
{
	w->asked = 0;
	control_ask_page(w->request, procedure, from);
}

/* ---- what is said ---- */

/* Fields of records are those of store/procedures.c: when it first came, when it passed. */
static void say_mail(struct work *w, const struct store_listed *l)
{
	const int64_t now = w->request->page.now_ms, first = l->record.fields[0],
		      passed = l->record.fields[1], left = first + w->conf->delay_ms - now;
	char bytes[48];
	struct out o = OUT(bytes);

	if (w->request->verb == VERB_RELEASE)
		out_str(&o, STR("released"));
	else if (w->request->verb == VERB_FORGET)
		out_str(&o, STR("forgotten"));
	else if (passed)
		out_str(&o, STR("passed "));
	else
		out_str(&o, left > 0 ? STR("waits ") : STR("may pass since "));
	if (w->request->verb == VERB_LIST || w->request->verb == VERB_SHOW)
		control_print_span(&o, passed ? now - passed : left > 0 ? left : -left);
	control_say(w->request, "%-20.*s " STR_FMT, (int)o.n, o.p, STR_ARG(name_of(l)));
}

static void say_source(struct work *w, const struct store_listed *l)
{
	static const char *const words[] = { [SOURCE_SAID_NOTHING] = "source",
					     [SOURCE_SAID_ALLOW] = "allowed",
					     [SOURCE_SAID_BLOCK] = "blocked" };
	const int64_t what = l->record.fields[0];
	const char *word = what >= 0 && what < (int64_t)COUNTOF(words) ? words[what] : "?";

	control_say(w->request, "%-20s " STR_FMT "  came back %lld times",
		    w->request->verb == VERB_FORGET ? "forgotten" : word, STR_ARG(name_of(l)),
		    (long long)l->record.fields[1]);
}

/* ---- page by page ---- */

static void look_at_mail(struct work *w, const struct store_listed *l)
{
	if (l->record.fields[1] &&
	    (w->request->verb == VERB_LIST || w->request->verb == VERB_RELEASE))
		return; /* it has passed */
	say_mail(w, l);
	w->found++;
	if (w->request->verb == VERB_RELEASE)
		ask(w, greylist_about_mail(w->conf, l->key, GREYLIST_RELEASE));
	else if (w->request->verb == VERB_FORGET)
		ask(w, greylist_about_mail(w->conf, l->key, GREYLIST_FORGET));
}

static void look_at_source(struct work *w, const struct store_listed *l)
{
	say_source(w, l);
	w->found++;
	if (w->request->verb == VERB_FORGET)
		ask(w, greylist_about_source(w->conf, l->key, SOURCE_FORGET));
}

static void look_at_page(struct work *w)
{
	for (unsigned i = 0; i < w->request->page.count; i++) {
		const struct store_listed *l = &w->request->page.items[i];

		if (!matches(w, name_of(l)))
			continue;
		if (w->request->page.procedure == STORE_GREYLIST)
			look_at_mail(w, l);
		else
			look_at_source(w, l);
	}
	w->request->page.count = 0;
}

static bool wants_sources(const struct work *w)
{
	return w->request->verb == VERB_SHOW || w->request->verb == VERB_FORGET;
}

static void end(struct work *w)
{
	if (w->request->err != ERR_OK)
		control_fail(w->request, "the store does not answer: %s",
			     err_text(w->request->err));
	else if (!w->found)
		control_fail(w->request, "there is no such mail or source");
	else
		control_end(w->request);
}

/* The page has come, or what was asked because of it has been answered. */
static void turn(struct control_request *r)
{
	const struct store_listing *l = &r->page;
	struct work *w = r->state;

	if (r->err == ERR_OK && l->count) {
		look_at_page(w);
		if (r->ops.pending)
			return;
	}
	if (r->err != ERR_OK)
		end(w);
	else if (l->next.n)
		ask_page(w, l->procedure, l->next);
	else if (l->procedure == STORE_GREYLIST && wants_sources(w))
		ask_page(w, STORE_SOURCE, (struct str){ 0 });
	else
		end(w);
}

/* ---- one source ---- */

static void say_of(struct work *w)
{
	const struct str text = w->request->words[0];
	struct out o = OUT(w->source);
	struct store_question q;
	struct str source;

	if (!greylist_source(text, &o)) {
		control_misuse(w->request,
			       "'" STR_FMT
			       "' is no domain and no address (a network is a /24 or a /64)",
			       STR_ARG(str_head(text, 100)));
		return;
	}
	source = out_text(&o);
	q = greylist_about_source(w->conf, store_key(w->key, sizeof(w->key), &source, 1),
				  w->request->verb == VERB_ALLOW ? SOURCE_ALLOW : SOURCE_BLOCK);
	if (!str_eq(q.key, source))
		q.label = source;
	control_say(w->request, "%-20s " STR_FMT,
		    w->request->verb == VERB_ALLOW ? "allowed" : "blocked", STR_ARG(source));
	w->found = 1;
	ask(w, q);
}

/* ---- the command ---- */

/* False: it is over. */
static bool begin(struct control_request *r)
{
	struct work *w = r->state;
	const struct conf_section *section = conf_first(r->host->setup->conf, &block_greylist);

	w->request = r;
	if (section)
		w->conf = section->values;
	else
		control_fail(r, "the configuration has no block greylist");
	return section;
}

static void begin_pages(struct control_request *r)
{
	if (begin(r))
		ask_page(r->state, STORE_GREYLIST, (struct str){ 0 });
}

static void begin_source(struct control_request *r)
{
	if (begin(r))
		say_of(r->state);
}

static const struct control_verb verbs[] = {
	[VERB_LIST] = { .word = "list", .words_max = CONTROL_WORDS, .begin = begin_pages },
	[VERB_SHOW] = { .word = "show", .words_max = CONTROL_WORDS, .begin = begin_pages },
	[VERB_RELEASE] = { .word = "release",
			   .words_min = 1,
			   .words_max = CONTROL_WORDS,
			   .wants = "part of a mail",
			   .begin = begin_pages },
	[VERB_FORGET] = { .word = "forget",
			  .words_min = 1,
			  .words_max = CONTROL_WORDS,
			  .wants = "part of a mail or source",
			  .begin = begin_pages },
	[VERB_ALLOW] = { .word = "allow",
			 .words_min = 1,
			 .words_max = 1,
			 .wants = "a domain or network",
			 .begin = begin_source },
	[VERB_BLOCK] = { .word = "block",
			 .words_min = 1,
			 .words_max = 1,
			 .wants = "a domain or network",
			 .begin = begin_source },
};

const struct control_command control_command_greylist = {
	.name = "greylist",
	.verbs = verbs,
	.verb_count = COUNTOF(verbs),
	.state_size = sizeof(struct work),
	.turn = turn,
};
