/* location.c - where a client is and whose network it is in, as the operator's MaxMind databases say.
 *
 * The files are read once, when the config is: workers share the memory, and who writes over a file
 * changes nothing until the next reload. */
#include "base/check.h"
#include "base/mem.h"
#include "conf/file.h"
#include "filters/filter.h"
#include "filters/location/code.h"
#include "filters/location/mmdb.h"

struct location_conf {
	struct filter_common common;
	struct conf_text country, as;
	struct conf_list codes;
};

struct database {
	struct mmdb db;
	filter_symbol symbol;
	bool there;
};

struct meaning {
	struct location_code code;
	filter_symbol symbol;
};

struct locator {
	struct database country, as;
	struct meaning *meanings;
	size_t meaning_count;
};

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(location_conf),
	{ .name = "country",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct location_conf, country),
	  .optional = true,
	  .example = "/usr/share/GeoIP/GeoLite2-Country.mmdb",
	  .about = "a database of countries: LOCATION_COUNTRY tells the client's" },
	{ .name = "as",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct location_conf, as),
	  .optional = true,
	  .example = "/usr/share/GeoIP/GeoLite2-ASN.mmdb",
	  .about = "a database of AS numbers: LOCATION_AS tells the client's" },
	{ .name = "codes",
	  .type = CONF_LIST,
	  .offset = offsetof(struct location_conf, codes),
	  .optional = true,
	  .example = "[\"DE,FR LOCATION_NEAR\", \"AS64500 LOCATION_PARTNER\"]",
	  .about = "symbols for countries and AS numbers" },
};

const struct conf_block block_location = {
	.name = "location",
	.about = "country and AS number of the client, from databases in MaxMind's format",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct location_conf),
};

/* ---- setup ---- */

static void drop(void *bytes)
{
	mem_free(bytes);
}

static void read_database(struct filter_setup *s, const struct conf_text *path, struct str symbol,
			  const char *about, struct database *d)
{
	struct str bytes;
	const char *why;
	char *p;

	if (path->text.n == 0)
		return;
	p = conf_file_read(path->text.p, LIMIT_LOCATION_FILE, &bytes.n, &why);
	bytes.p = p;
	if (p && !filter_setup_own(s, p, drop))
		return;
	if (!p || !mmdb_open(&d->db, bytes, &why)) {
		conf_error(filter_setup_report(s), &path->at, "cannot use " STR_FMT ": %s",
			   STR_ARG(path->text), why);
		return;
	}
	d->symbol = filter_define(s, symbol, PHASE_CONNECT, about);
	d->there = true;
}

static bool read_code(struct filter_setup *s, const struct conf_text *text,
		      const struct location_conf *conf, struct location_code *code)
{
	const char *why;

	if (!location_code_parse(text->text, filter_setup_arena(s), code, &why)) {
		conf_error(filter_setup_report(s), &text->at, "\"" STR_FMT "\": %s",
			   STR_ARG(str_head(text->text, 80)), why);
		return false;
	}
	if (code->countries && conf->country.text.n == 0)
		conf_error(filter_setup_report(s), &text->at, "countries need the option country");
	if (code->systems && conf->as.text.n == 0)
		conf_error(filter_setup_report(s), &text->at, "AS numbers need the option as");
	return true;
}

static void read_codes(struct filter_setup *s, const struct location_conf *conf, struct locator *c)
{
	c->meanings =
		arena_alloc(filter_setup_arena(s), (conf->codes.count + 1) * sizeof(*c->meanings));
	for (size_t i = 0; c->meanings && i < conf->codes.count; i++) {
		struct meaning *m = &c->meanings[c->meaning_count];

		if (!read_code(s, &conf->codes.items[i], conf, &m->code))
			continue;
		m->symbol = filter_define(s, m->code.symbol, PHASE_CONNECT,
					  "the client is where this symbol says");
		c->meaning_count++;
	}
}

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	const struct location_conf *conf = section->values;
	struct locator *c = arena_new(filter_setup_arena(s), struct locator);

	if (!c)
		return NULL;
	if (conf->country.text.n == 0 && conf->as.text.n == 0)
		conf_error(filter_setup_report(s), &section->at,
			   "location needs a database: country or as");
	read_database(s, &conf->country, STR("LOCATION_COUNTRY"), "the client's country",
		      &c->country);
	read_database(s, &conf->as, STR("LOCATION_AS"), "whose network the client is in", &c->as);
	read_codes(s, conf, c);
	return c;
}

