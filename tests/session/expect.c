/* expect.c - what a script says must hold.  A table of words; each looks at one thing. */
#include "base/check.h"
#include "fake/words.h"
#include "policy/hits.h"
#include "session/mailbox.h"
#include "session/scene.h"

typedef bool expect_fn(struct scene *s, struct str text);

static bool number(struct scene *s, struct str text, const char *what, uint64_t have)
{
	uint64_t want;

	if (!str_u64(text, UINT64_MAX, &want))
		return scene_fail(s, "how many?");
	return have == want || scene_fail(s, "%s: %llu", what, (unsigned long long)have);
}

/* "contains TEXT" or "excludes TEXT", with escapes. */
static bool contains(struct scene *s, struct str text, struct str in)
{
	const bool wanted = words_take(&text, "contains");
	const struct str part = words_unescape(&s->arena, text);

	if (!wanted && !words_take(&text, "excludes"))
		return scene_fail(s, "contains TEXT or excludes TEXT");
	if (str_has(in, wanted ? part : words_unescape(&s->arena, text)) == wanted)
		return true;
	return scene_fail(s, "it is:\n" STR_FMT, STR_ARG(in));
}

static const struct mta_message *last_message(struct scene *s)
{
	static const struct mta_message none;
	const struct mta_message *m = mta_messages(s->world.mta);

	while (m && m->next)
		m = m->next;
	return m ? m : &none;
}

static bool expect_delivered(struct scene *s, struct str text)
{
	uint64_t n = 0;

	for (const struct mta_message *m = mta_messages(s->world.mta); m; m = m->next)
		n++;
	return number(s, text, "delivered", n);
}

static bool expect_message(struct scene *s, struct str text)
{
	return contains(s, text, last_message(s)->bytes);
}

/* "PATTERN contains TEXT": the last message to these recipients. */
static bool expect_mail(struct scene *s, struct str text)
{
	const struct str to = words_next(&text);
	const struct mta_message *last = NULL;

	for (const struct mta_message *m = mta_messages(s->world.mta); m; m = m->next)
		if (words_glob(to, m->to))
			last = m;
	return last ? contains(s, text, last->bytes) : scene_fail(s, "no such message");
}

static bool glob(struct scene *s, struct str pattern, struct str got)
{
	return words_glob(pattern, got) || scene_fail(s, "it is " STR_FMT, STR_ARG(got));
}

static bool expect_sender(struct scene *s, struct str text)
{
	return glob(s, text, last_message(s)->from);
}

static bool expect_recipients(struct scene *s, struct str text)
{
	return glob(s, text, last_message(s)->to);
}

/* "2", or "contains TEXT" of the last one. */
static bool expect_stored(struct scene *s, struct str text)
{
	struct fake_bytes last = { 0 };
	const size_t count = mailbox_read(&last);
	bool good;

	if (text.n && ascii_digit(text.p[0]))
		good = number(s, text, "stored", count);
	else
		good = contains(s, text, fake_bytes_str(&last));
	fake_bytes_free(&last);
	return good;
}

static bool expect_log(struct scene *s, struct str text)
{
	return contains(s, text, fake_bytes_str(&s->world.log));
}

static bool expect_journal(struct scene *s, struct str text)
{
	return contains(s, text, fake_bytes_str(&s->world.records));
}

/* "verdict 1": so many lines of the log begin with that word. */
static bool expect_events(struct scene *s, struct str text)
{
	const struct str word = words_next(&text);
	struct str rest = fake_bytes_str(&s->world.log), line, first;
	uint64_t n = 0;

	while (str_cut(rest, '\n', &line, &rest)) {
		str_cut(line, ' ', &first, &line);
		n += str_eq(first, word);
	}
	return number(s, text, "events", n);
}

static bool expect_reply(struct scene *s, struct str text)
{
	const struct str got = fake_bytes_str(&s->client->got);

	return contains(s, text, str_from(str_head(got, s->client->read), s->reply_at));
}

