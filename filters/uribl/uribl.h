/* uribl.h - the config of a block list of names, for setup.c and uribl.c. */
#ifndef FILTERS_URIBL_URIBL_H
#define FILTERS_URIBL_URIBL_H

#include "filters/dnsbl/list.h"
#include "filters/uribl/names.h"

struct uribl_conf {
	struct filter_common common;
	struct conf_text symbol, test;
	struct conf_list codes, skip;
	int name;
	bool uris, mail_addresses, ips, sender, from, helo, rdns, dkim, txt;
	int64_t most;
};

struct uribl {
	const struct uribl_conf *conf;
	struct str zone; /* NUL-terminated */
	struct name_style style;
	struct name_skips skip;
	unsigned sources; /* enum name_source, as bits */
	struct list_symbols symbols[NAME_SOURCE_COUNT];
	filter_symbol limit;
};

void *uribl_setup(struct filter_setup *s, const struct conf_section *section);
unsigned uribl_phases(
	const struct conf_section *section); /* in which such a list is asked, as bits */

#endif
