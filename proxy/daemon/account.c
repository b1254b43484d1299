#include "daemon/account.h"

#include <sysexits.h>

/* A backend that is called from the clients' addresses; NULL: none. */
static const struct conf_section *find_transparent(const struct conf *conf)
{
	const struct conf_section *s = conf_first(conf, &block_backend);

	while (s && ((const struct conf_backend *)s->values)->identity != IDENTITY_TRANSPARENT)
		s = conf_next(s);
	return s;
}

int account_find(const struct setup *s, struct privileges *p, struct conf_report *report)
{
	const struct conf_section *transparent = find_transparent(s->conf);
	char text[256];
	struct out why = OUT(text);
	struct conf_place at;

	if (!privileges_find(s->global->user.text, p, &why)) {
		conf_error(report, &s->global->user.at, STR_FMT, STR_ARG(out_text(&why)));
		return EX_CONFIG;
	}
	p->foreign_addresses = transparent != NULL;
	if (!transparent || privileges_may_be_foreign())
		return EX_OK;
	at = conf_place_of(transparent, "identity");
	conf_error(
		report, &at,
		"identity = transparent needs the capability CAP_NET_RAW, which is not there: start as root, "
		"and with systemd see postern.conf(5)");
	return EX_NOPERM;
}
