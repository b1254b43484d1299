/* list.h - what all DNS lists have in common (RFC 5782), be they of addresses or of names: a zone, symbols for what it
 * answers, and what is said of it. */
#ifndef FILTERS_DNSBL_LIST_H
#define FILTERS_DNSBL_LIST_H

#include "filters/dnsbl/code.h"
#include "filters/dnsbl/health.h"
#include "filters/filter.h"

/* The symbols of one kind of question. */
struct list_meaning {
	struct dnsbl_code code;
	filter_symbol symbol;
};
struct list_symbols {
	filter_symbol any; /* of every listing */
	struct list_meaning *meanings;
	size_t count;
};

/* As the config names them; suffix: of all of them, for this kind of question. */
struct list_names {
	const struct conf_text *symbol; /* empty: made of prefix and zone */
	const struct conf_list *codes;
	struct str prefix, zone, suffix;
	const char *about;
};

/* The title as a zone, with a NUL behind it and room for so many bytes in front; what is wrong is reported. */
struct str list_zone(struct filter_setup *s, const struct conf_text *title, size_t room);
void list_define(struct filter_setup *s, const struct list_names *names, enum filter_phase phase,
		 struct list_symbols *symbols);

/* The answers and the text of the list about what was asked; text may be empty. */
struct list_answer {
	struct str zone, asked; /* asked: as it is told; empty: it is plain from the mail */
	const struct dns_answer *codes;
	struct str text;
};
void list_report(struct filter_run *run, const struct list_symbols *symbols,
		 const struct list_answer *answer);

void list_say_off(struct filter_run *run, struct str zone);
/* It has answered what no list answers: it is switched off, and soon probed. */
void list_note_broken(struct filter_run *run, struct str zone, const struct ip *answer,
		      struct str asked);

#endif
