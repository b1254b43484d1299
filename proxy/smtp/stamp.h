/* stamp.h - the header fields Postern puts in front of a message, and forged ones of ours it takes out. */
#ifndef SMTP_STAMP_H
#define SMTP_STAMP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "io/conn.h"
#include "policy/policy.h"

struct stamp {
	struct str id, hostname;
	struct str helo, client_name, rcpt; /* rcpt: empty when there are several */
	struct ip client_ip;
	bool esmtp, utf8, authenticated;
	const struct conn_tls_facts *tls; /* NULL: plain */
	int64_t unix_ms;
	const struct judgement *judgement;
};

/* Received (RFC 5321 4.4, with-words of RFC 3848 and 6531, the tls clause of RFC 8314 4.3), X-Postern-Verdict,
 * X-Spam-Flag, X-Spam-Score, X-Spam-Status: each line with CRLF, at most 998 bytes.  Empty over the arena's ceiling. */
struct str stamp_headers(struct arena *arena, const struct stamp *s);

/* What one pass over the header section finds. */
struct stamp_survey {
	unsigned hops; /* Received fields: a loop has many (RFC 5321 6.3) */
	bool ours;     /* there are fields that only we may write */
};
/* id: the authserv-id we write in Authentication-Results (RFC 8601 5); empty: we write none. */
struct stamp_survey stamp_survey(struct str header, struct str id);

/* The header section without fields that only we may write; clean->p == NULL: it has none and can stay. */
enum err stamp_clean(struct arena *arena, struct str header, struct str id,
		     struct str *clean) NODISCARD;
#endif
