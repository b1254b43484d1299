/* call.h - what rule files want computed of messages: `header NAME eval:function('text', 2)`.  Policy reads it out of them;
 * a filter knows the functions, and says which ones it does not. */
#ifndef CONF_CALL_H
#define CONF_CALL_H

#include "conf/conf.h"

enum { CALL_ARGUMENTS = 8 };

struct rule_call {
	struct str rule;
	struct conf_place at; /* of the function */
	struct str function;
	struct str arguments[CALL_ARGUMENTS]; /* without quotes */
	unsigned count;
};

#endif
