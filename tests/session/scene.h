/* scene.h - the state of one play, as its rooms share it: play.c the steps, expect.c what must hold. */
#ifndef SESSION_SCENE_H
#define SESSION_SCENE_H

#include "session/play.h"

enum { CROWD_MAX = 64, SCENE_CLIENTS = 2 };

struct scene {
	const struct script *script;
	const struct variant *variant;
	const struct step *step; /* at work */
	struct world world;
	struct client clients[SCENE_CLIENTS];
	struct client *client; /* whose turn it is */
	struct play_counts seen;
	int64_t asked_ms; /* when the client last sent something */
	size_t reply_at;  /* of its got: where the last whole reply begins */
	struct arena arena;
	struct fake_peer *crowd[CROWD_MAX];
	size_t crowd_count;
	struct out *why;
	bool failed;
};

/* Notes what is wrong, once; always false. */
bool scene_fail(struct scene *s, const char *format, ...) PRINTF_LIKE(2, 3);
/* All steps; false: it ended early, because of a failure or because the client gave up. */
bool scene_play(struct scene *s);
/* An `expect` line. */
bool scene_expect(struct scene *s, struct str text);

static inline bool scene_is_connected(const struct scene *s)
{
	return s->client->peer != NULL;
}

static inline int64_t scene_now(const struct scene *s)
{
	return loop_now_ms(s->world.loop);
}

/* In all variants but those the script is compared line by line; in these what the client hears may
 * differ, and only the invariants hold. */
static inline bool scene_is_strict(const struct scene *s)
{
	return s->variant->kind <= PLAY_GONE;
}

#endif
