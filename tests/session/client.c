#include "session/client.h"

#include "base/check.h"
#include "fake/words.h"
#include "protocol/proxy_header.h"

enum { CLIENT_BYTES = 512 << 20 };

void client_init(struct client *c)
{
	*c = (struct client){ .last_promise = &c->promises };
	arena_init(&c->arena, CLIENT_BYTES);
}

bool client_heard_before(struct client *c)
{
	static const struct str words = STR_INIT("250 2.0.0 delivered before");
	const struct str got = fake_bytes_str(&c->got);

	for (size_t i = 0; i < got.n && !c->before; i++)
		c->before = str_starts(str_from(got, i), words);
	return c->before;
}

void client_connect(struct client *c)
{
	client_heard_before(c);
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

struct str client_next_path(struct str *paths)
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
		const struct str path = client_next_path(&c->waiting);

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
