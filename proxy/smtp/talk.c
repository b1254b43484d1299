#include "smtp/talk.h"

#include "base/check.h"
#include "base/mem.h"

struct talk {
	struct delivery_sender sender;
	struct delivery *delivery;
	char *line; /* may hold a password */
};

static void forget_line(struct talk *t)
{
	if (t->line)
		explicit_bzero(t->line, strlen(t->line));
	mem_free(t->line);
	t->line = NULL;
}

static void open_talk(struct smtp_session *s)
{
	struct talk *t = mem_new(sizeof(*t));

	t->sender = session_sender(s, &s->id);
	t->delivery = delivery_open(s->server->o.backend, &t->sender);
	s->talk = t;
}

void talk_say(struct smtp_session *s, struct str first, struct str rest)
{
	struct out o = { .cap = first.n + rest.n + 2 };
	struct talk *t;

	if (!s->talk)
		open_talk(s);
	t = s->talk;
	forget_line(t);
	t->line = o.p = mem_new(o.cap + 1);
	out_str(&o, first);
	out_str(&o, rest);
	out_str(&o, STR("\r\n"));
	delivery_say(t->delivery, &s->ops, session_ask(s, "backend"), out_text(&o));
}

void talk_end(struct smtp_session *s)
{
	struct talk *t = s->talk;

	if (!t)
		return;
	s->talk = NULL;
	delivery_close(t->delivery);
	forget_line(t);
	mem_free(t);
}
