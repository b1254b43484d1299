/* expression.h - expressions of anybody's, for targets that ask whether there is a match, and not how dear it is: not as
 * machine code, which counts no steps among a hundred empty alternatives, and with few steps. */
#ifndef FUZZ_EXPRESSION_H
#define FUZZ_EXPRESSION_H

#include "base/out.h"
#include "filters/regex/regex.h"

/* NULL: it is none, or too long. */
static inline struct regex *brief_regex(struct str expression, struct str flags)
{
	static const struct str before = STR_INIT("(*NO_JIT)(*LIMIT_MATCH=1000)");
	struct regex_error error;
	char bytes[4096];
	struct out o = OUT(bytes);

	out_str(&o, before);
	out_str(&o, expression);
	return o.full ? NULL : regex_compile(out_text(&o), flags, &error);
}

#endif
