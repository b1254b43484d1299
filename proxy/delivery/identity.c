#include "delivery/identity.h"

#include "base/check.h"
#include "delivery/delivery.h"

enum { VALUE_MAX = 420 }; /* encoded; with a verb and a name it stays within a line */

/* Quotes and brackets begin runs that go on over spaces in Postfix' command parser: they are encoded too. */
static bool is_plain(char c)
{
	return ascii_alnum(c) || (c && strchr("-._:@/#*~", c));
}

/* RFC 3461 4: "+" and "=" and all but printable ASCII as "+" and two hex digits; others may be.  A value
 * too long for a command is cut: it was chosen by a stranger to be so.  Returns how much of it fits. */
static size_t xtext(struct out *o, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";
	const size_t start = o->n;
	size_t i;

	for (i = 0; i < value.n && o->n - start + 3 <= VALUE_MAX; i++) {
		const unsigned char c = (unsigned char)value.p[i];

		if (is_plain(value.p[i])) {
			out_char(o, value.p[i]);
		} else {
			out_char(o, '+');
			out_char(o, hex[c >> 4]);
			out_char(o, hex[c & 15]);
		}
	}
	return i;
}

/* Cut, it would name somebody else. */
static void xtext_whole(struct out *o, struct str value)
{
	const size_t start = o->n;

	if (xtext(o, value) < value.n)
		o->n = start;
}

static void print_addr(struct out *o, const struct ip *ip)
{
	if (ip->family == IP_V6)
		out_str(o, STR("IPV6:"));
	if (ip->family != IP_NONE)
		ip_print(o, ip);
}

static bool hides(uint32_t attributes, const struct ip *ip)
{
	return ip->family == IP_V6 && (attributes & IDENTITY_NO_IPV6);
}

static void print_known(struct out *o, enum xattr attr, const struct delivery_sender *s)
{
	switch (attr) {
	case XATTR_NAME:
		xtext_whole(o, s->client_name);
		break;
	case XATTR_ADDR:
		print_addr(o, &s->client_ip);
		break;
	case XATTR_PORT:
		if (s->client_port)
			out_u64(o, s->client_port);
		break;
	case XATTR_PROTO:
		out_str(o, s->esmtp ? STR("ESMTP") : STR("SMTP"));
		break;
	case XATTR_HELO:
		xtext(o, s->helo);
		break;
	case XATTR_LOGIN:
		xtext_whole(o, s->login);
		break;
	case XATTR_DESTADDR:
		print_addr(o, &s->local_ip);
		break;
	case XATTR_DESTPORT:
		if (s->local_port)
			out_u64(o, s->local_port);
		break;
	case XATTR_IDENT:
		xtext(o, s->id);
		break;
	case XATTR_SOURCE:
		out_str(o, STR("REMOTE"));
		break;
	case XATTR_COUNT:
		UNREACHABLE();
	}
}

static struct str print_pair(struct out *o, enum xattr attr, uint32_t attributes,
			     const struct delivery_sender *s)
{
	const bool hidden = (attr == XATTR_ADDR && hides(attributes, &s->client_ip)) ||
			    (attr == XATTR_DESTADDR && hides(attributes, &s->local_ip));

	size_t start;

	out_char(o, ' ');
	out_str(o, xattr_name(attr));
	out_char(o, '=');
	start = o->n;
	if (!hidden)
		print_known(o, attr, s);
	if (o->n == start)
		out_str(o, STR("[UNAVAILABLE]"));
	return out_text(o);
}

unsigned identity_print(struct out *o, const char *verb, uint32_t attributes,
			const struct delivery_sender *sender)
{
	unsigned commands = 0;
	size_t line = 0;

	for (unsigned i = 0; i < XATTR_COUNT; i++) {
		char bytes[IDENTITY_LINE_MAX];
		struct out pair = OUT(bytes);
		struct str text;

		if (!(attributes & (1u << i)))
			continue;
		text = print_pair(&pair, (enum xattr)i, attributes, sender);
		if (commands == 0 || line + text.n + 2 > IDENTITY_LINE_MAX) {
			if (commands++)
				out_str(o, STR("\r\n"));
			out_str(o, str_z(verb));
			line = strlen(verb);
		}
		out_str(o, text);
		line += text.n;
	}
	if (commands)
		out_str(o, STR("\r\n"));
	return commands;
}

bool identity_has_ipv6(const struct delivery_sender *sender)
{
	return sender->client_ip.family == IP_V6 || sender->local_ip.family == IP_V6;
}

struct str identity_client(struct out *o, const struct delivery_sender *sender)
{
	const uint32_t all = 1u << XATTR_NAME | 1u << XATTR_ADDR | 1u << XATTR_PORT |
			     1u << XATTR_PROTO | 1u << XATTR_HELO | 1u << XATTR_LOGIN |
			     1u << XATTR_DESTADDR | 1u << XATTR_DESTPORT;

	identity_print(o, "", all, sender);
	return out_text(o);
}
