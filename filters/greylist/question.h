/* question.h - what the greylist asks of the store, as the filter and `postern greylist` do. */
#ifndef FILTERS_GREYLIST_QUESTION_H
#define FILTERS_GREYLIST_QUESTION_H

#include "base/ip.h"
#include "base/store.h"
#include "filters/common.h"

/* The block greylist. */
struct greylist_conf {
	struct filter_common common;
	int64_t delay_ms, window_ms, lifetime_ms, allow_after;
	bool dkim;
};

struct store_question greylist_about_mail(const struct greylist_conf *c, struct str key,
					  enum greylist_do what);
/* For c->lifetime_ms; what an operator says holds longer. */
struct store_question greylist_about_source(const struct greylist_conf *c, struct str key,
					    enum source_do what);

/* The network by which a client is known: its /24 or /64. */
void greylist_network(struct out *o, const struct ip *ip);
/* A source as an operator writes it: a domain, an address, or a network of just that size.  False: none of these. */
bool greylist_source(struct str text, struct out *o) NODISCARD;

#endif
