/* control.h - what a worker says to those who run `postern greylist` and its like, over the control socket.
 *
 * A client says one line, words with a tab between, and hears lines: each begins with '=' and is for people, or with
 * '-' and is an error; a line "." ends what was done, "!" what was not, "?" what cannot be, for the words are wrong.  It is
 * the client that closes then.  Only who may open the socket is heard (control/control_socket.h), and still nothing is taken
 * for granted: what it says is bounded, and who says nothing any more or does not listen is dropped.
 *
 * A command begins, and then has a turn whenever all it has asked has ended, and again once what it said has been
 * heard, until it has said that it is over. */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/arena.h"
#include "base/op.h"
#include "base/out.h"
#include "io/loop.h"
#include "setup/setup.h"
#include "store/store.h"

enum { CONTROL_WORDS = 16 };

/* What the daemon has counted: at most so many. */
enum { CONTROL_FIGURES = 24 };
struct control_figure {
	const char *name, *about;
	uint64_t value;
	bool level; /* of now; else since the start, and it only grows */
};
typedef size_t control_figures_fn(const void *of, struct control_figure *to);

/* What verdicts and symbols did, one after the other by kind. */
enum control_hit_kind { CONTROL_VERDICT, CONTROL_WOULD, CONTROL_SYMBOL, CONTROL_HIT_KINDS };
struct control_hit {
	enum control_hit_kind kind;
	struct str name;    /* empty: no verdict was true */
	const char *action; /* of a verdict */
	bool hidden;        /* not for people */
	uint64_t since_start, since_reload;
};
/* False: there are no more. */
typedef bool control_hit_fn(const void *of, size_t i, struct control_hit *to);

/* What commands work on. */
struct control_host {
	struct loop *loop;
	const struct setup *setup;
	struct store *store;
	control_figures_fn *figures; /* NULL: there are none */
	const void *figures_of;
	control_hit_fn *hit; /* NULL: there are none */
	const void *hit_of;
	int64_t start_unix_ms;
	int64_t reload_unix_ms; /* when the config was read that is in force; 0: at the start */
};

struct control;

/* Takes over the listening descriptor (-1: there is none). */
struct control *control_new(const struct control_host *host, int fd);
/* One more client, of at most LIMIT_CONTROL_CLIENTS; takes over its descriptor. */
void control_take(struct control *c, int fd);
void control_stop(struct control *c); /* no new clients; those that are there go on */
void control_free(struct control *c); /* may be NULL */

/* ---- for commands ---- */

struct control_request;

/* What the second word of a command may be. */
struct TABLE_ROW control_verb {
	const char *word;
	unsigned words_min, words_max; /* behind it */
	const char *option;            /* that may stand between; NULL: none */
	const char *wants;             /* in words: said when there are too few or too many */
	void (*begin)(struct control_request *r);
};

struct TABLE_ROW control_command {
	const char *name;
	const struct control_verb *verbs;
	unsigned verb_count;
	size_t state_size; /* of request->state, zeroed, in the request's arena */
	void (*turn)(struct control_request *r);
};

#define CONTROL_COMMAND(NAME) extern const struct control_command control_command_##NAME;
#include "control/control_commands.def"
#undef CONTROL_COMMAND

struct control_request {
	const struct control_host *host;
	struct str line[CONTROL_WORDS]; /* command, verb, option, words */
	unsigned line_count;
	unsigned verb;           /* in the command's table */
	bool option;             /* the verb's was said */
	const struct str *words; /* behind them: as many as the verb takes */
	unsigned word_count;
	struct arena arena; /* dies with the request */
	struct ops ops;     /* what is asked: cancelled when the client goes */
	enum err err;       /* of what was asked: the last that was one */
	void *state;        /* the command's; NULL: it has not begun */
	struct store_listing page;
	struct arena page_arena;
};

enum { CONTROL_ASK_MS = 5000 }; /* the store has to answer in */

/* Is done of an op of a command: lets it go on when nothing else is under way. */
op_done_fn control_go_on;
/* Asks for records of the store: at the next turn they are in r->page, in the place of those before.  from: r->page.next,
 * or empty. */
void control_ask_page(struct control_request *r, enum store_procedure procedure, struct str from);

/* A line for people, in UTF-8; what does not print is shown as '?'. */
void control_say(struct control_request *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* "3 days", "4 hours", "212 s" */
void control_print_span(struct out *o, int64_t ms);
/* It is over. */
void control_end(struct control_request *r);
/* It is over, and was not done. */
void control_fail(struct control_request *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* It is over, and never can be done: the words are wrong. */
void control_misuse(struct control_request *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* Those behind the verb are not what it wants. */
void control_fail_words(struct control_request *r);

#endif
