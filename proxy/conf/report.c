/* Complaints.  A message may quote what a file holds, so control characters are taken out here,
 * once, whatever the message is. */
#include "conf/conf.h"

#include "base/mem.h"
#include "base/out.h"

#include <stdarg.h>

enum { MESSAGE_MAX = 1024 };

static void PRINTF_LIKE(4, 0) say(struct conf_report *r, enum conf_severity severity,
				  const struct conf_place *at, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p; p++)
		if (ascii_control(*p))
			*p = '?';
	if (severity == CONF_ERROR)
		r->errors++;
	else
		r->warnings++;
	if (r->say)
		r->say(r, severity, at, text);
}

void conf_error(struct conf_report *r, const struct conf_place *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, CONF_ERROR, at, format, args);
	va_end(args);
}

void conf_warn(struct conf_report *r, const struct conf_place *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, CONF_WARNING, at, format, args);
	va_end(args);
}

/* ---- notes ---- */

/* A file with so few is somebody's own, and he wants to hear which: their texts are kept. */
enum { FEW_NOTES = 3 };

struct conf_counts {
	struct noted {
		const char *file;
		unsigned total, n[CONF_NOTE_COUNT];
		struct {
			struct conf_place at;
			char *text;
		} few[FEW_NOTES];
	} * files;
	size_t count;
};

static struct noted *noted_of(const struct conf_counts *c, const char *file)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->files[i].file, file) == 0)
			return &c->files[i];
	return NULL;
}

static struct noted *note_file(struct conf_counts *c, const char *file)
{
	struct noted *f = noted_of(c, file);

	if (f)
		return f;
	c->files = mem_array(c->files, c->count + 1, sizeof(*c->files));
	f = &c->files[c->count++];
	*f = (struct noted){ .file = file };
	return f;
}

bool conf_counts(const struct conf_report *r, const struct conf_place *at)
{
	const struct noted *f = r->counted && at->file ? noted_of(r->counted, at->file) : NULL;

	return f && f->total >= FEW_NOTES;
}

static void PRINTF_LIKE(3, 0)
	keep(struct noted *f, const struct conf_place *at, const char *format, va_list args)
{
	char text[MESSAGE_MAX];

	vsnprintf(text, sizeof(text), format, args);
	f->few[f->total].at = *at;
	f->few[f->total].text = mem_strdup(str_z(text));
}

void conf_note(struct conf_report *r, enum conf_note note, const struct conf_place *at,
	       const char *format, ...)
{
	struct noted *f = r->counted && at->file ? note_file(r->counted, at->file) : NULL;
	va_list args;

	va_start(args, format);
	if (!f)
		say(r, CONF_WARNING, at, format, args);
	else if (f->total < FEW_NOTES)
		keep(f, at, format, args);
	va_end(args);
	if (f) {
		f->total++;
		f->n[note]++;
	}
}

void conf_count_notes(struct conf_report *r)
{
	if (!r->each && !r->counted)
		r->counted = mem_new(sizeof(*r->counted));
}

static void tell_counts(struct conf_report *r, const struct noted *f)
{
	static const char *const texts[] = {
#define X(ID, TEXT) TEXT,
		CONF_NOTES(X)
#undef X
	};
	const struct conf_place at = { .file = f->file };
	char bytes[400];
	struct out o = OUT(bytes);

	for (unsigned note = 0; note < CONF_NOTE_COUNT; note++)
		if (f->n[note])
			out_printf(&o, "%s%u %s", o.n ? ", " : "", f->n[note], texts[note]);
	conf_warn(r, &at, STR_FMT " (check --each tells which)", STR_ARG(out_text(&o)));
}

static void tell(struct conf_report *r, struct noted *f)
{
	if (f->total > FEW_NOTES)
		tell_counts(r, f);
	for (unsigned i = 0; i < FEW_NOTES && i < f->total; i++) {
		if (f->total <= FEW_NOTES)
			conf_warn(r, &f->few[i].at, "%s", f->few[i].text);
		mem_free(f->few[i].text);
	}
}

void conf_tell_notes(struct conf_report *r)
{
	struct conf_counts *c = r->counted;

	r->counted = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		tell(r, &c->files[i]);
	mem_free(c->files);
	mem_free(c);
}

/* ---- to a file ---- */

static void print(struct conf_report *r, enum conf_severity severity, const struct conf_place *at,
		  const char *text)
{
	FILE *to = r->arg;

	if (at->file)
		fprintf(to, "%s:", at->file);
	if (at->line)
		fprintf(to, "%u:%u:", at->line, at->column);
	fprintf(to, "%s%s%s\n", at->file ? " " : "", severity == CONF_WARNING ? "warning: " : "",
		text);
}

struct conf_report conf_report_to(FILE *to)
{
	return (struct conf_report){ .say = print, .arg = to };
}
