/* cmd_run.c - `postern run`: the daemon in the foreground. */
#include "command/command.h"
#include "daemon/master.h"
#include "io/tls.h"

#include <getopt.h>
#include <stddef.h>

static int run(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const char *path = COMMAND_CONF_DEFAULT;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'h')
			return command_help(&command_run);
		if (c != 'c')
			return command_misuse(&command_run, argv);
		path = optarg;
	}
	if (optind < argc)
		return command_surplus(&command_run, argv[optind]);
	tls_count_memory();
	return master_run(path);
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
