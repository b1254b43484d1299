#include "session/client.h"

#include "base/check.h"
#include "fake/words.h"
#include "smtp/proxy_header.h"

enum { CLIENT_BYTES = 512 << 20, MESSAGES_MAX = 8192 };

void client_init(struct client *c)
{
	*c = (struct client){ .last_promise = &c->promises };
	arena_init(&c->arena, CLIENT_BYTES);
}

void client_connect(struct client *c)
{
	c->peer = fake_client(c->loop);
	fake_bytes_drop(&c->sent, c->sent.n);
	fake_bytes_drop(&c->got, c->got.n);
	fake_bytes_drop(&c->to, c->to.n);
	fake_bytes_drop(&c->chunks, c->chunks.n);
	fake_bytes_drop(&c->taken, c->taken.n);
	c->answered = c->read = c->reply_from = c->header = 0;
	c->at = AT_GREETING;
	c->gone = false;
}

void client_free(struct client *c)
{
	fake_bytes_free(&c->sent);
	fake_bytes_free(&c->got);
	fake_bytes_free(&c->to);
	fake_bytes_free(&c->chunks);
	fake_bytes_free(&c->taken);
	arena_reset(&c->arena);
}

void client_send(struct client *c, struct str bytes)
{
	if (c->gone || fake_is_closed(c->peer))
		return;
	fake_bytes_add(&c->sent, bytes);
	fake_send(c->peer, bytes);
}

void client_hang_up(struct client *c)
{
	if (c->gone || fake_is_closed(c->peer))
		return;
	fake_hang_up(c->peer);
	c->gone = c->lost = true;
}

void client_half_close(struct client *c)
{
	if (c->gone || fake_is_closed(c->peer))
		return;
	fake_half_close(c->peer);
	c->gone = true;
}

void client_break(struct client *c)
{
	if (c->gone || fake_is_closed(c->peer))
		return;
	fake_break(c->peer, ERR_CLOSED);
	c->gone = c->lost = true;
}

/* ---- what the replies mean ---- */

static struct str unanswered(const struct client *c)
{
	return str_from(fake_bytes_str(&c->sent), c->answered);
}

/* The next command sent, without its line end; false: nothing was sent that could be answered. */
static bool next_command(struct client *c, struct str *line)
{
	const struct str rest = unanswered(c);
	const char *lf = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;

	if (!lf)
		return false;
	*line = str_head(rest, (size_t)(lf - rest.p));
	c->answered += line->n + 1;
	if (str_ends(*line, STR("\r")))
		line->n--;
	return true;
}

/* Undoes the transparency of RFC 5321 4.5.2, until the final dot. */
static struct str next_message(struct client *c)
{
	struct str rest = unanswered(c);
	struct out o = { .cap = rest.n + 1 };
	bool at_line = true;
	size_t i;

	o.p = arena_alloc(&c->arena, o.cap);
	CHECK(o.p != NULL);
	for (i = 0; i < rest.n; i++) {
		if (at_line && rest.p[i] == '.') {
			if (str_starts(str_from(rest, i), STR(".\r\n"))) {
				i += 3;
				break;
			}
			i++;
		}
		if (i < rest.n)
			out_char(&o, rest.p[i]);
		at_line = i > 0 && i < rest.n && rest.p[i] == '\n' && rest.p[i - 1] == '\r';
	}
	c->answered += i < rest.n ? i : rest.n;
	return out_text(&o);
}

static void promise(struct client *c, struct str to)
{
	struct promise *p = arena_new(&c->arena, struct promise);

	CHECK(p != NULL);
	p->bytes = c->message;
	p->chunks = c->by_chunks;
	p->to = arena_str(&c->arena, to);
	*c->last_promise = p;
	c->last_promise = &p->next;
}

/* The '>' of a path; one in quotes is none. */
static const char *path_end(struct str line)
{
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		if (quoted && line.p[i] == '\\')
			i++;
		else if (line.p[i] == '"')
			quoted = !quoted;
		else if (line.p[i] == '>' && !quoted)
			return line.p + i;
	}
	return NULL;
}

