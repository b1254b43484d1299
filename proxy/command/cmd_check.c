/* cmd_check.c - `postern check`: everything `run` would refuse, without touching a port. */
#include "command/command.h"
#include "daemon/account.h"
#include "daemon/folders.h"
#include "setup/setup.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

enum { OPTION_SAMPLE = 256, OPTION_MAN, OPTION_EACH, OPTION_SYMBOLS };

static int print_tables(int which)
{
	struct setup_blocks blocks;

	setup_blocks(&blocks);
	if (which == OPTION_SAMPLE)
		conf_print_sample(stdout, blocks.at, blocks.count);
	else
		conf_print_man(stdout, blocks.at, blocks.count);
	return command_done(&command_check, EX_OK);
}

/* Who the workers are, and whether they may write where they must. */
static bool check_account(const struct setup *s, struct conf_report *report)
{
	struct privileges p;

	return account_find(s, &p, report) == EX_OK && folders_check(s, &p, report);
}

struct wish {
	const char *path;
	bool each;    /* also what rule files of others have hundreds of */
	bool symbols; /* them instead of verdicts */
};

static int check(const struct wish *wish)
{
	struct conf_report report = conf_report_to(stderr);
	struct setup s;
	int status;

	report.each = wish->each;
	status = setup_load(&s, wish->path, SETUP_TO_SERVE, &report);
	if (s.conf && !check_account(&s, &report))
		status = EX_CONFIG;
	if (status == EX_OK && report.errors == 0 && wish->symbols) {
		policy_print_symbols(s.policy, stdout);
	} else if (status == EX_OK && report.errors == 0) {
		policy_print_verdicts(s.policy, stdout);
		policy_print_idle(s.policy, stdout);
		printf("ok\n");
	}
	setup_free(&s);
	if (status == EX_OK && report.errors == 0)
		return command_done(&command_check, EX_OK);
	return status == EX_OK ? EX_CONFIG : status;
}

static int run_check(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 { "sample", no_argument, NULL, OPTION_SAMPLE },
						 { "man", no_argument, NULL, OPTION_MAN },
						 { "each", no_argument, NULL, OPTION_EACH },
						 { "symbols", no_argument, NULL, OPTION_SYMBOLS },
						 { NULL, 0, NULL, 0 } };
	struct wish wish = { .path = COMMAND_CONF_DEFAULT };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'h')
			return command_help(&command_check);
		if (c == OPTION_SAMPLE || c == OPTION_MAN)
			return print_tables(c);
		if (c == 'c')
			wish.path = optarg;
		else if (c == OPTION_EACH)
			wish.each = true;
		else if (c == OPTION_SYMBOLS)
			wish.symbols = true;
		else
			return command_misuse(&command_check, argv);
	}
	if (optind < argc)
		return command_surplus(&command_check, argv[optind]);
	return check(&wish);
}

const struct command command_check = {
	.name = "check",
	.about = "Checks the configuration, its rules and certificates",
	.usage = "check [-c FILE] [--each] [--symbols] | check --sample | check --man",
	.help = COMMAND_CONF_HELP
	"  --each              tell one by one what rule files of others have hundreds of: rules that\n"
	"                      are not run, names that nobody defines; else those of a file with\n"
	"                      more than three are counted\n"
	"  --symbols           instead of verdicts, print every symbol that they can name: its score, from\n"
	"                      which stage on it is known, and what it means (describe, in rule files)\n"
	"  --sample            print a configuration with every option and its default\n"
	"  --man               print the list of options as postern.conf(5) has it (roff)\n"
	"\n"
	"Errors and warnings are 'file:line:column: text'.  Without errors it says of each verdict\n"
	"from which stage of a transaction on it can fire, then 'ok'.\n"
	"Exit status: 0, 66 no configuration, 78 when there are errors.\n",
	.run = run_check,
};
