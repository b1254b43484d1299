#include "conf/conf.h"

#include "base/check.h"
#include "base/mem.h"
#include "conf/reader.h"

static void out_of_memory(struct reader *r)
{
	if (!r->stopped)
		conf_error(r->report, &r->cursor.at, "the configuration takes more than %d bytes",
			   LIMIT_CONF_ARENA);
	r->stopped = true;
}

void *reader_alloc(struct reader *r, size_t n)
{
	void *p = arena_alloc(&r->conf->arena, n);

	if (!p)
		out_of_memory(r);
	return p;
}

struct str reader_keep(struct reader *r, struct str s)
{
	const struct str kept = arena_str(&r->conf->arena, s);

	if (kept.p)
		return kept;
	out_of_memory(r);
	return STR("");
}

bool reader_stopped(struct reader *r)
{
	if (!r->stopped && r->report->errors - r->first_errors >= LIMIT_CONF_ERRORS) {
		conf_error(r->report, &r->cursor.at, "too many errors, the rest is not read");
		r->stopped = true;
	}
	return r->stopped;
}

const char *reader_found(const struct reader *r, char buffer[static 16])
{
	const int byte = cursor_peek(&r->cursor);

	if (byte == CURSOR_END)
		return "the end of the file";
	if (byte == '\n' || byte == '\r')
		return "the end of the line";
	snprintf(buffer, 16, byte > ' ' && byte < 0x7f ? "\"%c\"" : "byte 0x%02x", byte);
	return buffer;
}

static bool start(struct reader *r)
{
	r->conf->last = &r->conf->first;
	r->scratch = mem_new(LIMIT_CONF_VALUE);
	r->first_errors = r->report->errors;
	for (size_t i = 0; i < r->block_count; i++)
		if (!*r->blocks[i]->name)
			r->global =
				section_new(r, r->blocks[i], (struct conf_text){ .text = STR("") },
					    (struct conf_place){ .file = r->conf->name });
	return !r->stopped;
}

static struct conf *finish(struct reader *r)
{
	if (r->global)
		section_finish(r, r->global);
	section_add_unwritten(r);
	mem_free(r->scratch);
	return r->conf;
}

/* Frees the config when there was an error. */
static struct conf *only_right(const struct reader *r, struct conf *conf)
{
	if (r->report->errors == r->first_errors)
		return conf;
	conf_free(conf);
	return NULL;
}

static struct conf *conf_new(const char *name)
{
	struct conf *conf = mem_new(sizeof(*conf));

	arena_init(&conf->arena, LIMIT_CONF_ARENA);
	conf->name = arena_str(&conf->arena, str_z(name)).p;
	CHECK(conf->name);
	return conf;
}

static struct conf *load(struct reader *r)
{
	if (start(r))
		include_main(r, r->conf->name);
	return finish(r);
}

struct conf *conf_load(const char *path, const struct conf_block *const *blocks, size_t block_count,
		       struct conf_report *report)
{
	struct reader r = { .conf = conf_new(path),
			    .report = report,
			    .blocks = blocks,
			    .block_count = block_count };

	return only_right(&r, load(&r));
}

struct conf *conf_peek(const char *path, const struct conf_block *const *blocks, size_t block_count,
		       struct conf_report *report)
{
	struct reader r = { .conf = conf_new(path),
			    .report = report,
			    .blocks = blocks,
			    .block_count = block_count };

	return load(&r);
}

struct conf *conf_parse(struct str text, const char *name, const struct conf_block *const *blocks,
			size_t block_count, struct conf_report *report)
{
	struct reader r = { .conf = conf_new(name),
			    .report = report,
			    .blocks = blocks,
			    .block_count = block_count };

	if (start(&r))
		parse_text(&r, text, r.conf->name);
	return only_right(&r, finish(&r));
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (const struct conf_owned *o = conf->owned; o; o = o->next)
		o->drop(o->p);
	arena_reset(&conf->arena);
	mem_free(conf);
}

static const struct conf_section *find(const struct conf_section *s, const struct conf_block *block)
{
	while (s && s->block != block)
		s = s->next;
	return s;
}

const struct conf_section *conf_first(const struct conf *conf, const struct conf_block *block)
{
	return find(conf->first, block);
}

const struct conf_section *conf_next(const struct conf_section *section)
{
	return find(section->next, section->block);
}

const void *conf_values(const struct conf *conf, const struct conf_block *block)
{
	const struct conf_section *s = conf_first(conf, block);

	CHECK(s != NULL);
	return s->values;
}

const char *conf_name(const struct conf *conf)
{
	return conf->name;
}

struct arena *conf_arena(struct conf *conf)
{
	return &conf->arena;
}

bool conf_own(struct conf *conf, void *p, void (*drop)(void *p))
{
	struct conf_owned *o = arena_new(&conf->arena, struct conf_owned);

	if (!o) {
		drop(p);
		return false;
	}
	*o = (struct conf_owned){ .next = conf->owned, .p = p, .drop = drop };
	conf->owned = o;
	return true;
}

struct conf_place conf_place_in(const struct conf_text *text, size_t offset)
{
	struct cursor c = { .rest = text->text, .at = text->at };

	cursor_skip(&c, offset);
	return c.at;
}

struct conf_place conf_place_of(const struct conf_section *section, const char *option)
{
	for (size_t i = 0; i < section->block->option_count; i++)
		if (section->places[i].line && strcmp(section->block->options[i].name, option) == 0)
			return section->places[i];
	return section->at;
}