static void recipient(struct client *c, struct str line)
{
	const char *begin = memchr(line.p, '<', line.n), *end = path_end(line);

	if (!begin || !end || end < begin)
		return;
	if (begin[1] == '@') /* a source route leads nowhere (RFC 5321 appendix C) */
		begin = memchr(begin, ':', (size_t)(end - begin));
	CHECK(begin != NULL);
	fake_bytes_add(&c->to, c->to.n ? STR(" <") : STR("<"));
	fake_bytes_add(&c->to, (struct str){ .p = begin + 1, .n = (size_t)(end - begin) });
}

/* The first of "<b@y> <c@y>", taken off. */
static struct str next_path(struct str *paths)
{
	const char *end = path_end(*paths);
	const struct str path = str_head(*paths, end ? (size_t)(end - paths->p) + 1 : paths->n);

	*paths = str_trim(str_from(*paths, path.n));
	return path;
}

static void message_over(struct client *c)
{
	fake_bytes_drop(&c->to, c->to.n);
	fake_bytes_drop(&c->taken, c->taken.n);
	c->prdr = false;
	c->at = AT_COMMAND;
}

/* The first reply behind a message: for all, or, when MAIL asked for it, 353 for one by one. */
static void answered_message(struct client *c, struct str message, bool chunks, struct str code)
{
	c->message = message;
	c->by_chunks = chunks;
	if (c->prdr && str_eq(code, STR("353"))) {
		c->waiting = arena_str(&c->arena, fake_bytes_str(&c->to));
		c->at = AT_BLOCK;
		return;
	}
	if (code.p[0] == '2')
		promise(c, fake_bytes_str(&c->to));
	message_over(c);
}

/* As Exim takes it: a 2xx for one is void unless the last reply is one too. */
static void answered_block(struct client *c, char class)
{
	if (c->waiting.n) {
		const struct str path = next_path(&c->waiting);

		if (class == '2')
			fake_bytes_add(&c->taken, c->taken.n ? STR(" ") : STR(""));
		if (class == '2')
			fake_bytes_add(&c->taken, path);
		return;
	}
	if (class == '2' && c->taken.n)
		promise(c, fake_bytes_str(&c->taken));
	message_over(c);
}

/* RFC 3030: the bytes behind the command, and with the last of them the message. */
static void answered_chunk(struct client *c, struct str line, struct str code)
{
	struct str word, count;
	const bool last = str_iends(line, STR("LAST"));
	uint64_t n;

	str_cut(line, ' ', &word, &count);
	str_cut(str_trim(count), ' ', &count, &word);
	if (!str_u64(count, CLIENT_BYTES, &n))
		return;
	word = str_head(unanswered(c), (size_t)n);
	fake_bytes_add(&c->chunks, word);
	c->answered += word.n;
	/* 503: not its turn, and the transaction is as it was. */
	if (last && !str_eq(code, STR("503")))
		answered_message(c, arena_str(&c->arena, fake_bytes_str(&c->chunks)), true, code);
	if (last || code.p[0] != '2')
		fake_bytes_drop(&c->chunks, c->chunks.n);
}

/* Among the parameters behind the path. */
static bool asks_prdr(struct str line)
{
	const char *end = path_end(line);
	struct str rest = end ? str_from(line, (size_t)(end - line.p) + 1) : line, word;
	bool more;

	do {
		more = str_cut(rest, ' ', &word, &rest);
		if (str_ieq(word, STR("PRDR")))
			return true;
	} while (more);
	return false;
}

