#include "filters/bulk/wordlist.h"

#include "base/utf8.h"
#include "filters/bulk/letters.h"

#include <stdbool.h>

enum { WORD_MAX = 24 }; /* letters; longer ones are no words of a language that has spaces */

/* What is between two spaces, as far as it has been read. */
struct word {
	uint32_t letters[WORD_MAX];
	unsigned n;
	unsigned scripts; /* of its letters, 1 << enum script */
	bool odd;         /* too long, or it has a digit, or is an address or link */
};

void wordlist_put(struct wordlist *w, uint32_t hash)
{
	if (w->n < w->room)
		w->hashes[w->n++] = hash;
}

static uint32_t hash_letters(const uint32_t *letters, unsigned n)
{
	uint64_t h = 0x9e3779b97f4a7c15;

	for (unsigned i = 0; i < n; i++)
		h = (h ^ letters[i]) * 0xff51afd7ed558ccd;
	return (uint32_t)(h >> 32);
}

static void end_word(struct wordlist *w, struct word *word)
{
	const unsigned latin = 1u << SCRIPT_LATIN;

	if (!word->odd && word->n) {
		if (word->scripts & latin && word->scripts & ~latin)
			for (unsigned i = 0; i < word->n; i++)
				word->letters[i] = letter_as_latin(word->letters[i]);
		wordlist_put(w, hash_letters(word->letters, word->n));
	}
	word->n = word->scripts = 0;
	word->odd = false;
}

static void add_letter(struct word *word, uint32_t point, enum script script)
{
	if (word->n == WORD_MAX) {
		word->odd = true;
		return;
	}
	word->letters[word->n++] = point;
	word->scripts |= 1u << script;
}

/* A character beyond ASCII. */
static void read_other(struct wordlist *w, struct word *word, uint32_t point)
{
	struct letter letter = letter_of(point);

	switch (letter.kind) {
	case LETTER:
		add_letter(word, letter.point, letter.script);
		break;
	case LETTER_WORD:
		end_word(w, word);
		wordlist_put(w, hash_letters(&letter.point, 1));
		break;
	case LETTER_NONE:
		break;
	}
}

void wordlist_read(struct wordlist *w, struct str text)
{
	struct word word = { .n = 0 };

	for (size_t i = 0; i < text.n;) {
		const char c = text.p[i];

		if ((unsigned char)c >= 0x80) {
			const size_t n = utf8_length(str_from(text, i));

			if (n)
				read_other(w, &word, utf8_point(str_head(str_from(text, i), n)));
			i += n ? n : 1;
			continue;
		}
		i++;
		if (ascii_alpha(c))
			add_letter(&word, (unsigned char)ascii_lower(c), SCRIPT_LATIN);
		else if (c == ' ')
			end_word(w, &word);
		else if (ascii_digit(c) || c == '@' || (c == '/' && i < text.n && text.p[i] == '/'))
			word.odd = true;
	}
	end_word(w, &word);
}

void wordlist_read_parts(struct wordlist *w, struct str name)
{
	struct word word = { .n = 0 };

	for (size_t i = 0; i < name.n; i++) {
		const char c = name.p[i];

		if (ascii_alpha(c))
			add_letter(&word, (unsigned char)ascii_lower(c), SCRIPT_LATIN);
		else if (ascii_digit(c))
			word.odd = true;
		else
			end_word(w, &word);
	}
	end_word(w, &word);
}

static bool has(const struct wordlist *w, uint32_t hash)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->hashes[i] == hash)
			return true;
	return false;
}

void wordlist_drop(struct wordlist *w, uint32_t from, const struct wordlist *these)
{
	uint32_t n = from;

	for (uint32_t i = from; these->n && i < w->n; i++)
		if (!has(these, w->hashes[i]))
			w->hashes[n++] = w->hashes[i];
	if (these->n)
		w->n = n;
}
