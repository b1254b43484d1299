/* cmd_history.c - `postern history`: the mails that went by, from the journal, for who has an address and no id. */
#include "base/limits.h"
#include "base/mem.h"
#include "command/command.h"
#include "command/explain.h"
#include "journal/find.h"
#include "setup/setup.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { TEXT_TIMES = 32 }; /* so much more may its lines have: each names the sender */

struct history {
	char **words; /* NULL behind the last */
	bool json;
	unsigned told;
	struct out text;
};

static bool has_all(const struct history *h, struct str record)
{
	for (char **word = h->words; *word; word++)
		if (!str_ihas(record, str_z(*word)))
			return false;
	return true;
}

static void tell(void *arg, struct str record, bool whole)
{
	struct history *h = arg;

	(void)whole;
	h->text.n = 0;
	h->text.full = false;
	if (!has_all(h, record) || !explain_brief(&h->text, record) || !h->text.n)
		return;
	h->told++;
	if (h->json)
		printf(STR_FMT "\n", STR_ARG(record));
	else
		printf(STR_FMT, STR_ARG(out_text(&h->text)));
}

static int search(const char *folder, char **words, bool json)
{
	const size_t room = TEXT_TIMES * (size_t)LIMIT_JOURNAL_RECORD;
	struct history h = { .words = words,
			     .json = json,
			     .text = { .p = mem_array(NULL, room, 1), .cap = room } };
	struct journal_search s = { .folder = folder, .fn = tell, .arg = &h };
	const int error = journal_find(&s);

	mem_free(h.text.p);
	if (error)
		fprintf(stderr, "postern history: cannot read the journal in %s: %s\n", folder,
			strerror(error));
	else if (!h.told)
		fprintf(stderr, "postern history: there is none in %s, of %u records\n", folder,
			s.found);
	return command_done(&command_history, error || !h.told ? EX_NOINPUT : EX_OK);
}

static int run(int argc, char **argv)
{
	struct conf_report report = conf_report_to(stderr);
	struct setup_blocks blocks;
	struct command_said said;
	struct conf *conf;
	int status;

	if (!command_read(&command_history, argc, argv, "json", &said, &status))
		return status;
	setup_blocks(&blocks);
	conf = conf_peek(said.path, blocks.at, blocks.count, &report);
	if (access(said.path, R_OK) != 0) {
		conf_free(conf);
		return EX_NOINPUT;
	}
	status = search(
		((const struct conf_journal *)conf_values(conf, &block_journal))->path.text.p,
		argv + optind, said.flag);
	conf_free(conf);
	return status;
}

const struct command command_history = {
	.name = "history",
	.about = "Lists the mails that went by, and finds those of an address or a symbol",
	.usage = "history [-c FILE] [--json] [WORD]...",
	.help = COMMAND_CONF_HELP
	"  --json              the records as they stand in the journal, one a line\n"
	"\n"
	"A line for each recipient, the oldest first: when, the id for 'postern explain', the client,\n"
	"the sender, the recipient, who decided and which verdict, and the reply.  WORDs are parts of\n"
	"what was recorded, all of which must be in it, in capitals or not: addresses, a Message-ID,\n"
	"symbols, a day as 2026-11-28: 'postern history @example.org SPF_FAIL'.\n"
	"Exit status: 0, 66 there is none, or no configuration; errors in that are told, and no more.\n",
	.run = run,
};
