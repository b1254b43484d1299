/* late.c - a style sheet that comes when elements are open: what it says of these. */
#include "filters/content/element.h"

bool html_is_late(const struct html *h)
{
	for (uint32_t i = 0; i < h->depth; i++)
		if (h->open[i].claims || h->open[i].tag >= TAG_COUNT)
			return true;
	return false;
}

/* An element that is open has another colour now, and so have those within that had it from there. */
static void change_color(struct html *h, uint32_t i, bool background, uint32_t color)
{
	uint32_t before = 0;

	for (uint32_t k = i; k < h->depth; k++) {
		uint32_t *of = background ? &h->open[k].background : &h->open[k].color;

		if (k == i)
			before = *of;
		if (*of != before)
			break;
		*of = color;
	}
	h->steps += h->depth - i;
}

/* Of an element that is open: what classes it has, and what its own style said, nobody knows any more. */
static void color_open(struct html *h, uint32_t i, const struct sheet_matches *m, unsigned before)
{
	const bool known = !h->open[i].claims && !h->open[i].styled;

	for (unsigned k = 0; k < m->count; k++) {
		const struct sheet_says *says = &m->rows[k]->says;

		if (m->rows[k] <= &h->sheet->rows[before])
			continue;
		if (says->background != HTML_UNSAID)
			change_color(h, i, true,
				     known ? says->background : (uint32_t)HTML_NO_COLOR);
		if (says->color != HTML_UNSAID)
			change_color(h, i, false, known ? says->color : (uint32_t)HTML_NO_COLOR);
	}
}

void html_match_open(struct html *h, unsigned before)
{
	for (uint32_t i = 0; i < h->depth; i++) {
		struct html_element *e = &h->open[i];
		const uint64_t known = e->own; /* of what came before */
		struct sheet_claims of = { 0 };
		struct sheet_matches m;

		e->own = i ? h->open[i - 1].own : 0;
		e->around = i ? h->open[i - 1].around : 0;
		if (e->tag < TAG_COUNT)
			of.name = html_tag_name(e->tag);
		h->steps += sheet_match(h->sheet, &of, e, &m);
		e->own |= known;
		e->around |= known;
		color_open(h, i, &m, before);
	}
}
