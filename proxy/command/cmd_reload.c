/* cmd_reload.c - `postern reload`: the running daemon reads its configuration again, once that is without errors. */
#include "command/command.h"
#include "control/control_client.h"
#include "setup/setup.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* What a new generation of workers would be made of. */
static int check(const char *path)
{
	struct conf_report report = conf_report_to(stderr);
	struct setup s;
	int status = setup_load(&s, path, SETUP_TO_SERVE, &report);

	setup_free(&s);
	if (status == EX_OK && report.errors)
		status = EX_CONFIG;
	if (status == EX_CONFIG)
		fputs("postern reload: nothing was done, the daemon goes on with what it has\n",
		      stderr);
	return status;
}

static int tell(pid_t master)
{
	if (kill(master, SIGHUP) == 0) {
		printf("process %ld reads it again; its log says what comes of that\n",
		       (long)master);
		return EX_OK;
	}
	fprintf(stderr, "postern reload: process %ld cannot be told: %s\n", (long)master,
		strerror(errno));
	return errno == EPERM ? EX_NOPERM : EX_UNAVAILABLE;
}

static int run(int argc, char **argv)
{
	struct command_said said;
	pid_t master;
	int status;

	if (!command_read(&command_reload, argc, argv, NULL, &said, &status))
		return status;
	if (optind < argc)
		return command_surplus(&command_reload, argv[optind]);
	status = check(said.path);
	if (status == EX_OK)
		status = control_find_master(said.path, &master);
	return command_done(&command_reload, status == EX_OK ? tell(master) : status);
}

const struct command command_reload = {
	.name = "reload",
	.about = "Has the running daemon read its configuration again",
	.usage = "reload [-c FILE]",
	.help = COMMAND_CONF_HELP
	"\n"
	"The file is checked first, as 'postern check' does; with errors in it nothing is done.  It is\n"
	"the one that the daemon was started with; whose socket stands in it is told, as by SIGHUP.\n"
	"Exit status: 0 it was told, 66 no configuration, 69 no daemon answers, 77 it may not be\n"
	"told, 78 errors in the configuration, or it has no block control.\n",
	.run = run,
};
