/* steps.c - what the lines of a script do.
 *
 * What the client says without a line between is one segment.  In the variants with a fault the client
 * behaves as clients do: it goes on while replies are of the class it expects, and gives up properly
 * otherwise. */
#include "base/check.h"
#include "fake/words.h"
#include "session/scene.h"

enum { PATIENCE_MS = 3600 * 1000 };

typedef bool step_fn(struct scene *s, struct str text);

/* ---- the client speaks ---- */

static void send_split(struct scene *s, struct str bytes)
{
	const struct variant *v = s->variant;
	const unsigned from = s->seen.bytes;

	s->seen.bytes += (unsigned)bytes.n;
	s->asked_ms = scene_now(s);
	if (v->kind == PLAY_BYTES) {
		for (size_t i = 0; i < bytes.n; i++) {
			client_send(s->client, str_head(str_from(bytes, i), 1));
			fake_turn(s->world.loop);
		}
		return;
	}
	if (v->kind == PLAY_SPLIT && v->at > from && v->at < s->seen.bytes) {
		client_send(s->client, str_head(bytes, v->at - from));
		fake_turn(s->world.loop);
		bytes = str_from(bytes, v->at - from);
	}
	client_send(s->client, bytes);
	fake_turn(s->world.loop);
}

/* The client goes in the group of lines at `first`, with its `nth` line. */
static void go_away(struct scene *s, size_t first, size_t nth)
{
	const struct step *steps = s->script->steps;
	const struct str last = steps[first + nth].bytes;

	for (size_t i = first; i < first + nth; i++)
		client_send(s->client, steps[i].bytes);
	if (s->variant->how == GONE_IN_LINE)
		client_send(s->client, str_head(last, last.n / 2));
	else
		client_send(s->client, last);
	if (s->variant->how == GONE_LATER)
		fake_turn(s->world.loop);
	if (s->variant->how == GONE_BROKEN)
		client_break(s->client);
	else if (s->variant->how == GONE_HALF)
		client_half_close(s->client);
	else
		client_hang_up(s->client);
	fake_turn(s->world.loop);
}

/* Sends what stands together from steps[i] on; returns the last of its steps. */
static size_t speak(struct scene *s, size_t i)
{
	const struct variant *v = s->variant;
	const struct script *script = s->script;
	struct fake_bytes group = { 0 };
	size_t n = 0;

	while (i + n < script->count && script_is_client(script->steps[i + n].kind)) {
		fake_bytes_add(&group, script->steps[i + n].bytes);
		if (script->steps[i + n].kind == STEP_HEADER)
			s->client->header += script->steps[i + n].bytes.n;
		n++;
	}
	if (v->kind == PLAY_GONE && v->at >= s->seen.lines && v->at < s->seen.lines + n)
		go_away(s, i, v->at - s->seen.lines);
	else
		send_split(s, fake_bytes_str(&group));
	s->seen.lines += (unsigned)n;
	fake_bytes_free(&group);
	return i + n - 1;
}

/* ---- the client hears ---- */

/* Lets time pass until a line has come. */
static bool hear(struct scene *s, struct str *line)
{
	const int64_t until = scene_now(s) + PATIENCE_MS;

	for (;;) {
		client_receive(s->client);
		if (client_line(s->client, line))
			return true;
		if (fake_is_closed(s->client->peer))
			return false;
		if (!fake_step(s->world.loop, until))
			return false;
	}
}

static bool hear_reply(struct scene *s, struct str *last)
{
	s->reply_at = s->client->read;
	while (hear(s, last))
		if (last->n < 4 || last->p[3] != '-')
			return true;
	return false;
}

/* Finishes what has begun, says QUIT, and waits for the end. */
static bool give_up(struct scene *s)
{
	struct str line;

	client_receive(s->client);
	if (s->client->at == AT_MESSAGE) {
		client_send(s->client, STR("\r\n.\r\n"));
		hear_reply(s, &line);
	}
	client_send(s->client, STR("QUIT\r\n"));
	while (hear(s, &line))
		;
	return false;
}

/* With faults about, only the class of a reply is compared. */
static bool compare(struct scene *s, struct str pattern, struct str got)
{
	if (!scene_is_strict(s))
		return (pattern.n && pattern.p[0] == '*') ||
		       (pattern.n && got.n && pattern.p[0] == got.p[0]) || give_up(s);
	if (words_glob(pattern, got))
		return true;
	return scene_fail(s, "got  " STR_FMT, STR_ARG(got));
}

static bool nothing_came(struct scene *s)
{
	if (!scene_is_strict(s))
		return give_up(s);
	return scene_fail(s, fake_is_closed(s->client->peer) ? "closed instead of a reply"
							     : "no reply, ever");
}

static bool do_reply_line(struct scene *s, struct str text)
{
	struct str line;

	if (!scene_is_strict(s)) {
		if (text.n > 3 && text.p[3] == '-')
			return true;
		return hear_reply(s, &line) ? compare(s, text, line) : nothing_came(s);
	}
	return hear(s, &line) ? compare(s, text, line) : nothing_came(s);
}

