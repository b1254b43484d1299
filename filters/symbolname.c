/* symbolname.c - see symbolname.h. */
#include "filters/symbolname.h"

#include "conf/symbol.h"

static struct str made_of(struct filter_setup *s, struct str prefix, struct str title)
{
	struct str name = arena_printf(filter_setup_arena(s), STR_FMT "_" STR_FMT, STR_ARG(prefix),
				       STR_ARG(title));
	char *p = arena_alloc(filter_setup_arena(s), name.n + 1);

	for (size_t i = 0; p && i < name.n; i++) {
		const char c = ascii_lower(name.p[i]);

		p[i] = ascii_alpha(c) ? (char)(c - 'a' + 'A') : ascii_digit(c) ? c : '_';
	}
	return str_head((struct str){ .p = p, .n = p ? name.n : 0 }, LIMIT_SYMBOL_NAME);
}

filter_symbol filter_define_named(struct filter_setup *s, const struct conf_text *written,
				  struct str prefix, struct str title, enum filter_phase phase,
				  const char *about)
{
	if (written->text.n == 0)
		return filter_define(s, made_of(s, prefix, title), phase, about);
	if (symbol_name_ok(written->text))
		return filter_define(s, written->text, phase, about);
	conf_error(filter_setup_report(s), &written->at,
		   "\"" STR_FMT "\" is not a symbol: letters, digits and _",
		   STR_ARG(written->text));
	return 0;
}