/* ---- at run time ---- */

/* Of a record that has no such member nothing is known; what is not a country is damage. */
static bool find_country(const struct mmdb *db, const struct ip *ip, struct location *place)
{
	static const char *const paths[][3] = { { "country", "iso_code", NULL },
						{ "registered_country", "iso_code", NULL } };
	size_t record;
	enum mmdb_found found = mmdb_find(db, ip, &record);

	if (found != MMDB_FOUND)
		return found != MMDB_DAMAGED;
	found = MMDB_NOTHING;
	for (size_t i = 0; found == MMDB_NOTHING && i < COUNTOF(paths); i++)
		found = mmdb_text(db, record, paths[i], &place->country);
	if (found == MMDB_FOUND && location_country_ok(place->country))
		return true;
	place->country = (struct str){ 0 };
	return found == MMDB_NOTHING;
}

static bool find_as(const struct mmdb *db, const struct ip *ip, struct location *place,
		    struct str *name)
{
	static const char *const number_path[] = { "autonomous_system_number", NULL };
	static const char *const name_path[] = { "autonomous_system_organization", NULL };
	size_t record;
	enum mmdb_found found = mmdb_find(db, ip, &record);
	uint64_t number = 0;

	if (found != MMDB_FOUND)
		return found != MMDB_DAMAGED;
	found = mmdb_number(db, record, number_path, &number);
	if (found != MMDB_FOUND || number > UINT32_MAX)
		return found == MMDB_NOTHING;
	place->as = (uint32_t)number;
	if (mmdb_text(db, record, name_path, name) != MMDB_FOUND)
		*name = (struct str){ 0 }; /* it is decoration */
	return true;
}

/* "AS3320 Deutsche Telekom AG" */
static void print_as(struct out *o, const struct location *place, struct str name)
{
	out_str(o, STR("AS"));
	out_u64(o, place->as);
	if (name.n) {
		out_char(o, ' ');
		out_str(o, str_head(name, LIMIT_LOCATION_TEXT));
	}
}

static void report(struct filter_run *run, const struct location *place, struct str name)
{
	const struct locator *c = filter_conf(run);
	char bytes[LIMIT_FINDING_DETAIL];
	struct out detail = OUT(bytes);
	size_t as;

	out_str(&detail, place->country);
	if (place->country.n)
		filter_report(run, c->country.symbol, place->country);
	if (place->country.n && place->as)
		out_char(&detail, ' ');
	as = detail.n;
	if (place->as) {
		print_as(&detail, place, name);
		filter_report(run, c->as.symbol, str_from(out_text(&detail), as));
	}
	for (size_t i = 0; i < c->meaning_count; i++)
		if (location_code_has(&c->meanings[i].code, place))
			filter_report(run, c->meanings[i].symbol, out_text(&detail));
}

static enum filter_step on_connect(struct filter_run *run, const struct filter_facts *facts,
				   void *state)
{
	const struct locator *c = filter_conf(run);
	struct location place = { .as = 0 };
	struct str name = { 0 };

	(void)state;
	if (c->country.there && !find_country(&c->country.db, &facts->client_ip, &place))
		filter_unavailable(run, STR("the country database is damaged"));
	if (c->as.there && !find_as(&c->as.db, &facts->client_ip, &place, &name))
		filter_unavailable(run, STR("the AS database is damaged"));
	report(run, &place, name);
	return FILTER_DONE;
}

const struct filter filter_location = {
	.name = "location",
	.about = "country and AS number of the client",
	.block = &block_location,
	.setup = setup,
	.on = { [PHASE_CONNECT] = on_connect },
};
