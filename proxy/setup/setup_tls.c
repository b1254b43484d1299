/* setup_tls.c - a listener's certificates: read from their files, and whether these have changed since. */
#include "setup/setup.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static bool add_certificate(struct tls *tls, const struct conf_listener *l, size_t n,
			    struct conf_report *report)
{
	const struct conf_text *certificate = &l->certificate.items[n];
	/* One file may hold both. */
	const struct conf_text *key = n < l->key.count ? &l->key.items[n] : certificate;
	char text[512];
	struct out why = OUT(text);

	if (tls_server_add(tls, certificate->text.p, key->text.p, &why))
		return true;
	conf_error(report, &certificate->at, STR_FMT, STR_ARG(out_text(&why)));
	return false;
}

static bool add_certificates(struct tls *tls, const struct conf_listener *l,
			     struct conf_report *report)
{
	char text[512];
	struct out why = OUT(text);
	bool ok = true;
	size_t which;

	for (size_t n = 0; n < l->certificate.count; n++)
		ok = add_certificate(tls, l, n, report) && ok;
	if (!ok || tls_server_ready(tls, &which, &why))
		return ok;
	conf_error(report, &l->certificate.items[which].at, STR_FMT, STR_ARG(out_text(&why)));
	return false;
}

struct tls *setup_tls(const struct conf_listener *l, struct conf_report *report)
{
	const struct tls_server_options options = {
		.modern = l->tls_profile == TLS_PROFILE_MODERN,
		.ask = l->client_certificate == CLIENT_CERTIFICATE_ASK,
		.client_ca = l->client_ca.text.n ? l->client_ca.text.p : NULL,
	};
	char text[512];
	struct out why = OUT(text);
	struct tls *tls = tls_server_new(&options, &why);

	if (!tls) {
		conf_error(report, &l->client_ca.at, STR_FMT, STR_ARG(out_text(&why)));
		return NULL;
	}
	if (add_certificates(tls, l, report))
		return tls;
	tls_free(tls);
	return NULL;
}

/* ---- whether files have changed ---- */

/* FNV-1a: nobody is kept out by it. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * UINT64_C(1099511628211);
	return hash;
}

static uint64_t mark_file(uint64_t hash, const char *path)
{
	struct stat st;
	uint64_t about[6] = { 0 };

	if (stat(path, &st) != 0)
		about[0] = (uint64_t)errno;
	else
		memcpy(about,
		       (uint64_t[]){ st.st_dev, st.st_ino, (uint64_t)st.st_size,
				     (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec,
				     (uint64_t)st.st_ctim.tv_nsec },
		       sizeof(about));
	return mix(hash, about, sizeof(about));
}

static uint64_t mark_list(uint64_t hash, const struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		hash = mark_file(hash, list->items[i].text.p);
	return hash;
}

uint64_t setup_mark_certificates(const struct conf *conf)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const struct conf_section *s = conf_first(conf, &block_listener); s;
	     s = conf_next(s)) {
		const struct conf_listener *l = s->values;

		if (l->tls == TLS_NONE)
			continue;
		hash = mark_list(mark_list(hash, &l->certificate), &l->key);
		if (l->client_ca.text.n)
			hash = mark_file(hash, l->client_ca.text.p);
	}
	return hash;
}