static void answered_command(struct client *c, struct str line, struct str code)
{
	const char class = code.p[0];

	/* Said to what was not understood: the chunk is not waited for. */
	if (str_istarts(line, STR("BDAT ")) && !str_eq(code, STR("500")))
		answered_chunk(c, line, code);
	if (str_istarts(line, STR("RCPT")) && class == '2')
		recipient(c, line);
	if (str_istarts(line, STR("DATA")) && class == '3')
		c->at = AT_MESSAGE;
	if (class == '2' && (str_istarts(line, STR("MAIL")) || str_istarts(line, STR("RSET")) ||
			     str_istarts(line, STR("EHLO")) || str_istarts(line, STR("HELO")))) {
		fake_bytes_drop(&c->to, c->to.n);
		fake_bytes_drop(&c->chunks, c->chunks.n);
		c->prdr = str_istarts(line, STR("MAIL")) && asks_prdr(line);
	}
	if (str_istarts(line, STR("STARTTLS")) && class == '2')
		c->answered = c->sent.n; /* RFC 3207 4.2: what was sent before is forgotten */
}

/* The gate has read it, or there is none. */
static size_t header_length(struct str sent)
{
	struct proxy_header h;

	return proxy_header_parse(sent, &h) == PROXY_WHOLE ? h.n : 0;
}

/* A reply has come: what was it for? */
static void reply_came(struct client *c, struct str code)
{
	struct str line;

	switch (c->at) {
	case AT_GREETING:
		if (c->proxied)
			c->header = header_length(fake_bytes_str(&c->sent));
		c->answered = c->header;
		c->at = AT_COMMAND;
		break;
	case AT_COMMAND:
		if (next_command(c, &line))
			answered_command(c, line, code);
		break;
	case AT_MESSAGE:
		answered_message(c, next_message(c), false, code);
		break;
	case AT_BLOCK:
		answered_block(c, code.p[0]);
		break;
	case AT_END:
		break;
	}
	if (str_eq(code, STR("421")))
		c->at = AT_END;
}

void client_receive(struct client *c)
{
	fake_bytes_add(&c->got, fake_received(c->peer));
	fake_take(c->peer, fake_received(c->peer).n);
	for (;;) {
		const struct str rest = str_from(fake_bytes_str(&c->got), c->reply_from);
		const char *lf = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;

		if (!lf)
			return;
		c->reply_from += (size_t)(lf - rest.p) + 1;
		if (rest.n > 3 && rest.p[3] != '-')
			reply_came(c, str_head(rest, 3));
	}
}

bool client_line(struct client *c, struct str *line)
{
	const struct str rest = str_from(fake_bytes_str(&c->got), c->read);
	const char *lf = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;

	if (!lf)
		return false;
	*line = str_head(rest, (size_t)(lf - rest.p));
	c->read += line->n + 1;
	if (str_ends(*line, STR("\r")))
		line->n--;
	return true;
}

/* ---- promises and what was kept ---- */

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

static bool same_message(const struct mta_message *m, const struct promise *p)
{
	struct str theirs, ours, all = m->bytes;

	/* Without CHUNKING the backend hears DATA, and there a last line has an end. */
	if (p->chunks && str_ends(all, STR("\r\n")) && !str_ends(p->bytes, STR("\r\n")))
		all.n -= 2;
	if (begins_folded(p->bytes) || !body_of(p->bytes, &theirs))
		return has_ours(p->bytes) || str_eq(behind_ours(all), p->bytes);
	return body_of(all, &ours) && str_eq(theirs, ours);
}

/* Takes one off those who are promised it still. */
static bool take(struct client *c, struct str *to, struct str path)
{
	struct fake_bytes rest = { 0 };
	struct str paths = *to;
	bool found = false;

	while (paths.n) {
		const struct str one = next_path(&paths);
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
		const struct str path = next_path(&to);
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

static bool is_content(const struct client *c)
{
	for (const struct promise *p = c->promises; p; p = p->next)
		if (p->to.n)
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
		if (!is_content(&clients[i]))
			return "the client heard 250, the backend has no such message";
	return missed && !is_lost(clients, count)
		       ? "the backend said 250, the client did not hear it"
		       : NULL;
}