/* "250" or "250 *queued*": the pattern is for the last line. */
static bool do_reply(struct scene *s, struct str text)
{
	struct str line;

	if (!hear_reply(s, &line))
		return nothing_came(s);
	if (text.n == 3)
		text = arena_printf(&s->arena, STR_FMT " *", STR_ARG(text));
	return compare(s, text, line);
}

/* ---- the other steps ---- */

/* From 192.0.2.200 on. */
static bool do_crowd(struct scene *s, struct str text)
{
	struct str count, from = STR("from 192.0.2.200");
	struct ip ip;
	uint64_t n;

	str_cut(text, ' ', &count, &text);
	if (text.n)
		from = text;
	if (!str_u64(count, CROWD_MAX, &n) || s->crowd_count + n > CROWD_MAX)
		return scene_fail(s, "how many?");
	if (!str_starts(from, STR("from ")) || !ip_parse(str_from(from, 5), &ip))
		return scene_fail(s, "from whom?");
	while (n--) {
		struct fake_peer *p = fake_client(s->world.loop);

		s->crowd[s->crowd_count++] = p;
		world_connect(&s->world, p, &ip);
	}
	fake_turn(s->world.loop);
	return true;
}

static bool do_handshake(struct scene *s, struct str text)
{
	static const struct {
		const char *word;
		enum fake_tls how;
	} words[] = { { "ok", FAKE_TLS_OK },
		      { "fail", FAKE_TLS_FAIL },
		      { "silent", FAKE_TLS_SILENT } };

	if (words_take(&text, "certificate")) {
		const struct str fingerprint = words_next(&text);

		fake_set_certificate(s->client->peer, fingerprint, words_take(&text, "verified"));
		return true;
	}
	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (!str_eq(text, str_z(words[i].word)))
			continue;
		fake_set_tls(s->client->peer, words[i].how);
		return true;
	}
	return scene_fail(s, "handshake ok | fail | silent | certificate FINGERPRINT [verified]");
}

static bool do_from(struct scene *s, struct str text)
{
	const struct str address = words_next(&text);
	struct ip ip;

	if (!ip_parse(address, &ip))
		return scene_fail(s, "not an address");
	if (scene_is_connected(s))
		client_hang_up(s->client);
	client_connect(s->client);
	s->asked_ms = scene_now(s);
	if (words_take(&text, "handshake") && !do_handshake(s, text))
		return false;
	world_connect(&s->world, s->client->peer, &ip);
	fake_turn(s->world.loop);
	return true;
}

static bool do_tls(struct scene *s, struct str text)
{
	(void)text;
	if (fake_is_secure(s->client->peer))
		return true;
	return scene_is_strict(s) ? scene_fail(s, "the connection is not encrypted") : give_up(s);
}

static bool do_wait(struct scene *s, struct str text)
{
	int64_t ms;

	if (!words_duration(text, &ms))
		return scene_fail(s, "how long?");
	fake_advance(s->world.loop, ms);
	return true;
}

static bool do_close(struct scene *s, struct str text)
{
	(void)text;
	client_hang_up(s->client);
	fake_turn(s->world.loop);
	return true;
}

static bool do_half_close(struct scene *s, struct str text)
{
	(void)text;
	client_half_close(s->client);
	fake_turn(s->world.loop);
	return true;
}

static bool do_reset(struct scene *s, struct str text)
{
	(void)text;
	client_break(s->client);
	fake_turn(s->world.loop);
	return true;
}

static bool do_stall(struct scene *s, struct str text)
{
	(void)text;
	fake_stall(s->client->peer, true);
	return true;
}

static bool do_unstall(struct scene *s, struct str text)
{
	(void)text;
	fake_stall(s->client->peer, false);
	fake_turn(s->world.loop);
	return true;
}

static bool do_client(struct scene *s, struct str text)
{
	uint64_t n;

	if (!str_u64(text, SCENE_CLIENTS, &n) || n == 0 || (n > 1 && !s->clients[0].peer))
		return scene_fail(s, "which one?");
	s->client = &s->clients[n - 1];
	s->reply_at = s->client->read;
	return true;
}

static bool do_store(struct scene *s, struct str text)
{
	static const char *const words[] = { [FAKE_STORE_WORKS] = "works",
					     [FAKE_STORE_FAILS] = "fails",
					     [FAKE_STORE_SILENT] = "silent" };

	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (!str_eq(text, str_z(words[i])))
			continue;
		s->world.store_state = (enum fake_store_state)i;
		return true;
	}
	return scene_fail(s, "store works | fails | silent");
}

static bool do_jobs(struct scene *s, struct str text)
{
	int64_t ms;

	if (!words_take(&text, "take") || !words_duration(text, &ms))
		return scene_fail(s, "jobs take 5s");
	fake_job_delay(s->world.loop, ms);
	return true;
}

