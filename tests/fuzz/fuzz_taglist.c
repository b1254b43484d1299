/* Tag lists: every tag lies in the text, once, and a list put together again from its tags reads the same. */
#include "base/check.h"
#include "filters/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_together(const struct taglist *list)
{
	static char bytes[65536];
	struct out o = OUT(bytes);
	struct taglist again;

	for (unsigned i = 0; i < list->count; i++) {
		out_str(&o, list->tags[i].name);
		out_char(&o, '=');
		out_str(&o, list->tags[i].value);
		out_str(&o, STR(" ;\r\n "));
	}
	if (o.full)
		return;
	CHECK(taglist_parse(out_text(&o), &again) && again.count == list->count);
	for (unsigned i = 0; i < list->count; i++)
		CHECK(str_eq(taglist_get(&again, list->tags[i].name), list->tags[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { .p = (const char *)data, .n = size };
	struct taglist list;

	if (!taglist_parse(text, &list)) {
		CHECK(list.wrong.n);
		return 0;
	}
	for (unsigned i = 0; i < list.count; i++) {
		const struct str value = list.tags[i].value;

		CHECK(value.p >= text.p && value.p + value.n <= text.p + text.n);
	}
	put_together(&list);
	return 0;
}
