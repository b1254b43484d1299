/* reader.h - the state of reading a configuration, shared by the rooms of the parser.
 *
 * Each *_read function consumes its piece of grammar.  False: it was not there or malformed, an
 * error was reported, and the caller resynchronises.  What is well-formed but wrong (a range, an
 * unknown word) is reported and reading goes on. */
#ifndef CONF_READER_H
#define CONF_READER_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/out.h"
#include "conf/conf.h"
#include "conf/cursor.h"

struct conf_owned {
	struct conf_owned *next;
	void *p;
	void (*drop)(void *p);
};

struct conf {
	struct arena arena;
	struct conf_owned *owned; /* conf_own(), in the arena */
	const char *name;         /* of the file, or as conf_parse() was told */
	struct conf_section *first, **last;
	unsigned section_count;
};

/* A file being read; those that include it are behind `includer`. */
struct source {
	const struct source *includer;
	const char *path;
	uint64_t device, inode;
	unsigned depth;
};

struct reader {
	struct conf *conf;
	struct conf_report *report;
	const struct conf_block *const *blocks;
	size_t block_count;
	struct conf_section *global; /* NULL: keys outside blocks are unknown */
	const struct source *source; /* NULL: text from memory */
	struct cursor cursor;
	unsigned files, first_errors;
	bool stopped;  /* over a limit; reported */
	char *scratch; /* LIMIT_CONF_VALUE bytes: the value being read */
};

/* Of names in messages: long ones are cut. */
static inline struct str clip(struct str s)
{
	return str_head(s, 60);
}

/* A copy with the life of the config.  Over the ceiling the text is empty and reading stops. */
struct str reader_keep(struct reader *r, struct str s);
void *reader_alloc(struct reader *r, size_t n); /* NULL: reading stops */
/* Asked between items; reports when there were too many errors. */
bool reader_stopped(struct reader *r);
/* "end of file", "end of line" or the byte in quotes: for `found ...`. */
const char *reader_found(const struct reader *r, char buffer[static 16]);

/* text.c: a quoted string or a bare word, variables filled in. */
bool text_read(struct reader *r, struct conf_text *text) NODISCARD;
/* list.c */
bool list_read(struct reader *r, struct conf_list *list) NODISCARD;
/* expr.c */
bool expr_read(struct reader *r, struct conf_text *text) NODISCARD;

/* value.c: the value of an option into its block's struct, the default when it is not written. */
bool value_read(struct reader *r, const struct conf_option *option, void *values) NODISCARD;
void value_default(struct reader *r, const struct conf_option *option, void *values);
/* Reads over the value of an option nobody knows. */
bool value_skip(struct reader *r) NODISCARD;

/* number.c: INT, SIZE and TIME.  False: it was wrong (reported). */
bool number_parse(struct reader *r, const struct conf_option *option, const struct conf_text *text,
		  int64_t *number) NODISCARD;
void number_print(struct out *o, enum conf_type type, int64_t number);
void number_print_range(struct out *o, const struct conf_option *option); /* nothing for any */

/* rate.c: what is wrong is reported, and is no limit. */
void rate_parse(struct reader *r, const struct conf_option *option, const struct conf_text *text,
		struct conf_rate *rate);

/* section.c: blocks as they stand in the file. */
const struct conf_block *section_block(const struct reader *r, struct str name);
struct conf_section *section_new(struct reader *r, const struct conf_block *block,
				 struct conf_text title, struct conf_place at);
void section_option(struct reader *r, struct conf_section *s, struct str name,
		    struct conf_place at);
void section_finish(struct reader *r, struct conf_section *s); /* defaults, what is missing */
void section_add_unwritten(struct reader *r);
/* `listener "mx"`, for messages. */
const char *section_label(const struct conf_section *s, char buffer[static 128]);

/* parse.c: a whole text, of the file `name`. */
void parse_text(struct reader *r, struct str text, const char *name);

/* include.c: a file named on the command line, or by `include` at `at`. */
void include_main(struct reader *r, const char *path);
void include_files(struct reader *r, const struct conf_text *pattern);

#endif
