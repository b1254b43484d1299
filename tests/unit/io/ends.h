/* ends.h - TLS for both ends of a connection, over one certificate, as cmocka's setup and teardown. */
#ifndef UNIT_IO_ENDS_H
#define UNIT_IO_ENDS_H

#include "unit/io/cert.h"

static struct cert cert;
static struct tls *server_tls, *client_tls;

static inline int set_up(void **state)
{
	char why[256];
	struct out o = OUT(why);

	(void)state;
	cert_make(&cert);
	server_tls = cert_serve(cert.pem, cert.key, &o);
	client_tls = tls_client_new(true, cert.pem, &o);
	return server_tls && client_tls ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	tls_free(server_tls);
	tls_free(client_tls);
	cert_remove(&cert);
	return 0;
}

#endif
