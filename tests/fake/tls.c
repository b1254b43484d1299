/* tls.c - io/tls.h without OpenSSL: every certificate is good, unless its name begins with "bad". */
#include "io/tls.h"

#include "base/check.h"
#include "base/mem.h"

struct tls {
	bool server;
	size_t certificates;
};

static struct tls *tls_new(bool server)
{
	struct tls *tls = mem_new(sizeof(*tls));

	*tls = (struct tls){ .server = server };
	return tls;
}

static bool is_good(const char *path, struct out *why)
{
	if (!path || !str_starts(str_z(path), STR("bad")))
		return true;
	out_printf(why, "%s: no certificate in this file", path);
	return false;
}

struct tls *tls_server_new(const struct tls_server_options *o, struct out *why)
{
	return is_good(o->client_ca, why) ? tls_new(true) : NULL;
}

bool tls_server_add(struct tls *tls, const char *certificate, const char *key, struct out *why)
{
	(void)key;
	tls->certificates++;
	return is_good(certificate, why);
}

bool tls_server_ready(struct tls *tls, size_t *which, struct out *why)
{
	(void)which;
	(void)why;
	CHECK(tls->server && tls->certificates);
	return true;
}

size_t tls_certificates(const struct tls *tls)
{
	return tls->certificates;
}

enum tls_time tls_time(const struct tls *tls, size_t n, int64_t unix_s, struct out *why)
{
	(void)unix_s;
	(void)why;
	CHECK(n < tls->certificates);
	return TLS_IN_TIME;
}

struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why)
{
	(void)verify;
	return is_good(ca_file, why) ? tls_new(false) : NULL;
}

void tls_free(struct tls *tls)
{
	mem_free(tls);
}
