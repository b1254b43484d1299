/* Sections: which block it is, which option, what stands twice and what is missing. */
#include "base/check.h"
#include "base/mem.h"
#include "conf/reader.h"

const struct conf_block *section_block(const struct reader *r, struct str name)
{
	for (size_t i = 0; i < r->block_count; i++)
		if (name.n && str_eq(name, str_z(r->blocks[i]->name)))
			return r->blocks[i];
	return NULL;
}

const char *section_label(const struct conf_section *s, char buffer[static 128])
{
	struct out o = { .p = buffer, .cap = 127 };

	out_printf(&o, "%s", *s->block->name ? s->block->name : "the options outside blocks");
	if (s->block->title == CONF_TITLED)
		out_printf(&o, " \"" STR_FMT "\"", STR_ARG(clip(s->title.text)));
	buffer[o.n] = '\0';
	return buffer;
}

static void check_title(struct reader *r, const struct conf_section *s)
{
	const bool titled = s->title.at.line != 0;

	if (s->block->title == CONF_UNTITLED && titled)
		conf_error(r->report, &s->title.at, "%s takes no title", s->block->name);
	if (s->block->title == CONF_TITLED && !titled)
		conf_error(r->report, &s->at, "%s needs a title: %s \"name\" { ... }",
			   s->block->name, s->block->name);
	if (s->block->title == CONF_TITLED && titled && s->title.text.n == 0)
		conf_error(r->report, &s->title.at, "the title of this %s is empty",
			   s->block->name);
}

static void check_first(struct reader *r, const struct conf_section *s)
{
	const struct conf_section *first = conf_first(r->conf, s->block);
	const bool untitled = s->block->title == CONF_UNTITLED;
	char label[128];

	while (first && s->block->repeated &&
	       (untitled || s->title.text.n == 0 || !str_eq(first->title.text, s->title.text)))
		first = conf_next(first);
	if (first)
		conf_error(r->report, s->block->repeated ? &s->title.at : &s->at,
			   "%s stands already at %s:%u:%u", section_label(first, label),
			   first->at.file, first->at.line, first->at.column);
}

struct conf_section *section_new(struct reader *r, const struct conf_block *block,
				 struct conf_text title, struct conf_place at)
{
	struct conf_section *s = reader_alloc(r, sizeof(*s));
	void *values = reader_alloc(r, block->size);
	struct conf_place *places = reader_alloc(r, sizeof(*places) * (block->option_count + 1));

	if (!s || !values || !places)
		return NULL;
	if (r->conf->section_count >= LIMIT_CONF_SECTIONS) {
		conf_error(r->report, &at, "more than %d blocks", LIMIT_CONF_SECTIONS);
		r->stopped = true;
		return NULL;
	}
	*s = (struct conf_section){
		.block = block, .title = title, .at = at, .values = values, .places = places
	};
	if (at.line) {
		check_title(r, s);
		check_first(r, s);
	}
	r->conf->section_count++;
	*r->conf->last = s;
	r->conf->last = &s->next;
	return s;
}

static const struct conf_option *find_option(const struct conf_block *block, struct str name)
{
	for (size_t i = 0; i < block->option_count; i++)
		if (str_eq(name, str_z(block->options[i].name)))
			return &block->options[i];
	return NULL;
}

/* Outside blocks, a block's name may have been meant. */
static const char *suggest_option(const struct reader *r, const struct conf_section *s,
				  struct str name)
{
	const size_t most = s->block->option_count + r->block_count;
	const char **words = mem_new(most * sizeof(*words));
	const char *found;
	size_t n = 0;

	for (size_t i = 0; i < s->block->option_count; i++)
		words[n++] = s->block->options[i].name;
	for (size_t i = 0; s == r->global && i < r->block_count; i++)
		if (*r->blocks[i]->name)
			words[n++] = r->blocks[i]->name;
	found = conf_suggest(name, words, n);
	mem_free(words);
	return found;
}

static void unknown_option(struct reader *r, const struct conf_section *s, struct str name,
			   const struct conf_place *at)
{
	const bool outside = s == r->global;
	const struct conf_block *block = outside ? section_block(r, name) : NULL;
	const char *near = suggest_option(r, s, name);

	if (block)
		conf_error(r->report, at, "%s is a block: %s%s { ... }", block->name, block->name,
			   block->title == CONF_TITLED ? " \"name\"" : "");
	else
		conf_error(r->report, at, "unknown option \"" STR_FMT "\"%s%s%s%s%s",
			   STR_ARG(clip(name)), outside ? "" : " in ",
			   outside ? "" : s->block->name, near ? "; did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
	if (!value_skip(r))
		cursor_resync(&r->cursor);
}

void section_option(struct reader *r, struct conf_section *s, struct str name, struct conf_place at)
{
	const struct conf_option *o = find_option(s->block, name);
	struct conf_place *place;

	if (!o) {
		unknown_option(r, s, name, &at);
		return;
	}
	place = &s->places[o - s->block->options];
	if (place->line)
		conf_error(r->report, &at, "\"%s\" is set twice, first at %s:%u:%u", o->name,
			   place->file, place->line, place->column);
	else
		*place = at;
	if (!value_read(r, o, s->values))
		cursor_resync(&r->cursor);
}

void section_finish(struct reader *r, struct conf_section *s)
{
	char label[128];

	for (size_t i = 0; i < s->block->option_count && !r->stopped; i++) {
		const struct conf_option *o = &s->block->options[i];

		if (s->places[i].line)
			continue;
		if (!o->fallback && !o->optional)
			conf_error(r->report, &s->at, "%s needs \"%s\": %s",
				   section_label(s, label), o->name, o->about);
		value_default(r, o, s->values);
	}
}

void section_add_unwritten(struct reader *r)
{
	for (size_t i = 0; i < r->block_count && !r->stopped; i++) {
		struct conf_section *s;

		if (!r->blocks[i]->always || conf_first(r->conf, r->blocks[i]))
			continue;
		s = section_new(r, r->blocks[i], (struct conf_text){ .text = STR("") },
				(struct conf_place){ .file = r->conf->name });
		if (s)
			section_finish(r, s);
	}
}
