/* cmd_scan.c - `postern scan`: what would have become of these messages. */
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/command.h"
#include "daemon/scan.h"
#include "daemon/scan_file.h"
#include "daemon/scan_print.h"
#include "daemon/state.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	RESULT_MAX = 16 * 1024 * 1024, /* one result as text: four times a transaction's memory */
	PROGRESS_EVERY_MS = 500
};

struct job {
	const char *config; /* NULL: the default, which may be absent */
	struct scan_envelope envelope;
	bool json;

	struct scanner *scanner;
	char *buffer; /* RESULT_MAX bytes */
	int status;
	size_t count;
	int64_t shown_ms; /* progress: last time */
	bool shows;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- one file ---- */

static void complain(struct job *job, const char *path, struct str why)
{
	fprintf(stderr, "postern scan: %s: " STR_FMT "\n", path, STR_ARG(why));
	job->status = EX_NOINPUT;
}

static void show_progress(struct job *job)
{
	const int64_t now = clock_ms(CLOCK_MONOTONIC);

	job->count++;
	if (!job->shows || now - job->shown_ms < PROGRESS_EVERY_MS)
		return;
	job->shown_ms = now;
	fprintf(stderr, "\r%zu messages", job->count);
}

static void print_result(struct job *job, const char *path, const struct scan_result *result)
{
	struct out o = { .p = job->buffer, .cap = RESULT_MAX };

	if (job->json)
		scan_print_json(&o, path, job->scanner, result);
	else
		scan_print_text(&o, path, job->scanner, result);
	if (o.full)
		complain(job, path, STR("its result is too large to print"));
	else if (fwrite(o.p, 1, o.n, stdout) != o.n)
		job->status = EX_IOERR;
}

static void scan_one(void *arg, const char *path, const char *error)
{
	struct job *job = arg;
	struct scan_result result;
	struct str message;
	char text[256];
	struct out why = OUT(text);
	enum err err;

	if (error) {
		complain(job, path, str_z(error));
		return;
	}
	if (!scan_read(path, &message, &why)) {
		complain(job, path, out_text(&why));
		return;
	}
	err = scanner_judge(job->scanner, message, &result);
	if (err == ERR_OK)
		print_result(job, path, &result);
	else
		complain(job, path, str_z(err_text(err)));
	scan_forget(&message);
	log_flush();
	show_progress(job);
}

/* ---- all of them ---- */

static int scan_paths(struct job *job, const struct setup *setup, char **paths)
{
	job->scanner = scanner_new(setup, &job->envelope);
	job->buffer = mem_new(RESULT_MAX);
	job->shown_ms = clock_ms(CLOCK_MONOTONIC);
	job->shows = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	for (; *paths; paths++)
		scan_walk(*paths, scan_one, job);
	if (job->shows && job->count)
		fprintf(stderr, "\r%zu messages\n", job->count);
	mem_free(job->buffer);
	scanner_free(job->scanner);
	return job->status;
}

/* Run by root before the daemon ever was, it must not leave files there that the workers cannot open. */
static void make_state(const struct setup *setup)
{
	char text[256];
	struct out why = OUT(text);
	struct privileges p;

	if (setup_store_is_asked_for(setup) && privileges_find(setup->global->user.text, &p, &why))
		state_make(setup, &p);
}

static int scan(struct job *job, char **paths)
{
	struct conf_report report = conf_report_to(stderr);
	const char *path = job->config ? job->config : COMMAND_CONF_DEFAULT;
	struct setup setup;
	int status;

	/* Without any config the defaults do: rules and filters can be tried where nothing is set up. */
	if (!job->config && access(path, F_OK) != 0)
		path = NULL;
	status = setup_load(&setup, path, SETUP_TO_JUDGE, &report);
	if (status == EX_OK) {
		make_state(&setup);
		status = scan_paths(job, &setup, paths);
	}
	setup_free(&setup);
	return command_done(&command_scan, status);
}

/* ---- options ---- */

enum {
	OPTION_CLIENT_IP = 256,
	OPTION_CLIENT_NAME,
	OPTION_MAIL_FROM,
	OPTION_RCPT_TO,
	OPTION_HELO,
	OPTION_NOW,
	OPTION_JSON
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "client-ip", required_argument, NULL, OPTION_CLIENT_IP },
	{ "client-name", required_argument, NULL, OPTION_CLIENT_NAME },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "mail-from", required_argument, NULL, OPTION_MAIL_FROM },
	{ "rcpt-to", required_argument, NULL, OPTION_RCPT_TO },
	{ "now", required_argument, NULL, OPTION_NOW },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

