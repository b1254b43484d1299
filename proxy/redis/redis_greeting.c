/* What is said first on a connection: who we are, which database, whether it is the master, and the scripts. */
#include "redis/redis_inside.h"

#include "base/check.h"

enum step { STEP_AUTH, STEP_SELECT, STEP_NAME, STEP_ROLE, STEP_SCRIPTS };

/* The n-th thing said; beyond STEP_SCRIPTS it is one script more. */
static unsigned step_of(const struct redis *r, unsigned n)
{
	const struct redis_url *url = r->options.url;
	unsigned step = STEP_AUTH;

	for (;; step++) {
		if ((step == STEP_AUTH && url->password.n == 0) ||
		    (step == STEP_SELECT && url->db == 0))
			continue;
		if (n-- == 0)
			return step;
	}
}

static unsigned steps(const struct redis *r)
{
	return (unsigned)r->options.script_count + 2 + (r->options.url->password.n > 0) +
	       (r->options.url->db > 0);
}

static void say_auth(struct redis *r)
{
	const struct redis_url *url = r->options.url;

	/* Before Redis 6 there are no users. */
	if (url->user.n)
		redis_link_say(&r->link,
			       (const struct str[]){ STR("AUTH"), url->user, url->password }, 3);
	else
		redis_link_say(&r->link, (const struct str[]){ STR("AUTH"), url->password }, 2);
}

static void say_select(struct redis *r)
{
	char digits[8];
	struct out o = OUT(digits);

	out_u64(&o, r->options.url->db);
	redis_link_say(&r->link, (const struct str[]){ STR("SELECT"), out_text(&o) }, 2);
}

static void say(struct redis *r, unsigned step)
{
	switch (step) {
	case STEP_AUTH:
		say_auth(r);
		break;
	case STEP_SELECT:
		say_select(r);
		break;
	case STEP_NAME:
		redis_link_say(
			&r->link,
			(const struct str[]){ STR("CLIENT"), STR("SETNAME"), STR("postern") }, 3);
		break;
	case STEP_ROLE:
		redis_link_say(&r->link, (const struct str[]){ STR("ROLE") }, 1);
		break;
	default:
		redis_link_say(&r->link,
			       (const struct str[]){ STR("SCRIPT"), STR("LOAD"),
						     r->options.scripts[step - STEP_SCRIPTS].text },
			       3);
		break;
	}
}

void redis_greet(struct redis *r)
{
	r->heard = 0;
	for (unsigned i = 0; i < steps(r); i++)
		say(r, step_of(r, i));
}

static enum redis_greeted refused(struct out *why, struct str what, struct str said)
{
	out_str(why, what);
	out_str(why, str_head(said, LIMIT_FINDING_DETAIL));
	return GREETING_REFUSED;
}

/* The text of an error to AUTH can show what it was asked ("unknown command 'AUTH', with args beginning with: ..."), so
 * of that the first word must do. */
static enum redis_greeted on_error(unsigned step, struct str text, struct out *why)
{
	const char *known = redis_faults[redis_fault_of(text)].text;
	struct str word, rest;

	str_cut(text, ' ', &word, &rest);
	if (known)
		return refused(why, str_z(known), (struct str){ 0 });
	if (step == STEP_AUTH)
		return refused(why, STR("it refuses to log us in: "), word);
	return refused(why, step == STEP_SELECT ? STR("SELECT: ") : STR(""), text);
}

/* Proxies and lists of permissions may not know or allow what only tells us something, or spares a call its text. */
static bool may_fail(const struct redis *r, unsigned step, struct str error)
{
	const enum redis_fault fault = redis_fault_of(error);

	if (fault != REDIS_FAULT_OTHER && fault != REDIS_FAULT_NOPERM)
		return false;
	return step == STEP_NAME || step >= STEP_SCRIPTS || (step == STEP_ROLE && !r->sentinel);
}

static enum redis_greeted check_role(const struct redis_value *reply, struct out *why)
{
	struct str role = { 0 };

	if (reply->type == REDIS_ARRAY && reply->count > 0)
		role = reply->items[0].text;
	if (str_eq(role, STR("master")))
		return GREETING_GOES_ON;
	if (str_eq(role, STR("sentinel")))
		return refused(why, STR("it is a Sentinel: use redis+sentinel://"),
			       (struct str){ 0 });
	return refused(why, STR("it is no master: "), role);
}

enum redis_greeted redis_greeted(struct redis *r, const struct redis_value *reply, struct out *why)
{
	const unsigned step = step_of(r, r->heard);
	enum redis_greeted greeted = GREETING_GOES_ON;

	if (reply->type == REDIS_ERROR) {
		if (!may_fail(r, step, reply->text))
			return on_error(step, reply->text, why);
	} else if (step == STEP_ROLE) {
		greeted = check_role(reply, why);
	}
	r->heard++;
	return greeted == GREETING_GOES_ON && r->heard == steps(r) ? GREETING_DONE : greeted;
}
