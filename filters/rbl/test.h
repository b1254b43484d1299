/* test.h - what the answer of a block list must be for a rule; pure. */
#ifndef FILTERS_RBL_TEST_H
#define FILTERS_RBL_TEST_H

#include "base/rr.h"
#include "filters/regex/regex.h"

struct rbl_test {
	enum { RBL_ANY, RBL_BITS, RBL_RANGE, RBL_REGEX, RBL_TEXT, RBL_CODES } kind;
	uint32_t low, high,
		mask;        /* RBL_RANGE: of what the mask leaves; RBL_BITS: one of the mask's */
	struct regex *regex; /* NULL but for RBL_REGEX */
	struct str text;     /* RBL_TEXT: all of the record */
	uint16_t codes;      /* RBL_CODES: of the answer, as bits */
};

/* Of check_rbl() and its like: "2" (bits), "127.0.0.2", an expression. */
bool rbl_test_read(struct str text, struct rbl_test *test, struct regex_error *error) NODISCARD;
/* Of urirhssub and its like: "2" and "0x10" (bits), "127.0.1.2", "127.0.1.2-127.0.1.9", "127.0.1.0/255.255.255.0". */
bool rbl_test_read_code(struct str text, struct rbl_test *test) NODISCARD;

/* Of askdns: "/expression/i", "'text'", "[NXDOMAIN,5]", and what rbl_test_read_code() reads. */
bool rbl_test_read_any(struct str text, struct rbl_test *test, struct regex_error *error) NODISCARD;

/* An answer outside 127.0.0.0/8 is none; what says that a list is out of order is one only where it is asked for. */
bool rbl_test_has(const struct rbl_test *test, struct regex_engine *engine,
		  const struct rr *answer);
/* The same of a record of any kind, of whatever zone, as a zone file has it (RFC 1035 5.1). */
bool rbl_test_has_any(const struct rbl_test *test, struct regex_engine *engine,
		      const struct rr *answer);
/* RBL_CODES: whether the answer's is one of them. */
bool rbl_test_has_code(const struct rbl_test *test, const struct dns_answer *answer);

#endif
