#include "filters/content/intake.h"

#include "base/check.h"
#include "base/mem.h"
#include "filters/content/words.h"

#include <openssl/evp.h>

void attachments_init(struct attachments *all)
{
	*all = (struct attachments){ .steps.left = LIMIT_ARCHIVE_STEPS };
	arena_init(&all->arena, LIMIT_ATTACHMENT_MEMORY);
	arena_init(&all->entries, LIMIT_ATTACHMENT_MEMORY);
}

void attachments_free(struct attachments *all)
{
	arena_reset(&all->arena);
	arena_reset(&all->entries);
	*all = (struct attachments){ 0 };
}

/* ---- names ---- */

bool attachment_is_called(const struct attachment *a, enum name_kind kind)
{
	if (name_is(a->name, kind) || name_is(a->alias, kind))
		return true;
	for (const struct attachment_name *n = a->others; n; n = n->next)
		if (name_is(n->text, kind))
			return true;
	return false;
}

/* RFC 2231 says what charset it has; else it is as header fields are. */
static void put_name(struct str bytes, struct str charset, struct charsets *charsets, struct out *o)
{
	struct charset c;
	char text[256];

	if (charset.n == 0) {
		words_put(bytes, charsets, o);
		return;
	}
	charset_open(&c, charsets, charset);
	while (bytes.n) {
		const size_t n = charset_take(&c, &bytes, text, sizeof(text));

		out_str(o, (struct str){ .p = text, .n = n });
	}
	out_str(o, (struct str){ .p = text, .n = charset_end(&c, text) });
	charset_close(&c);
}

static struct str keep_name(struct intake *i, struct str bytes, struct str charset,
			    struct charsets *charsets)
{
	char text[LIMIT_ATTACHMENT_NAME];
	struct out o = OUT(text);

	put_name(bytes, charset, charsets, &o);
	if (o.full)
		i->at->long_name = true;
	return arena_str(&i->all->arena, out_text(&o));
}

static struct str read_name(struct intake *i, const struct params *params, enum param_id id,
			    enum param_form form, struct charsets *charsets)
{
	char bytes[4 * LIMIT_ATTACHMENT_NAME]; /* encoded words are longer than what they say */
	struct out o = OUT(bytes);
	struct str charset;

	if (!params_form(params, id, form, &o, &charset))
		return (struct str){ 0 };
	if (o.full || (form == PARAM_PIECES && params->of[id].cut))
		i->at->long_name = true;
	return keep_name(i, out_text(&o), charset, charsets);
}

static void add_other(struct intake *i, struct str text)
{
	struct attachment *a = i->at;
	struct attachment_name *other;

	if (text.n == 0 || str_eq(text, a->name) || str_eq(text, a->alias))
		return;
	other = arena_new(&i->all->arena, struct attachment_name);
	if (!other)
		return;
	*other = (struct attachment_name){ .next = a->others, .text = text };
	a->others = other;
}

/* Returns the first of its forms; the others are noted. */
static struct str read_forms(struct intake *i, const struct params *params, enum param_id id,
			     struct charsets *charsets)
{
	struct str name = { 0 };

	if (!params_has(params, id))
		return name;
	for (unsigned form = 0; form < PARAM_FORM_COUNT; form++) {
		const struct str text = read_name(i, params, id, (enum param_form)form, charsets);

		if (name.n == 0)
			name = text;
		else if (!str_eq(text, name))
			add_other(i, text);
	}
	return name;
}

static void read_names(struct intake *i, const struct entity *e, struct charsets *charsets)
{
	struct attachment *a = i->at;

	a->name = read_forms(i, &e->params, PARAM_FILENAME, charsets);
	a->alias = read_forms(i, &e->params, PARAM_NAME, charsets);
	if (a->name.n == 0) {
		a->name = a->alias;
		a->alias = (struct str){ 0 };
	} else if (str_eq(a->name, a->alias)) {
		a->alias = (struct str){ 0 };
	}
}

static struct str read_type(struct arena *arena, const struct entity *e)
{
	char bytes[128];
	struct out o = OUT(bytes);

	for (size_t k = 0; k < e->type.n; k++)
		out_char(&o, ascii_lower(e->type.p[k]));
	out_char(&o, '/');
	for (size_t k = 0; k < e->subtype.n; k++)
		out_char(&o, ascii_lower(e->subtype.p[k]));
	return arena_str(arena, out_text(&o));
}

/* ---- which parts ---- */

static bool has_name(const struct entity *e)
{
	return params_has(&e->params, PARAM_FILENAME) || params_has(&e->params, PARAM_NAME);
}

bool intake_wants(const struct entity *e)
{
	if (str_ieq(e->type, STR("text")) || str_ieq(e->type, STR("message")) ||
	    str_ieq(e->type, STR("multipart")))
		return str_ieq(e->disposition, STR("attachment")) || has_name(e);
	return true;
}

/* ---- what it is ---- */

/* What the table does not know is asked of libmagic, a few times. */
static void ask_magic(struct intake *i, struct str head)
{
	if (!i->magic || i->all->asked == LIMIT_ATTACHMENT_ASKED)
		return;
	i->all->asked++;
	i->at->media = arena_str(&i->all->arena, magic_ask(i->magic, head));
	if (i->at->media.n)
		i->at->kind = kind_named(i->at->media.p);
}

/* Anything may be in front of a PDF. */
static bool is_pdf(const struct attachment *a, struct str head)
{
	return (attachment_is_called(a, NAME_PDF) || str_eq(a->type, STR("application/pdf"))) &&
	       str_has(str_head(head, KIND_PDF_AT), STR("%PDF-"));
}

