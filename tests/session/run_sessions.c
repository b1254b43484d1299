/* run_sessions.c - plays session scripts in all their variants (tests/session/README.md).
 *
 *	run_sessions [--quick] [-v] [-k VARIANT AT HOW] SCRIPT...
 *
 * --quick: only as written.  -k: only one variant, by numbers (PLAY_KINDS).  -v: names each variant before it is
 * played.  Prints TAP, one line per script and kind of variant.  They are played in a process of their own; where a
 * failed CHECK ends it, its last words say which variant it was, and another one goes on behind that script. */
#include "base/check.h"
#include "base/mem.h"
#include "fake/fake.h"
#include "fake/words.h"
#include "session/mailbox.h"
#include "session/play.h"
#include "unit/often.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPLIT_BYTES_MAX = 8 << 20, FAILURES_SHOWN = 3 };

struct run {
	bool quick, verbose, single;
	struct variant only;
	char folder[64], conf_path[96];
	const struct script *script;
	const char *name;
	struct setup setup;
	bool is_set_up;
	bool good;
};

static char last_words[512];

static void die(int sig)
{
	ssize_t ignored = write(STDERR_FILENO, last_words, strlen(last_words));

	(void)ignored;
	signal(sig, SIG_DFL);
	raise(sig);
}

static void announce(const struct run *r, const struct variant *v)
{
	char text[256];
	struct out o = OUT(text);

	play_print_variant(&o, v);
	snprintf(last_words, sizeof(last_words), "# while playing %s: " STR_FMT " (-k %d %u %u)\n",
		 r->name, STR_ARG(out_text(&o)), (int)v->kind, v->at, v->how);
	if (r->verbose)
		fputs(last_words, stderr);
}

/* What a play took, it gave back: the gate's memory and the fakes'. */
static bool nothing_leaked(size_t before, struct out *why)
{
	const size_t now = fake_live_blocks();

	if (now == before)
		return true;
	out_printf(why, "%zu blocks of memory before, %zu after", before, now);
	return false;
}

/* The config is read once; but what block lists have shown of themselves is kept with it, so a script with some
 * begins each play with a new one. */
static bool set_up(struct run *r, struct out *why)
{
	if (r->is_set_up && !str_has(r->script->conf, STR("dnsbl")))
		return true;
	if (r->is_set_up)
		setup_free(&r->setup);
	r->is_set_up = true;
	return world_setup(&r->setup, r->conf_path, why);
}

static bool play_checked(struct run *r, const struct variant *v, struct play_counts *counts,
			 struct out *why)
{
	size_t before;

	if (!set_up(r, why))
		return false;
	before = fake_live_blocks();
	return play(r->script, &r->setup, v, counts, why) && nothing_leaked(before, why);
}

static bool play_one(struct run *r, const struct variant *v, struct play_counts *counts)
{
	char text[4096], variant[256];
	struct out why = OUT(text), o = OUT(variant);

	announce(r, v);
	if (play_checked(r, v, counts, &why))
		return true;
	play_print_variant(&o, v);
	printf("# " STR_FMT "\n#   " STR_FMT " (-k %d %u %u)\n", STR_ARG(out_text(&why)),
	       STR_ARG(out_text(&o)), (int)v->kind, v->at, v->how);
	return false;
}

/* A long script is split at every so many bytes (an odd number), so that all its plays together stay short; under
 * sanitizers, at every third of these: they are most of all plays, and what is said is cut everywhere byte by byte, too. */
static unsigned stride_of(enum play_kind kind, unsigned count)
{
	const uint64_t bytes = (uint64_t)count * count;

	if (kind != PLAY_SPLIT)
		return 1;
	return ((unsigned)(bytes / SPLIT_BYTES_MAX) | 1) * often_unless_sanitized(1, 3);
}

/* All of one kind: at 0..count-1, each in `ways`. */
static void play_all(struct run *r, enum play_kind kind, unsigned count, unsigned ways)
{
	static const char *const names[] = {
#define X(ID, TEXT) [PLAY_##ID] = (TEXT),
		PLAY_KINDS(X)
#undef X
	};
	const unsigned stride = stride_of(kind, count);
	unsigned played = 0, failed = 0;

	for (unsigned at = 0; at < count && failed < FAILURES_SHOWN; at += stride) {
		for (unsigned how = 0; how < ways && failed < FAILURES_SHOWN; how++) {
			const struct variant v = { .kind = kind, .at = at, .how = how };

			played++;
			failed += !play_one(r, &v, NULL);
		}
	}
	if (failed)
		r->good = false;
	if (played)
		printf("%sok - %s: %s, %u played\n", failed ? "not " : "", r->name, names[kind],
		       played);
	fflush(stdout);
}

