#include "session/script.h"

#include "base/check.h"
#include "base/mem.h"
#include "fake/words.h"

#include <stdio.h>
#include <string.h>

enum { SCRIPT_BYTES = 64 << 20, FILE_BYTES = 1 << 20, CONF_BYTES = 64 << 10 };

static const struct {
	const char *word;
} steps[STEP_COUNT] = {
#define X(ID, WORD, ABOUT) [STEP_##ID] = { WORD },
	SCRIPT_STEPS(X)
#undef X
};

static const char escapes[] = "an escape is \\r \\n \\t \\\\ or \\xNN";

struct reading {
	struct script *script;
	struct out conf, rules, *why;
	unsigned line;
};

static bool fail(struct reading *r, const char *what)
{
	out_printf(r->why, "%s:%u: %s", r->script->path, r->line, what);
	return false;
}

/* "3 RCPT TO:<u%d@x>": the number of the repetition, from 1, takes the place of %d. */
static bool many(struct reading *r, struct step *step)
{
	struct str rest = step->text, before, after;
	uint64_t times;
	struct out o;

	if (!str_u64(words_next(&rest), 1000000, &times))
		return fail(r, "how many times?");
	o = (struct out){ .cap = (rest.n + 16) * (times + 1) };
	o.p = arena_alloc(&r->script->arena, o.cap);
	CHECK(o.p != NULL);
	for (uint64_t i = 1; i <= times; i++) {
		const bool numbered = str_cut(rest, '%', &before, &after);

		out_str(&o, before);
		if (numbered) {
			out_u64(&o, i);
			out_str(&o, str_from(after, 1));
		}
		out_str(&o, STR("\r\n"));
	}
	step->bytes = out_text(&o);
	return true;
}

/* "4090 NOOP ": the text, and so many bytes behind it. */
static bool fill(struct reading *r, struct step *step)
{
	struct str rest = step->text, number;
	uint64_t n;
	char *p;

	str_cut(rest, ' ', &number, &rest);
	if (!str_u64(number, FILE_BYTES, &n))
		return fail(r, "how many bytes?");
	p = arena_alloc(&r->script->arena, rest.n + n + 1);
	CHECK(p != NULL);
	memset(p, 'a', rest.n + n);
	if (rest.n)
		memcpy(p, rest.p, rest.n);
	step->bytes = (struct str){ .p = p, .n = rest.n + n };
	return true;
}

static bool client(struct reading *r, struct step *step)
{
	struct arena *arena = &r->script->arena;

	if (step->kind == STEP_FILL)
		return fill(r, step);
	if (step->kind == STEP_MANY)
		return many(r, step);
	if (step->kind == STEP_BYTES || step->kind == STEP_HEADER) {
		step->bytes = words_unescape(arena, step->text);
		return step->bytes.p || fail(r, escapes);
	}
	step->bytes = arena_printf(arena, STR_FMT "\r\n", STR_ARG(step->text));
	return true;
}

static bool add_step(struct reading *r, struct str word, struct str text)
{
	struct script *s = r->script;
	struct step *step = &s->steps[s->count];
	unsigned kind = 0;

	while (kind < STEP_COUNT && !str_eq(word, str_z(steps[kind].word)))
		kind++;
	if (kind == STEP_COUNT)
		return fail(r, "unknown word");
	if (s->count == SCRIPT_STEPS_MAX)
		return fail(r, "too long a script");
	*step = (struct step){ .kind = (enum script_kind)kind, .text = text, .line = r->line };
	s->count++;
	return !script_is_client(step->kind) || client(r, step);
}

static bool set_replay(struct reading *r, struct str text)
{
	struct script *s = r->script;

	while (text.n) {
		const struct str word = words_next(&text);
		const bool all = str_eq(word, STR("as-written"));

		s->no_split |= all || str_eq(word, STR("no-split"));
		s->no_gone |= all || str_eq(word, STR("no-gone"));
		s->no_faults |= all || str_eq(word, STR("no-faults"));
		if (!all && !str_starts(word, STR("no-")))
			return fail(r, "replay as-written | no-split | no-gone | no-faults");
	}
	return true;
}

/* What the client says keeps its spaces, but the one behind the word. */
static struct str said(struct str line, struct str word)
{
	const struct str rest = str_from(line, (size_t)(word.p + word.n - line.p));

	return str_starts(rest, STR(" ")) ? str_from(rest, 1) : rest;
}

static bool read_line(struct reading *r, struct str line)
{
	struct str rest = line, word = words_next(&rest);

	if (word.n == 0 || word.p[0] == '#')
		return true;
	if (str_eq(word, STR("conf")) || str_eq(word, STR("rules"))) {
		struct out *o = word.p[0] == 'c' ? &r->conf : &r->rules;

		out_str(o, rest);
		out_char(o, '\n');
		return true;
	}
	if (str_eq(word, STR("replay")))
		return set_replay(r, rest);
	if (str_eq(word, STR("untracked"))) {
		r->script->untracked = true;
		return true;
	}
	return add_step(r, word, word.p[0] == 'C' ? said(line, word) : rest);
}

/* What a script does not say of the config is the same for all. */
static void common(struct reading *r, const char *folder)
{
	const struct str conf = out_text(&r->conf);

	if (!str_has(conf, STR("listener ")))
		out_str(&r->conf,
			STR("listener \"mx\" { address = \"127.0.0.1:2525\" tls = none }\n"));
	if (!str_has(conf, STR("backend \"")))
		out_str(&r->conf, STR("backend \"mta\" { servers = [\"127.0.0.1:2500\"] }\n"));
	r->script->maildir = str_has(conf, STR("maildir"));
	r->script->untracked |= r->script->maildir;
	if (!str_has(conf, STR("hostname")))
		out_str(&r->conf, STR("hostname = \"gate.test\"\n"));
	if (!str_has(conf, STR("patterns {"))) /* time is virtual, but for the processor's */
		out_str(&r->conf, STR("patterns { cpu_time = 10s }\n"));
	if (r->rules.n)
		out_printf(&r->conf, "rules { files = [\"%s/gate.cf\"] }\n", folder);
	out_printf(&r->conf, "spool = \"%s\"\n", folder);
}

static bool read_text(struct reading *r, struct str text)
{
	while (text.n) {
		struct str line;

		r->line++;
		str_cut(text, '\n', &line, &text);
		if (!read_line(r, line))
			return false;
	}
	return r->script->count > 0 || fail(r, "nothing happens in it");
}

static bool read_file(struct reading *r, const char *folder)
{
	static char bytes[FILE_BYTES];
	FILE *f = fopen(r->script->path, "rb");
	struct str text = { .p = bytes };

	if (!f)
		return fail(r, "cannot be read");
	text.n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	if (!read_text(r, arena_str(&r->script->arena, text)))
		return false;
	common(r, folder);
	r->script->conf = arena_str(&r->script->arena, out_text(&r->conf));
	r->script->rules = arena_str(&r->script->arena, out_text(&r->rules));
	return !r->conf.full && !r->rules.full;
}

struct script *script_read(const char *path, const char *folder, struct out *why)
{
	static char conf[CONF_BYTES], rules[CONF_BYTES];
	struct script *s = mem_new(sizeof(*s));
	struct reading r = { .script = s, .conf = OUT(conf), .rules = OUT(rules), .why = why };

	s->path = path;
	arena_init(&s->arena, SCRIPT_BYTES);
	if (read_file(&r, folder))
		return s;
	script_free(s);
	return NULL;
}

void script_free(struct script *s)
{
	arena_reset(&s->arena);
	mem_free(s);
}
