/* code.c - see code.h. */
#include "filters/location/code.h"

#include "conf/symbol.h"

bool location_country_ok(struct str country)
{
	return country.n == 2 && country.p[0] >= 'A' && country.p[0] <= 'Z' &&
	       country.p[1] >= 'A' && country.p[1] <= 'Z';
}

static bool parse_item(struct str text, struct location_code *code)
{
	struct location_item *item = &code->items[code->count++];
	uint64_t as;

	if (location_country_ok(text)) {
		*item = (struct location_item){ .country = { text.p[0], text.p[1] } };
		code->countries = true;
		return true;
	}
	if (!str_starts(text, STR("AS")) || !str_u64(str_from(text, 2), UINT32_MAX, &as) || as == 0)
		return false;
	*item = (struct location_item){ .as = (uint32_t)as };
	code->systems = true;
	return true;
}

static size_t count_items(struct str list)
{
	size_t n = 1;

	for (size_t i = 0; i < list.n; i++)
		n += list.p[i] == ',';
	return n;
}

bool location_code_parse(struct str text, struct arena *arena, struct location_code *code,
			 const char **why)
{
	struct str list, item;

	*code = (struct location_code){ .count = 0 };
	if (!str_cut(str_trim(text), ' ', &list, &code->symbol)) {
		*why = "expected countries or AS numbers and a symbol, as in \"DE,FR LOCATION_NEAR\"";
		return false;
	}
	code->symbol = str_trim(code->symbol);
	if (!symbol_name_ok(code->symbol)) {
		*why = "a symbol is made of letters, digits and _; no spaces around the commas";
		return false;
	}
	code->items = arena_alloc(arena, count_items(list) * sizeof(*code->items));
	*why = "too many of them";
	for (bool more = true; code->items && more;) {
		more = str_cut(list, ',', &item, &list);
		if (!parse_item(item, code)) {
			*why = "not a country of two capital letters, like DE, or an AS number, like "
			       "AS64500";
			return false;
		}
	}
	return code->items != NULL;
}

bool location_code_has(const struct location_code *code, const struct location *place)
{
	for (size_t i = 0; i < code->count; i++) {
		const struct location_item *item = &code->items[i];

		if (item->as ? item->as == place->as
			     : place->country.n == 2 &&
				       memcmp(item->country, place->country.p, 2) == 0)
			return true;
	}
	return false;
}
