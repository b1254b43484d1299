/* uris.c - the URIs of messages as JSON, a line each, for tests in Python: {"uris": [...], "forms": [...], "cut": bool}.  Of
 * a URI its text, whom it leads to, where it is and what is notable about it; the forms are what rules see. */
#include "base/check.h"
#include "base/json.h"
#include "base/mem.h"
#include "filters/content/reader.h"
#include "filters/uri/gather.h"
#include "integration/each.h"
#include "mail/header.h"

enum { ROOM = 16 << 20 };

static const char *const origins[] = { "text",  "subject", "name", "file", "link",
				       "image", "form",    "base", "uri",  NULL };
static const char *const traits[] = { "mail",    "bare",   "guess", "user",
				      "escaped", "odd-ip", "ip",    NULL };

static void put(struct json *j, const char *key, struct str value)
{
	json_key(j, key);
	json_str(j, value);
}

static void put_bits(struct json *j, const char *key, unsigned bits, const char *const *words)
{
	json_key(j, key);
	json_array(j);
	for (unsigned i = 0; words[i]; i++)
		if (bits & 1u << i)
			json_str(j, str_z(words[i]));
	json_array_end(j);
}

static void put_uri(struct json *j, const struct uris *u, const struct uri *uri)
{
	const struct uri_site *site = uri->site ? &u->sites[uri->site - 1] : NULL;

	json_object(j);
	put(j, "uri", uris_text(u, uri->text));
	put(j, "host", site ? uris_text(u, site->text) : STR(""));
	put(j, "domain", site ? uri_site_domain(u, site) : STR(""));
	put(j, "promised", uri->promised ? uris_text(u, uri->promised) : STR(""));
	put_bits(j, "origins", uri->origins, origins);
	put_bits(j, "traits", uri->traits, traits);
	json_key(j, "nested");
	json_u64(j, uri->nested);
	json_object_end(j);
}

static void print(const struct uris *u, struct out *o)
{
	struct json j;

	o->n = 0;
	json_init(&j, o);
	json_object(&j);
	json_key(&j, "uris");
	json_array(&j);
	for (uint32_t i = 0; i < u->count; i++)
		put_uri(&j, u, &u->items[i]);
	json_array_end(&j);
	json_key(&j, "forms");
	json_array(&j);
	for (uint16_t i = 1; i <= u->text_count; i++)
		if (u->texts[i - 1].form)
			json_str(&j, uris_text(u, i));
	json_array_end(&j);
	json_key(&j, "cut");
	json_bool(&j, u->cut);
	json_object_end(&j);
	CHECK(!o->full);
	printf("%.*s\n", (int)o->n, o->p);
}

struct shower {
	struct charsets *charsets;
	struct suffixes *suffixes;
	struct out o;
};

static void show(struct str message, void *arg)
{
	struct shower *s = arg;
	const size_t n = header_length(message);
	const struct str header = str_head(message, n ? n : message.n);
	struct reader reader = { 0 };
	struct text text = { 0 };
	struct uris uris = { 0 };
	struct gather gather = { .uris = &uris, .suffixes = s->suffixes };

	reader_begin(&reader, &text, s->charsets, header);
	reader_feed(&reader, str_from(message, header.n));
	reader_finish(&reader);
	gather_text(&gather, &text);
	print(&uris, &s->o);
	uris_free(&uris);
	reader_free(&reader);
	text_free(&text);
}

int main(int argc, char **argv)
{
	struct shower s = { .charsets = charsets_new(),
			    .suffixes = suffixes_new(),
			    .o = { .p = mem_new(ROOM), .cap = ROOM } };
	bool ok;

	ok = each_message(argc, argv, show, &s);
	suffixes_free(s.suffixes);
	charsets_free(s.charsets);
	mem_free(s.o.p);
	return ok ? 0 : 1;
}
