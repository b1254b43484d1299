/* Rule files: those that `rules { files }` names, each read once.  One that is named twice, by its name behind a glob, is
 * meant to have the last word: it is read where it is named last. */
#include "setup/setup.h"

#include "base/mem.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

struct rule_file {
	char *path;
	const struct conf_place *at;
	bool there; /* its numbers are known */
	dev_t device;
	ino_t inode;
};

struct rule_files {
	struct rule_file *items;
	size_t count;
};

static void add_file(struct rule_files *files, const char *path, const struct conf_place *at)
{
	struct rule_file *f;
	struct stat st;

	files->items = mem_array(files->items, files->count + 1, sizeof(*files->items));
	f = &files->items[files->count++];
	*f = (struct rule_file){ .path = mem_strdup(str_z(path)), .at = at };
	f->there = stat(path, &st) == 0;
	if (!f->there)
		return;
	f->device = st.st_dev;
	f->inode = st.st_ino;
}

static bool has_wildcard(struct str s)
{
	return s.n && strpbrk(s.p, "*?[") != NULL;
}

static void add_pattern(struct rule_files *files, const struct conf_text *pattern,
			struct conf_report *report)
{
	glob_t found = { .gl_pathc = 0 };
	const int error = glob(pattern->text.p, 0, NULL, &found);

	if (error == GLOB_NOMATCH && has_wildcard(pattern->text))
		conf_warn(report, &pattern->at, "no rule file is named " STR_FMT,
			  STR_ARG(pattern->text));
	else if (error)
		conf_error(report, &pattern->at, "cannot read " STR_FMT ": %s",
			   STR_ARG(pattern->text),
			   error == GLOB_NOMATCH ? strerror(ENOENT) : strerror(errno));
	for (size_t i = 0; !error && i < found.gl_pathc; i++)
		add_file(files, found.gl_pathv[i], &pattern->at);
	globfree(&found);
}

static bool comes_again(const struct rule_files *files, size_t at)
{
	const struct rule_file *file = &files->items[at];

	for (size_t i = at + 1; i < files->count; i++) {
		const struct rule_file *f = &files->items[i];

		if (f->there && file->there && f->device == file->device && f->inode == file->inode)
			return true;
	}
	return false;
}

void setup_load_rules(struct setup *s, struct conf_report *report)
{
	const struct conf_rules *rules = conf_values(s->conf, &block_rules);
	struct rule_files files = { .items = NULL };

	policy_choose_scores(s->policy, rules->scores);
	for (size_t i = 0; i < rules->files.count; i++)
		add_pattern(&files, &rules->files.items[i], report);
	for (size_t i = 0; i < files.count; i++)
		if (!comes_again(&files, i))
			policy_load_rules(s->policy, files.items[i].path, files.items[i].at,
					  report);
	for (size_t i = 0; i < files.count; i++)
		mem_free(files.items[i].path);
	mem_free(files.items);
}
