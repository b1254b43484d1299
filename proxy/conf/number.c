/* Numbers with units.  One table for reading and for printing. */
#include "base/check.h"
#include "base/units.h"
#include "conf/reader.h"

struct TABLE_ROW unit {
	const char *name;
	int64_t factor;
};

static const struct unit size_units[] = {
	{ .name = "B", .factor = 1 },
	{ .name = "KB", .factor = 1 << 10 },
	{ .name = "MB", .factor = 1 << 20 },
	{ .name = "GB", .factor = 1 << 30 },
	{ .name = NULL },
};

static const struct unit time_units[] = {
	{ .name = "ms", .factor = 1 },        { .name = "s", .factor = SECOND_MS },
	{ .name = "m", .factor = MINUTE_MS }, { .name = "h", .factor = HOUR_MS },
	{ .name = "d", .factor = DAY_MS },    { .name = NULL },
};

static const struct unit no_units[] = { { .name = NULL } };

static const struct unit *units_of(enum conf_type type)
{
	if (type == CONF_SIZE)
		return size_units;
	return type == CONF_TIME ? time_units : no_units;
}

static const char *accepted(enum conf_type type)
{
	if (type == CONF_SIZE)
		return "units are B, KB, MB and GB";
	return type == CONF_TIME ? "units are ms, s, m, h and d" : "this number takes no unit";
}

/* Sizes are read in any case; of times not, where "M" might mean months. */
static const struct unit *find_unit(enum conf_type type, struct str name)
{
	for (const struct unit *u = units_of(type); u->name; u++)
		if (type == CONF_SIZE ? str_ieq(name, str_z(u->name))
				      : str_eq(name, str_z(u->name)))
			return u;
	return NULL;
}

static bool in_range(const struct conf_option *o, int64_t n)
{
	if (o->min == 0 && o->max == 0)
		return o->type == CONF_INT || n >= 0;
	return n >= o->min && (o->max < o->min || n <= o->max);
}

/* The factor of the unit; 0 when it is wrong (reported). */
static int64_t read_unit(struct reader *r, const struct conf_option *o,
			 const struct conf_text *text, struct str name, bool zero)
{
	const struct unit *unit = find_unit(o->type, name);

	if (unit)
		return unit->factor;
	if (name.n == 0 && (o->type != CONF_TIME || zero))
		return 1;
	if (name.n == 0)
		conf_error(r->report, &text->at, "\"" STR_FMT "\" needs a unit; %s",
			   STR_ARG(clip(text->text)), accepted(o->type));
	else
		conf_error(r->report, &text->at,
			   "\"" STR_FMT "\" has the unknown unit \"" STR_FMT "\"; %s",
			   STR_ARG(clip(text->text)), STR_ARG(clip(name)), accepted(o->type));
	return 0;
}

static void complain_range(struct reader *r, const struct conf_option *o,
			   const struct conf_text *text)
{
	char buffer[96];
	struct out range = OUT(buffer);

	number_print_range(&range, o);
	conf_error(r->report, &text->at, "%s = " STR_FMT " is out of range%s" STR_FMT, o->name,
		   STR_ARG(clip(text->text)), range.n ? ": " : "", STR_ARG(out_text(&range)));
}

bool number_parse(struct reader *r, const struct conf_option *o, const struct conf_text *text,
		  int64_t *number)
{
	struct str s = text->text, digits;
	const bool negative = s.n > 1 && s.p[0] == '-';
	uint64_t n = 0;
	int64_t factor;

	if (negative)
		s = str_from(s, 1);
	digits = str_head(s, 0);
	while (digits.n < s.n && ascii_digit(s.p[digits.n]))
		digits.n++;
	if (digits.n == 0) {
		conf_error(r->report, &text->at, "%s = \"" STR_FMT "\" is not a whole number%s",
			   o->name, STR_ARG(clip(text->text)),
			   o->type == CONF_TIME ? " with a unit, like 30s" : "");
		return false;
	}
	if (!str_u64(digits, INT64_MAX, &n))
		n = INT64_MAX;
	factor = read_unit(r, o, text, str_from(s, digits.n), n == 0);
	if (factor == 0)
		return false;
	if (n > (uint64_t)(INT64_MAX / factor) || n == INT64_MAX ||
	    !in_range(o, (negative ? -1 : 1) * (int64_t)n * factor)) {
		complain_range(r, o, text);
		return false;
	}
	*number = (negative ? -1 : 1) * (int64_t)n * factor;
	return true;
}

void number_print(struct out *o, enum conf_type type, int64_t number)
{
	const struct unit *best = NULL;

	for (const struct unit *u = units_of(type); u->name && number; u++)
		if (number % u->factor == 0)
			best = u;
	if (!best)
		out_printf(o, "%lld", (long long)number);
	else
		out_printf(o, "%lld%s", (long long)(number / best->factor),
			   best->factor == 1 && type == CONF_SIZE ? "" : best->name);
}

void number_print_range(struct out *o, const struct conf_option *option)
{
	if (option->min == 0 && option->max == 0)
		return;
	if (option->max < option->min) {
		out_printf(o, "at least ");
		number_print(o, option->type, option->min);
		return;
	}
	number_print(o, option->type, option->min);
	out_printf(o, " to ");
	number_print(o, option->type, option->max);
}
