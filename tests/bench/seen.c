/* seen.c - of messages, a line of JSON each: {"shown": text, "hidden": text}, as their reader sees them; for tests/bench/seen.
 *
 *	build/measure/seen FILE ... */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "filters/content/reader.h"
#include "integration/each.h"
#include "mail/header.h"

enum { ROOM = 16 << 20 };

struct shower {
	struct charsets *charsets;
	struct out text, o;
};

/* The paragraphs that are seen so, a line each. */
static void put(struct json *j, const struct text *t, struct out *o, enum text_sight sight)
{
	o->n = 0;
	for (uint32_t i = 0; i < t->count; i++) {
		if (t->paragraphs[i].sight != sight)
			continue;
		out_str(o, text_paragraph(t, i));
		out_char(o, '\n');
	}
	json_key(j, sight == TEXT_SHOWN ? "shown" : "hidden");
	json_str(j, out_text(o));
}

static void show(struct str message, void *arg)
{
	struct shower *s = arg;
	const size_t n = header_length(message);
	struct reader reader = { 0 };
	struct text text = { 0 };
	struct json j;

	reader_begin(&reader, &text, s->charsets, str_head(message, n));
	reader_feed(&reader, str_from(message, n));
	reader_finish(&reader);
	s->o.n = 0;
	json_init(&j, &s->o);
	json_object(&j);
	put(&j, &text, &s->text, TEXT_SHOWN);
	put(&j, &text, &s->text, TEXT_HIDDEN);
	json_object_end(&j);
	CHECK(!s->o.full && !s->text.full);
	printf("%.*s\n", (int)s->o.n, s->o.p);
	reader_free(&reader);
	text_free(&text);
}

int main(int argc, char **argv)
{
	struct shower s = { .charsets = charsets_new(),
			    .text = { .p = mem_new(ROOM), .cap = ROOM },
			    .o = { .p = mem_new(ROOM), .cap = ROOM } };
	const bool ok = each_message(argc, argv, show, &s);

	charsets_free(s.charsets);
	mem_free(s.text.p);
	mem_free(s.o.p);
	return ok ? 0 : 1;
}
