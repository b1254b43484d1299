/* eval.h - what a function of evals.def is given: the message, and the rule's arguments.
 *
 * Texts of the header section are made when the first function asks for them, and hold until the phase is over. */
#ifndef FILTERS_EVALS_EVAL_H
#define FILTERS_EVALS_EVAL_H

#include "conf/call.h"
#include "filters/auth.h"
#include "filters/evals/emails.h"
#include "filters/evals/lists.h"
#include "filters/filter.h"
#include "filters/received/relays.h"

struct regex;
struct detail;
struct words;
struct eval_scratch; /* a worker's, see evals.c */

/* What is computed once for all rules that ask for it. */
enum eval_memo {
	MEMO_SHIFT,    /* hours from the nearest time of receipt to Date */
	MEMO_RECEIVED, /* when it came, says its header section */
	MEMO_SIMILAR,  /* how much recipients begin alike */
	MEMO_GATED,    /* it came by who takes Received fields away */
	MEMO_HOTMAIL,  /* what says to be Hotmail's may be it */
	MEMO_CAPITALS,
	MEMO_WELCOME, /* enum standing of welcome.c */
	MEMO_DEF_WELCOME,
	MEMO_EMAILS, /* freemail addresses in the body */
	MEMO_LABELS, /* of shares */
	MEMO_NAME,   /* names.c: what From's name says */
	MEMO_BODY,   /* plain.c: bytes of the first plain text in front of its signature, */
	MEMO_SIGNATURE,
	MEMO_LINES, /* contents.c: of the body, */
	MEMO_BLANK, /* and blank ones */
	/* alternatives.c: */
	MEMO_DIFFERENCE,
	MEMO_HTML_WORDS,
	MEMO_PLAIN_WORDS,
	MEMO_COUNT
};

struct eval_mail {
	struct filter_run *run;
	const struct filter_facts *facts;
	struct eval_scratch *scratch;
	bool known[MEMO_COUNT];
	double memos[MEMO_COUNT];
};

struct eval_args {
	struct str text[CALL_ARGUMENTS];
	double number[CALL_ARGUMENTS]; /* NAN: there is no bound */
	const struct regex *regex;     /* NULL: none */
	const struct detail *details;  /* as many as arguments; NULL: none */
	unsigned count;
	uint16_t field; /* the number of the name that is the first one, for eval_next_field() */
	bool raw;       /* of a `rawbody` rule */
};

/* False: they are not what the function takes; a bad expression is reported besides. */
bool args_read(struct filter_setup *s, const struct rule_call *call, const char *wanted,
	       struct eval_args *args);

typedef bool eval_fn(struct eval_mail *m, const struct eval_args *args);
#define EVAL(NAME, PHASE, ARGUMENTS, ABOUT) eval_fn eval_##NAME;
#include "filters/evals/evals.def"
#undef EVAL

enum eval_view {
#define VIEW(ID, SOURCE, PART, PICK, FIELD) VIEW_##ID,
#include "filters/evals/views.def"
#undef VIEW
	VIEW_COUNT
};

enum eval_expression {
#define EXPRESSION(ID, TEXT, FLAGS) EXPRESSION_##ID,
#include "filters/evals/expressions.def"
#undef EXPRESSION
	EXPRESSION_COUNT
};

double eval_once(struct eval_mail *m, enum eval_memo memo, double (*compute)(struct eval_mail *m));

/* The same of what computes several of them. */
static inline double eval_known(struct eval_mail *m, enum eval_memo memo,
				void (*compute)(struct eval_mail *m))
{
	if (!m->known[memo])
		compute(m);
	return m->memos[memo];
}

static inline void eval_remember(struct eval_mail *m, enum eval_memo memo, double value)
{
	m->known[memo] = true;
	m->memos[memo] = value;
}

/* The next value of the field that the function is asked about, of those that views are made of; *at begins as 0.  False:
 * there are no more. */
bool eval_next_field(struct eval_mail *m, const struct eval_args *args, unsigned *at,
		     struct str *value);
/* Empty: there is no such field. */
struct str eval_text(struct eval_mail *m, enum eval_view view);
/* Its first line. */
struct str eval_line(struct eval_mail *m, enum eval_view view);
/* False: from now on nothing matches. */
bool eval_has_time(const struct eval_mail *m);
bool eval_matches(struct eval_mail *m, enum eval_expression expression, struct str text);
bool eval_matches_regex(struct eval_mail *m, const struct regex *regex, struct str text);
/* Of a piece of what is larger: 64 bytes behind it may be read. */
bool eval_matches_inside(struct eval_mail *m, const struct regex *regex, struct str text);
/* What the message is made of; nothing where the filter `content` is off. */
const struct tally *eval_tally(const struct eval_mail *m);
const struct eval_lists *eval_lists(const struct eval_mail *m);
/* Whom the fields name. */
const struct people *eval_people(struct eval_mail *m);
/* Memory for the function that runs; for the one that reads the body's addresses. */
struct people *eval_spare(struct eval_mail *m);
struct emails *eval_emails(struct eval_mail *m);
/* alternatives.c's, made when it is first needed. */
struct words **eval_words(struct eval_mail *m);
void eval_words_free(struct words *words);
const struct suffixes *eval_suffixes(const struct eval_mail *m); /* NULL: there is no such list */
/* The relays of a side, as rules see them; valid until the next call. */
struct str eval_relays(struct eval_mail *m, enum relays_side side);
/* The registered domain that one belongs to, in lower case; valid until the next call but one. */
struct str eval_organization(struct eval_mail *m, struct str domain);

/* At least the first number, and less than the second; and its like with the ends the other way round. */
bool eval_from_to(const struct eval_args *args, unsigned first, double value);
/* More than the first number, up to the second, if there is one; NAN is not. */
bool eval_above_to(const struct eval_args *args, unsigned first, double value);

#endif
