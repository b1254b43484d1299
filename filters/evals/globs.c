#include "filters/evals/globs.h"

#include "base/check.h"

/* Of a text from its end on, so that those of all tails are had in one pass. */
static uint32_t add_byte(uint32_t sum, char c)
{
	return (sum ^ (unsigned char)ascii_lower(c)) * 16777619u;
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '?';
}

/* The longest end without a wildcard that begins where a tail may. */
static struct str tail_of(struct str pattern)
{
	struct str tail = { 0 };

	for (size_t i = pattern.n; i-- > 0 && !is_wildcard(pattern.p[i]);)
		if (pattern.p[i] == '.' || pattern.p[i] == '@')
			tail = str_from(pattern, i);
	return tail;
}

static unsigned bucket_of(struct str tail)
{
	uint32_t sum = 0;

	for (size_t i = tail.n; i-- > 0;)
		sum = add_byte(sum, tail.p[i]);
	return tail.n ? sum % GLOBS_BUCKETS : GLOBS_BUCKETS;
}

static struct str lower(struct arena *arena, struct str s)
{
	char *to = arena_alloc(arena, s.n + 1);

	for (size_t i = 0; to && i < s.n; i++)
		to[i] = ascii_lower(s.p[i]);
	return (struct str){ .p = to, .n = s.n };
}

bool globs_add(struct globs *g, struct arena *arena, struct str pattern, struct str with)
{
	struct glob *glob = arena_new(arena, struct glob);
	struct glob **bucket;

	if (!glob)
		return false;
	glob->pattern = lower(arena, pattern);
	glob->with = lower(arena, with);
	if (!glob->pattern.p || !glob->with.p)
		return false;
	glob->tail = tail_of(glob->pattern);
	bucket = &g->buckets[bucket_of(glob->tail)];
	for (const struct glob *x = *bucket; x; x = x->next)
		if (str_eq(x->pattern, glob->pattern) && str_eq(x->with, glob->with))
			return true;
	glob->next = *bucket;
	*bucket = glob;
	g->count++;
	if (glob->pattern.n > g->longest)
		g->longest = glob->pattern.n;
	return true;
}

void globs_remove(struct globs *g, struct str pattern, const struct str *with)
{
	struct glob **at = &g->buckets[bucket_of(tail_of(pattern))];

	while (*at) {
		if (str_ieq((*at)->pattern, pattern) && (!with || str_ieq((*at)->with, *with))) {
			*at = (*at)->next;
			g->count--;
		} else {
			at = &(*at)->next;
		}
	}
}

/* The last "*" may stand for one byte more whenever it does not go on: earlier ones need not be tried again, for what
 * comes behind the last one could come there too; but where dots end it. */
static bool matches(struct str pattern, struct str text, bool dots)
{
	size_t p = 0, t = 0, star = pattern.n, from = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = t;
		} else if (p < pattern.n && (pattern.p[p] == text.p[t] ||
					     (pattern.p[p] == '?' && (dots || text.p[t] != '.')))) {
			p++;
			t++;
		} else if (star < pattern.n && (dots || text.p[from] != '.')) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

/* Steps to where the next tail begins.  False: there is none. */
static bool step(struct globs_search *s)
{
	while (s->at > 0) {
		const char c = s->text.p[--s->at];

		s->sum = add_byte(s->sum, c);
		if (c == '.' || c == '@')
			return true;
	}
	return false;
}

const struct glob *globs_next(const struct globs *g, struct globs_search *s)
{
	if (!s->begun) {
		s->begun = true;
		if (g->count == 0 || s->text.n > GLOBS_TEXT)
			return NULL;
		s->at = s->text.n;
		s->next = g->buckets[GLOBS_BUCKETS];
	}
	for (;;) {
		while (s->next) {
			const struct glob *glob = s->next;

			s->next = glob->next;
			if ((glob->tail.n == 0 || str_eq(glob->tail, str_from(s->text, s->at))) &&
			    matches(glob->pattern, s->text, g->dots))
				return glob;
		}
		if (!step(s))
			return NULL;
		s->next = g->buckets[s->sum % GLOBS_BUCKETS];
	}
}

bool globs_have(const struct globs *g, struct str text)
{
	struct globs_search search = { .text = text };

	return globs_next(g, &search) != NULL;
}

const struct glob *globs_find(const struct globs *g, struct str pattern)
{
	const struct glob *glob = g->buckets[bucket_of(tail_of(pattern))];

	while (glob && !str_eq(glob->pattern, pattern))
		glob = glob->next;
	return glob;
}

static const struct glob *find_dotted(const struct globs *g, uint32_t sum, struct str text)
{
	const struct glob *glob = g->buckets[add_byte(sum, '.') % GLOBS_BUCKETS];

	while (glob && (glob->pattern.n != text.n + 1 || glob->pattern.p[0] != '.' ||
			!str_eq(str_from(glob->pattern, 1), text)))
		glob = glob->next;
	return glob;
}

const struct glob *globs_find_host(const struct globs *g, struct str text)
{
	const size_t least = text.n < g->longest ? 0 : text.n + 1 - g->longest;
	const struct glob *found = NULL;
	uint32_t sum = 0;

	for (size_t at = text.n; g->count; sum = add_byte(sum, text.p[--at])) {
		if (at == 0 || text.p[at - 1] == '.') {
			const struct glob *longer = find_dotted(g, sum, str_from(text, at));

			found = longer ? longer : found;
		}
		if (at <= least)
			break;
	}
	return found;
}
