/* Rates: "100/1m", or off. */
#include "base/units.h"
#include "conf/reader.h"

enum { COUNT_MAX = 1000000 };

void rate_parse(struct reader *r, const struct conf_option *option, const struct conf_text *text,
		struct conf_rate *rate)
{
	const struct conf_option count = {
		.name = option->name, .type = CONF_INT, .min = 1, .max = COUNT_MAX
	};
	const struct conf_option window = {
		.name = option->name, .type = CONF_TIME, .min = SECOND_MS, .max = DAY_MS
	};
	struct conf_text left = { .at = text->at }, right = { .at = text->at };

	*rate = (struct conf_rate){ 0 };
	if (str_eq(text->text, STR("off")))
		return;
	if (!str_cut(text->text, '/', &left.text, &right.text)) {
		conf_error(r->report, &text->at,
			   "%s = \"" STR_FMT "\" is not a rate like 100/1m, and not off",
			   option->name, STR_ARG(clip(text->text)));
		return;
	}
	if (!number_parse(r, &count, &left, &rate->count) ||
	    !number_parse(r, &window, &right, &rate->window_ms))
		*rate = (struct conf_rate){ 0 };
}
