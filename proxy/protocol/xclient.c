#include "protocol/xclient.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/limits.h"
#include "mail/path.h"

enum { PORT_MAX = 65535 };

/* RFC 3461 4, with a tolerance: what need not be encoded may be. */
static bool decode_xtext(struct str text, struct out *o)
{
	for (size_t i = 0; i < text.n; i++) {
		int byte;

		if (text.p[i] != '+') {
			out_char(o, text.p[i]);
			continue;
		}
		byte = hex_byte(str_from(text, i + 1));
		if (byte < 0)
			return false;
		out_char(o, (char)byte);
		i += 2;
	}
	return true;
}

/* "IPV6:2001:db8::1", "192.0.2.1". */
static bool read_address(struct str text, struct ip *ip)
{
	const struct str prefix = STR("IPV6:");

	if (str_istarts(text, prefix))
		text = str_from(text, prefix.n);
	return text.n == 0 || ip_parse(text, ip);
}

static bool read_port(struct str text, uint16_t *port)
{
	uint64_t n = 0;

	if (text.n && !str_u64(text, PORT_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool read_name(struct str text, struct str *name)
{
	*name = text;
	return text.n == 0 || (text.n <= LIMIT_DOMAIN && text.p[0] != '[' && path_domain_ok(text));
}

static bool read_proto(struct str text, bool *esmtp)
{
	*esmtp = str_ieq(text, STR("ESMTP"));
	return *esmtp || text.n == 0 || str_ieq(text, STR("SMTP"));
}

/* Whatever the client has said, as far as a line of its own could have said it. */
static bool read_text(struct str text, struct str *value)
{
	*value = text;
	return text.n <= LIMIT_DOMAIN && !str_has_controls(text);
}

static const char *read_value(enum xattr attr, struct str text, struct xclient *x)
{
	switch (attr) {
	case XATTR_NAME:
		return read_name(text, &x->name) ? NULL : "5.5.4 bad NAME";
	case XATTR_ADDR:
		return read_address(text, &x->addr) ? NULL : "5.5.4 bad ADDR";
	case XATTR_PORT:
		return read_port(text, &x->port) ? NULL : "5.5.4 bad PORT";
	case XATTR_PROTO:
		return read_proto(text, &x->esmtp) ? NULL : "5.5.4 bad PROTO";
	case XATTR_HELO:
		return read_text(text, &x->helo) ? NULL : "5.5.4 bad HELO";
	case XATTR_LOGIN:
		return read_text(text, &x->login) ? NULL : "5.5.4 bad LOGIN";
	case XATTR_DESTADDR:
		return read_address(text, &x->dest_addr) ? NULL : "5.5.4 bad DESTADDR";
	case XATTR_DESTPORT:
		return read_port(text, &x->dest_port) ? NULL : "5.5.4 bad DESTPORT";
	case XATTR_IDENT: /* of XFORWARD alone */
	case XATTR_SOURCE:
		return "5.5.4 unknown attribute";
	case XATTR_COUNT:
		break;
	}
	UNREACHABLE();
}

static const char *read_pair(struct str pair, struct out *store, struct xclient *x)
{
	const size_t start = store->n;
	struct str key, text, value;
	uint32_t bit;

	if (!str_cut(pair, '=', &key, &text) || text.n == 0)
		return "5.5.4 syntax: XCLIENT attribute=value ...";
	bit = xattr_bit(key);
	if (!bit)
		return "5.5.4 unknown attribute";
	if (x->set & bit)
		return "5.5.4 an attribute is given twice";
	x->set |= bit;
	if (!decode_xtext(text, store))
		return "5.5.4 a value is not xtext (RFC 3461 4)";
	value = str_from(out_text(store), start);
	if (str_ieq(value, STR("[UNAVAILABLE]")) || str_ieq(value, STR("[TEMPUNAVAIL]")))
		value.n = 0;
	return read_value((enum xattr)__builtin_ctz(bit), value, x);
}

const char *xclient_parse(struct str argument, struct out *store, struct xclient *x)
{
	const char *fault = NULL;
	bool more = true;

	*x = (struct xclient){ 0 };
	while (more && !fault) {
		struct str pair;

		more = str_cut(argument, ' ', &pair, &argument);
		if (pair.n)
			fault = read_pair(pair, store, x);
	}
	CHECK(!store->full);
	return fault || x->set ? fault : "5.5.4 syntax: XCLIENT attribute=value ...";
}
