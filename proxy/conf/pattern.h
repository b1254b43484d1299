/* pattern.h - what rule files want looked for in messages.  Policy reads it out of them, a filter looks: neither knows
 * the other, and this is all that passes between them.
 *
 * A view is a text made of the message; a pattern is a regular expression on a view, as a rule says it. */
#ifndef CONF_PATTERN_H
#define CONF_PATTERN_H

#include "conf/call.h"
#include "conf/conf.h"
#include "conf/setting.h"

enum pattern_source {
	PATTERN_FIELD,      /* the fields of a name */
	PATTERN_ALL,        /* the header section */
	PATTERN_TO_CC,      /* To and Cc */
	PATTERN_MESSAGE_ID, /* the message's id, also where lists have moved it to */
	PATTERN_SENDER,     /* of the envelope */
	/* Of the way it came, see filters/received/relays.h. */
	PATTERN_RELAYS_TRUSTED,
	PATTERN_RELAYS_UNTRUSTED,
	PATTERN_RELAYS_INTERNAL,
	PATTERN_RELAYS_EXTERNAL,
	PATTERN_ALL_TRUSTED,
	PATTERN_ALL_UNTRUSTED,
	PATTERN_ALL_INTERNAL,
	PATTERN_ALL_EXTERNAL,
	PATTERN_WHOLE,    /* the message, byte by byte but for LF as its line end */
	PATTERN_RENDERED, /* its text in paragraphs, the subject first: filters/content/body.h */
	PATTERN_RAW_BODY, /* its text parts, not rendered, in chunks: the same */
	PATTERN_URIS,     /* the URIs in it, in all their forms: filters/uri/uris.h */
};

enum pattern_part {
	PATTERN_TEXT, /* unfolded and decoded */
	PATTERN_RAW,
	PATTERN_ADDRESS,  /* the addresses in it, one a line */
	PATTERN_NAME,     /* the names beside them */
	PATTERN_NAME_RAW, /* the same, not decoded */
};

enum pattern_pick { PATTERN_EACH, PATTERN_FIRST, PATTERN_LAST };

struct pattern_view {
	enum pattern_source source;
	enum pattern_part part;
	enum pattern_pick pick;
	struct str field; /* PATTERN_FIELD */
	bool parts; /* of each part of the message, itself the first, instead of the message */
};

enum pattern_when {
	PATTERN_MATCHES,
	PATTERN_DIFFERS, /* it does not match; what is not there is an empty text */
	PATTERN_EXISTS,  /* there is anything to look at; without an expression */
};

struct pattern {
	struct str rule;
	struct conf_place at; /* of the expression */
	struct pattern_view view;
	enum pattern_when when;
	struct str regex;
	struct str
		brief; /* the same, taken when that is too long; empty: it is as it stands in the file */
	struct str flags; /* letters behind it */
	bool has_unset;
	struct str unset; /* looked at where the view is not there */
	bool no_subject;  /* PATTERN_RENDERED: the subject is none of it */
	unsigned most;    /* matches counted; 1: whether there is one */
	bool idle;        /* nothing hangs on it: it is made ready and tested, and not looked for */
};

/* A rule's own test: does it hit this text? */
struct pattern_test {
	size_t pattern; /* its index */
	bool hits;
	struct str text;
	struct conf_place at;
};

struct patterns {
	const struct pattern *items;
	size_t count;
	const struct pattern_test *tests;
	size_t test_count;
	const struct rule_call *calls; /* conf/call.h */
	size_t call_count;
	const struct rule_setting *settings; /* conf/setting.h; NULL: there are none */
};

#endif
