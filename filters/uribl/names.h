/* names.h - what lists of names are asked about: the hosts of a message's URIs and of its senders, no name twice, the
 * ones that matter most first, pure. */
#ifndef FILTERS_URIBL_NAMES_H
#define FILTERS_URIBL_NAMES_H

#include "base/limits.h"
#include "base/out.h"
#include "conf/conf.h"
#include "filters/suffixes.h"
#include "filters/uri/uris.h"

/* Of what a name is the host. */
#define NAME_SOURCES(X)                                                                            \
	X(URI, uris, "", "the host of an address in the message")                                  \
	X(SENDER, sender, "_SENDER", "the domain of the envelope's sender")                        \
	X(FROM, from, "_FROM", "the domain of From")                                               \
	X(HELO, helo, "_HELO", "the name in the client's greeting")                                \
	X(RDNS, rdns, "_RDNS", "the reverse name of the client")                                   \
	X(DKIM, dkim, "_DKIM", "the domain of a DKIM signature that passes")

enum name_source {
#define X(ID, OPTION, SUFFIX, ABOUT) NAME_##ID,
	NAME_SOURCES(X)
#undef X
		NAME_SOURCE_COUNT
};

/* Domains, which stand for what is below them too; in lower case, and in order. */
struct name_skips {
	struct str *items;
	size_t count;
};

/* How a list wants to be asked. */
struct name_style {
	const struct suffixes *suffixes;
	bool whole;                    /* the host, not the domain that is registered */
	bool ips;                      /* addresses too, reversed */
	bool mail;                     /* of mail addresses in the message too */
	const struct name_skips *skip; /* never of these */
	unsigned most;                 /* at most LIMIT_URIBL_NAMES */
};

struct name_one {
	char bytes[LIMIT_DNS_NAME + 1];
	uint8_t n;
	uint8_t sources; /* enum name_source, as bits */
};

struct names {
	struct name_one items[LIMIT_URIBL_NAMES];
	unsigned count;
	bool cut; /* there were more */
};

static inline struct str name_text(const struct name_one *one)
{
	return (struct str){ .p = one->bytes, .n = one->n };
}

/* Puts them in order. */
void names_sort_skips(struct name_skips *skips);

/* A name as it is asked, at most LIMIT_DNS_NAME bytes, once; of which, bits, it is one.  Behind `most` of them, at most
 * LIMIT_URIBL_NAMES, there is no room. */
void names_put(struct names *names, unsigned most, struct str name, unsigned sources);
/* A host as it is written; what is none, or has no domain, is left out. */
void names_add(struct names *names, const struct name_style *style, struct str host,
	       enum name_source source);
/* An address, reversed; nothing where the style wants none. */
void names_add_ip(struct names *names, const struct name_style *style, const struct ip *ip,
		  enum name_source source);
/* Of all of them; which are left out when there are too many is not for the sender to choose. */
void names_add_uris(struct names *names, const struct name_style *style, const struct uris *uris);

#endif
