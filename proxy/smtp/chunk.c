/* BDAT (RFC 3030): a message in counted chunks.
 *
 * A chunk is read to its end whatever is said to it, or its bytes would be taken for commands; and where
 * the count itself cannot be read, the connection ends, for nobody knows where the next command begins.
 * What comes in chunks obeys the same rules as behind DATA: lines end in CRLF, unless BODY=BINARYMIME
 * said that these are not lines. */
#include "smtp/session.h"

#include "base/limits.h"
#include "smtp/answer.h"

/* "1000" or "1000 LAST". */
static bool parse(struct str argument, uint64_t *size, bool *last)
{
	struct str count, word;

	*last = str_cut(argument, ' ', &count, &word);
	if (*last && !str_ieq(str_trim(word), STR("LAST")))
		return false;
	return str_u64(count, UINT64_MAX / 4, size);
}

static const char *refusal(const struct smtp_session *s)
{
	if (!s->tx)
		return "5.5.1 send MAIL first";
	if (!s->tx->recipient_count)
		return "5.5.1 no valid recipients";
	return NULL;
}

enum next chunk_begin(struct smtp_session *s, struct str argument)
{
	uint64_t size;
	bool last;

	if (!(s->offered & (1u << CAP_CHUNKING)) || !parse(argument, &size, &last)) {
		answer_error(s, 501, "5.5.4 syntax: BDAT size [LAST]; closing connection");
		return session_close(s, "bdat");
	}
	if (size > 2 * s->size_max) {
		answer_error(s, 552,
			     "5.3.4 chunk is larger than a message may be, closing connection");
		return session_close(s, "size");
	}
	s->chunk.left = s->chunk.size = size;
	s->chunk.last = last;
	s->chunk.refusal = refusal(s);
	if (!s->chunk.refusal && !s->tx->spool)
		message_open(s, TEXT_CHUNK);
	/* A large message may come in many chunks; only those that bring nothing are idle talk. */
	if (!s->chunk.refusal && size >= LIMIT_TEXT_LINE)
		s->idle_commands = 0;
	return session_go(s, SESSION_CHUNK);
}

static void store(struct smtp_session *s, struct str bytes)
{
	if (s->tx->binary) {
		message_store(s, bytes);
		return;
	}
	while (bytes.n) {
		struct str keep;

		bytes = str_from(bytes, text_scan(&s->tx->scan, bytes, &keep));
		message_store(s, keep);
	}
}

static enum next over(struct smtp_session *s)
{
	char text[64];
	struct out o = OUT(text);

	if (s->chunk.refusal) {
		answer_error(s, 503, s->chunk.refusal);
		return session_go(s, SESSION_COMMAND);
	}
	if (s->chunk.last) {
		message_store(s, text_finish(&s->tx->scan));
		return message_complete(s);
	}
	if (s->tx->receive == RECEIVE_TOO_BIG)
		return message_refuse(
			s, 552, STR("5.3.4 message is larger than this server takes (RFC 1870)"));
	if (s->tx->receive == RECEIVE_NO_SPACE)
		return message_refuse(s, 452,
				      STR("4.3.1 no space for this message now, try again later"));
	out_printf(&o, "2.0.0 %llu octets received", (unsigned long long)s->chunk.size);
	out_char(&o, '\0');
	answer(s, 250, text);
	return session_go(s, SESSION_COMMAND);
}

enum next chunk_receive(struct smtp_session *s)
{
	const struct str input = conn_input(s->conn);
	const struct str bytes =
		str_head(input, input.n < s->chunk.left ? input.n : (size_t)s->chunk.left);

	if (!s->chunk.refusal)
		store(s, bytes);
	conn_consume(s->conn, bytes.n);
	s->chunk.left -= bytes.n;
	return s->chunk.left ? NEXT_WAIT : over(s);
}
