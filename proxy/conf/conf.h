/* conf.h - the configuration language: blocks, `key = value`, every value with its place.
 *
 *	# a comment
 *	workers = 2
 *	listener "mx" { address = ["0.0.0.0:25", "[::]:25"]  tls = optional }
 *	verdict "spam" { when = score >= 12   do = reject }
 *	include "conf.d/?*.conf"
 *
 * The parser knows no option by heart: blocks and options are tables (struct conf_block), of
 * conf/ itself and of each filter.  It fills plain structs by offset, so that reading a value
 * costs a field access.  A struct conf is immutable once loaded; everything in it lives as long
 * as it does.
 *
 * A value stands on the line of its key; only lists and expressions go on over lines.  Quoted
 * strings know \" \\ and \$; ${NAME} is the environment's, in strings and bare words, not in
 * expressions.  No value holds control characters (tabs and the newlines of expressions aside), so
 * that it can go into a header or a log line.  Columns count bytes.
 *
 * Errors are reported as file:line:column with a suggestion, all of them, not only the first. */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct conf_place {
	const char *file;
	unsigned line, column; /* from 1; line 0: a default, no place */
};

/* A value as written.  text is NUL-terminated too (text.p). */
struct conf_text {
	struct str text;
	struct conf_place at;
};

struct conf_list {
	struct conf_text *items;
	size_t count;
};

/* So many in such a time; count 0: as many as there are. */
struct conf_rate {
	int64_t count, window_ms;
};

enum conf_type {
	CONF_BOOL,   /* yes no on off true false    -> bool */
	CONF_INT,    /* 20                          -> int64_t */
	CONF_SIZE,   /* 10MB 64KB 512B 1024         -> int64_t, bytes */
	CONF_TIME,   /* 500ms 30s 5m 2h 7d          -> int64_t, milliseconds */
	CONF_RATE,   /* 100/1m off                  -> struct conf_rate */
	CONF_CHOICE, /* one word of `choices`       -> int, its index */
	CONF_TEXT,   /* "quoted" or one bare word   -> struct conf_text */
	CONF_LIST,   /* [ "a", "b" ] or one value   -> struct conf_list */
	CONF_EXPR,   /* up to the line's end, `}` or the next `key =` outside parentheses; a line
		      * that ends in an operator goes on in the next -> struct conf_text, with its
		      * newlines, comments blanked: offsets are places, see conf_place_in() */
};

/* One option.  `fallback` is the default as it would be written (parsed by the same code);
 * NULL: needed, unless `optional`. */
struct TABLE_ROW conf_option {
	const char *name;
	enum conf_type type;
	size_t offset; /* in the block's struct */
	const char *fallback;
	const char *const *choices; /* CONF_CHOICE: NULL-terminated */
	int64_t min, max;           /* numbers; both 0: any */
	bool optional;              /* without fallback: stays zero (a text: "", no place) */
	const char *example; /* as the sample shows it when there is no fallback; may be NULL */
	const char *about;   /* one line: help, sample config, man page */
};

enum conf_title { CONF_UNTITLED, CONF_TITLED };

struct TABLE_ROW conf_block {
	const char *name; /* "": the keys outside blocks */
	const char *about;
	const struct conf_option *options;
	size_t option_count;
	size_t size; /* of the struct the options fill */
	enum conf_title title;
	bool repeated; /* may appear more than once; titles must differ */
	bool always;   /* exists with its defaults when not written */
	/* How the sample config shows it, verbatim; when its last line is a lone "}" or "#}" the other
	 * options are added before that, commented out.  In it "#word" is config commented out and
	 * "# word" is prose.  NULL: all options with their defaults, commented out.  "": neither the
	 * sample nor the man page shows the block. */
	const char *sample;
};

/* One block as it stands in the file.  `values` is the block's struct. */
struct conf_section {
	const struct conf_block *block;
	struct conf_text title;
	struct conf_place at;
	void *values;
	struct conf_place *places; /* of each option, in the table's order */
	struct conf_section *next; /* in file order, of any block; unwritten ones last */
};

