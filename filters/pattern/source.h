/* source.h - what is so of all texts of one source, whatever the message. */
#ifndef FILTERS_PATTERN_SOURCE_H
#define FILTERS_PATTERN_SOURCE_H

#include "conf/pattern.h"
#include "filters/filter.h"
#include "filters/received/relays.h"

enum { SOURCE_NAMES = 4 };

struct source {
	/* What its texts are made of.  Those that are complete at the end have functions of their own. */
	enum source_maker {
		SOURCE_FIELDS,       /* those of `names`, or of the rule's name */
		SOURCE_HEADER,       /* all fields */
		SOURCE_SENDER,       /* the envelope's */
		SOURCE_RELAYS,       /* of a side, as filters/received/relays.h writes them */
		SOURCE_RELAY_FIELDS, /* the fields that relays of a side may have written */
		SOURCE_BODY
	} maker;
	enum relays_side side;
	struct str names[SOURCE_NAMES]; /* n 0: there are no more */
	/* Unless it is looked at in each part of the message, which is complete at PHASE_ALIGN. */
	enum filter_phase phase;
	/* An example: whatever stands in it, small letters for capitals, stands in most of these texts. */
	struct str usual;
};

const struct source *source_of(enum pattern_source source);

#endif
