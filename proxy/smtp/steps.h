/* steps.h - what the machine of session.h does in its states outside of a transaction (those are in transaction.h): each
 * function does what can be done now, and returns what is next. */
#ifndef SMTP_STEPS_H
#define SMTP_STEPS_H

#include "protocol/command.h"
#include "smtp/session.h"

/* ---- opening.c ---- */
enum next opening_connected(struct smtp_session *s);
enum next opening_pregreet(struct smtp_session *s);
enum next opening_starting_tls(struct smtp_session *s);
enum next opening_handshake(struct smtp_session *s);

/* ---- dialogue.c ---- */
enum next dialogue_line(struct smtp_session *s, struct str line);
enum next dialogue_bare(struct smtp_session *s, struct str line); /* one with a lone CR or LF */

/* ---- greeting.c ---- */
enum err greeting_begin(struct smtp_session *s, enum verb verb, struct str helo) NODISCARD;
bool greeting_may_start_tls(const struct smtp_session *s);
enum next greeting_offer(struct smtp_session *s); /* EHLO, once the capabilities are known */

/* ---- auth.c ---- */
bool auth_may_log_in(const struct smtp_session *s); /* as far as it is for us to say */
enum next auth_begin(struct smtp_session *s, struct str argument);
enum next auth_answered(struct smtp_session *s);
enum next auth_respond(struct smtp_session *s);
void auth_forget(struct smtp_session *s); /* the exchange, and the lane */

/* ---- etrn.c ---- */
enum next etrn_begin(struct smtp_session *s, struct str node);
enum next etrn_answered(struct smtp_session *s);

/* ---- front.c: what a trusted peer in front says of the client ---- */
enum next front_header(struct smtp_session *s);
enum err front_connect(struct smtp_session *s) NODISCARD; /* the inspection begins */
enum next front_xclient(struct smtp_session *s, struct str argument);
enum next front_refuse(struct smtp_session *s, const char *why);

#endif
