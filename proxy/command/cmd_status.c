/* cmd_status.c - `postern status`: what the running daemon has counted. */
#include "command/command.h"
#include "control/control_client.h"

#include <getopt.h>
#include <stddef.h>

static int run(int argc, char **argv)
{
	static char show[] = "show", metrics[] = "metrics";
	struct command_said said;
	char *word;
	int status;

	if (!command_read(&command_status, argc, argv, "metrics", &said, &status))
		return status;
	if (optind < argc)
		return command_surplus(&command_status, argv[optind]);
	word = said.flag ? metrics : show;
	return command_done(&command_status,
			    control_client(said.path, command_status.name, &word, 1));
}

const struct command command_status = {
	.name = "status",
	.about = "Tells what the running daemon has counted since it was started",
	.usage = "status [-c FILE] [--metrics]",
	.help = COMMAND_CONF_HELP
	"  --metrics           in the text format of Prometheus, for the textfile collector of its\n"
	"                      node exporter or a monitor of your own\n"
	"\n"
	"Counts are those of all workers, also of those that have ended; a reload does not end them.\n"
	"Of verdicts and symbols it tells how often they decided or were found, also since a reload.\n"
	"Exit status: 0 done, 66 no configuration, 69 no daemon answers, 77 it may not be\n"
	"asked, 78 the config has no block control.\n",
	.run = run,
};
