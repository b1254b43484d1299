/* gmime_parts.c - messages as GMime takes them apart, as JSON, a line each, for tests in Python: {"parts": [{"type": ...,
 * "plain": ...}, ...]}.  Of a part its type, and where no others are in it its body without its transfer encoding, in
 * hexadecimal (null where others are). */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/out.h"
#include "integration/each.h"

#include <gmime/gmime.h>

enum { ROOM = 64 << 20 };

static void put_hex(struct json *j, struct str s)
{
	char *hex = mem_new(2 * s.n + 1);
	struct out o = { .p = hex, .cap = 2 * s.n };

	for (size_t i = 0; i < s.n; i++) {
		out_char(&o, "0123456789abcdef"[(uint8_t)s.p[i] >> 4]);
		out_char(&o, "0123456789abcdef"[s.p[i] & 15]);
	}
	json_str(j, out_text(&o));
	mem_free(hex);
}

static void put_body(struct json *j, GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

	if (content)
		g_mime_data_wrapper_write_to_stream(content, stream);
	put_hex(j, (struct str){ .p = (const char *)bytes->data, .n = bytes->len });
	g_object_unref(stream);
}

static void put_part(struct json *j, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *text = g_mime_content_type_get_mime_type(type);

	json_object(j);
	json_key(j, "type");
	json_str(j, str_z(text));
	g_free(text);
	if (GMIME_IS_PART(object)) {
		json_key(j, "plain");
		put_body(j, GMIME_PART(object));
	}
	json_object_end(j);
}

/* A message has its part within. */
static void walk(struct json *j, GMimeObject *object)
{
	put_part(j, object);
	if (GMIME_IS_MULTIPART(object)) {
		const int count = g_mime_multipart_get_count(GMIME_MULTIPART(object));

		for (int i = 0; i < count; i++)
			walk(j, g_mime_multipart_get_part(GMIME_MULTIPART(object), i));
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
		GMimeObject *part = message ? g_mime_message_get_mime_part(message) : NULL;

		if (part)
			walk(j, part);
	}
}

static void show(struct str bytes, void *arg)
{
	struct out *o = arg;
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.p, bytes.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	GMimeObject *part = message ? g_mime_message_get_mime_part(message) : NULL;
	struct json j;

	o->n = 0;
	json_init(&j, o);
	json_object(&j);
	json_key(&j, "parts");
	json_array(&j);
	if (part)
		walk(&j, part);
	json_array_end(&j);
	json_object_end(&j);
	CHECK(!o->full);
	printf("%.*s\n", (int)o->n, o->p);
	if (message)
		g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
}

int main(int argc, char **argv)
{
	struct out o = { .p = mem_new(ROOM), .cap = ROOM };
	bool ok;

	g_mime_init();
	ok = each_message(argc, argv, show, &o);
	g_mime_shutdown();
	mem_free(o.p);
	return ok ? 0 : 1;
}
