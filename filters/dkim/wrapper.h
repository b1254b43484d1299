/* wrapper.h - libopendkim for one message: the only place that knows it.
 *
 * It canonicalizes and hashes the header section; what its hashes are worth is said here, with keys of our own reading
 * (pubkey.h).  The body it does not see: it takes 5 ns a byte for each signature's l= (body_hash.h: 1 to 2 for all).
 * libopendkim 2.11.0~beta2 is not safe on its own; what keeps it so, in one list:
 *   - it sees only signatures that dkim_signature_parse() found good;
 *   - it sees only fields that these signatures can be about (select.h), and none with a NUL in it;
 *   - one more field, whose name nobody can know, makes its table of fields one longer than any h= can fill: it
 *     writes one past the end when h= names every field and one more;
 *   - its memory is zeroed, and there is unused memory behind each block;
 *   - at most LIMIT_DKIM_SIGNATURES signatures, of at most LIMIT_DKIM_BODIES body hashes;
 *   - it sees no key and asks no DNS, compares no time (the filter does), never rewrites line ends, never reads z=,
 *     never writes files: all signatures are marked to be ignored before it would evaluate them;
 *   - a signature passes when it has nothing against it, its hash is there, bh= is the body's and b= is that of the
 *     header. */
#ifndef FILTERS_DKIM_WRAPPER_H
#define FILTERS_DKIM_WRAPPER_H

#include "filters/body_hash.h"
#include "filters/dkim/signature.h"

struct dkim_library; /* one per config; immutable after dkim_library_new() */

struct dkim_library *dkim_library_new(void); /* NULL: it does not start */
void dkim_library_free(void *library);

/* One signature and what comes of it. */
struct dkim_case {
	struct str field; /* the whole DKIM-Signature field, without its last CRLF */
	struct dkim_signature signature;
	const struct pubkey *key;     /* set before dkim_check_end(); NULL: it is not evaluated */
	const struct body_hash *body; /* as well, ended */
	enum auth_result result;
	const char *reason; /* static; NULL when it passed */
};

struct dkim_check; /* one message at work */

/* cases: those to be evaluated, in the order of the header section; they stay until dkim_check_free().  NULL: the
 * library does not take them. */
struct dkim_check *dkim_check_new(struct dkim_library *library, struct dkim_case *const *cases,
				  unsigned count);
/* A field that is wanted, in order, the cases' own among them: without its last CRLF. */
void dkim_check_field(struct dkim_check *c, struct str field);
void dkim_check_header_end(struct dkim_check *c);
/* Writes result and reason of every case that has a key. */
void dkim_check_end(struct dkim_check *c);
void dkim_check_free(struct dkim_check *c);

#endif
