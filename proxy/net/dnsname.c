/* A pointer must point before the run of labels it ends (RFC 1035 4.1.4: "a prior occurrence"), so
 * every jump goes back and reading ends; loops need no counter. */
#include "net/dnsname.h"

#include "base/limits.h"

enum { HEADER_BYTES = 12, POINTER_BITS = 0xc0 };

static unsigned octet(struct str packet, size_t at)
{
	return (unsigned char)packet.p[at];
}

/* A dot or backslash inside a label, and what is not printable, becomes \DDD: the text has
 * one meaning.  The caller's bound of 255 octets keeps it inside the buffer. */
static void put_octet(struct dnsname *name, unsigned c)
{
	if (c >= ' ' && c < 0x7f && c != '.' && c != '\\') {
		name->text[name->n++] = ascii_lower((char)c);
		return;
	}
	name->text[name->n++] = '\\';
	name->text[name->n++] = (char)('0' + c / 100);
	name->text[name->n++] = (char)('0' + c / 10 % 10);
	name->text[name->n++] = (char)('0' + c % 10);
}

static void put_label(struct dnsname *name, struct str packet, size_t at, size_t n)
{
	if (name->n)
		name->text[name->n++] = '.';
	for (size_t i = 0; i < n; i++)
		put_octet(name, octet(packet, at + i));
}

/* *at is on the pointer; `start` is where its run of labels began. */
static bool jump(struct str packet, size_t *at, size_t *start)
{
	size_t to;

	if (*at + 2 > packet.n)
		return false;
	to = (octet(packet, *at) & ~(unsigned)POINTER_BITS) << 8 | octet(packet, *at + 1);
	if (to < HEADER_BYTES || to >= *start)
		return false;
	*at = *start = to;
	return true;
}

bool dnsname_read(struct str packet, size_t *at, struct dnsname *name)
{
	size_t here = *at, start = *at, wire = 1, end = 0; /* wire: octets, with the final zero */

	name->n = 0;
	while (here < packet.n) {
		const unsigned n = octet(packet, here);

		if (n == 0) {
			*at = end ? end : here + 1;
			return true;
		}
		if ((n & POINTER_BITS) == POINTER_BITS) {
			end = end ? end : here + 2;
			if (!jump(packet, &here, &start))
				return false;
			continue;
		}
		wire += n + 1;
		if (n > LIMIT_DNS_LABEL || wire > LIMIT_DNS_NAME || n >= packet.n - here)
			return false;
		put_label(name, packet, here + 1, n);
		here += n + 1;
	}
	return false;
}

bool dnsname_skip(struct str packet, size_t *at)
{
	size_t here = *at;

	while (here < packet.n) {
		const unsigned n = octet(packet, here);

		if (n == 0 || (n & POINTER_BITS) == POINTER_BITS) {
			here += n ? 2 : 1;
			*at = here;
			return here <= packet.n;
		}
		if (n > LIMIT_DNS_LABEL)
			return false;
		here += n + 1;
	}
	return false;
}

bool dnsname_below(struct str name, struct str zone)
{
	if (zone.n == 0)
		return true;
	if (!str_ends(name, zone))
		return false;
	return name.n == zone.n || name.p[name.n - zone.n - 1] == '.';
}
