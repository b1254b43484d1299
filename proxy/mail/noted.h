/* noted.h - the envelope's sender, as those who handled a message have noted it in its header section; pure. */
#ifndef MAIL_NOTED_H
#define MAIL_NOTED_H

#include "base/str.h"

/* Of X-Envelope-From, Envelope-Sender and Return-Path the first that there is, where no Received field stands above
 * any of that name: who delivers notes it on top (RFC 5321 4.4).  Below one it is of a delivery before, to a list
 * perhaps.  Nor is it believed where fetchmail has brought a message with X-Sender, of which it makes one up.  A view
 * without brackets; empty: nobody has noted it, or it is the null sender. */
struct str noted_sender(struct str header);

#endif
