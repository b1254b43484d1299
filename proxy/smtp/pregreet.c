#include "smtp/pregreet.h"

static size_t row_of(const struct ip *ip)
{
	const struct str bytes = { .p = (const char *)ip->bytes, .n = sizeof(ip->bytes) };

	return str_ihash(bytes) % PREGREET_ROWS;
}

bool pregreet_knows(const struct pregreet *p, const struct ip *ip, int64_t now_ms)
{
	const size_t row = row_of(ip);

	return p->rows[row].until_ms > now_ms && ip_eq(&p->rows[row].ip, ip);
}

void pregreet_remember(struct pregreet *p, const struct ip *ip, int64_t until_ms)
{
	const size_t row = row_of(ip);

	p->rows[row].ip = *ip;
	p->rows[row].until_ms = until_ms;
}
