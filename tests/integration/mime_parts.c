/* mime_parts.c - the parts of messages as JSON, a line each, for tests in Python: its number, parent, kind, type,
 * charset and name, its body as it came and without its transfer encoding (both in hexadecimal). */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "daemon/scan_file.h"
#include "filters/content/mime.h"
#include "filters/content/param.h"
#include "mail/header.h"

#include <stdio.h>

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

static void read_param(struct str params, const char *name, char *bytes, size_t size)
{
	struct out o = { .p = bytes, .cap = size - 1 };
	struct str charset;

	if (!bytes[0])
		(void)!param_value(params, str_z(name), &o, &charset);
}

static void on_begin(void *ctx, const struct mime_part *part, const struct entity *e)
{
	struct all *all = ctx;
	struct one *o = mem_new(sizeof(*o));
	struct out type = OUT(o->words[0]);

	o->part = *part;
	o->decoder.encoding = e->encoding;
	out_printf(&type, STR_FMT "/" STR_FMT, STR_ARG(e->type), STR_ARG(e->subtype));
	read_param(e->params, "charset", o->words[1], sizeof(o->words[1]));
	read_param(e->disposition_params, "filename", o->words[2], sizeof(o->words[2]));
	read_param(e->params, "name", o->words[2], sizeof(o->words[2]));
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

static void print(const struct all *all, struct out *o)
{
	static const char *const kinds[] = { "leaf", "multipart", "message" };
	static const char *const keys[] = { "type", "charset", "name" };
	struct json j;

	json_init(&j, o);
	json_array(&j);
	for (const struct one *p = all->first; p; p = p->next) {
		json_object(&j);
		json_key(&j, "parent");
		json_u64(&j, p->part.parent);
		json_key(&j, "kind");
		json_str(&j, str_z(kinds[p->part.kind]));
		for (unsigned i = 0; i < COUNTOF(keys); i++) {
			json_key(&j, keys[i]);
			json_str(&j, str_z(p->words[i]));
		}
		put_hex(&j, "raw", &p->raw);
		put_hex(&j, "plain", &p->plain);
		json_object_end(&j);
	}
	json_array_end(&j);
	CHECK(!o->full);
	printf("%.*s\n", (int)o->n, o->p);
}

static void show(struct str message, struct out *o)
{
	static const struct mime_events events = { .begin = on_begin,
						   .body = on_bytes,
						   .end = on_end };
	const size_t n = header_length(message);
	struct all all = { .last = &all.first };
	struct mime m;

	mime_begin(&m, &events, &all, str_head(message, n ? n : message.n));
	mime_feed(&m, str_from(message, n ? n : message.n));
	mime_finish(&m);
	mime_free(&m);
	o->n = 0;
	print(&all, o);
	while (all.first) {
		struct one *p = all.first;

		all.first = p->next;
		mem_free(p->raw.p);
		mem_free(p->plain.p);
		mem_free(p);
	}
}

int main(int argc, char **argv)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };
	char reason[128];

	for (int i = 1; i < argc; i++) {
		struct str message;
		struct out why = OUT(reason);

		if (!scan_read(argv[i], &message, &why)) {
			fprintf(stderr, "%s: %.*s\n", argv[i], (int)why.n, why.p);
			return 1;
		}
		show(message, &o);
		scan_forget(&message);
	}
	mem_free(o.p);
	return 0;
}