/* "<a@example.org>" is taken as well as a@example.org. */
static struct str without_brackets(struct str s)
{
	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return (struct str){ .p = s.p + 1, .n = s.n - 2 };
	return s;
}

/* What is wrong with the option, or NULL. */
static const char *take_option(struct job *job, int c, const char *text)
{
	struct scan_envelope *e = &job->envelope;
	uint64_t seconds;

	switch (c) {
	case 'c':
		job->config = text;
		return NULL;
	case OPTION_CLIENT_IP:
		return ip_parse(str_z(text), &e->client_ip) ? NULL : "is no IP address";
	case OPTION_CLIENT_NAME:
		e->client_name = str_z(text);
		return NULL;
	case OPTION_HELO:
		e->helo = str_z(text);
		return NULL;
	case OPTION_MAIL_FROM:
		e->mail_from = without_brackets(str_z(text));
		return NULL;
	case OPTION_RCPT_TO:
		if (!e->rcpt.n)
			e->rcpt = without_brackets(str_z(text));
		return NULL;
	case OPTION_NOW:
		if (!str_u64(str_z(text), INT64_MAX / 1000, &seconds))
			return "is no time in seconds since 1970";
		e->unix_ms = (int64_t)seconds * 1000;
		return NULL;
	default:
		job->json = true;
		return NULL;
	}
}

static int run_scan(int argc, char **argv)
{
	struct job job = { .envelope.unix_ms = clock_ms(CLOCK_REALTIME) };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		const char *wrong;

		if (c == 'h')
			return command_help(&command_scan);
		if (c == '?')
			return command_misuse(&command_scan, argv);
		wrong = take_option(&job, c, optarg);
		if (wrong) {
			fprintf(stderr, "postern scan: '%s' %s\n", optarg, wrong);
			return EX_USAGE;
		}
	}
	if (optind == argc) {
		fprintf(stderr, "postern scan: which messages?  Name files, folders or '-'\n");
		return EX_USAGE;
	}
	return scan(&job, argv + optind);
}

const struct command command_scan = {
	.name = "scan",
	.about = "Judges messages in files as if they were received, without delivering them",
	.usage = "scan [-c FILE] [--client-ip A] [--client-name N] [--helo H] [--mail-from F]\n"
		 "                    [--rcpt-to R]... [--now EPOCH] [--json] PATH...",
	.help = COMMAND_CONF_HELP
	"  --client-ip A       the client's address; without it address checks have nothing to say\n"
	"  --client-name N     its confirmed reverse name; without it DNS is asked\n"
	"  --helo H            what it said in EHLO\n"
	"  --mail-from F       the envelope sender, '' is the null sender; without it the message's\n"
	"                      Return-Path\n"
	"  --rcpt-to R         a recipient; the first one's recipient class counts\n"
	"  --now EPOCH         the time of receipt, in seconds since 1970\n"
	"  --json              one JSON object a line instead of text\n"
	"\n"
	"PATH is a file with one message, a folder of such files, or '-' for standard input.  Results come\n"
	"in the order of the paths, of a folder by name.\n"
	"Exit status: 0, 66 when a file could not be read (the others were judged), 78 errors in\n"
	"the configuration.\n",
	.run = run_scan,
};
