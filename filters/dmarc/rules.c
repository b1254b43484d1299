#include "filters/dmarc/rules.h"

#include "base/check.h"
#include "filters/hit.h"

static const struct function {
	struct str name;
	enum auth_result result;
	enum auth_policy disposition;
} functions[] = {
#define DMARC(NAME, RESULT, DISPOSITION, ABOUT)                                                    \
	{ STR_INIT(#NAME), AUTH_##RESULT, AUTH_POLICY_##DISPOSITION },
#include "filters/dmarc/functions.def"
#undef DMARC
};

struct dmarc_rule {
	const struct function *function;
	filter_symbol symbol;
};

static const struct function *find(struct str name)
{
	for (size_t i = 0; i < COUNTOF(functions); i++)
		if (str_eq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

bool dmarc_knows(struct str function)
{
	return find(function);
}

void dmarc_rules_read(struct filter_setup *s, struct dmarc_rules *rules,
		      const struct patterns *patterns)
{
	size_t room = 0;

	for (size_t i = 0; i < patterns->call_count; i++)
		room += dmarc_knows(patterns->calls[i].function);
	if (room == 0)
		return;
	rules->items = arena_alloc(filter_setup_arena(s), room * sizeof(*rules->items));
	for (size_t i = 0; rules->items && i < patterns->call_count; i++) {
		const struct rule_call *call = &patterns->calls[i];
		const struct function *function = find(call->function);

		if (!function)
			continue;
		rules->items[rules->count] = (struct dmarc_rule){
			.function = function,
			.symbol = filter_define_hit(s, call->rule, PHASE_ALIGN),
		};
		rules->count += !call->idle;
	}
}

/* Where there is not one author's domain, none misses a policy, and what one of them asks for holds. */
static bool holds(const struct function *f, const struct auth *auth)
{
	const struct auth_dmarc *d = &auth->dmarc;
	const bool fails = d->result == AUTH_PERMERROR && d->disposition != AUTH_POLICY_NONE;

	return f->result == (fails ? AUTH_FAIL : d->result) && f->disposition == d->disposition &&
	       (d->result != AUTH_NONE || auth->author == AUTH_AUTHOR_ONE);
}

void dmarc_rules_hit(struct filter_run *run, const struct dmarc_rules *rules,
		     const struct auth *auth)
{
	for (size_t i = 0; i < rules->count; i++)
		if (holds(rules->items[i].function, auth))
			filter_hit(run, rules->items[i].symbol, 1);
}
