/* dkim_sign.h - mails signed by libopendkim's other half, with RSA keys made for the test. */
#ifndef UNIT_FILTERS_DKIM_SIGN_H
#define UNIT_FILTERS_DKIM_SIGN_H

#include "base/out.h"

struct dkim_pair {
	char pem[8192];    /* private */
	char record[2048]; /* for DNS */
};

void dkim_pair_make(struct dkim_pair *pair, unsigned bits);

/* Writes the DKIM-Signature field, and the message behind it: s1 of example.org, relaxed/relaxed, rsa-sha256. */
void dkim_sign_mail(const struct dkim_pair *pair, struct str message, struct out *o);

#endif
