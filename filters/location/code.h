/* code.h - what a place means: countries and AS numbers with a symbol, "DE,FR,AS3320 LOCATION_NEAR", pure. */
#ifndef FILTERS_LOCATION_CODE_H
#define FILTERS_LOCATION_CODE_H

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Either an AS number or a country (ISO 3166-1, two letters). */
struct location_item {
	uint32_t as; /* 0: a country */
	char country[2];
};

struct location_code {
	struct location_item *items;
	size_t count;
	bool countries, systems; /* has some */
	struct str symbol;
};

/* What is known of a client. */
struct location {
	struct str country; /* empty: not known */
	uint32_t as;        /* 0: not known */
};

/* False: *why says what is wrong, static text. */
bool location_code_parse(struct str text, struct arena *arena, struct location_code *code,
			 const char **why) NODISCARD;
bool location_code_has(const struct location_code *code, const struct location *place);
bool location_country_ok(struct str country); /* two capital letters */

#endif
