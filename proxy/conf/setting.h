/* setting.h - settings of rule files that are for a filter: lists of addresses that functions look into (conf/call.h).  Policy
 * knows their words, a filter what is behind these. */
#ifndef CONF_SETTING_H
#define CONF_SETTING_H

#include "base/out.h"
#include "conf/conf.h"

enum setting_kind {
	SETTING_ADD,
	SETTING_REMOVE,
	SETTING_LINE,
	SETTING_RELAY,
	SETTING_PAIR,
	SETTING_UNPAIR,
	SETTING_DOMAINS,
	SETTING_PLAIN,
	SETTING_NAMED,
	SETTING_OWNED,
	SETTING_HOSTS,
	SETTING_UNHOSTS,
	SETTING_NUMBER,
	SETTING_LOOKUP,
	SETTING_SKIP,
	SETTING_ASK,
	SETTING_BLOCK,
	SETTING_EXPRESSION
};

enum {
	SETTING_COUNT = 0
#define SETTING(WORD, KIND, LIST, FUNCTIONS) +1
#include "conf/settings.def"
#undef SETTING
};

/* A row of settings.def. */
struct setting {
	const char *word;
	enum setting_kind kind;
	struct str list;
	struct str functions; /* names with spaces between them, a final "*" for any rest */
};

/* That of the word, as it is spelled today; NULL: there is none. */
const struct setting *setting_find(struct str word);
/* Its row. */
size_t setting_number(const struct setting *setting);
/* Those of all rows; how many. */
size_t setting_words(const char *words[SETTING_COUNT]);

/* A word of settings, or the name of a function, with "whitelist" and "blacklist" in it spelled as today: "welcomelist",
 * "blocklist".  As much as fits. */
struct str spelled_today(struct str word, struct out *o);

/* A line of a rule file, in the order in which they are read. */
struct rule_setting {
	struct rule_setting *next;
	const struct setting *setting;
	struct str text; /* behind the word */
	struct conf_place at;
};

#endif
