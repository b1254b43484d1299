/* redirect.h - addresses within addresses, as rule files describe them (redirector_pattern): whom an address that only leads
 * on leads to.  Those with a scheme of their own are found without (forms.h).
 *
 * One message at a time; their expressions have CPU time of their own. */
#ifndef FILTERS_URI_REDIRECT_H
#define FILTERS_URI_REDIRECT_H

#include "conf/setting.h"

struct redirects;

/* NULL: there are none.  What is no expression is reported. */
struct redirects *redirects_new(const struct rule_setting *settings, struct conf_report *report);
void redirects_free(void *redirects);

/* A message begins: expressions may take so much CPU time. */
void redirects_allow(struct redirects *r, int64_t ns);
/* That was too little: not every address was looked at. */
bool redirects_is_over(const struct redirects *r);
/* An address begins, and its forms are tried until one leads somewhere. */
void redirects_begin(struct redirects *r);
void redirects_try(struct redirects *r, struct str uri);
/* Where it leads to, with a scheme; empty: nowhere.  Valid until the next one begins. */
struct str redirects_target(const struct redirects *r);

#endif
