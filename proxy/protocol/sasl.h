/* sasl.h - what can be told of a SASL exchange (RFC 4422, 4954) without taking part in it: which mechanisms can pass
 * through, what a line of it looks like, whose name is in it.  Pure. */
#ifndef PROTOCOL_SASL_H
#define PROTOCOL_SASL_H

#include "base/attr.h"
#include "base/out.h"
#include "base/str.h"

#include <stdbool.h>

enum { SASL_MECHANISM_MAX = 20 }; /* RFC 4422 3.1 */

/* A mechanism's name, and not one that speaks of the connection itself, which ends here: EXTERNAL would prove who we
 * are, not the client; channel binding (-PLUS, RFC 5802 6) would find us in the middle. */
bool sasl_can_pass(struct str mechanism) NODISCARD;

/* Whether it stands in a list as EHLO has it: "PLAIN LOGIN". */
bool sasl_is_listed(struct str list, struct str mechanism) NODISCARD;

/* The login name in the client's first response, which is base64: of PLAIN, LOGIN, CRAM-MD5, DIGEST-MD5, SCRAM,
 * OAUTHBEARER and XOAUTH2.  Empty when it is another mechanism, or no printable name of at most LIMIT_LOGIN bytes.
 * Nothing else of the response gets into `name`. */
struct str sasl_login(struct str mechanism, struct str response, struct out *name);

#endif
