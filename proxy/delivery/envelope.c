#include "delivery/envelope.h"

#include "base/check.h"
#include "base/mem.h"
#include "protocol/parameter.h"

void envelope_add(struct envelope *e, const struct delivery_rcpt *rcpt)
{
	if (!e->rcpts) {
		e->rcpts = e->few;
		e->room = COUNTOF(e->few);
	}
	if (e->count == e->room) {
		struct rcpt *more = e->rcpts == e->few ? NULL : e->rcpts;

		more = mem_array(more, e->room * 2, sizeof(*more));
		if (e->rcpts == e->few)
			memcpy(more, e->few, sizeof(e->few));
		e->rcpts = more;
		e->room *= 2;
	}
	e->rcpts[e->count++] = (struct rcpt){ .as = *rcpt };
}

void envelope_drop_last(struct envelope *e)
{
	CHECK(e->count > 0);
	e->count--;
}

void envelope_drop(struct envelope *e, const void *who)
{
	unsigned at = 0;

	while (at < e->count && e->rcpts[at].as.who != who)
		at++;
	CHECK(at < e->count);
	e->count--;
	memmove(&e->rcpts[at], &e->rcpts[at + 1], (e->count - at) * sizeof(e->rcpts[0]));
}

void envelope_free(struct envelope *e)
{
	if (e->rcpts != e->few)
		mem_free(e->rcpts);
	e->rcpts = NULL;
}

uint32_t envelope_needs(const struct envelope *e)
{
	uint32_t set = parameter_needs(e->sender->params);

	for (unsigned i = 0; i < e->count; i++)
		set |= parameter_needs(e->rcpts[i].as.params);
	return set;
}

bool envelope_lacks(const struct envelope *e)
{
	unsigned here = 0;

	while (here < e->count && !e->rcpts[here].gone)
		here++;
	return here < e->count;
}

bool envelope_has_prdr(const struct envelope *e, const struct caps *caps)
{
	return e->sender->prdr && caps_has(caps, CAP_PRDR);
}

static unsigned count_commands(const char *verb, uint32_t attributes, const struct envelope *e)
{
	char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);

	return attributes ? identity_print(&o, verb, attributes, e->sender) : 0;
}

void script_begin(struct script *s, const struct envelope *e, uint32_t xclient, uint32_t xforward,
		  enum step message)
{
	CHECK(message == STEP_DATA || message == STEP_BDAT);
	*s = (struct script){
		.xclient_attributes = xclient,
		.xforward_attributes = xforward,
		.message = message,
		.xclient = count_commands("XCLIENT", xclient, e),
		.xforward = count_commands("XFORWARD", xforward, e),
	};
}

static unsigned length_of(const struct script *s, const struct envelope *e, enum step step)
{
	switch (step) {
	case STEP_XCLIENT:
		return s->xclient;
	case STEP_EHLO:
		return s->xclient ? 1 : 0;
	case STEP_XFORWARD:
		return s->xforward;
	case STEP_RCPT:
		return e->count;
	case STEP_MAIL:
		return 1;
	case STEP_DATA:
	case STEP_BDAT:
		return s->message == step ? 1 : 0;
	case STEP_NONE:
		return UINT_MAX;
	}
	UNREACHABLE();
}

enum step script_step(const struct script *s, const struct envelope *e, unsigned at, unsigned *nth)
{
	enum step step = STEP_XCLIENT;

	while (at >= length_of(s, e, step)) {
		at -= length_of(s, e, step);
		step++;
	}
	*nth = at;
	return step;
}

unsigned script_first(const struct script *s, enum step step)
{
	const struct envelope none = { 0 };
	unsigned at = 0;

	CHECK(step <= STEP_RCPT);
	for (enum step before = STEP_XCLIENT; before < step; before++)
		at += length_of(s, &none, before);
	return at;
}

static bool starts_over(enum step step)
{
	return step == STEP_XCLIENT || step == STEP_EHLO;
}

bool script_may_say(const struct script *s, const struct envelope *e, bool pipelining)
{
	unsigned nth;

	if (s->sent == s->answered)
		return true;
	if (script_step(s, e, s->sent, &nth) == STEP_BDAT)
		return false;
	return pipelining && !starts_over(script_step(s, e, s->sent - 1, &nth));
}

static void print_identity(const char *verb, uint32_t attributes, unsigned nth,
			   const struct envelope *e, struct out *o)
{
	char bytes[IDENTITY_MAX];
	struct out all = OUT(bytes);
	struct str line, rest;

	identity_print(&all, verb, attributes, e->sender);
	rest = out_text(&all);
	do
		str_cut(rest, '\n', &line, &rest);
	while (nth--);
	out_str(o, line);
	out_char(o, '\n');
}

static void print_mail(const struct envelope *e, const struct caps *caps, struct out *o)
{
	out_str(o, STR("MAIL FROM:"));
	out_str(o, e->sender->path);
	if (e->size && caps_has(caps, CAP_SIZE)) {
		out_str(o, STR(" SIZE="));
		out_u64(o, e->size);
	}
	out_str(o, e->sender->params);
	if (envelope_has_prdr(e, caps))
		out_str(o, STR(" PRDR"));
	out_str(o, STR("\r\n"));
}

static void print_rcpt(const struct delivery_rcpt *r, struct out *o)
{
	out_str(o, STR("RCPT TO:"));
	out_str(o, r->path);
	out_str(o, r->params);
	out_str(o, STR("\r\n"));
}

void script_print(const struct script *s, const struct envelope *e, unsigned at,
		  const struct caps *caps, struct out *o)
{
	unsigned nth;

	switch (script_step(s, e, at, &nth)) {
	case STEP_XCLIENT:
		print_identity("XCLIENT", s->xclient_attributes, nth, e, o);
		break;
	case STEP_EHLO:
		UNREACHABLE(); /* the connection says it: it knows the name */
	case STEP_XFORWARD:
		print_identity("XFORWARD", s->xforward_attributes, nth, e, o);
		break;
	case STEP_MAIL:
		print_mail(e, caps, o);
		break;
	case STEP_RCPT:
		print_rcpt(&e->rcpts[nth].as, o);
		break;
	case STEP_DATA:
		out_str(o, STR("DATA\r\n"));
		break;
	case STEP_BDAT:
		out_str(o, STR("BDAT "));
		out_u64(o, e->size);
		out_str(o, STR(" LAST\r\n"));
		break;
	case STEP_NONE:
		UNREACHABLE();
	}
}
