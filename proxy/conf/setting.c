#include "conf/setting.h"

#include "base/check.h"

static const struct setting rows[] = {
#define SETTING(WORD, KIND, LIST, FUNCTIONS)                                                       \
	{ (WORD), SETTING_##KIND, STR_INIT(LIST), STR_INIT(FUNCTIONS) },
#include "conf/settings.def"
#undef SETTING
};

const struct setting *setting_find(struct str word)
{
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (str_eq(word, str_z(rows[i].word)))
			return &rows[i];
	return NULL;
}

size_t setting_number(const struct setting *setting)
{
	return (size_t)(setting - rows);
}

size_t setting_words(const char *words[SETTING_COUNT])
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		words[i] = rows[i].word;
	return SETTING_COUNT;
}

struct str spelled_today(struct str word, struct out *o)
{
	static const struct {
		struct str before, today;
	} spellings[] = {
		{ STR_INIT("whitelist"), STR_INIT("welcomelist") },
		{ STR_INIT("blacklist"), STR_INIT("blocklist") },
	};

	while (word.n) {
		struct str next = { .p = word.p, .n = 1 };
		size_t n = 1;

		for (unsigned i = 0; i < 2; i++) {
			if (!str_starts(word, spellings[i].before))
				continue;
			next = spellings[i].today;
			n = spellings[i].before.n;
		}
		out_str(o, next);
		word = str_from(word, n);
	}
	return out_text(o);
}
