/* alternatives.c - functions that compare the words of plain text with those of the HTML that says the same.
 *
 * A table of words by their hash, as large as the texts need; once it is full, further ones are not told apart. */
#include "filters/content/body.h"
#include "filters/content/tally.h"
#include "filters/content/text.h"
#include "filters/evals/eval.h"

#include "base/eight.h"
#include "base/mem.h"

#include <math.h>

enum {
	ROWS = 8192,
	TRIES = 16, /* places where a word may be */
	MOST = 1
	       << 20, /* bytes that are looked at: those of a text once for each alternatives around it */
};

struct word {
	uint64_t hash;
	uint16_t html, plain;
};

/* Few words are many of a text's: they lie together, and the table that says where is small. */
struct words {
	uint16_t rows[ROWS]; /* a word's number and 1; 0: none is here */
	size_t used;         /* of them, a power of two */
	struct word items[ROWS];
	size_t count;
};

void eval_words_free(struct words *words)
{
	mem_free(words);
}

/* ---- a text's words ---- */

static void add_word(struct words *w, uint64_t hash, bool html)
{
	for (size_t i = 0; i < TRIES; i++) {
		uint16_t *row = &w->rows[(hash + i) & (w->used - 1)];
		struct word *word = &w->items[*row ? *row - 1u : w->count];
		uint16_t *count = html ? &word->html : &word->plain;

		if (*row == 0) {
			*word = (struct word){ .hash = hash };
			*row = (uint16_t)++w->count;
		}
		if (word->hash != hash)
			continue;
		*count = (uint16_t)(*count + (*count < UINT16_MAX));
		return;
	}
}

static bool is_mark(char c)
{
	return !ascii_alnum(c) && c != '_';
}

/* A word has a letter, a digit or '_' in it: others are marks of lists, and lines. */
static bool is_word(struct str s)
{
	size_t i = 0;

	while (i < s.n && is_mark(s.p[i]))
		i++;
	return i < s.n;
}

/* Behind what stands there and is no space. */
static size_t end_of_word(struct str s, size_t at)
{
	while (s.n - at >= 8) {
		const uint64_t spaces = ~eight_above(eight_load(s.p + at), ' ') & EIGHT_HIGHS;

		at += spaces ? eight_first(spaces) : 8;
		if (spaces && ascii_space(s.p[at]))
			return at;
		at += spaces != 0; /* a control */
	}
	while (at < s.n && !ascii_space(s.p[at]))
		at++;
	return at;
}

/* Of what stands from the place on: eight bytes, or n of them and 0 behind. */
static uint64_t load(struct str s, size_t at, size_t n)
{
	uint64_t bytes = 0;

	if (s.n - at < 8) {
		for (size_t i = 0; i < n; i++)
			bytes |= (uint64_t)(unsigned char)s.p[at + i] << 8 * i;
		return bytes;
	}
	bytes = eight_load(s.p + at);
	return n < 8 ? bytes & ((UINT64_C(1) << 8 * n) - 1) : bytes;
}

static uint64_t hash_of(struct str s, size_t at, size_t end)
{
	const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = prime ^ (end - at); /* bytes that are 0 count, too */

	for (; at < end; at += 8) {
		hash = (hash ^ load(s, at, end - at)) * prime;
		hash ^= hash >> 32;
	}
	return hash;
}

static void add_words(struct words *w, struct str s, bool html)
{
	for (size_t at = 0, end; at < s.n; at = end + 1) {
		end = end_of_word(s, at);
		if (end > at && is_word((struct str){ .p = s.p + at, .n = end - at }))
			add_word(w, hash_of(s, at, end), html);
	}
}

/* ---- alternatives ---- */

struct difference {
	double most;        /* of 100 words of HTML those that the text has not, or not so often */
	double html, plain; /* different words, of the last alternatives with HTML */
};

static void clear(struct words *w, size_t bytes)
{
	w->used = 256;
	while (w->used < ROWS && w->used < bytes / 3)
		w->used *= 2;
	memset(w->rows, 0, w->used * sizeof(*w->rows));
	w->count = 0;
}

static void compare(const struct words *w, bool image, struct difference *d)
{
	size_t html = 0, plain = 0, missing = 0;
	double share;

	for (size_t i = 0; i < w->count; i++) {
		const struct word *word = &w->items[i];

		html += word->html > 0;
		plain += word->plain > 0;
		missing += word->html > word->plain;
	}
	if (html == 0 && image) /* it stands for words */
		html = missing = 1;
	if (html == 0)
		return;
	d->html = (double)html;
	d->plain = (double)plain;
	share = 100 * (double)missing / (double)html;
	d->most = share > d->most ? share : d->most;
}

static size_t bytes_of(const struct tally *t, uint32_t alternatives)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < t->text_count; i++)
		if (t->texts[i].alternatives & alternatives && t->texts[i].to > t->texts[i].from)
			bytes += t->texts[i].to - t->texts[i].from;
	return bytes;
}

static void measure(struct words *w, const struct tally *t, const struct body_pieces *p,
		    uint32_t alternatives, struct difference *d)
{
	bool image = false;

	clear(w, bytes_of(t, alternatives));
	for (unsigned i = 0; i < t->text_count; i++) {
		const struct tally_text *text = &t->texts[i];

		if (!(text->alternatives & alternatives))
			continue;
		image = image || text->image;
		if (text->to > text->from)
			add_words(w,
				  (struct str){ .p = p->bytes + text->from,
						.n = text->to - text->from },
				  text->html);
	}
	compare(w, image, d);
}

static void difference_of(struct eval_mail *m)
{
	const struct tally *t = eval_tally(m);
	const struct body *body = m->facts->text ? m->facts->text->body : NULL;
	struct words **words = eval_words(m);
	const bool meeting = t->meeting && t->parts == 3;
	struct difference d = { .most = 0 };
	size_t bytes = 0;

	if (body && t->alternatives && !meeting && !*words)
		*words = mem_new(sizeof(**words));
	for (unsigned i = 0; body && !meeting && i < t->alternatives && i < 32; i++) {
		bytes += bytes_of(t, UINT32_C(1) << i);
		if (bytes > MOST)
			break;
		measure(*words, t, &body->pieces[BODY_RENDERED], UINT32_C(1) << i, &d);
	}
	eval_remember(m, MEMO_DIFFERENCE, d.most);
	eval_remember(m, MEMO_HTML_WORDS, d.html);
	eval_remember(m, MEMO_PLAIN_WORDS, d.plain);
}

bool eval_multipart_alternative_difference(struct eval_mail *m, const struct eval_args *args)
{
	const double most = eval_known(m, MEMO_DIFFERENCE, difference_of);

	return (args->number[0] <= 0 || most > args->number[0]) && !(most > args->number[1]);
}

bool eval_multipart_alternative_difference_count(struct eval_mail *m, const struct eval_args *args)
{
	const double html = eval_known(m, MEMO_HTML_WORDS, difference_of);

	const double plain = eval_known(m, MEMO_PLAIN_WORDS, difference_of);

	return html > args->number[1] && plain / html > args->number[0];
}
