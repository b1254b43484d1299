/* setup_store.c - which store a configuration asks for, and that store. */
#include "base/limits.h"
#include "base/log.h"
#include "lmdb/lmdb.h"
#include "setup/setup.h"
#include "store/memory.h"

enum kind { KIND_NONE, KIND_MEMORY, KIND_LMDB, KIND_REDIS, KIND_UNKNOWN };

static const struct conf_store *conf_of(const struct setup *s)
{
	return conf_values(s->conf, &block_store);
}

static enum kind kind_of(struct str url)
{
	if (str_eq(url, STR("none")))
		return KIND_NONE;
	if (str_eq(url, STR("memory:")))
		return KIND_MEMORY;
	if (redis_url_is(url))
		return KIND_REDIS;
	return str_starts(url, STR("lmdb:")) && url.n > STR("lmdb:").n ? KIND_LMDB : KIND_UNKNOWN;
}

static struct str folder_of(const struct conf_text *url)
{
	return kind_of(url->text) == KIND_LMDB ? str_from(url->text, STR("lmdb:").n)
					       : (struct str){ 0 };
}

/* The store that this machine has: the one, or what stands in for a Redis. */
static const struct conf_text *embedded(const struct setup *s)
{
	const struct conf_store *conf = conf_of(s);

	return kind_of(conf->url.text) == KIND_REDIS ? &conf->fallback : &conf->url;
}

struct str setup_store_folder(const struct setup *s)
{
	return folder_of(embedded(s));
}

bool setup_store_is_asked_for(const struct setup *s)
{
	return conf_of(s)->url.at.line != 0;
}

bool setup_store_is_shared(const struct setup *s)
{
	return setup_store_is_asked_for(s) && kind_of(conf_of(s)->url.text) != KIND_MEMORY;
}

/* Not more of it than a word: it may be the misspelt URL of a Redis, with a password. */
static void no_store(const struct conf_text *url, const char *examples, struct conf_report *report)
{
	struct str word, rest;

	str_cut(url->text, ':', &word, &rest);
	conf_error(report, &url->at, "\"" STR_FMT "\" is not a store, like %s",
		   STR_ARG(str_head(word, 20)), examples);
}

void setup_check_store(struct setup *s, enum setup_for what, struct conf_report *report)
{
	const struct conf_store *conf = conf_of(s);
	const enum kind kind = kind_of(conf->url.text), fallback = kind_of(conf->fallback.text);

	if (kind == KIND_UNKNOWN || kind == KIND_NONE)
		no_store(&conf->url,
			 "\"lmdb:/var/lib/postern\", \"redis://10.0.0.5\" or \"memory:\"", report);
	if (kind == KIND_MEMORY && what == SETUP_TO_SERVE && s->workers > 1)
		conf_warn(
			report, &conf->url.at,
			"each of %u workers has a memory: of its own, and does not know what another one has seen; "
			"lmdb:DIR is for all of them",
			s->workers);
	if (kind != KIND_REDIS)
		return;
	setup_check_redis(s, conf, report);
	if (fallback == KIND_UNKNOWN || fallback == KIND_REDIS)
		no_store(&conf->fallback, "\"memory:\", \"lmdb:/var/lib/postern\" or \"none\"",
			 report);
}

static struct store *in_memory(struct loop *loop)
{
	return store_new(store_memory(loop, LIMIT_STORE_MEMORY), NULL);
}

/* The embedded one.  False: it does not open. */
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

static struct store *not_open(const struct setup *s, struct loop *loop, struct str why)
{
	const struct conf_text *url = embedded(s);

	if (setup_store_is_asked_for(s)) {
		log_note("error", "store", "%s:%u:%u: " STR_FMT, url->at.file, url->at.line,
			 url->at.column, STR_ARG(why));
		return NULL;
	}
	log_note("degraded", "store", STR_FMT ": in memory until it ends", STR_ARG(why));
	return in_memory(loop);
}

struct store *setup_store(const struct setup *s, struct loop *loop, struct jobs *jobs,
			  struct dns *dns)
{
	char text[256];
	struct out why = OUT(text);
	struct store_side side;

	if (s->redis && kind_of(embedded(s)->text) == KIND_NONE)
		return store_new(setup_redis(s, loop, dns), NULL);
	if (!open_side(s, loop, jobs, &side, &why))
		return not_open(s, loop, out_text(&why));
	return s->redis ? store_new(setup_redis(s, loop, dns), &side) : store_new(side, NULL);
}

struct store *setup_store_to_judge(const struct setup *s, struct loop *loop, struct dns *dns)
{
	struct store *store = setup_store_is_asked_for(s) ? setup_store(s, loop, NULL, dns) : NULL;

	return store ? store : in_memory(loop);
}
