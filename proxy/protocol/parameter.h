/* parameter.h - the parameters of MAIL and RCPT (RFC 5321 4.1.1.11): which there are, what their values
 * look like, which extension each belongs to.  Pure; the table is protocol/extensions.def. */
#ifndef PROTOCOL_PARAMETER_H
#define PROTOCOL_PARAMETER_H

#include "base/str.h"
#include "protocol/caps.h"

enum parameter_of { OF_MAIL, OF_RCPT };
enum parameter_carry { PARAMETER_CARRY, PARAMETER_CONSUME };

struct parameter {
	struct str key;
	enum parameter_of of;
	enum cap cap;
	bool (*check)(struct str value); /* NULL: takes no value */
	enum parameter_carry carry;
};

/* NULL: there is no such parameter of this command. */
const struct parameter *parameter_find(enum parameter_of of, struct str key);
/* Its place in the table: for "given twice". */
unsigned parameter_index(const struct parameter *p);
bool parameter_is(const struct parameter *p, const char *key);

/* value.p == NULL: none was given. */
bool parameter_value_ok(const struct parameter *p, struct str value);

/* The extensions this one needs with this value: BODY=BINARYMIME another than BODY=8BITMIME. */
uint32_t parameter_needed(const struct parameter *p, struct str value);

/* The extensions a server must have to be told these parameters (" BODY=8BITMIME RET=HDRS"): bits as in
 * struct caps. */
uint32_t parameter_needs(struct str params);

#endif
