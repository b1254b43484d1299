/* script.h - names made of letters that look like others (UTS 39, as far as browsers mind), pure. */
#ifndef FILTERS_URI_SCRIPT_H
#define FILTERS_URI_SCRIPT_H

#include "base/out.h"
#include "base/str.h"

enum script_look {
	SCRIPT_ASCII,
	SCRIPT_ONE,      /* or what is written together */
	SCRIPT_MIXED,    /* a label is of several scripts that no language writes together */
	SCRIPT_LOOKALIKE /* a label without ASCII letters reads as one of these */
};

/* Of a name of A-labels: of its strangest one.  SCRIPT_LOOKALIKE: what it reads as is appended to `o`. */
enum script_look script_look(struct str name, struct out *o);

#endif
