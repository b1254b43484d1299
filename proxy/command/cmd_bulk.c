#include "command/command.h"
#include "control/control_client.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { WORDS = 4 };

/* What the daemon is told: the verb, then "--domain" if that was said, then the rest. */
static int ask(const char *path, char *const *words, int count, bool domain)
{
	static char of_domain[] = "--domain";
	char *all[WORDS];
	int n = 0;

	all[n++] = words[0];
	if (domain)
		all[n++] = of_domain;
	for (int i = 1; i < count && n < WORDS; i++)
		all[n++] = words[i];
	return control_client(path, command_bulk.name, all, n);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "domain", no_argument, NULL, 'd' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const char *path = COMMAND_CONF_DEFAULT;
	bool domain = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:dh", options, NULL)) != -1) {
		if (c == 'h')
			return command_help(&command_bulk);
		if (c == 'c')
			path = optarg;
		else if (c == 'd')
			domain = true;
		else
			return command_misuse(&command_bulk, argv);
	}
	if (optind == argc) {
		fprintf(stderr, "postern bulk: top, show, allow, block, forget or said?\n");
		return EX_USAGE;
	}
	if (argc - optind >= WORDS)
		return command_surplus(&command_bulk, argv[optind + WORDS - 1]);
	return command_done(&command_bulk, ask(path, argv + optind, argc - optind, domain));
}

const struct command command_bulk = {
	.name = "bulk",
	.about =
		"Shows and changes what the running daemon knows of mail that came again and again",
	.usage = "bulk [-c FILE] top [N]\n"
		 "       postern bulk [-c FILE] show | allow | block | forget ID\n"
		 "       postern bulk [-c FILE] allow | block | forget --domain DOMAIN\n"
		 "       postern bulk [-c FILE] said",
	.help = COMMAND_CONF_HELP
	"\n"
	"  top [N]         the N mails (10) that came most often, the most frequent first\n"
	"  show ID         all that was counted of one\n"
	"  allow ID        it is found BULK_ALLOWED when it comes, for 400 days\n"
	"  block ID        it is found BULK_BLOCKED when it comes, for 400 days\n"
	"  forget ID       it is new when it comes again\n"
	"  said            of which mails and domains this was said\n"
	"  -d, --domain    the mail of a domain that stands behind its mail: as DKIM (d=) or SPF has authenticated\n"
	"                  it, aligned with From\n"
	"\n"
	"An ID has 16 hexadecimal digits: findings of the bulk radar begin with it.\n"
	"Exit status: 0 done, 1 nothing was found or done, 64 wrong words, 69 no daemon answers,\n"
	"77 it may not be asked, 78 the config has no block control.\n",
	.run = run,
};
