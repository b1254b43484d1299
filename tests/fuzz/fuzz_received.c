/* Any bytes as the value of a Received field: the address of a relay is one, and no text can be taken for another relay. */
#include "base/check.h"
#include "base/limits.h"
#include "filters/received/received.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		CHECK(s.p[i] != ' ' && s.p[i] != ']' && s.p[i] != '[');
}

static void check_field(struct str value)
{
	char bytes[2 * LIMIT_RECEIVED_FIELD + 1];
	struct out o = OUT(bytes);
	struct received r;
	struct ip ip;

	if (received_read(str_head(value, LIMIT_RECEIVED_FIELD), &o, &r) != RECEIVED_RELAY)
		return;
	CHECK(r.ip.n && ip_parse(r.ip, &ip) && ip_eq(&ip, &r.address));
	CHECK(r.by.n);
	check_text(r.rdns);
	check_text(r.helo);
	check_text(r.by);
	check_text(r.ident);
	check_text(r.mail_from);
	CHECK(!str_has(r.id, STR(" ")) && !str_has(r.auth, STR(" [")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_field((struct str){ .p = (const char *)data, .n = size });
	return 0;
}
