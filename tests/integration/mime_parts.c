/* mime_parts.c - messages as JSON, a line each, for tests in Python: {"parts": [...], "problems": [...], "text": [...],
 * "links": [...]}.
 * Of a part its parent, kind, type, charset and name, its body as it came and without its transfer encoding (both in
 * hexadecimal), and that in UTF-8; of the text its paragraphs with their source and sight; of links their kind, reference and text. */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/out.h"
#include "filters/content/mime.h"
#include "filters/content/param.h"
#include "filters/content/reader.h"
#include "integration/each.h"
#include "mail/header.h"

enum { ROOM = 64 << 20 };

struct bytes {
	char *p;
	size_t n, size;
};

struct one {
	struct one *next;
	struct mime_part part;
	struct decoder decoder;
	char words[3][256]; /* type/subtype, charset, name */
	struct bytes raw, plain;
};

struct all {
	struct one *first, **last;
	unsigned problems;
};

static void add(struct bytes *b, struct str s)
{
	if (b->n + s.n > b->size) {
		b->size = (b->n + s.n) * 2;
		b->p = mem_resize(b->p, b->size);
	}
	if (s.n)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

static struct one *find(const struct all *all, unsigned number)
{
	struct one *o = all->first;

	while (o->part.number != number)
		o = o->next;
	return o;
}

static void read_param(const struct params *params, enum param_id id, char *bytes, size_t size)
{
	struct out o = { .p = bytes, .cap = size - 1 };
	struct str charset;

	if (!bytes[0])
		(void)!params_value(params, id, &o, &charset);
}

static void on_begin(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct all *all = ctx;
	struct one *o = mem_new(sizeof(*o));
	struct out type = OUT(o->words[0]);

	o->part = *part;
	o->decoder.encoding = e->encoding;
	out_printf(&type, STR_FMT "/" STR_FMT, STR_ARG(e->type), STR_ARG(e->subtype));
	read_param(&e->params, PARAM_CHARSET, o->words[1], sizeof(o->words[1]));
	read_param(&e->params, PARAM_FILENAME, o->words[2], sizeof(o->words[2]));
	read_param(&e->params, PARAM_NAME, o->words[2], sizeof(o->words[2]));
	*all->last = o;
	all->last = &o->next;
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	struct one *o = find(ctx, part->number);
	char out[4096];

	add(&o->raw, bytes);
	while (bytes.n) {
		const size_t n = decoder_take(&o->decoder, &bytes, out, sizeof(out));

		add(&o->plain, (struct str){ .p = out, .n = n });
	}
}

static void on_end(void *ctx, const struct mime_part *part)
{
	struct one *o = find(ctx, part->number);
	char out[4];

	add(&o->plain, (struct str){ .p = out, .n = decoder_end(&o->decoder, out) });
}

static void put_hex(struct json *j, const char *key, const struct bytes *b)
{
	char *hex = mem_new(2 * b->n + 1);
	struct out o = { .p = hex, .cap = 2 * b->n };

	for (size_t i = 0; i < b->n; i++) {
		out_char(&o, "0123456789abcdef"[(uint8_t)b->p[i] >> 4]);
		out_char(&o, "0123456789abcdef"[b->p[i] & 15]);
	}
	json_key(j, key);
	json_str(j, out_text(&o));
	mem_free(hex);
}

static void put_utf8(struct json *j, const struct one *p, struct charsets *charsets)
{
	const size_t cap = 4 * p->plain.n + 2 * CHARSET_ROOM;
	struct str rest = { .p = p->plain.p, .n = p->plain.n };
	char *out = mem_new(cap);
	struct charset c;
	size_t n;

	charset_open(&c, charsets, str_z(p->words[1]));
	n = charset_take(&c, &rest, out, cap);
	CHECK(rest.n == 0);
	n += charset_end(&c, out + n);
	charset_close(&c);
	json_key(j, "utf8");
	json_str(j, (struct str){ .p = out, .n = n });
	mem_free(out);
}

static void print_parts(const struct all *all, struct charsets *charsets, struct json *j)
{
	static const char *const kinds[] = { "leaf", "multipart", "message" };
	static const char *const keys[] = { "type", "charset", "name" };

	json_key(j, "parts");
	json_array(j);
	for (const struct one *p = all->first; p; p = p->next) {
		json_object(j);
		json_key(j, "parent");
		json_u64(j, p->part.parent);
		json_key(j, "kind");
		json_str(j, str_z(kinds[p->part.kind]));
		for (unsigned i = 0; i < COUNTOF(keys); i++) {
			json_key(j, keys[i]);
			json_str(j, str_z(p->words[i]));
		}
		put_hex(j, "raw", &p->raw);
		put_hex(j, "plain", &p->plain);
		put_utf8(j, p, charsets);
		json_object_end(j);
	}
	json_array_end(j);
}

static void print_problems(const struct all *all, struct json *j)
{
	static const char *const names[] = {
#define X(ID, ABOUT) #ID,
		MIME_PROBLEMS(X)
#undef X
	};

	json_key(j, "problems");
	json_array(j);
	for (unsigned i = 0; i < COUNTOF(names); i++)
		if (all->problems & 1u << i)
			json_str(j, str_z(names[i]));
	json_array_end(j);
}

static void print_text(const struct text *t, struct json *j)
{
	static const char *const sources[] = { "subject", "plain", "html" };
	static const char *const sights[] = { "shown", "other", "hidden" };
	static const char *const kinds[] = { "link", "image", "form", "base" };

	json_key(j, "text");
	json_array(j);
	for (uint32_t i = 0; i < t->count; i++) {
		json_array(j);
		json_str(j, str_z(sources[t->paragraphs[i].source]));
		json_str(j, str_z(sights[t->paragraphs[i].sight]));
		json_str(j, text_paragraph(t, i));
		json_array_end(j);
	}
	json_array_end(j);
	json_key(j, "links");
	json_array(j);
	for (uint32_t i = 0; i < t->link_count; i++) {
		const struct text_link *l = &t->links[i];

		json_array(j);
		json_str(j, str_z(kinds[l->kind]));
		json_str(j, text_reference(t, i));
		json_str(j, (struct str){ .p = t->bytes + l->from, .n = l->to - l->from });
		json_array_end(j);
	}
	json_array_end(j);
}

static void take_apart(struct all *all, struct str header, struct str body)
{
	static const struct mime_events events = { .begin = on_begin,
						   .body = on_bytes,
						   .end = on_end };
	struct mime m;

	all->last = &all->first;
	mime_begin(&m, &events, all, header);
	mime_feed(&m, body);
	mime_finish(&m);
	all->problems = m.problems;
	mime_free(&m);
}

static void forget(struct all *all)
{
	while (all->first) {
		struct one *p = all->first;

		all->first = p->next;
		mem_free(p->raw.p);
		mem_free(p->plain.p);
		mem_free(p);
	}
}

struct shower {
	struct charsets *charsets;
	struct out o;
};

static void show(struct str message, void *arg)
{
	struct shower *s = arg;
	struct out *o = &s->o;
	const size_t n = header_length(message);
	const struct str header = str_head(message, n ? n : message.n);
	struct all all = { 0 };
	struct reader reader = { 0 };
	struct text text = { 0 };
	struct json j;

	take_apart(&all, header, str_from(message, header.n));
	reader_begin(&reader, &text, s->charsets, header);
	reader_feed(&reader, str_from(message, header.n));
	reader_finish(&reader);
	o->n = 0;
	json_init(&j, o);
	json_object(&j);
	print_parts(&all, s->charsets, &j);
	print_problems(&all, &j);
	print_text(&text, &j);
	json_object_end(&j);
	CHECK(!o->full);
	printf("%.*s\n", (int)o->n, o->p);
	reader_free(&reader);
	text_free(&text);
	forget(&all);
}

int main(int argc, char **argv)
{
	struct shower s = { .charsets = charsets_new(), .o = { .p = mem_new(ROOM), .cap = ROOM } };
	bool ok;

	ok = each_message(argc, argv, show, &s);
	charsets_free(s.charsets);
	mem_free(s.o.p);
	return ok ? 0 : 1;
}
