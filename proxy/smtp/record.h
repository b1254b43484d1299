/* record.h - what the log is told of a session, and the ledger of its transaction (smtp/ledger.h). */
#ifndef SMTP_RECORD_H
#define SMTP_RECORD_H

#include "base/str.h"
#include "protocol/reply.h"
#include "smtp/ledger.h"

struct recipient;
struct smtp_session;

void record_connect(const struct smtp_session *s);
/* The handshake is done. */
void record_tls(const struct smtp_session *s);
/* A connection without the PROXY header that it must have. */
void record_no_client(const struct smtp_session *s, const char *why);
void record_disconnect(const struct smtp_session *s, const char *why);
/* A recipient refused by the backend, by its absence, or by a limit: no verdict of ours. */
void record_recipient(struct smtp_session *s, struct str rcpt, enum ledger_by by,
		      const struct reply *reply);
/* A command that was refused, with as much of it as may be told. */
void record_error(struct smtp_session *s, unsigned code, struct str reply);
/* An AUTH that has come to its end: who, how, and the reply. */
void record_login(const struct smtp_session *s, struct str mechanism, struct str login,
		  const struct reply *reply);
/* A message refused before it was judged: bare newlines, size, loop. */
void record_refused(struct smtp_session *s, unsigned code, struct str reply);
/* The verdict line of one recipient: the decision and the reply that went out. */
void record_verdict(struct smtp_session *s, const struct recipient *r, unsigned code,
		    struct str reply);
/* The cluster of mails that the message belongs to, when it has grown large with it. */
void record_bulk(struct smtp_session *s);

#endif
