/* command.h - one command of the program: what `postern help` says of it, and what runs it. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/attr.h"

#include <stdbool.h>

struct TABLE_ROW command {
	const char *name;
	const char *about; /* one line */
	const char *usage; /* behind "postern " */
	const char *help;  /* the options and what else is worth knowing */
	/* argv[0] is the command's name.  Returns the exit status (sysexits.h). */
	int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_check, command_scan, command_explain,
	command_history, command_reload, command_greylist, command_bulk, command_status,
	command_version;

#define COMMAND_CONF_DEFAULT "/etc/postern/postern.conf"
#define COMMAND_CONF_HELP                                                                          \
	"  -c, --config FILE   the configuration (default " COMMAND_CONF_DEFAULT ")\n"

/* For commands with few options: -c, and one that has no value (NULL: none).  False: it is over, with *status. */
struct command_said {
	const char *path; /* of the configuration */
	bool flag;        /* the one option was said */
};
bool command_read(const struct command *c, int argc, char **argv, const char *flag,
		  struct command_said *said, int *status) NODISCARD;

/* What -h prints, also `postern help NAME`; returns EX_OK. */
int command_help(const struct command *c);
/* After a '?' of getopt_long(): one line on standard error; returns EX_USAGE. */
int command_misuse(const struct command *c, char **argv);
/* An argument the command does not take; returns EX_USAGE. */
int command_surplus(const struct command *c, const char *argument);
/* Ends a command that printed results: status, or EX_IOERR when standard output did not take them. */
int command_done(const struct command *c, int status);

#endif
