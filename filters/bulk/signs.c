#include "filters/bulk/signs.h"

#include "filters/bulk/references.h"
#include "filters/content/text.h"

enum {
	DOMAINS = 32, /* that are read; a mail that refers to more is no mail with little in it */
	DOMAINS_LEAST = 3,
	DOMAINS_SKELETON = 2, /* beside a skeleton */
	HALF_LEAST = 4,       /* bits of a skeleton's half */
	SUBJECT_LEAST = 3,    /* words */
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	const uint64_t h = (a ^ b) * 0x9e3779b97f4a7c15;

	return (h ^ h >> 29) * 0xbf58476d1ce4e5b9;
}

/* A hash is none only where there is nothing. */
static uint64_t some(uint64_t hash)
{
	return hash ? hash : 1;
}

static bool has(const uint64_t *all, unsigned n, uint64_t one)
{
	for (unsigned i = 0; i < n; i++)
		if (all[i] == one)
			return true;
	return false;
}

/* The order in which they stand says nothing. */
static void read_links(struct signs *s, const struct uris *uris)
{
	uint64_t domains[DOMAINS], sum = 0;

	for (uint32_t i = 0; i < uris->count; i++) {
		uint64_t domain;

		if (!is_reference(&uris->items[i]))
			continue;
		domain = bulk_hash(reference_domain(uris, &uris->items[i]));
		if (has(domains, s->domains, domain))
			continue;
		if (s->domains == DOMAINS) {
			s->domains = 0;
			return;
		}
		domains[s->domains++] = domain;
		sum += mix(domain, 0);
	}
	s->links = s->domains ? some(sum) : 0;
}

static void read_skeleton(struct signs *s, const struct skeleton *skeleton)
{
	enum { WORDS = SKELETON_WORDS / SIGNS_HALVES };

	for (unsigned half = 0; half < SIGNS_HALVES; half++) {
		uint64_t h = half;
		unsigned bits = 0;

		for (unsigned i = 0; i < WORDS; i++) {
			const uint64_t word = skeleton->bits[half * WORDS + i];

			bits += (unsigned)__builtin_popcountll(word);
			h = mix(h, word);
		}
		s->skeleton[half] = bits < HALF_LEAST ? 0 : some(h);
	}
}

static uint64_t read_subject(const struct text *text, const struct wordlist *personal,
			     struct wordlist *space)
{
	uint64_t h = 0;

	space->n = 0;
	for (uint32_t i = 0; i < text->count; i++)
		if (text->paragraphs[i].source == TEXT_SUBJECT)
			wordlist_read(space, text_paragraph(text, i));
	wordlist_drop(space, 0, personal);
	if (space->n < SUBJECT_LEAST)
		return 0;
	for (uint32_t i = 0; i < space->n; i++)
		h = mix(h, space->hashes[i]);
	return some(h);
}

struct signs signs_of(const struct text *text, const struct uris *uris, bool is_answer,
		      const struct wordlist *personal, struct wordlist *space)
{
	struct signs s = { 0 };

	read_links(&s, uris);
	read_skeleton(&s, &text->skeleton);
	if (!is_answer)
		s.subject = read_subject(text, personal, space);
	return s;
}

static unsigned put_two(struct bulk_sign *to, enum bulk_kind kind, uint64_t a, uint64_t b)
{
	if (a == 0 || b == 0)
		return 0;
	*to = (struct bulk_sign){ .kind = kind, .hash = mix(a, b) };
	return 1;
}

unsigned signs_put(const struct signs *s, struct bulk_sign to[SIGNS_MOST])
{
	unsigned n = 0;

	if (s->domains >= DOMAINS_LEAST)
		to[n++] = (struct bulk_sign){ .kind = BULK_LINKS, .hash = s->links };
	n += put_two(to + n, BULK_LINKS_SUBJECT, s->links, s->subject);
	for (unsigned i = 0; i < SIGNS_HALVES; i++)
		n += put_two(to + n, BULK_SKELETON_SUBJECT, s->skeleton[i], s->subject);
	for (unsigned i = 0; i < SIGNS_HALVES; i++)
		if (put_two(to + n, BULK_LINKS_SKELETON, s->links, s->skeleton[i]))
			to[n++].leads_nowhere = s->domains < DOMAINS_SKELETON;
	return n;
}