/* What it is read as.  A browser shows what is called a page as one, whatever it begins with; programs find a zip by its
 * end. */
static enum kind walked_kind(const struct attachment *a)
{
	if (attachment_is_called(a, NAME_PAGE))
		return KIND_HTML;
	return kind_class(a->kind) != CLASS_ARCHIVE && attachment_is_called(a, NAME_ZIP) ? KIND_ZIP
											 : a->kind;
}

static void begin_walk(struct intake *i)
{
	const enum kind kind = walked_kind(i->at);

	if (!walk_knows(kind))
		return;
	i->listing = arena_new(&i->all->arena, struct listing);
	if (!i->listing)
		return;
	i->listing->arena = &i->all->entries;
	steps_begin_file(&i->all->steps);
	walk_begin(&i->walk, kind, i->listing, &i->all->steps);
	i->at->listing = i->listing;
}

/* The head is there, or there is no more of it. */
static void know(struct intake *i)
{
	const struct str head = { .p = i->head, .n = i->n };

	i->known = true;
	i->at->kind = kind_of(head);
	if ((i->at->kind == KIND_UNKNOWN || i->at->kind == KIND_TEXT) && is_pdf(i->at, head))
		i->at->kind = KIND_PDF;
	if (i->at->kind == KIND_UNKNOWN && head.n)
		ask_magic(i, head);
	if (i->at->kind == KIND_UNKNOWN && attachment_is_called(i->at, NAME_ZIP))
		i->at->kind = KIND_ZIP;
	begin_walk(i);
	walk_feed(&i->walk, head);
}

static void look_for_iso(struct intake *i, struct str bytes)
{
	const uint64_t at = i->at->size, end = at + bytes.n;

	if (end <= KIND_ISO_AT || at >= KIND_ISO_AT + sizeof(i->iso))
		return;
	for (size_t k = 0; k < sizeof(i->iso); k++)
		if (KIND_ISO_AT + k >= at && KIND_ISO_AT + k < end)
			i->iso[k] = bytes.p[KIND_ISO_AT + k - at];
	if (memcmp(i->iso, "CD001", sizeof(i->iso)) != 0)
		return;
	i->at->image = true;
	if (i->at->kind == KIND_UNKNOWN)
		i->at->kind = KIND_ISO;
}

/* ---- one file ---- */

static struct attachment *add(struct attachments *all)
{
	struct attachment *a =
		all->count < LIMIT_ATTACHMENTS ? arena_new(&all->arena, struct attachment) : NULL;

	if (!a) {
		all->cut = true;
		return NULL;
	}
	if (all->last)
		all->last->next = a;
	else
		all->first = a;
	all->last = a;
	all->count++;
	return a;
}

static bool begin(struct intake *i)
{
	i->at = i->all ? add(i->all) : NULL;
	i->known = false;
	i->n = 0;
	i->picture = (struct picture){ .kind = PICTURE_NONE };
	memset(i->iso, 0, sizeof(i->iso));
	if (i->at && !i->head)
		i->head = mem_new(LIMIT_ATTACHMENT_HEAD);
	return i->at != NULL;
}

void intake_part(struct intake *i, const struct entity *e, struct charsets *charsets)
{
	if (!begin(i))
		return;
	read_names(i, e, charsets);
	i->at->type = read_type(&i->all->arena, e);
	i->at->base64 = e->encoding == TRANSFER_BASE64;
	picture_begin(&i->picture, i->at->type);
	if (!attachment_is_text(i->at))
		i->hash = sha256_new();
}

void intake_file(struct intake *i, enum attachment_source source, struct str name,
		 struct charsets *charsets)
{
	if (!begin(i))
		return;
	i->at->source = source;
	i->at->name = keep_name(i, name, (struct str){ 0 }, charsets);
	i->hash = sha256_new();
}

void intake_cut(struct intake *i)
{
	if (!i->at)
		return;
	i->all->cut = true;
	if (i->at->listing)
		i->listing->flags |= LISTING_LIMIT;
	EVP_MD_CTX_free(i->hash);
	i->hash = NULL;
	walk_free(&i->walk);
	i->at = NULL;
}

void intake_add(struct intake *i, struct str bytes)
{
	struct str rest = bytes;

	if (!i->at || bytes.n == 0)
		return;
	if (bytes.n > LIMIT_ATTACHMENT_BYTES - i->all->bytes) {
		intake_cut(i);
		return;
	}
	i->all->bytes += bytes.n;
	if (i->hash)
		sha256_add(i->hash, bytes);
	if (!i->known) {
		const struct str head = str_head(bytes, LIMIT_ATTACHMENT_HEAD - i->n);

		memcpy(i->head + i->n, head.p, head.n);
		i->n += head.n;
		rest = str_from(bytes, head.n);
		if (i->n == LIMIT_ATTACHMENT_HEAD)
			know(i);
	}
	if (rest.n)
		walk_feed(&i->walk, rest);
	look_for_iso(i, bytes);
	picture_feed(&i->picture, bytes);
	i->at->size += bytes.n;
}

void intake_end(struct intake *i)
{
	if (!i->at)
		return;
	if (!i->known)
		know(i);
	walk_end(&i->walk);
	i->at->width = i->picture.width;
	i->at->height = i->picture.height;
	if (i->hash) {
		sha256_end(i->hash, &i->at->digest);
		i->hash = NULL;
		i->at->digested = true;
	}
	i->at = NULL;
}

void intake_free(struct intake *i)
{
	EVP_MD_CTX_free(i->hash);
	walk_free(&i->walk);
	mem_free(i->head);
	*i = (struct intake){ 0 };
}
