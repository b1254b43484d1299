/* setup_listeners.c - what a listener names must exist: its backend, its certificate, and the
 * authorities that vouch for a backend. */
#include "base/mem.h"
#include "setup/setup.h"

#include <time.h>

static size_t count_sections(const struct setup *s, const struct conf_block *block)
{
	size_t n = 0;

	for (const struct conf_section *i = conf_first(s->conf, block); i; i = conf_next(i))
		n++;
	return n;
}

/* conf_check() reports one that is not there. */
static size_t backend_of(const struct setup *s, const struct conf_listener *l)
{
	size_t at = 0;

	for (const struct conf_section *i = conf_first(s->conf, &block_backend); i;
	     i = conf_next(i), at++)
		if (str_eq(i->title.text, l->backend.text))
			return at;
	return 0;
}

static void look_at_time(const struct tls *tls, size_t n, const struct conf_text *certificate,
			 struct conf_report *report)
{
	char text[64];
	struct out why = OUT(text);

	if (tls_time(tls, n, time(NULL), &why) != TLS_IN_TIME)
		conf_warn(report, &certificate->at, STR_FMT " " STR_FMT, STR_ARG(certificate->text),
			  STR_ARG(out_text(&why)));
}

static void certificate_of(struct setup_listener *l, struct conf_report *report)
{
	const struct conf_list *certificates = &l->conf->certificate;

	if (l->conf->tls == TLS_NONE && certificates->count)
		conf_warn(report, &certificates->items[0].at, "not used: tls = none");
	/* optional: STARTTLS once there is a certificate */
	if (l->conf->tls == TLS_NONE || certificates->count == 0)
		return;
	l->tls = setup_tls(l->conf, report);
	for (size_t n = 0; l->tls && n < certificates->count; n++)
		look_at_time(l->tls, n, &certificates->items[n], report);
}

/* Loaded again by every worker; here so that `check` and a start find out first. */
static void authorities_of(const struct conf_backend *b, struct conf_report *report)
{
	const bool verified = b->tls == BACKEND_TLS_REQUIRED || b->tls == BACKEND_TLS_IMPLICIT;
	char text[512];
	struct out why = OUT(text);
	struct tls *tls;

	if (!verified || !b->tls_verify || b->tls_ca.text.n == 0)
		return;
	tls = tls_client_new(true, b->tls_ca.text.p, &why);
	if (tls)
		tls_free(tls);
	else
		conf_error(report, &b->tls_ca.at, STR_FMT, STR_ARG(out_text(&why)));
}

void setup_listeners(struct setup *s, struct conf_report *report)
{
	const struct conf_section *i = conf_first(s->conf, &block_listener);

	s->certificates_mark = setup_mark_certificates(s->conf); /* before they are read */
	s->listeners =
		mem_array(NULL, count_sections(s, &block_listener) + 1, sizeof(*s->listeners));
	for (; i; i = conf_next(i)) {
		struct setup_listener *l = &s->listeners[s->listener_count++];

		*l = (struct setup_listener){ .section = i, .conf = i->values };
		l->backend = backend_of(s, l->conf);
		certificate_of(l, report);
		if (s->global->spool_max && l->conf->message_max > s->global->spool_max)
			conf_error(
				report, &i->at,
				"message_max is over spool_max: there would never be room for such a message");
	}
	for (i = conf_first(s->conf, &block_backend); i; i = conf_next(i))
		authorities_of(i->values, report);
}
