/* tls.c - io/tls.h without OpenSSL: every certificate is good, unless its name begins with "bad". */
#include "io/tls.h"

#include "base/mem.h"

struct tls {
	bool server;
};

static struct tls *tls_new(bool server)
{
	struct tls *tls = mem_new(sizeof(*tls));

	tls->server = server;
	return tls;
}

struct tls *tls_server_new(const char *certificate, const char *key, struct out *why)
{
	(void)key;
	if (str_starts(str_z(certificate), STR("bad"))) {
		out_printf(why, "%s: no certificate in this file", certificate);
		return NULL;
	}
	return tls_new(true);
}

struct tls *tls_client_new(bool verify, const char *ca_file, struct out *why)
{
	(void)verify;
	if (ca_file && str_starts(str_z(ca_file), STR("bad"))) {
		out_printf(why, "%s: no certificate in this file", ca_file);
		return NULL;
	}
	return tls_new(false);
}

bool tls_in_time(const struct tls *tls, int64_t unix_s, struct out *why)
{
	(void)tls;
	(void)unix_s;
	(void)why;
	return true;
}

void tls_free(struct tls *tls)
{
	mem_free(tls);
}