static bool do_watch(struct scene *s, struct str text)
{
	(void)text;
	world_watch(&s->world);
	fake_turn(s->world.loop);
	return true;
}

static bool do_memory(struct scene *s, struct str text)
{
	if (!str_eq(text, STR("scarce")) && !str_eq(text, STR("enough")))
		return scene_fail(s, "scarce or enough?");
	fake_memory(str_eq(text, STR("scarce")));
	return true;
}

static bool do_cut(struct scene *s, struct str text)
{
	(void)text;
	smtp_server_cut(s->world.server);
	fake_turn(s->world.loop);
	return true;
}

static bool do_drain(struct scene *s, struct str text)
{
	(void)text;
	smtp_server_drain(s->world.server);
	fake_turn(s->world.loop);
	return true;
}

static bool do_backend(struct scene *s, struct str text)
{
	return mta_script(s->world.mta, text) || scene_fail(s, "not understood (tests/fake/mta.h)");
}

static bool rr_type(struct str word, enum rr_type *type)
{
	static const enum rr_type types[] = { RR_A, RR_AAAA, RR_PTR, RR_MX, RR_TXT };

	for (size_t i = 0; i < COUNTOF(types); i++) {
		*type = types[i];
		if (str_eq(word, str_z(rr_type_name(types[i]))))
			return true;
	}
	return false;
}

static bool dns_answer(struct scene *s, const char *name, enum rr_type type, struct str value)
{
	static const struct {
		const char *word;
		enum dns_status status;
	} words[] = { { "nxdomain", DNS_NXDOMAIN },
		      { "nodata", DNS_NODATA },
		      { "fail", DNS_FAILED } };
	struct loop *loop = s->world.loop;

	for (size_t i = 0; i < COUNTOF(words); i++) {
		if (!str_eq(value, str_z(words[i].word)))
			continue;
		fake_dns_status(loop, name, type, words[i].status);
		return true;
	}
	if (str_eq(value, STR("never")))
		fake_dns_delay(loop, name, type, -1);
	else
		fake_dns_record(loop, name, type, arena_str(&s->arena, value).p);
	return value.n > 0;
}

static bool do_dns(struct scene *s, struct str text)
{
	struct str value = text, before;
	const char *name = arena_str(&s->arena, words_next(&value)).p;
	enum rr_type type;
	int64_t ms;

	if (!rr_type(words_next(&value), &type))
		return scene_fail(s, "dns NAME A | AAAA | PTR | MX | TXT ...");
	before = value;
	if (words_duration(words_last(&before), &ms) && str_eq(words_last(&before), STR("after"))) {
		fake_dns_delay(s->world.loop, name, type, ms);
		value = before;
	}
	return dns_answer(s, name, type, value) || scene_fail(s, "what is the answer?");
}

static step_fn *const steps[STEP_COUNT] = {
	[STEP_FROM] = do_from,        [STEP_REPLY_LINE] = do_reply_line, [STEP_REPLY] = do_reply,
	[STEP_TLS] = do_tls,          [STEP_HANDSHAKE] = do_handshake,   [STEP_WAIT] = do_wait,
	[STEP_CLOSE] = do_close,      [STEP_HALF_CLOSE] = do_half_close, [STEP_RESET] = do_reset,
	[STEP_STALL] = do_stall,      [STEP_UNSTALL] = do_unstall,       [STEP_CROWD] = do_crowd,
	[STEP_MEMORY] = do_memory,    [STEP_DRAIN] = do_drain,           [STEP_CUT] = do_cut,
	[STEP_CLIENT] = do_client,    [STEP_STORE] = do_store,           [STEP_JOBS] = do_jobs,
	[STEP_WATCH] = do_watch,      [STEP_BACKEND] = do_backend,       [STEP_DNS] = do_dns,
	[STEP_EXPECT] = scene_expect,
};

static bool needs_client(enum script_kind kind)
{
	return kind != STEP_FROM && kind != STEP_DNS && kind != STEP_BACKEND &&
	       kind != STEP_WATCH && kind != STEP_DRAIN && kind != STEP_CUT &&
	       kind != STEP_MEMORY && kind != STEP_WAIT && kind != STEP_CROWD &&
	       kind != STEP_CLIENT && kind != STEP_STORE && kind != STEP_JOBS;
}

bool scene_play(struct scene *s)
{
	for (size_t i = 0; i < s->script->count; i++) {
		s->step = &s->script->steps[i];
		if (!scene_is_connected(s) && needs_client(s->step->kind))
			return scene_fail(s, "no client yet: from IP");
		if (s->variant->kind == PLAY_GONE && s->seen.lines > s->variant->at)
			return true;
		if (script_is_client(s->step->kind))
			i = speak(s, i);
		else if (!steps[s->step->kind](s, s->step->text))
			return false;
	}
	return true;
}
