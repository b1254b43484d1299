/* Any bytes behind MAIL FROM: and EHLO: parsing what was parsed gives the same. */
#include "base/check.h"
#include "base/limits.h"
#include "base/out.h"
#include "mail/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_again(const struct path *path)
{
	char bytes[LIMIT_PATH];
	struct out o = OUT(bytes);
	struct path again;
	struct str rest;

	out_char(&o, '<');
	out_str(&o, path->address);
	out_char(&o, '>');
	CHECK(!o.full);
	CHECK(path_parse(out_text(&o), &again, &rest) == ERR_OK && rest.n == 0);
	CHECK(str_eq(again.local, path->local) && str_eq(again.domain, path->domain));
	CHECK(again.utf8 == path->utf8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str text = { .p = (const char *)data, .n = size };
	struct path path;
	struct str rest, key, value;
	enum err err;

	(void)path_domain_ok(text);
	if (path_parse(text, &path, &rest) != ERR_OK)
		return 0;
	parse_again(&path);
	while (path_param(&rest, &key, &value, &err))
		CHECK(key.n > 0 && (value.p == NULL || value.n > 0));
	CHECK(err == ERR_SYNTAX || rest.n == 0);
	return 0;
}
