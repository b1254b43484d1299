/* main.c - the program's front door: which command, its help, its exit status (sysexits.h). */
#include "base/check.h"
#include "base/str.h"
#include "command/command.h"
#include "conf/conf.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

static int run_help(int argc, char **argv);

static const struct command command_list = {
	.name = "help",
	.about = "Says what the commands do",
	.usage = "help [COMMAND]",
	.help = "",
	.run = run_help,
};

static const struct command *const commands[] = {
	&command_run,     &command_check,   &command_scan,   &command_explain,
	&command_history, &command_reload,  &command_status, &command_greylist,
	&command_bulk,    &command_version, &command_list,
};

static const struct command *find(struct str name)
{
	for (size_t i = 0; i < COUNTOF(commands); i++)
		if (str_eq(name, str_z(commands[i]->name)))
			return commands[i];
	return NULL;
}

static void print_list(FILE *to)
{
	fprintf(to,
		"Postern, the gate in front of a mail server.\n\nusage: postern COMMAND ...\n\n");
	for (size_t i = 0; i < COUNTOF(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->about);
	fprintf(to, "\n'postern help COMMAND' tells more of one.\n");
}

static int unknown(const char *word)
{
	const char *names[COUNTOF(commands)];
	const char *best;

	for (size_t i = 0; i < COUNTOF(commands); i++)
		names[i] = commands[i]->name;
	best = conf_suggest(str_z(word), names, COUNTOF(names));
	fprintf(stderr, "postern: unknown command '%s'", word);
	if (best)
		fprintf(stderr, ", did you mean '%s'?", best);
	fprintf(stderr, " (see 'postern help')\n");
	return EX_USAGE;
}

static int run_help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_list(stdout);
		return command_done(&command_list, EX_OK);
	}
	if (argc > 2)
		return command_surplus(&command_list, argv[2]);
	c = find(str_z(argv[1]));
	return c ? command_help(c) : unknown(argv[1]);
}

/* "-h" and "--version" as other programs have them. */
static const char *spelt(const char *word)
{
	const struct str s = str_z(word);

	if (str_eq(s, STR("-h")) || str_eq(s, STR("--help")))
		return "help";
	if (str_eq(s, STR("-V")) || str_eq(s, STR("--version")))
		return "version";
	return word;
}

int main(int argc, char **argv)
{
	const struct command *c;

	signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error of write(), not our end */
	if (argc < 2) {
		print_list(stderr);
		return EX_USAGE;
	}
	c = find(str_z(spelt(argv[1])));
	return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}
