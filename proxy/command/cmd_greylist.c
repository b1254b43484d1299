/* cmd_greylist.c - `postern greylist`: what the running daemon knows of mails that have to come back. */
#include "command/command.h"
#include "control/control_client.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int run(int argc, char **argv)
{
	struct command_said said;
	int status;

	if (!command_read(&command_greylist, argc, argv, NULL, &said, &status))
		return status;
	if (optind == argc) {
		fprintf(stderr, "postern greylist: list, show, release, allow, block or forget?\n");
		return EX_USAGE;
	}
	return command_done(&command_greylist, control_client(said.path, command_greylist.name,
							      argv + optind, argc - optind));
}

const struct command command_greylist = {
	.name = "greylist",
	.about = "Shows and changes what the running daemon has greylisted",
	.usage = "greylist [-c FILE] list | show | release | forget [WORD]...\n"
		 "       postern greylist [-c FILE] allow | block SOURCE",
	.help = COMMAND_CONF_HELP
	"\n"
	"  list [WORD]...      mails that have to come back and have not passed\n"
	"  show [WORD]...      these, mails that have passed, and sources that are known\n"
	"  release WORD...     they pass when they come back, however early\n"
	"  forget WORD...      mails and sources are not known any more\n"
	"  allow SOURCE        all mail of a domain (that SPF has authenticated) or a network passes\n"
	"  block SOURCE        it is found GREYLIST_BLOCKED, for a verdict\n"
	"\n"
	"A mail is: where it comes from, sender, recipient.  WORDs are parts of that, all of which must be in it,\n"
	"without regard to case: `postern greylist release @example.org`.  A network is an address of it, or\n"
	"192.0.2.0/24, 2001:db8::/64.\n"
	"Exit status: 0 done, 1 nothing was found or done, 64 wrong words, 69 no daemon answers,\n"
	"77 it may not be asked, 78 the config has no block control.\n",
	.run = run,
};
