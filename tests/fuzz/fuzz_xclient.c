/* Any bytes behind XCLIENT: values are of their kind, and what was understood can be said again, so that
 * a gate behind a gate knows the same client. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "delivery/delivery.h"
#include "delivery/identity.h"
#include "protocol/xclient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_clean(struct str s)
{
	CHECK(s.n <= LIMIT_DOMAIN);
	for (size_t i = 0; i < s.n; i++)
		CHECK((unsigned char)s.p[i] >= ' ' && s.p[i] != 0x7f);
}

static void check_line(struct str line, struct xclient *all)
{
	static char bytes[IDENTITY_LINE_MAX];
	struct out store = OUT(bytes);
	struct xclient x;

	CHECK(!xclient_parse(line, &store, &x));
	all->set |= x.set;
	if (x.set & (1u << XATTR_ADDR))
		all->addr = x.addr;
	if (x.set & (1u << XATTR_PORT))
		all->port = x.port;
	if (x.set & (1u << XATTR_DESTADDR))
		all->dest_addr = x.dest_addr;
	if (x.set & (1u << XATTR_DESTPORT))
		all->dest_port = x.dest_port;
}

static void say_again(const struct xclient *x)
{
	const uint32_t attributes = (1u << XATTR_IDENT) - 1;
	const struct delivery_sender s = {
		.client_ip = x->addr,
		.client_port = x->port,
		.local_ip = x->dest_addr,
		.local_port = x->dest_port,
		.client_name = x->name,
		.helo = x->helo,
		.login = x->login,
	};
	static char bytes[IDENTITY_MAX];
	struct out o = OUT(bytes);
	struct str rest, line;
	struct xclient again = { 0 };

	identity_print(&o, "", attributes, &s);
	CHECK(!o.full);
	rest = out_text(&o);
	while (str_cut(rest, '\n', &line, &rest))
		check_line(str_head(line, line.n - 1), &again);
	CHECK(again.set == attributes);
	CHECK(ip_eq(&again.addr, &x->addr) && ip_eq(&again.dest_addr, &x->dest_addr));
	CHECK(again.port == x->port && again.dest_port == x->dest_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct out store = { .p = mem_new(size + 1), .cap = size + 1 };
	struct xclient x;

	if (!xclient_parse((struct str){ .p = (const char *)data, .n = size }, &store, &x)) {
		is_clean(x.name);
		is_clean(x.helo);
		is_clean(x.login);
		say_again(&x);
	}
	mem_free(store.p);
	return 0;
}
