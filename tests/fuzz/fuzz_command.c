/* A stream of command lines: every line parsed as what its verb says. */
#include "base/check.h"
#include "base/limits.h"
#include "protocol/command.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { .p = (const char *)data, .n = size }, line;
	size_t used;

	while (rest.n) {
		const enum line_state state =
			command_line(rest, command_limit(rest), BARE_NORMALIZE, &line, &used);
		char bytes[LIMIT_COMMAND_LINE];
		struct out params = OUT(bytes);
		struct mail_command m;
		struct command c;

		CHECK(used <= rest.n && (state == LINE_NONE) == (used == 0));
		if (state == LINE_NONE)
			break;
		rest = str_from(rest, used);
		if (state != LINE_WHOLE || command_parse(line, &c) != ERR_OK)
			continue;
		if (c.verb == VERB_MAIL &&
		    command_mail(c.argument, UINT32_MAX, &m, &params).code == 0)
			CHECK(!memchr(bytes, '\n', params.n) && !memchr(bytes, '\r', params.n));
		if (c.verb == VERB_RCPT &&
		    command_rcpt(c.argument, UINT32_MAX, true, &m, &params).code == 0)
			CHECK(m.path.address.n > 0 && !memchr(bytes, '\n', params.n));
	}
	return 0;
}
