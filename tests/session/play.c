/* play.c - a play from its begin to its end, where nothing may be left and nothing promised in vain. */
#include "session/play.h"

#include "session/judge.h"
#include "session/mailbox.h"
#include "session/scene.h"

#include <stdarg.h>
#include <stdio.h>

enum { PATIENCE_MS = 3600 * 1000, SCENE_BYTES = 64 << 20 };

bool scene_fail(struct scene *s, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (s->failed)
		return false;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->failed = true;
	out_printf(s->why, "%s:%u: %s", s->script->path, s->step ? s->step->line : 0, text);
	return false;
}

/* ---- the end: nothing is left, nothing was promised in vain ---- */

static void listen(struct scene *s, size_t clients)
{
	for (size_t i = 0; i < clients; i++)
		client_receive(&s->clients[i]);
}

static void let_sessions_end(struct scene *s, size_t clients)
{
	const int64_t until = scene_now(s) + PATIENCE_MS;

	for (size_t i = 0; i < s->crowd_count; i++)
		if (!fake_is_closed(s->crowd[i]))
			fake_hang_up(s->crowd[i]);
	listen(s, clients);
	for (size_t i = 0; i < clients; i++)
		if (!fake_is_closed(s->clients[i].peer))
			client_hang_up(&s->clients[i]);
	while (world_is_busy(&s->world) && fake_step(s->world.loop, until))
		listen(s, clients);
	listen(s, clients);
	if (smtp_server_sessions(s->world.server))
		scene_fail(s, "an hour after the client has gone the session is still there");
}

/* With a maildir behind the gate: as many messages as were promised, or more. */
static void end_mailbox(struct scene *s)
{
	struct fake_bytes text = { 0 };
	const size_t stored = mailbox_read(&text);
	size_t promised = 0;

	for (size_t i = 0; i < SCENE_CLIENTS; i++)
		for (const struct promise *p = s->clients[i].promises; p; p = p->next)
			promised++;
	if (s->script->maildir && stored < promised)
		scene_fail(s, "the client heard 250 %zu times, %zu messages were stored", promised,
			   stored);
	if (s->script->maildir && mailbox_unfinished())
		scene_fail(s, "a file was begun and left behind");
	fake_bytes_free(&text);
	mailbox_remove();
}

/* They connect in order. */
static size_t connected(const struct scene *s)
{
	size_t n = 0;

	while (n < SCENE_CLIENTS && s->clients[n].peer)
		n++;
	return n;
}

static void end(struct scene *s)
{
	const size_t clients = connected(s);
	const char *wrong = NULL;
	char text[512];
	struct out left = OUT(text);

	s->step = NULL;
	if (clients)
		let_sessions_end(s, clients);
	if (clients && !s->script->untracked)
		wrong = clients_judge(s->clients, clients, s->world.mta);
	if (wrong)
		scene_fail(s, "%s", wrong);
	end_mailbox(s);
	for (size_t i = 0; i < SCENE_CLIENTS; i++)
		client_free(&s->clients[i]);
	s->seen.lookups = fake_dns_asked(s->world.loop);
	s->seen.actions = mta_actions(s->world.mta);
	if (!world_close(&s->world, &left))
		scene_fail(s, STR_FMT, STR_ARG(out_text(&left)));
	arena_reset(&s->arena);
}

bool play(const struct script *script, const struct setup *setup, const struct variant *v,
	  struct play_counts *counts, struct out *why)
{
	struct scene s = { .script = script, .variant = v, .why = why };
	char text[2048];
	struct out wrong = OUT(text);

	arena_init(&s.arena, SCENE_BYTES);
	for (size_t i = 0; i < SCENE_CLIENTS; i++)
		client_init(&s.clients[i]);
	s.client = &s.clients[0];
	if (world_open(&s.world, setup, &wrong)) {
		if (v->kind == PLAY_DNS)
			fake_dns_fault(s.world.loop, v->at, (enum fake_dns_fault)v->how);
		if (v->kind == PLAY_MTA)
			mta_fault(s.world.mta, v->at, (enum mta_fault)v->how);
		for (size_t i = 0; i < SCENE_CLIENTS; i++)
			s.clients[i].loop = s.world.loop;
		fake_turn(s.world.loop);
		scene_play(&s);
	} else {
		scene_fail(&s, STR_FMT, STR_ARG(out_text(&wrong)));
	}
	end(&s);
	if (counts)
		*counts = s.seen;
	return !s.failed;
}

void play_print_variant(struct out *o, const struct variant *v)
{
	static const char *const kinds[] = {
#define X(ID, TEXT) [PLAY_##ID] = (TEXT),
		PLAY_KINDS(X)
#undef X
	};
	static const char *const faults[] = {
#define X(ID, TEXT) [MTA_##ID] = (TEXT),
		MTA_FAULTS(X)
#undef X
	};
	static const char *const gone[] = { "at once", "a turn later", "broken", "in mid-line",
					    "half-closed" };

	out_str(o, str_z(kinds[v->kind]));
	if (v->kind >= PLAY_SPLIT)
		out_printf(o, ", at %u", v->at);
	if (v->kind == PLAY_GONE)
		out_printf(o, ", %s", gone[v->how]);
	if (v->kind == PLAY_DNS)
		out_str(o, v->how == FAKE_DNS_FAILS ? STR(", fails") : STR(", never answered"));
	if (v->kind == PLAY_MTA)
		out_printf(o, ", %s", faults[v->how]);
}
