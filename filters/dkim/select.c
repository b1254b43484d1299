#include "filters/dkim/select.h"

#include "base/check.h"

struct dkim_wanted {
	struct str name;     /* p == NULL: a free place */
	unsigned wanted;     /* so many of the last ones */
	unsigned seen, past; /* in the header section; of these, in the second pass */
};

bool dkim_select_new(struct dkim_select *s, struct arena *arena, size_t names)
{
	s->size = 8;
	while (s->size < 2 * names + 1)
		s->size *= 2;
	s->table = arena_alloc(arena, s->size * sizeof(*s->table));
	return s->table != NULL;
}

/* Its place, or the free one where it would be. */
static struct dkim_wanted *place_of(const struct dkim_select *s, struct str name)
{
	size_t at = str_ihash(name) & (s->size - 1);

	while (s->table[at].name.p && !str_ieq(s->table[at].name, name))
		at = (at + 1) & (s->size - 1);
	return &s->table[at];
}

void dkim_select_names(struct dkim_select *s, const struct dkim_signature *signature)
{
	for (unsigned i = 0; i < signature->name_count; i++) {
		struct dkim_wanted *place = place_of(s, signature->names[i]);

		place->name = signature->names[i];
		place->wanted++;
	}
}

void dkim_select_count(struct dkim_select *s, struct str name)
{
	struct dkim_wanted *place = place_of(s, name);

	if (place->name.p)
		place->seen++;
}

bool dkim_select_take(struct dkim_select *s, struct str name)
{
	struct dkim_wanted *place = place_of(s, name);

	if (!place->name.p)
		return false;
	CHECK(place->past < place->seen);
	return place->seen - place->past++ <= place->wanted;
}
