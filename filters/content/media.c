/* media.c - of a style sheet: for which media it is, and under which conditions. */
#include "filters/content/sheet.h"

#include "base/check.h"
#include "filters/content/css.h"

/* "screen", "only screen", "all", "not print"; not what asks for more. */
static bool is_screen(struct str medium)
{
	bool wanted = true;

	medium = css_trim(medium);
	if (str_istarts(medium, STR("only ")))
		medium = css_trim(str_from(medium, 5));
	if (str_istarts(medium, STR("not "))) {
		medium = css_trim(str_from(medium, 4));
		wanted = false;
	}
	for (size_t i = 0; i < medium.n; i++)
		if (!ascii_alpha(medium.p[i]))
			return false;
	return (medium.n == 0 || str_ieq(medium, STR("screen")) || str_ieq(medium, STR("all"))) ==
	       wanted;
}

bool sheet_is_for_screens(struct str media)
{
	struct str one;

	if (media.n == 0)
		return true;
	while (media.n) {
		str_cut(media, ',', &one, &media);
		if (is_screen(one))
			return true;
	}
	return false;
}

bool sheet_is_perhaps(struct str at_rule)
{
	static const struct str names[] = { STR_INIT("@media"), STR_INIT("@supports"),
					    STR_INIT("@layer") };
	struct str behind;

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (str_istarts(at_rule, names[i]))
			return !str_find(at_rule, STR("print"), &behind) &&
			       !str_find(at_rule, STR("dark"), &behind);
	return false;
}
