/* sender.h - a sender's address without what differs from one mail to the next, so that a retry, and the next mail of
 * the same kind, are recognised.  Pure.
 *
 * Undone: SRS0 and SRS1 (a forwarder's, the address before it comes out), BATV (prvs= and its like).  Left out: what
 * stands behind a "+", the recipient a VERP address names, numbers and random words ("#"):
 *
 *	bounce-4711-user=example.org@list.test   bounce-*@list.test
 *	0100018f2b3c-1a2b3c4d@ses.test           #-#@ses.test */
#ifndef FILTERS_GREYLIST_SENDER_H
#define FILTERS_GREYLIST_SENDER_H

#include "base/out.h"

/* In lower case; "<>" of the null sender.  At most two bytes longer than the address. */
void greylist_sender(struct str address, struct out *o);

#endif
