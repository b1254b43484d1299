#include "fake/words.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/out.h"

struct str words_next(struct str *rest)
{
	struct str word;

	*rest = str_trim(*rest);
	str_cut(*rest, ' ', &word, rest);
	*rest = str_trim(*rest);
	return word;
}

struct str words_last(struct str *rest)
{
	const struct str all = str_trim(*rest);
	size_t at = all.n;

	while (at > 0 && all.p[at - 1] != ' ')
		at--;
	*rest = str_trim(str_head(all, at));
	return str_from(all, at);
}

bool words_take(struct str *rest, const char *word)
{
	struct str r = *rest;

	if (!str_eq(words_next(&r), str_z(word)))
		return false;
	*rest = r;
	return true;
}

bool words_duration(struct str text, int64_t *ms)
{
	static const struct {
		struct str unit;
		int64_t ms;
	} units[] = {
		{ .unit = STR_INIT("ms"), .ms = 1 },
		{ .unit = STR_INIT("s"), .ms = 1000 },
		{ .unit = STR_INIT("m"), .ms = 60000 },
	};
	uint64_t n;

	for (size_t i = 0; i < COUNTOF(units); i++) {
		if (!str_ends(text, units[i].unit))
			continue;
		if (!str_u64(str_head(text, text.n - units[i].unit.n), 1u << 30, &n))
			return false;
		*ms = (int64_t)n * units[i].ms;
		return true;
	}
	return false;
}

bool words_glob(struct str pattern, struct str text)
{
	struct str star = { 0 }, retry = { 0 };

	for (;;) {
		if (pattern.n && pattern.p[0] == '*') {
			pattern = star = str_from(pattern, 1);
			retry = text;
		} else if (text.n && pattern.n &&
			   (pattern.p[0] == '?' || pattern.p[0] == text.p[0])) {
			pattern = str_from(pattern, 1);
			text = str_from(text, 1);
		} else if (text.n == 0 && pattern.n == 0) {
			return true;
		} else if (star.p && retry.n) {
			pattern = star;
			text = retry = str_from(retry, 1);
		} else {
			return false;
		}
	}
}

/* The byte behind a backslash; *used: bytes it took. */
static bool escape(struct str text, char *byte, size_t *used)
{
	static const char names[] = "rnt\\", bytes[] = "\r\n\t\\";
	const char *name = text.n ? memchr(names, text.p[0], sizeof(names) - 1) : NULL;

	*used = 1;
	if (name) {
		*byte = bytes[name - names];
		return true;
	}
	if (text.n == 0 || text.p[0] != 'x' || hex_byte(str_from(text, 1)) < 0)
		return false;
	*byte = (char)hex_byte(str_from(text, 1));
	*used = 3;
	return true;
}

struct str words_unescape(struct arena *arena, struct str text)
{
	struct out o = { .cap = text.n + 1 };
	size_t used;
	char byte;

	o.p = arena_alloc(arena, o.cap);
	CHECK(o.p != NULL);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '\\') {
			out_char(&o, text.p[i]);
			continue;
		}
		if (!escape(str_from(text, i + 1), &byte, &used))
			return (struct str){ 0 };
		out_char(&o, byte);
		i += used;
	}
	return out_text(&o);
}
