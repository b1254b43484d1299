/* path.h - reverse-path and forward-path of MAIL and RCPT (RFC 5321 4.1.2), pure. */
#ifndef MAIL_PATH_H
#define MAIL_PATH_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* Views into the input.  What goes to a backend is "<address>": a source route (<@a,@b:user@c>)
 * is accepted and left out (RFC 5321 appendix C), so the path as written is never needed.
 * <> gives an empty address; <postmaster> has no domain. */
struct path {
	struct str address; /* without brackets and source route */
	struct str local;   /* as written, quotes included */
	struct str domain;
	bool utf8; /* bytes outside ASCII: needs SMTPUTF8 (RFC 6531) */
};

/* What stands behind "MAIL FROM:" or "RCPT TO:"; *rest is what follows the path, trimmed of
 * leading spaces.  ERR_SYNTAX: no path, control characters, bad quoting; ERR_LIMIT: over
 * RFC 5321 4.5.3.1.1-3.  One space between colon and path is tolerated, a missing bracket is not. */
enum err path_parse(struct str text, struct path *path, struct str *rest) NODISCARD;

/* One "KEY=value" or "KEY" (value.p == NULL) of an esmtp-param list; false at the end, and with
 * *err == ERR_SYNTAX where the list is not RFC 5321 4.1.2. */
bool path_param(struct str *rest, struct str *key, struct str *value, enum err *err);

/* A domain or address literal as EHLO and mailboxes allow: used for the HELO argument. */
bool path_domain_ok(struct str domain);

/* Of an address as path_parse() gives it, behind its last '@': a quoted local part may have one of its own.  Empty:
 * it has none. */
struct str path_domain(struct str address);

/* The address as others are compared with it: without the quotes and backslashes that its local part does not need
 * ("c\eo"@example.org is ceo@example.org, RFC 5321 4.1.2), U-labels as A-labels.  A view of what is so already, or in
 * the arena; what does not fit there stays as it is. */
struct str path_plain(struct arena *arena, struct str address);

#endif