enum conf_severity { CONF_WARNING, CONF_ERROR };

/* Warnings of which rule files of others have hundreds. */
#define CONF_NOTES(X)                                                                              \
	X(OFF, "rules are not run by this version")                                                \
	X(UNDEFINED, "names in metas are defined by nobody")                                       \
	X(MEASURED, "rules are named like what a filter measures")                                 \
	X(TWICE, "rules are defined twice in it")                                                  \
	X(SETTING, "settings mean nothing here")                                                   \
	X(UNTESTED, "tests are of rules that another file defines anew")

enum conf_note {
#define X(ID, TEXT) CONF_NOTE_##ID,
	CONF_NOTES(X)
#undef X
		CONF_NOTE_COUNT
};

struct conf_counts; /* of notes, by file */

/* Somebody who listens to complaints; the counts say how it went. */
struct conf_report {
	void (*say)(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		    const char *text);
	void *arg;
	unsigned errors, warnings;
	bool each;                   /* notes are told one by one, also between the two below */
	struct conf_counts *counted; /* NULL: they are told one by one */
};

/* For everybody who finds something wrong with a value. */
void conf_error(struct conf_report *r, const struct conf_place *at, const char *format, ...)
	PRINTF_LIKE(3, 4);
void conf_warn(struct conf_report *r, const struct conf_place *at, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* A warning that is one of many: of a file with more than three they are counted. */
void conf_note(struct conf_report *r, enum conf_note note, const struct conf_place *at,
	       const char *format, ...) PRINTF_LIKE(4, 5);
/* Whether one at this place would only be counted, so that its text need not be made. */
bool conf_counts(const struct conf_report *r, const struct conf_place *at);
/* From here on notes are counted; then there is a warning for each file that has many, and the notes of others. */
void conf_count_notes(struct conf_report *r);
void conf_tell_notes(struct conf_report *r);
/* A report that prints "file:line:column: text" lines to `to`. */
struct conf_report conf_report_to(FILE *to);

/* Where a byte of a value stands in the file: for errors inside expressions. */
struct conf_place conf_place_in(const struct conf_text *text, size_t offset);
/* Where an option was written; the section's own place when it was not. */
struct conf_place conf_place_of(const struct conf_section *section, const char *option);

struct conf;

/* Reads the file and what it includes.  NULL when there was an error (all reported). */
struct conf *conf_load(const char *path, const struct conf_block *const *blocks, size_t block_count,
		       struct conf_report *report) NODISCARD;
/* The same, but what is wrong is reported and has its default: for who asks about a daemon that runs by what was right. */
struct conf *conf_peek(const char *path, const struct conf_block *const *blocks, size_t block_count,
		       struct conf_report *report) NODISCARD;
/* The same from memory, for tests, fuzzing and `scan` without a file; it cannot include. */
struct conf *conf_parse(struct str text, const char *name, const struct conf_block *const *blocks,
			size_t block_count, struct conf_report *report) NODISCARD;
void conf_free(struct conf *conf);

/* Sections of a block in file order; NULL at the end. */
const struct conf_section *conf_first(const struct conf *conf, const struct conf_block *block);
const struct conf_section *conf_next(const struct conf_section *section);
/* The values of an `always` block. */
const void *conf_values(const struct conf *conf, const struct conf_block *block);
/* The file's name as it was given. */
const char *conf_name(const struct conf *conf);
/* Memory with the life of the config, for what is compiled from it. */
struct arena *conf_arena(struct conf *conf);
/* The same for what is too large for that: drop(p) is called when the config is freed; at once, with false, when there
 * is no memory left in the arena to remember it. */
bool conf_own(struct conf *conf, void *p, void (*drop)(void *p)) NODISCARD;

/* The best of `words` for a misspelt one, or NULL: "did you mean". */
const char *conf_suggest(struct str wrong, const char *const *words, size_t count);

/* The sample config, and the man page's list of options (roff), printed from the tables. */
void conf_print_sample(FILE *to, const struct conf_block *const *blocks, size_t block_count);
void conf_print_man(FILE *to, const struct conf_block *const *blocks, size_t block_count);

#endif
