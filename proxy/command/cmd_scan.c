/* cmd_scan.c - `postern scan`: what would have become of these messages. */
#include "base/limits.h"
#include "base/pages.h"
#include "command/command.h"
#include "daemon/state.h"
#include "scan/scan_crew.h"
#include "scan/scan_progress.h"
#include "scan/scan_walk.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

struct job {
	const char *config; /* NULL: the default, which may be absent */
	struct scan_options options;
	uint64_t jobs; /* 0: as many as make sense */
	struct scan_progress progress;

	struct scan_crew *crew; /* several processes, or */
	struct scan_work *work; /* this one */
	uint64_t count;         /* messages that were begun */
	int status;
	bool over; /* nobody takes the results */
};

/* ---- one message ---- */

static void complain(struct job *job, const struct scan_item *item, struct str why, int status)
{
	scan_progress_clear(&job->progress);
	fprintf(stderr, "postern scan: %s", item->path);
	if (item->index)
		fprintf(stderr, " (%llu)", (unsigned long long)item->index);
	fprintf(stderr, ": " STR_FMT "\n", STR_ARG(why));
	if (job->status < status) /* what is worse says how it ended */
		job->status = status;
}

static void take_answer(void *arg, const struct scan_item *item, enum scan_answer answer,
			struct str text)
{
	struct job *job = arg;

	if (answer != SCAN_JUDGED)
		complain(job, item, text, answer == SCAN_DIED ? EX_SOFTWARE : EX_NOINPUT);
	else if (!job->over && fwrite(text.p, 1, text.n, stdout) != text.n)
		job->over = true;
	scan_progress_step(&job->progress);
}

static bool scan_one(void *arg, const struct scan_item *item, const char *error)
{
	struct job *job = arg;
	struct str text;
	bool ok;

	if (error) {
		complain(job, item, str_z(error), item->skipped ? EX_OK : EX_NOINPUT);
	} else if (job->crew) {
		scan_crew_give(job->crew, job->count++, item);
	} else {
		ok = scan_work_do(job->work, job->count++, item, &text);
		take_answer(job, item, ok ? SCAN_JUDGED : SCAN_FAILED, text);
	}
	return !job->over;
}

/* ---- all of them ---- */

/* What a filter remembers of one message it knows when the next one comes, if there is an order; and memory that is not
 * shared is one process's. */
static unsigned count_jobs(const struct job *job)
{
	const struct setup *setup = job->options.setup;
	const bool remembers = filter_set_remembers(setup->filters);
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (remembers && (!job->jobs || !setup_store_is_shared(setup)))
		return 1;
	if (job->jobs)
		return (unsigned)job->jobs;
	return cores < 1 ? 1 : cores > SCAN_CREW_MAX ? SCAN_CREW_MAX : (unsigned)cores;
}

static int scan_paths(struct job *job, char **paths)
{
	const unsigned jobs = count_jobs(job);

	if (job->jobs > jobs)
		fprintf(stderr,
			"postern scan: one process, because what filters remember is in its memory\n");
	if (jobs > 1)
		job->crew = scan_crew_new(jobs, &job->options, take_answer, job);
	else
		job->work = scan_work_new(&job->options);
	scan_progress_begin(&job->progress);
	while (*paths && scan_walk(*paths, scan_one, job))
		paths++;
	if (job->crew)
		scan_crew_end(job->crew);
	else
		scan_work_free(job->work);
	scan_progress_end(&job->progress);
	return job->status;
}

/* Run by root before the daemon ever was, it must not leave files there that the workers cannot open. */
static void make_store(const struct setup *setup)
{
	char text[256];
	struct out why = OUT(text);
	struct privileges p;

	if (setup_store_is_asked_for(setup) && privileges_find(setup->global->user.text, &p, &why))
		state_make_store(setup, &p);
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
	job->options.setup = &setup;
	if (status == EX_OK) {
		pages_make_large();
		make_store(&setup);
		status = scan_paths(job, paths);
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
	OPTION_JOBS,
	OPTION_PROGRESS,
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
	{ "jobs", required_argument, NULL, OPTION_JOBS },
	{ "progress", no_argument, NULL, OPTION_PROGRESS },
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
	struct scan_envelope *e = &job->options.envelope;
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
		e->received_then = true;
		return NULL;
	case OPTION_JOBS:
		if (!str_u64(str_z(text), SCAN_CREW_MAX, &job->jobs) || !job->jobs)
			return "is no number of processes, 1 to 64";
		return NULL;
	case OPTION_PROGRESS:
		job->progress.shows = true;
		return NULL;
	default:
		job->options.json = true;
		return NULL;
	}
}

static int run_scan(int argc, char **argv)
{
	struct job job = { .options.envelope.unix_ms = (int64_t)time(NULL) * 1000 };
	int c;

	job.progress.shows = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
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
	.usage =
		"scan [-c FILE] [--client-ip A] [--client-name N] [--helo H] [--mail-from F]\n"
		"                    [--rcpt-to R]... [--now EPOCH] [--jobs N] [--progress] [--json] PATH...",
	.help = COMMAND_CONF_HELP
	"  --client-ip A       the client's address; without it address checks have nothing to say\n"
	"  --client-name N     its confirmed reverse name; without it DNS is asked\n"
	"  --helo H            what it said in EHLO\n"
	"  --mail-from F       the envelope sender, '' is the null sender; without it as the\n"
	"                      message notes it: X-Envelope-From, Envelope-Sender or Return-Path above\n"
	"                      all Received fields\n"
	"  --rcpt-to R         a recipient; the first one's recipient class counts\n"
	"  --now EPOCH         the time of receipt, in seconds since 1970; without it only Received\n"
	"                      fields say how far off a Date is, so that old mail can be judged\n"
	"  --jobs N            so many processes judge at the same time; without it one a core, or only\n"
	"                      one where filters remember (bulk, reputation, rates, greylisting)\n"
	"  --progress          a line on standard error that counts, which a terminal has anyway\n"
	"  --json              one JSON object a line instead of text\n"
	"\n"
	"PATH is a file with one message, an mbox (which begins with \"From \"), a Maildir, a folder of\n"
	"these, or '-' for standard input.  A pipe is read, and waited for, when it is named; one in a\n"
	"folder is passed over.  Results come in the order of the paths, of a folder by name.\n"
	"Exit status: 0, 66 when a message could not be read, 70 when judging it ended the process (the\n"
	"others were judged), 74 when the output was not taken, 78 errors in the configuration.\n",
	.run = run_scan,
};
