/* code.h - what the answers of a block list mean: addresses in 127.0.0.0/8 (RFC 5782 2.3), pure. */
#ifndef FILTERS_DNSBL_CODE_H
#define FILTERS_DNSBL_CODE_H

#include "base/ip.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* "127.0.0.2 SBL", "127.0.0.4-7 XBL", "127.0.0.4-127.0.1.7 XBL", "127.0.2.0/24 ABUSED"; "&64 ABUSE" is all whose last
 * number has that bit. */
struct dnsbl_code {
	uint32_t low, high; /* host order, inclusive */
	uint32_t bits;      /* 0: any; else one of these is set */
	struct str symbol;
};

/* False: *why says what is wrong, static text. */
bool dnsbl_code_parse(struct str text, struct dnsbl_code *code, const char **why) NODISCARD;
bool dnsbl_code_has(const struct dnsbl_code *code, const struct ip *answer);

/* An answer that no list gives for a client: outside 127.0.0.0/8 (a resolver that lies, a zone that
 * was sold), 127.0.0.1 (RFC 5782 5), 127.255.255.x (the list's own error codes). */
bool dnsbl_answer_is_broken(const struct ip *answer);

#endif
