/* dnsname.h - domain names on the wire (RFC 1035 3.1, 4.1.4): labels and compression pointers. */
#ifndef NET_DNSNAME_H
#define NET_DNSNAME_H

#include "base/attr.h"
#include "base/str.h"

/* 255 octets on the wire, each at most "\DDD" in text. */
enum { DNSNAME_TEXT_MAX = 255 * 4 };

struct dnsname {
	size_t n;
	char text[DNSNAME_TEXT_MAX]; /* as base/rr.h says; not NUL-terminated */
};

/* Reads the name at *at and moves *at behind it.  False: malformed. */
bool dnsname_read(struct str packet, size_t *at, struct dnsname *name) NODISCARD;

/* Moves *at behind a name without looking where its pointer leads. */
bool dnsname_skip(struct str packet, size_t *at) NODISCARD;

/* Is `name` the zone's apex or below it?  Both as dnsname_read() writes them. */
bool dnsname_below(struct str name, struct str zone);

static inline struct str dnsname_str(const struct dnsname *name)
{
	return (struct str){ .p = name->text, .n = name->n };
}

#endif
