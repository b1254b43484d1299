/* Any bytes as a header field's value: its text is UTF-8 on one line, no longer than there is room, and in less room it
 * is the head of the same; a parameter's value comes out of it alone (RFC 2047, RFC 2231). */
#include "base/check.h"
#include "base/utf8.h"
#include "filters/content/param.h"
#include "filters/content/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct str s)
{
	while (s.n) {
		const size_t n = utf8_length(s);

		CHECK(n > 0 && s.p[0] != '\n' && s.p[0] != '\r');
		s = str_from(s, n);
	}
}

static void look_for_words(struct str value, struct charsets *charsets)
{
	static char whole[16384];
	char little[31];
	struct out all = OUT(whole), head = OUT(little);

	words_put(value, charsets, &all);
	check_line(out_text(&all));
	words_put(value, charsets, &head);
	check_line(out_text(&head));
	CHECK(head.full || head.n == all.n);
	CHECK(str_eq(out_text(&head), str_head(out_text(&all), head.n)));
}

static void check_form(const struct params *all, struct str value, enum param_id id,
		       enum param_form form)
{
	char bytes[4096];
	struct out o = OUT(bytes);
	struct str charset = { 0 };

	if (params_form(all, id, form, &o, &charset))
		CHECK(params_has(all, id) && (o.full || o.n <= value.n));
	else
		CHECK(o.n == 0);
	CHECK(!charset.p || (charset.p >= value.p && charset.p + charset.n <= value.p + value.n));
}

static void look_for_params(struct str value)
{
	struct params all = { 0 };

	params_read(&all, value, UINT_MAX);
	for (unsigned i = 0; i < PARAM_COUNT; i++) {
		char bytes[4096];
		struct out o = OUT(bytes);
		struct str charset;

		CHECK(params_value(&all, (enum param_id)i, &o, &charset) ==
		      params_has(&all, (enum param_id)i));
		for (unsigned form = 0; form < PARAM_FORM_COUNT; form++)
			check_form(&all, value, (enum param_id)i, (enum param_form)form);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct charsets *charsets;
	const struct str value = { .p = (const char *)data, .n = size };

	if (!charsets)
		charsets = charsets_new();
	look_for_words(value, charsets);
	look_for_params(value);
	return 0;
}