static bool expect_backend(struct scene *s, struct str text)
{
	return contains(s, text, mta_transcript(s->world.mta));
}

static bool expect_connections(struct scene *s, struct str text)
{
	return number(s, text, "connections", mta_connections(s->world.mta));
}

static bool expect_lookups(struct scene *s, struct str text)
{
	return number(s, text, "lookups", fake_dns_asked(s->world.loop));
}

static bool expect_sessions(struct scene *s, struct str text)
{
	return number(s, text, "sessions", smtp_server_sessions(s->world.server));
}

static bool expect_closed(struct scene *s, struct str text)
{
	(void)text;
	return fake_is_closed(s->client->peer) || scene_fail(s, "it is open");
}

static bool expect_open(struct scene *s, struct str text)
{
	(void)text;
	return !fake_is_closed(s->client->peer) || scene_fail(s, "it is closed");
}

/* Nothing arrived that the script did not look at. */
static bool expect_silence(struct scene *s, struct str text)
{
	struct str line;

	(void)text;
	client_receive(s->client);
	return !client_line(s->client, &line) || scene_fail(s, "got  " STR_FMT, STR_ARG(line));
}

/* "<= 5s", ">= 300ms": since the client last sent something. */
static bool expect_time(struct scene *s, struct str text)
{
	const int64_t passed = scene_now(s) - s->asked_ms;
	const struct str sign = words_next(&text);
	int64_t ms;

	if (!words_duration(text, &ms))
		return scene_fail(s, "time <= 5s or time >= 5s");
	if (str_eq(sign, STR("<=")) ? passed <= ms : str_eq(sign, STR(">=")) && passed >= ms)
		return true;
	return scene_fail(s, "it took %lld ms", (long long)passed);
}

static bool expect_counter(struct scene *s, struct str text)
{
	const struct str name = words_next(&text);

#define X(NAME, ABOUT)                                                                             \
	if (str_eq(name, STR(#NAME)))                                                              \
		return number(s, text, #NAME, s->world.counters.NAME);
	SMTP_COUNTERS(X)
#undef X
	return scene_fail(s, "no such counter");
}

/* "verdict NAME N", "would NAME N", "SYMBOL N"; NAME is - for where no verdict was true.  Of one name there is one
 * verdict in a script. */
static bool expect_hits(struct scene *s, struct str text)
{
	const struct policy *p = s->world.setup->policy;
	const enum hit_kind kind = words_take(&text, "verdict") ? HIT_VERDICT
				   : words_take(&text, "would") ? HIT_WOULD
								: HIT_SYMBOL;
	const struct str word = words_next(&text),
			 name = str_eq(word, STR("-")) ? (struct str){ 0 } : word;

	for (size_t i = 0; i < hits_count(p); i++) {
		const struct hit hit = hits_of(p, i);

		if (hit.kind == kind && str_eq(hit.name, name))
			return number(s, text, "hits", s->world.hits[i]);
	}
	return scene_fail(s, "there is no such verdict or symbol");
}

static const struct {
	const char *word;
	expect_fn *fn;
} words[] = {
	{ "delivered", expect_delivered },   { "message", expect_message },
	{ "sender", expect_sender },         { "stored", expect_stored },
	{ "recipients", expect_recipients }, { "log", expect_log },
	{ "events", expect_events },         { "reply", expect_reply },
	{ "backend", expect_backend },       { "connections", expect_connections },
	{ "lookups", expect_lookups },       { "sessions", expect_sessions },
	{ "closed", expect_closed },         { "open", expect_open },
	{ "silence", expect_silence },       { "time", expect_time },
	{ "counter", expect_counter },       { "mail", expect_mail },
	{ "journal", expect_journal },       { "hits", expect_hits },
};

bool scene_expect(struct scene *s, struct str text)
{
	const struct str word = words_next(&text);

	if (!scene_is_strict(s))
		return true;
	fake_turn(s->world.loop);
	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_eq(word, str_z(words[i].word)))
			return words[i].fn(s, text);
	return scene_fail(s, "unknown expectation");
}
