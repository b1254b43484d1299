/* setup_store.c - which store a configuration asks for, and that store. */
#include "base/limits.h"
#include "base/log.h"
#include "daemon/setup.h"
#include "store/lmdb.h"
#include "store/memory.h"

enum kind { KIND_NONE, KIND_MEMORY, KIND_LMDB };

static const struct conf_store *conf_of(const struct setup *s)
{
	return conf_values(s->conf, &block_store);
}

static enum kind kind_of(struct str url, struct str *folder)
{
	const struct str lmdb = STR("lmdb:");

	*folder = (struct str){ 0 };
	if (str_eq(url, STR("memory:")))
		return KIND_MEMORY;
	if (!str_starts(url, lmdb) || url.n == lmdb.n)
		return KIND_NONE;
	*folder = str_from(url, lmdb.n);
	return KIND_LMDB;
}

struct str setup_store_folder(const struct setup *s)
{
	struct str folder;

	(void)kind_of(conf_of(s)->url.text, &folder);
	return folder;
}

bool setup_store_is_asked_for(const struct setup *s)
{
	return conf_of(s)->url.at.line != 0;
}

void setup_check_store(const struct setup *s, struct conf_report *report)
{
	const struct conf_text *url = &conf_of(s)->url;
	struct str folder;

	if (kind_of(url->text, &folder) == KIND_NONE)
		conf_error(report, &url->at,
			   "\"" STR_FMT "\" is not a store, like \"lmdb:/var/lib/postern\" or "
			   "\"memory:\"",
			   STR_ARG(str_head(url->text, 80)));
}

static struct store *in_memory(struct loop *loop)
{
	return store_new(store_memory(loop, LIMIT_STORE_MEMORY), NULL);
}

static bool open_side(const struct setup *s, struct loop *loop, struct jobs *jobs,
		      struct store_side *side, struct out *why)
{
	const struct conf_store *conf = conf_of(s);
	const struct lmdb_options options = { .loop = loop,
					      .jobs = jobs,
					      .folder = setup_store_folder(s),
					      .size_max = conf->size_max,
					      .sync_ms = conf->sync_ms };

	if (options.folder.n)
		return store_lmdb(&options, side, why);
	*side = store_memory(loop, LIMIT_STORE_MEMORY);
	return true;
}

struct store *setup_store(const struct setup *s, struct loop *loop, struct jobs *jobs)
{
	const struct conf_text *url = &conf_of(s)->url;
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	if (open_side(s, loop, jobs, &side, &why))
		return store_new(side, NULL);
	if (setup_store_is_asked_for(s)) {
		log_note("error", "store", "%s:%u:%u: " STR_FMT, url->at.file, url->at.line,
			 url->at.column, STR_ARG(out_text(&why)));
		return NULL;
	}
	log_note("degraded", "store", STR_FMT ": in memory until it ends", STR_ARG(out_text(&why)));
	return in_memory(loop);
}

struct store *setup_store_to_judge(const struct setup *s, struct loop *loop)
{
	struct store *store = setup_store_is_asked_for(s) ? setup_store(s, loop, NULL) : NULL;

	return store ? store : in_memory(loop);
}
