/* hit.h - rules as filters find them: of a filter that looks for what rule files want (conf/pattern.h).
 *
 * Its patterns() is called once, when all filters are set up and all rule files read; the patterns live as long as the
 * config.  It defines the rules it takes, and reports what is wrong with them through filter_setup_report().  There may
 * be thousands of them, so that a hit is not checked against the symbols of its phase, and not merged with another. */
#ifndef FILTERS_HIT_H
#define FILTERS_HIT_H

#include "conf/pattern.h"
#include "filters/filter.h"

/* In patterns(): the symbol of a rule. */
filter_symbol filter_define_hit(struct filter_setup *s, struct str name, enum filter_phase phase);
/* Whether a filter answers it, be it on or off. */
bool filter_answers(struct str function);
/* The rule matched, so often; once in a message, in its phase. */
void filter_hit(struct filter_run *run, filter_symbol symbol, unsigned hits);

#endif
