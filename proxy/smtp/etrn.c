/* ETRN (RFC 1985): the backend is asked to send what waits for a domain; it alone knows. */
#include "smtp/steps.h"

#include "smtp/answer.h"
#include "smtp/talk.h"

/* RFC 1985 5.2: a domain, "@" and a domain, or "#" and the name of a queue. */
static bool is_node(struct str node)
{
	if (node.n && (node.p[0] == '@' || node.p[0] == '#'))
		node = str_from(node, 1);
	for (size_t i = 0; i < node.n; i++)
		if (!ascii_alnum(node.p[i]) && !memchr(".-_:[]", node.p[i], 6))
			return false;
	return node.n > 0 && node.n <= LIMIT_DOMAIN;
}

enum next etrn_begin(struct smtp_session *s, struct str node)
{
	if (!is_node(node)) {
		answer_error(s, 501, "5.5.4 syntax: ETRN domain (RFC 1985)");
		return NEXT_AGAIN;
	}
	talk_say(s, STR("ETRN "), node);
	return session_go(s, SESSION_TURNING);
}

enum next etrn_answered(struct smtp_session *s)
{
	const struct reply *reply = &s->result.reply;

	if (s->result.err != ERR_OK || reply->code == 334)
		answer_error(
			s, 458,
			"4.4.1 mail server behind this gate is not available, try again later");
	else
		answer_command(s, reply, "2.0.0");
	talk_end(s);
	return session_go(s, SESSION_COMMAND);
}