static void play_variants(struct run *r)
{
	const struct script *s = r->script;
	const struct variant written = { .kind = PLAY_WRITTEN };
	struct play_counts seen = { 0 };

	r->good = play_one(r, &written, &seen);
	printf("%sok - %s: as written\n", r->good ? "" : "not ", r->name);
	if (!r->good || r->quick)
		return;
	play_all(r, PLAY_BYTES, s->no_split ? 0 : 1, 1);
	play_all(r, PLAY_SPLIT, s->no_split ? 0 : seen.bytes, 1);
	play_all(r, PLAY_GONE, s->no_gone ? 0 : seen.lines, GONE_COUNT);
	play_all(r, PLAY_DNS, s->no_faults ? 0 : seen.lookups, 2);
	play_all(r, PLAY_MTA, s->no_faults ? 0 : seen.actions, MTA_FAULT_COUNT);
}

static bool write_file(const struct run *r, const char *name, struct str text)
{
	char path[128];
	FILE *f;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	f = fopen(path, "wb");
	if (!f)
		return false;
	good = fwrite(text.p, 1, text.n, f) == text.n;
	return fclose(f) == 0 && good;
}

static bool run_script(struct run *r, const char *path)
{
	char text[1024];
	struct out why = OUT(text);
	struct script *script = script_read(path, r->folder, &why);

	r->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (!script || !write_file(r, "gate.conf", script->conf) ||
	    !write_file(r, "gate.cf", script->rules)) {
		printf("# " STR_FMT "\nnot ok - %s: cannot be read\n", STR_ARG(out_text(&why)),
		       r->name);
		return false;
	}
	r->script = script;
	if (r->single)
		r->good = play_one(r, &r->only, NULL);
	else
		play_variants(r);
	if (r->is_set_up)
		setup_free(&r->setup);
	r->is_set_up = false;
	script_free(script);
	return r->good;
}

/* How far the process that plays has come, in memory that it shares with the one that started it. */
struct progress {
	int done;
	bool bad;
};

static void play_on(struct run *r, int count, char **paths, struct progress *p)
{
	signal(SIGABRT, die);
	signal(SIGSEGV, die);
	for (; p->done < count; p->done++) {
		p->bad = !run_script(r, paths[p->done]) || p->bad;
		fflush(stdout);
	}
}

/* True: to the end.  Valgrind and the sanitizers have a word at the end, too. */
static bool play_apart(struct run *r, int count, char **paths, struct progress *p)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		play_on(r, count, paths, p);
		exit(0);
	}
	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	if (status)
		printf("not ok - %s: died (status %d)\n",
		       p->done < count ? paths[p->done] : "at the end", status);
	return status == 0;
}

static bool run_scripts(struct run *r, int count, char **paths)
{
	struct progress *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	for (; p->done < count; p->done++)
		p->bad = !play_apart(r, count, paths, p) || p->bad;
	return !p->bad;
}

static int read_options(struct run *r, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		const struct str option = str_z(argv[i]);

		if (str_eq(option, STR("--quick"))) {
			r->quick = true;
		} else if (str_eq(option, STR("-v"))) {
			r->verbose = true;
		} else if (str_eq(option, STR("-k")) && i + 3 < argc) {
			r->single = true;
			r->only.kind = (enum play_kind)strtol(argv[++i], NULL, 10);
			r->only.at = (unsigned)strtoul(argv[++i], NULL, 10);
			r->only.how = (unsigned)strtoul(argv[++i], NULL, 10);
		}
	}
	return i;
}

static void remove_folder(const struct run *r)
{
	static const char *const names[] = { "gate.conf", "gate.cf" };
	char path[128];

	for (size_t i = 0; i < COUNTOF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", r->folder, names[i]);
		unlink(path);
	}
	rmdir(r->folder);
}

int main(int argc, char **argv)
{
	struct run r = { .folder = "/tmp/postern-session-XXXXXX" };
	const int i = read_options(&r, argc, argv);
	bool good;

	CHECK(mkdtemp(r.folder) != NULL);
	snprintf(r.conf_path, sizeof(r.conf_path), "%s/gate.conf", r.folder);
	mailbox_place(r.folder);
	good = run_scripts(&r, argc - i, argv + i);
	remove_folder(&r);
	return good ? 0 : 1;
}
