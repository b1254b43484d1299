#include "filters/body_hash.h"

#include "base/check.h"
#include "filters/canon.h"

#include <openssl/evp.h>

/* One way to canonicalize it. */
struct body_form {
	struct canon_body canon;
	struct canon_sink sink;
	uint64_t length; /* so far */
	struct body_hash *first;
};

static void put(void *arg, struct str bytes)
{
	struct body_form *form = arg;

	for (struct body_hash *h = form->first; h; h = h->next)
		if (form->length < h->length)
			sha256_add(h->hash, str_head(bytes, h->length - form->length));
	form->length += bytes.n;
}

static struct body_form *form_of(struct body_hashes *b, struct arena *arena, bool relaxed)
{
	struct body_form *form = b->forms[relaxed];

	if (form)
		return form;
	form = b->forms[relaxed] = arena_new(arena, struct body_form);
	if (!form)
		return NULL;
	form->canon.relaxed = relaxed;
	form->sink.put = put;
	form->sink.arg = form;
	return form;
}

struct body_hash *body_hashes_want(struct body_hashes *b, struct arena *arena, bool relaxed,
				   uint64_t length)
{
	struct body_form *form = form_of(b, arena, relaxed);
	struct body_hash *h;

	for (h = form ? form->first : NULL; h; h = h->next)
		if (h->length == length)
			return h;
	h = form ? arena_new(arena, struct body_hash) : NULL;
	if (!h)
		return NULL;
	h->length = length;
	h->hash = sha256_new();
	h->next = form->first;
	form->first = h;
	return h;
}

void body_hashes_add(struct body_hashes *b, struct str bytes)
{
	for (unsigned i = 0; i < COUNTOF(b->forms); i++)
		if (b->forms[i])
			canon_body(&b->forms[i]->canon, &b->forms[i]->sink, bytes);
}

static void end_form(struct body_form *form)
{
	canon_body_end(&form->canon, &form->sink);
	for (struct body_hash *h = form->first; h; h = h->next) {
		h->body = form->length;
		sha256_end(h->hash, &h->digest);
		h->hash = NULL;
	}
}

void body_hashes_end(struct body_hashes *b)
{
	for (unsigned i = 0; i < COUNTOF(b->forms); i++)
		if (b->forms[i])
			end_form(b->forms[i]);
}

void body_hashes_drop(struct body_hashes *b)
{
	for (unsigned i = 0; i < COUNTOF(b->forms); i++)
		for (struct body_hash *h = b->forms[i] ? b->forms[i]->first : NULL; h;
		     h = h->next) {
			EVP_MD_CTX_free(h->hash);
			h->hash = NULL;
		}
}
