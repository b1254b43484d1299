/* mta_script.c - what the fake mail server was told to do, and when something goes wrong. */
#include "base/check.h"
#include "fake/mta_inside.h"
#include "fake/words.h"
#include "protocol/xattr.h"

const char *const mta_step_words[] = {
#define X(ID, WORD, REPLY) [MTA_STEP_##ID] = (WORD),
	MTA_STEPS(X)
#undef X
};

const char *const mta_step_replies[] = {
#define X(ID, WORD, REPLY) [MTA_STEP_##ID] = (REPLY),
	MTA_STEPS(X)
#undef X
};

/* ---- reading ---- */

/* A keyword and the numbers behind it stand on one line of the reply. */
static bool extensions(struct mta *m, struct str rest)
{
	struct fake_bytes lines = { 0 };

	while (rest.n) {
		const struct str word = words_next(&rest);
		const bool parameter =
			ascii_digit(word.p[0]) && str_ends(fake_bytes_str(&lines), STR("SIZE"));
		const bool attribute = xattr_bit(word) != 0;

		fake_bytes_add(&lines, parameter || attribute ? STR(" ") : STR("\n"));
		fake_bytes_add(&lines, word);
	}
	for (size_t i = 0; i < lines.n; i++)
		if (lines.p[i] == ':')
			lines.p[i] = ' ';
	m->extensions = arena_str(&m->arena, fake_bytes_str(&lines));
	fake_bytes_free(&lines);
	return true;
}

static bool handshake(struct mta *m, struct str rest)
{
	m->tls_first = words_take(&rest, "first");
	if (rest.n == 0 || str_eq(rest, STR("ok")))
		m->tls = FAKE_TLS_OK;
	else if (str_eq(rest, STR("fail")))
		m->tls = FAKE_TLS_FAIL;
	else if (str_eq(rest, STR("silent")))
		m->tls = FAKE_TLS_SILENT;
	else
		return false;
	return true;
}

static bool connecting(struct mta_rule *r, struct str rest)
{
	if (str_eq(rest, STR("refuse")))
		r->act.what = MTA_DO_CLOSE;
	else if (str_eq(rest, STR("never")))
		r->act.what = MTA_DO_SILENT;
	else
		return str_eq(rest, STR("ok"));
	return true;
}

static bool doing(struct mta *m, struct mta_rule *r, struct str rest)
{
	static const struct {
		const char *word;
		enum mta_do what;
	} words[] = { { "close", MTA_DO_CLOSE },
		      { "silent", MTA_DO_SILENT },
		      { "stored-close", MTA_DO_STORE_CLOSE },
		      { "stored-silent", MTA_DO_STORE_SILENT } };

	if (r->step == MTA_STEP_CONNECT)
		return connecting(r, rest);
	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (!str_eq(rest, str_z(words[i].word)))
			continue;
		r->act.what = words[i].what;
		return true;
	}
	if (str_ends(rest, STR(" then close"))) {
		r->act.what = MTA_REPLY_CLOSE;
		rest.n -= sizeof(" then close") - 1;
	}
	r->act.reply = words_unescape(&m->arena, rest);
	return r->act.reply.p && (rest.n == 0 || (rest.n >= 3 && ascii_digit(rest.p[0])));
}

bool mta_script(struct mta *m, struct str line)
{
	struct mta_rule *r = arena_new(&m->arena, struct mta_rule);
	struct str rest = str_trim(line), word;

	CHECK(r != NULL);
	if (words_take(&rest, "handshake"))
		return handshake(m, rest);
	if (str_eq(rest, STR("proxy"))) {
		m->proxy = true;
		return true;
	}
	r->once = words_take(&rest, "once");
	word = words_next(&rest);
	while (r->step < MTA_STEP_COUNT && !str_eq(word, str_z(mta_step_words[r->step])))
		r->step++;
	if (r->step == MTA_STEP_COUNT)
		return false;
	if ((r->step == MTA_STEP_EHLO || r->step == MTA_STEP_LHLO) &&
	    (!rest.n || ascii_alpha(rest.p[0])) && !str_starts(rest, STR("close")) &&
	    !str_starts(rest, STR("silent")) && !str_starts(rest, STR("after")))
		return extensions(m, rest);
	if (rest.n && (rest.p[0] == '<' || rest.p[0] == '*'))
		r->glob = arena_str(&m->arena, words_next(&rest));
	if (words_take(&rest, "after") && !words_duration(words_next(&rest), &r->act.after_ms))
		return false;
	r->next = m->rules;
	m->rules = r;
	return doing(m, r, rest);
}

/* ---- deciding ---- */

static struct mta_act faulty(enum mta_fault fault, enum mta_step step, struct mta_act act)
{
	static const struct mta_act acts[MTA_FAULT_COUNT] = {
		[MTA_CLOSE] = { .what = MTA_DO_CLOSE },
		[MTA_SILENT] = { .what = MTA_DO_SILENT },
		[MTA_BUSY] = { .what = MTA_REPLY_CLOSE, .reply = STR_INIT("421 4.3.2 busy") },
		[MTA_LATER] = { .what = MTA_REPLY, .reply = STR_INIT("451 4.3.0 later") },
		[MTA_NEVER] = { .what = MTA_REPLY, .reply = STR_INIT("554 5.0.0 never") },
		[MTA_GARBAGE] = { .what = MTA_REPLY,
				  .reply = STR_INIT("HTTP/1.1 400 Bad Request") },
		[MTA_STORED_CLOSE] = { .what = MTA_DO_STORE_CLOSE },
		[MTA_STORED_SILENT] = { .what = MTA_DO_STORE_SILENT },
	};

	if (step == MTA_STEP_CONNECT && fault != MTA_CLOSE && fault != MTA_SILENT)
		return act;
	if (step != MTA_STEP_DOT && step != MTA_STEP_LAST && acts[fault].what >= MTA_DO_STORE_CLOSE)
		return act;
	return acts[fault];
}

struct mta_act mta_decide(struct mta *m, enum mta_step step, struct str argument)
{
	struct mta_act act = { .reply = str_z(mta_step_replies[step]) };
	const unsigned nth = m->actions++;

	for (struct mta_rule *r = m->rules; r; r = r->next) {
		if (r->step != step || r->used || (r->glob.n && !words_glob(r->glob, argument)))
			continue;
		r->used = r->once;
		if (r->act.reply.n == 0)
			r->act.reply = act.reply;
		act = r->act;
		break;
	}
	return m->faulty && nth == m->fault_at ? faulty(m->fault, step, act) : act;
}

void mta_fault(struct mta *m, unsigned nth, enum mta_fault fault)
{
	m->faulty = true;
	m->fault_at = nth;
	m->fault = fault;
}
