/* symbolname.h - symbols that the config names, or that are made of a title. */
#ifndef FILTERS_SYMBOLNAME_H
#define FILTERS_SYMBOLNAME_H

#include "filters/filter.h"

/* Defines `written`, or without it PREFIX_TITLE ("DNSBL_ZEN_SPAMHAUS_ORG", cut at LIMIT_SYMBOL_NAME). */
filter_symbol filter_define_named(struct filter_setup *s, const struct conf_text *written,
				  struct str prefix, struct str title, enum filter_phase phase,
				  const char *about);

#endif
