/* setup_listeners.c - what a listener names must exist: its backend, its certificate. */
#include "base/limits.h"
#include "base/mem.h"
#include "daemon/setup.h"

#include <sysexits.h>

static size_t count_sections(const struct setup *s, const struct conf_block *block)
{
	size_t n = 0;

	for (const struct conf_section *i = conf_first(s->conf, block); i; i = conf_next(i))
		n++;
	return n;
}

static void backend_of(const struct setup *s, struct setup_listener *l, struct conf_report *report)
{
	const struct conf_text *name = &l->conf->backend;
	const struct conf_section *first = conf_first(s->conf, &block_backend);
	const char *titles[64];
	const char *best;
	size_t n = 0, at = 0;

	if (!first)
		return; /* told once for all */
	if (name->text.n == 0) {
		if (conf_next(first))
			conf_error(report, &l->section->at,
				   "listener \"" STR_FMT "\" does not say which backend",
				   STR_ARG(l->section->title.text));
		return;
	}
	for (const struct conf_section *i = first; i; i = conf_next(i), at++) {
		if (str_eq(i->title.text, name->text)) {
			l->backend = at;
			return;
		}
		if (n < sizeof(titles) / sizeof(titles[0]))
			titles[n++] = i->title.text.p;
	}
	best = conf_suggest(name->text, titles, n);
	conf_error(report, &name->at, "there is no backend \"" STR_FMT "\"%s%s%s",
		   STR_ARG(name->text), best ? ", did you mean \"" : "", best ? best : "",
		   best ? "\"?" : "");
}

static void certificate_of(struct setup_listener *l, struct conf_report *report)
{
	const struct conf_text *certificate = &l->conf->certificate;
	const struct conf_text *key = &l->conf->key;
	char text[512];
	struct out why = OUT(text);

	if (l->conf->tls == TLS_NONE) {
		if (certificate->text.n)
			conf_warn(report, &certificate->at, "not used: tls = none");
		return;
	}
	if (certificate->text.n == 0) {
		if (l->conf->tls == TLS_OPTIONAL)
			return; /* the default: STARTTLS once there is a certificate */
		conf_error(report, &l->section->at,
			   "listener \"" STR_FMT "\" has no certificate for its tls",
			   STR_ARG(l->section->title.text));
		return;
	}
	/* One file may hold both. */
	l->tls = tls_server_new(certificate->text.p,
				key->text.n ? key->text.p : certificate->text.p, &why);
	if (!l->tls)
		conf_error(report, &certificate->at, STR_FMT, STR_ARG(out_text(&why)));
}

static void check_backend(const struct conf_section *section, struct conf_report *report)
{
	const struct conf_backend *b = section->values;

	if (!b->servers.count && !b->maildir.text.n)
		conf_error(report, &section->at,
			   "backend \"" STR_FMT "\" has neither servers nor a maildir",
			   STR_ARG(section->title.text));
	if (b->servers.count && b->maildir.text.n)
		conf_error(report, &b->maildir.at,
			   "backend \"" STR_FMT "\" has servers already: one or the other",
			   STR_ARG(section->title.text));
}

static void check_addresses(const struct setup_listener *l, struct conf_report *report)
{
	if (!l->conf->address.count)
		conf_error(report, &l->section->at, "listener \"" STR_FMT "\" has no address",
			   STR_ARG(l->section->title.text));
	for (size_t i = 0; i < l->conf->address.count; i++) {
		const struct conf_text *a = &l->conf->address.items[i];
		struct ip ip;
		uint16_t port;

		if (!conf_address(a->text, 0, &ip, &port) || port == 0)
			conf_error(report, &a->at,
				   "an address to listen on looks like \"192.0.2.1:25\" or "
				   "\"[::]:25\"");
	}
}

int setup_listeners(struct setup *s, struct conf_report *report)
{
	const struct conf_section *i = conf_first(s->conf, &block_listener);

	if (!i)
		conf_error(report, &(struct conf_place){ .file = s->path },
			   "there is no listener: nothing would be received");
	if (!conf_first(s->conf, &block_backend))
		conf_error(report, &(struct conf_place){ .file = s->path },
			   "there is no backend: mail would have nowhere to go");
	s->listeners =
		mem_array(NULL, count_sections(s, &block_listener) + 1, sizeof(*s->listeners));
	for (; i; i = conf_next(i)) {
		struct setup_listener *l = &s->listeners[s->listener_count++];

		*l = (struct setup_listener){ .section = i, .conf = i->values };
		check_addresses(l, report);
		backend_of(s, l, report);
		certificate_of(l, report);
	}
	for (i = conf_first(s->conf, &block_backend); i; i = conf_next(i))
		check_backend(i, report);
	return report->errors ? EX_CONFIG : EX_OK;
}
