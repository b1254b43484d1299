/* pregreet.h - who has waited for the greeting before: such a client is not made to wait again.
 *
 * A table of fixed size per worker; an entry that another address needs is simply lost. */
#ifndef SMTP_PREGREET_H
#define SMTP_PREGREET_H

#include "base/ip.h"

enum { PREGREET_ROWS = 1024 };

struct pregreet {
	struct {
		struct ip ip;
		int64_t until_ms;
	} rows[PREGREET_ROWS];
};

bool pregreet_knows(const struct pregreet *p, const struct ip *ip, int64_t now_ms);
void pregreet_remember(struct pregreet *p, const struct ip *ip, int64_t until_ms);

#endif
