#include "command/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { FLAG = 256 }; /* no letter */

int command_help(const struct command *c)
{
	printf("usage: postern %s\n\n%s.\n", c->usage, c->about);
	if (c->help[0])
		printf("\n%s", c->help);
	return command_done(c, EX_OK);
}

static int see_help(const struct command *c)
{
	fprintf(stderr, "  (see 'postern help %s')\n", c->name);
	return EX_USAGE;
}

int command_misuse(const struct command *c, char **argv)
{
	fprintf(stderr, "postern %s: option '%s' is not known, or lacks its value\n", c->name,
		argv[optind - 1]);
	return see_help(c);
}

int command_surplus(const struct command *c, const char *argument)
{
	fprintf(stderr, "postern %s: what is '%s'?\n", c->name, argument);
	return see_help(c);
}

bool command_read(const struct command *c, int argc, char **argv, const char *flag,
		  struct command_said *said, int *status)
{
	const struct option options[] = { { "config", required_argument, NULL, 'c' },
					  { "help", no_argument, NULL, 'h' },
					  { flag, no_argument, NULL, FLAG },
					  { NULL, 0, NULL, 0 } };
	int got;

	*said = (struct command_said){ .path = COMMAND_CONF_DEFAULT };
	*status = EX_OK;
	opterr = 0;
	while ((got = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (got == 'c') {
			said->path = optarg;
		} else if (got == FLAG) {
			said->flag = true;
		} else {
			*status = got == 'h' ? command_help(c) : command_misuse(c, argv);
			return false;
		}
	}
	return true;
}

int command_done(const struct command *c, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "postern %s: cannot write the output: %s\n", c->name, strerror(errno));
	return status ? status : EX_IOERR;
}
