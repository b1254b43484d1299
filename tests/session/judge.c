#include "session/judge.h"

#include "base/check.h"

enum { MESSAGES_MAX = 8192 };

/* Behind the first empty line. */
static bool body_of(struct str message, struct str *body)
{
	if (str_starts(message, STR("\r\n"))) {
		*body = str_from(message, 2);
		return true;
	}
	for (size_t i = 0; i + 4 <= message.n; i++) {
		if (memcmp(message.p + i, "\r\n\r\n", 4) != 0)
			continue;
		*body = str_from(message, i + 4);
		return true;
	}
	return false;
}

/* The gate cuts out of a header section what only it may say. */
static bool has_ours(struct str header)
{
	static const struct str ours[] = { STR_INIT("x-spam-"), STR_INIT("x-postern-"),
					   STR_INIT("authentication-results") };

	for (size_t i = 0; i < header.n; i++)
		for (size_t k = 0; k < COUNTOF(ours); k++)
			if (str_istarts(str_from(header, i), ours[k]))
				return true;
	return false;
}

static bool begins_folded(struct str message)
{
	return str_starts(message, STR(" ")) || str_starts(message, STR("\t"));
}

/* The gate ends its own fields so where the message begins as if it went on with them. */
static struct str without_empty_line(struct str message)
{
	const bool ended = str_starts(message, STR("\r\n")) && begins_folded(str_from(message, 2));

	return ended ? str_from(message, 2) : message;
}

/* What stands behind the last field that the gate puts in front of all. */
static struct str behind_ours(struct str message)
{
	static const struct str last = STR_INIT("\r\nX-Spam-Status: ");
	size_t at = 0;

	while (at < message.n && !str_starts(str_from(message, at), last))
		at++;
	for (at += 2; at + 2 < message.n; at++)
		if (memcmp(message.p + at, "\r\n", 2) == 0 && message.p[at + 2] != '\t')
			return without_empty_line(str_from(message, at + 2));
	return (struct str){ 0 };
}

/* Lines of a message in which some are missing. */
static bool is_left_of(struct str left, struct str whole)
{
	struct str line = { 0 }, sent;
	bool more = left.n > 0;

	if (more)
		more = str_cut(left, '\n', &line, &left);
	while (more && str_cut(whole, '\n', &sent, &whole))
		if (str_eq(sent, line))
			more = str_cut(left, '\n', &line, &left);
	return !more;
}

static bool same_message(const struct mta_message *m, const struct promise *p)
{
	struct str theirs, ours, all = m->bytes;

	/* Without CHUNKING the backend hears DATA, and there a last line has an end. */
	if (p->chunks && str_ends(all, STR("\r\n")) && !str_ends(p->bytes, STR("\r\n")))
		all.n -= 2;
	if (begins_folded(p->bytes) || !body_of(p->bytes, &theirs))
		return has_ours(p->bytes) ? is_left_of(behind_ours(all), p->bytes)
					  : str_eq(behind_ours(all), p->bytes);
	return body_of(all, &ours) && str_eq(theirs, ours);
}

/* Takes one off those who are promised it still. */
static bool take(struct client *c, struct str *to, struct str path)
{
	struct fake_bytes rest = { 0 };
	struct str paths = *to;
	bool found = false;

	while (paths.n) {
		const struct str one = client_next_path(&paths);
		const bool here = !found && str_eq(one, path);

		found = found || here;
		if (here)
			continue;
		fake_bytes_add(&rest, rest.n ? STR(" ") : STR(""));
		fake_bytes_add(&rest, one);
	}
	*to = arena_str(&c->arena, fake_bytes_str(&rest));
	fake_bytes_free(&rest);
	return found;
}

/* This message, to just these recipients. */
static bool claims(struct client *c, const struct mta_message *m)
{
	for (struct promise *p = c->promises; p; p = p->next) {
		if (!p->to.n || !str_eq(p->to, m->to) || !same_message(m, p))
			continue;
		p->to.n = 0;
		return true;
	}
	return false;
}

/* This message, to this one: recipients of different policies get it one by one. */
static bool claims_for(struct client *c, const struct mta_message *m, struct str path)
{
	for (struct promise *p = c->promises; p; p = p->next)
		if (p->to.n && same_message(m, p) && take(c, &p->to, path))
			return true;
	return false;
}

static bool all_claimed(struct client *clients, size_t count, const struct mta_message *m)
{
	struct str to = m->to;

	while (to.n) {
		const struct str path = client_next_path(&to);
		size_t i = 0;

		while (i < count && !claims_for(&clients[i], m, path))
			i++;
		if (i == count)
			return false;
	}
	return true;
}

static bool is_lost(const struct client *clients, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (clients[i].lost)
			return true;
	return false;
}

/* The backend has it, whoever was promised it by then. */
static bool is_there(const struct mta *mta, const struct promise *p, struct str path)
{
	for (const struct mta_message *m = mta_messages(mta); m; m = m->next) {
		struct str to = m->to;

		while (m->confirmed && to.n)
			if (str_eq(client_next_path(&to), path) && same_message(m, p))
				return true;
	}
	return false;
}

static bool are_there(const struct mta *mta, const struct promise *p)
{
	struct str to = p->to;

	while (to.n)
		if (!is_there(mta, p, client_next_path(&to)))
			return false;
	return true;
}

/* Who was told that it had been delivered before may have been promised it twice. */
static bool is_content(struct client *c, const struct mta *mta)
{
	const bool before = client_heard_before(c);

	for (const struct promise *p = c->promises; p; p = p->next)
		if (p->to.n && !(before && are_there(mta, p)))
			return false;
	return true;
}

/* Messages may be alike: those that are somebody's whole promise are his, before parts are dealt out. */
const char *clients_judge(struct client *clients, size_t count, const struct mta *mta)
{
	bool mine[MESSAGES_MAX] = { false }, missed = false;
	size_t n = 0;

	for (const struct mta_message *m = mta_messages(mta); m; m = m->next, n++) {
		CHECK(n < MESSAGES_MAX);
		for (size_t i = 0; i < count && m->confirmed && !mine[n]; i++)
			mine[n] = claims(&clients[i], m);
	}
	n = 0;
	for (const struct mta_message *m = mta_messages(mta); m; m = m->next, n++)
		if (m->confirmed && !mine[n] && !all_claimed(clients, count, m))
			missed = true;
	for (size_t i = 0; i < count; i++)
		if (!is_content(&clients[i], mta))
			return "the client heard 250, the backend has no such message";
	return missed && !is_lost(clients, count)
		       ? "the backend said 250, the client did not hear it"
		       : NULL;
}
