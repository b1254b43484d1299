/* Any bytes as a message that is read: the text is UTF-8 in paragraphs within its limits, what rules look at is in pieces
 * that end, and neither depends on how the message is cut into pieces. */
#include "base/check.h"
#include "base/utf8.h"
#include "filters/content/reader.h"
#include "fuzz/mix.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct charsets *charsets;

static void check_paragraph(struct str s)
{
	CHECK(s.n > 0 && s.p[0] != ' ' && s.p[s.n - 1] != ' ');
	while (s.n) {
		const size_t n = utf8_length(s);

		CHECK(n > 0 && (unsigned char)s.p[0] >= ' ');
		CHECK(s.p[0] != ' ' || s.p[1] != ' ');
		s = str_from(s, n);
	}
}

static uint64_t look_at(const struct text *t)
{
	uint64_t hash = mix(1, &t->cut, sizeof(t->cut));

	CHECK(t->n <= LIMIT_TEXT && t->count <= LIMIT_TEXT_PARAGRAPHS);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct text_paragraph *p = &t->paragraphs[i];

		CHECK(p->at == (i ? p[-1].at + p[-1].n : 0) && p->at + p->n <= t->n);
		check_paragraph(text_paragraph(t, i));
		hash = mix(hash, &p->n, sizeof(p->n));
		hash = mix(hash, (uint8_t[]){ p->source, p->sight }, 2);
	}
	for (uint32_t i = 0; i < t->link_count; i++) {
		const struct text_link *l = &t->links[i];

		CHECK(l->from <= l->to && l->to <= t->n);
		hash = mix(hash, (uint32_t[]){ l->n, l->from, l->to, l->kind }, 16);
	}
	hash = mix(hash, t->references, t->references_n);
	return mix(hash, t->bytes, t->n);
}

static uint64_t look_at_body(const struct body *b)
{
	uint64_t hash = mix(1, &b->cut, sizeof(b->cut));

	for (unsigned kind = 0; kind < BODY_KINDS; kind++) {
		const struct body_pieces *p = &b->pieces[kind];

		CHECK(p->n <= LIMIT_PATTERN_VIEW && p->count <= LIMIT_TEXT_PARAGRAPHS);
		for (uint32_t i = 0; i < p->count; i++)
			CHECK((body_piece(p, i).n > 0 || kind == BODY_HEADERS) &&
			      p->ends[i] <= p->n);
		CHECK(p->count == 0 || p->ends[p->count - 1] == p->n);
		hash = mix(hash, p->ends, p->count * sizeof(*p->ends));
		hash = mix(hash, p->bytes, p->n);
	}
	CHECK(b->pieces[BODY_HEADERS].count <= LIMIT_PATTERN_PARTS);
	return hash;
}

static uint64_t look_at_files(const struct attachments *all)
{
	uint64_t hash = mix(1, &all->cut, sizeof(all->cut));

	CHECK(all->count <= LIMIT_ATTACHMENTS);
	for (const struct attachment *a = all->first; a; a = a->next) {
		CHECK(a->name.n <= LIMIT_ATTACHMENT_NAME && a->kind < KIND_COUNT);
		hash = mix(hash, a->name.p, a->name.n);
		hash = mix(hash, a->alias.p, a->alias.n);
		for (const struct attachment_name *n = a->others; n; n = n->next)
			hash = mix(hash, n->text.p, n->text.n);
		hash = mix(hash, &a->kind, sizeof(a->kind));
		hash = mix(hash, &a->size, sizeof(a->size));
		hash = mix(hash, &a->digest, sizeof(a->digest));
	}
	return hash;
}

static uint64_t run(struct str message, size_t piece)
{
	const size_t n = header_length(message);
	const struct str header = str_head(message, n ? n : message.n);
	struct str rest = str_from(message, header.n);
	struct reader r = { 0 };
	struct body b = { .wanted = ~0u };
	struct text t = { .body = &b };
	struct attachments files;
	uint64_t hash;

	attachments_init(&files);
	r.intake.all = &files;
	reader_begin(&r, &t, charsets, header);
	while (rest.n)
		reader_feed(&r, str_take(&rest, piece));
	reader_finish(&r);
	hash = look_at(&t) ^ look_at_body(&b) ^ look_at_files(&files);
	reader_free(&r);
	text_free(&t);
	body_free(&b);
	attachments_free(&files);
	return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str message = { .p = (const char *)data, .n = size };
	uint64_t whole;

	if (!charsets)
		charsets = charsets_new();
	whole = run(message, size + 1);
	CHECK(run(message, 1) == whole);
	CHECK(run(message, size % 13 + 2) == whole);
	return 0;
}
