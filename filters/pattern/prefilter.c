#include "filters/pattern/prefilter.h"

#include "base/mem.h"
#include "filters/pattern/grams.h"

#include <string.h>

#define ALWAYS UINT32_MAX

struct prefilter {
	size_t count;
	uint32_t *words;   /* what they need: struct grams, one behind the other */
	uint32_t starts[]; /* of each; ALWAYS: nothing is known */
};

struct prefilter_scratch {
	struct grams_set set;
};

/* There may be something else than the text to look at. */
static bool is_known(const struct pattern *p)
{
	return p->when != PATTERN_EXISTS && !(p->view.parts && p->has_unset);
}

struct prefilter *prefilter_new(const struct pattern *const *patterns, size_t count)
{
	struct prefilter *p = mem_new(sizeof(*p) + count * sizeof(p->starts[0]));
	struct grams *grams = mem_new(sizeof(*grams));
	size_t n = 0, size = 0;

	p->count = count;
	for (size_t i = 0; i < count; i++) {
		grams->n = 0;
		if (is_known(patterns[i]))
			grams_read(grams, patterns[i]->regex, patterns[i]->flags);
		p->starts[i] = grams->n ? (uint32_t)n : ALWAYS;
		if (n + grams->n > size) {
			size = 2 * size + GRAMS_ROOM;
			p->words = mem_array(p->words, size, sizeof(*p->words));
		}
		memcpy(p->words + n, grams->words, grams->n * sizeof(*p->words));
		n += grams->n;
	}
	mem_free(grams);
	return p;
}

void prefilter_free(struct prefilter *p)
{
	mem_free(p->words);
	mem_free(p);
}

struct prefilter_scratch *prefilter_scratch_new(void)
{
	return mem_new(sizeof(struct prefilter_scratch));
}

void prefilter_scratch_free(struct prefilter_scratch *scratch)
{
	mem_free(scratch);
}

void prefilter_look(const struct prefilter *p, struct prefilter_scratch *scratch, struct str text,
		    uint64_t *bits)
{
	memset(bits, 0, prefilter_words(p->count) * sizeof(*bits));
	grams_fill(&scratch->set, text);
	for (size_t i = 0; i < p->count; i++)
		if (p->starts[i] == ALWAYS ||
		    grams_might_match(p->words + p->starts[i], &scratch->set))
			bits[i / 64] |= (uint64_t)1 << i % 64;
}
