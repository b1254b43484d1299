/* cmd_run.c - `postern run`: the daemon in the foreground. */
#include "command/command.h"
#include "daemon/master.h"
#include "io/tls.h"

#include <getopt.h>
#include <stddef.h>

static int run(int argc, char **argv)
{
	struct command_said said;
	int status;

	if (!command_read(&command_run, argc, argv, NULL, &said, &status))
		return status;
	if (optind < argc)
		return command_surplus(&command_run, argv[optind]);
	tls_count_memory();
	return master_run(said.path);
}

const struct command command_run = {
	.name = "run",
	.about = "Runs the gate in the foreground",
	.usage = "run [-c FILE]",
	.help = COMMAND_CONF_HELP
	"\n"
	"Signals: TERM or INT let transactions end, then the program (a second one ends it at once);\n"
	"HUP reads the configuration again, and keeps the old one when the new one has errors.\n"
	"Exit status: 0 told to stop, 66 no configuration, 68 a backend does not resolve, 69 or 77 a port\n"
	"cannot be had, 73 a folder cannot be written, 78 errors in the configuration.\n",
	.run = run,
};
