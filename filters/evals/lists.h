/* lists.h - the lists that rule files fill for functions (conf/setting.h), and their numbers. */
#ifndef FILTERS_EVALS_LISTS_H
#define FILTERS_EVALS_LISTS_H

#include "conf/setting.h"
#include "filters/evals/globs.h"

/* Those that functions name themselves: X(ID, name). */
#define EVAL_LISTS(X)                                                                              \
	X(FREEMAIL_DOMAINS, "freemail_domains")                                                    \
	X(FREEMAIL_WELCOME, "freemail_welcomelist")                                                \
	X(WELCOME_FROM, "welcomelist_from")                                                        \
	X(WELCOME_RELAY, "welcomelist_from_rcvd")                                                  \
	X(DEF_WELCOME_RELAY, "def_welcomelist_from_rcvd")                                          \
	X(ANY_RELAY, "welcomelist_allows_relays")                                                  \
	X(WELCOME_AUTH, "welcomelist_auth")                                                        \
	X(DEF_WELCOME_AUTH, "def_welcomelist_auth")                                                \
	X(WELCOME_DKIM, "welcomelist_from_dkim")                                                   \
	X(DEF_WELCOME_DKIM, "def_welcomelist_from_dkim")                                           \
	X(WELCOME_SPF, "welcomelist_from_spf")                                                     \
	X(DEF_WELCOME_SPF, "def_welcomelist_from_spf")                                             \
	X(WELCOME_TO, "welcomelist_to")                                                            \
	X(MORE_SPAM_TO, "more_spam_to")                                                            \
	X(ALL_SPAM_TO, "all_spam_to")                                                              \
	X(BLOCK_FROM, "blocklist_from")                                                            \
	X(BLOCK_TO, "blocklist_to")                                                                \
	X(BOUNCE_RELAYS, "welcomelist_bounce_relays")                                              \
	X(ADSP, "adsp_override")                                                                   \
	X(OWNERS, "fns_add_addrlist")                                                              \
	X(NAME_SIGNERS, "fns_ignore_dkim")                                                         \
	X(NAME_FIELDS, "fns_ignore_headers")                                                       \
	X(WELCOME_SUBJECT, "welcomelist_subject")                                                  \
	X(BLOCK_SUBJECT, "blocklist_subject")

enum eval_list {
#define X(ID, NAME) LIST_##ID,
	EVAL_LISTS(X)
#undef X
		LIST_COUNT
};

/* X(ID, name, what it is when no file says so) */
#define EVAL_NUMBERS(X)                                                                            \
	X(BODY_EMAILS, "freemail_max_body_emails", 5)                                              \
	X(BODY_FREEMAILS, "freemail_max_body_freemails", 3)                                        \
	X(SKIP_OVER_MAX, "freemail_skip_when_over_max", 1)                                         \
	X(SKIP_BULK, "freemail_skip_bulk_envfrom", 1)                                              \
	X(NAME_CHECK, "fns_check", 1)                                                              \
	X(NAME_EXTRA, "fns_extrachars", 50)                                                        \
	X(IMPORT_AUTH, "freemail_import_welcomelist_auth", 0)                                      \
	X(IMPORT_DEF_AUTH, "freemail_import_def_welcomelist_auth", 0)

enum eval_number {
#define X(ID, NAME, VALUE) NUMBER_##ID,
	EVAL_NUMBERS(X)
#undef X
		NUMBER_COUNT
};

struct list_row; /* of a name */
struct eval_lists {
	struct arena *arena;
	struct list_row *addresses, *hosts; /* by name */
	struct globs *of[LIST_COUNT];       /* never NULL once they are read */
	uint64_t numbers[NUMBER_COUNT];
};

/* In the arena; errors have their place.  False: over the ceiling. */
bool lists_read(struct eval_lists *lists, struct arena *arena, const struct rule_setting *settings,
		struct conf_report *report) NODISCARD;
/* A list of addresses, of hosts; NULL: nobody has filled one of that name. */
const struct globs *lists_addresses(const struct eval_lists *lists, struct str name);
const struct globs *lists_hosts(const struct eval_lists *lists, struct str name);
/* Whether the host, in lower case, is in a list of hosts: its longest end that is there says it. */
bool lists_host_is_in(const struct globs *hosts, struct str host);

#endif
