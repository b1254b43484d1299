#include "unit/filters/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct world *world_with_sender(const char *conf, struct auth *auth)
{
	struct world *w = world_new(conf);

	if (!w->set)
		fail_msg("%s", w->complaints);
	*auth = (struct auth){ .spf = { .result = AUTH_NONE } };
	w->facts.auth = auth;
	w->facts.mail_from = STR("a@example.org");
	w->facts.rcpt_to = STR("b@example.net");
	world_client(w, "192.0.2.7");
	return w;
}
