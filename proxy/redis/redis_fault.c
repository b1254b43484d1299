#include "redis/redis_fault.h"

const struct redis_fault_row redis_faults[REDIS_FAULT_COUNT] = {
#define X(ID, WORD, REMEDY, ERR, TEXT)                                                             \
	[REDIS_FAULT_##ID] = { .word = STR_INIT(WORD),                                             \
			       .remedy = REDIS_REMEDY_##REMEDY,                                    \
			       .err = ERR_##ERR,                                                   \
			       .text = (TEXT) },
	REDIS_FAULTS(X)
#undef X
};

static enum redis_fault of_word(struct str word)
{
	for (int i = REDIS_FAULT_OTHER + 1; i < REDIS_FAULT_COUNT; i++) {
		if (str_eq(word, redis_faults[i].word))
			return (enum redis_fault)i;
	}
	return REDIS_FAULT_OTHER;
}

enum redis_fault redis_fault_of(struct str error)
{
	const struct str inner = STR(": -");
	struct str word, rest;

	str_cut(error, ' ', &word, &rest);
	if (!str_eq(word, STR("ERR")))
		return of_word(word);
	for (; rest.n > inner.n; rest = str_from(rest, 1)) {
		if (str_starts(rest, inner)) {
			str_cut(str_from(rest, inner.n), ' ', &word, &rest);
			return of_word(word);
		}
	}
	return REDIS_FAULT_OTHER;
}
