#include "command/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

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

int command_done(const struct command *c, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "postern %s: cannot write the output: %s\n", c->name, strerror(errno));
	return status ? status : EX_IOERR;
}
