/* cmd_explain.c - `postern explain`: what became of a mail and why, from the journal. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/units.h"
#include "command/command.h"
#include "command/explain.h"
#include "journal/file.h"
#include "journal/find.h"
#include "setup/setup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_TIMES = 8 }; /* a record for people is at most so much larger */

struct telling {
	bool json;
	unsigned told, broken;
	struct out text;
};

/* What was recorded of it, one after the other. */
static void tell(void *arg, struct str record, bool whole)
{
	struct telling *t = arg;

	t->text.n = 0;
	t->text.full = false;
	if (!whole || !explain_print(&t->text, record)) {
		t->broken++;
		return;
	}
	if (t->json)
		printf(STR_FMT "\n", STR_ARG(record));
	else
		printf("%s" STR_FMT, t->told ? "\n" : "", STR_ARG(out_text(&t->text)));
	t->told++;
}

static int64_t now_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

/* Why nothing is known of it. */
static void hint(const struct journal_search *s, const struct conf_journal *conf,
		 const struct telling *t)
{
	const int64_t hour = s->unix_ms / HOUR_MS;

	if (t->broken)
		fprintf(stderr,
			"  there is a piece of a record: it is being written, or the gate or the "
			"machine crashed, or the disk was full\n");
	if (!conf->enabled)
		fprintf(stderr, "  none is kept: see enabled of block journal\n");
	else if (s->oldest_hour < 0)
		fprintf(stderr, "  there is no record in it: is this the config of the gate?\n");
	else if (hour < s->oldest_hour)
		fprintf(stderr,
			"  that is no longer kept: records stay %.3g days (keep), or less "
			"(size_max)\n",
			(double)conf->keep_ms / DAY_MS);
	else
		fprintf(stderr, "  what is not over yet has no record\n");
}

static int not_found(const struct journal_search *s, const struct conf_journal *conf,
		     const struct telling *t, int error)
{
	char name[JOURNAL_NAME_MAX];

	journal_file_name(s->unix_ms / HOUR_MS, name);
	if (error)
		fprintf(stderr, "postern explain: cannot read the journal in %s: %s\n", s->folder,
			strerror(error));
	else
		fprintf(stderr,
			"postern explain: the journal in %s knows nothing of %s, which began in the hour of "
			"%s (UTC)\n",
			s->folder, s->id->text, name);
	if (!error || !conf->enabled)
		hint(s, conf, t);
	return EX_NOINPUT;
}

static int find(const struct conf_journal *conf, struct journal_search *s, bool json)
{
	const size_t room = TEXT_TIMES * (size_t)LIMIT_JOURNAL_RECORD;
	struct telling t = { .json = json, .text = { .p = mem_array(NULL, room, 1), .cap = room } };
	int error;

	s->folder = conf->path.text.p;
	s->fn = tell;
	s->arg = &t;
	error = journal_find(s);
	mem_free(t.text.p);
	if (!t.told)
		return not_found(s, conf, &t, error);
	return command_done(&command_explain, EX_OK);
}

/* As it stands in a reply, in brackets, or without them. */
static struct str without_brackets(struct str word)
{
	if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']')
		return str_head(str_from(word, 1), word.n - 2);
	return word;
}

static int explain(const char *path, const char *word, bool json)
{
	struct conf_report report = conf_report_to(stderr);
	struct journal_search s = { .oldest_hour = -1 };
	struct setup_blocks blocks;
	struct conf *conf;
	struct id id;
	int status;

	if (!id_read(without_brackets(str_z(word)), now_ms(), &id, &s.unix_ms)) {
		fprintf(stderr,
			"postern explain: '%s' is no id: it is like T40KJ97HG800-1, as replies, the log and the "
			"headers have it\n",
			word);
		return EX_USAGE;
	}
	s.id = &id;
	setup_blocks(&blocks);
	conf = conf_peek(path, blocks.at, blocks.count, &report);
	if (access(path, R_OK) != 0) {
		conf_free(conf);
		return EX_NOINPUT;
	}
	status = find(conf_values(conf, &block_journal), &s, json);
	conf_free(conf);
	return status;
}

static int run(int argc, char **argv)
{
	struct command_said said;
	int status;

	if (!command_read(&command_explain, argc, argv, "json", &said, &status))
		return status;
	if (optind == argc) {
		fprintf(stderr, "postern explain: which id?\n");
		return EX_USAGE;
	}
	if (optind + 1 < argc)
		return command_surplus(&command_explain, argv[optind + 1]);
	return explain(said.path, argv[optind], said.flag);
}

const struct command command_explain = {
	.name = "explain",
	.about = "Tells what became of a mail and why",
	.usage = "explain [-c FILE] [--json] ID",
	.help = COMMAND_CONF_HELP
	"  --json              the records as they stand in the journal, one a line\n"
	"\n"
	"ID is what stands in every reply that refuses, in the log, and in the headers of a mail; of a\n"
	"session (without -1, -2 ...) all of its transactions are told.  It is read from the journal, for\n"
	"which the daemon need not run: whoever may read its files may ask.\n"
	"Exit status: 0, 64 that is no id, 66 nothing is known of it, or no configuration; errors in that\n"
	"are told, and no more.\n",
	.run = run,
};
