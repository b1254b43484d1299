/* fuzz_reply.c - the backend's replies: any bytes, any split; whole and split must agree, and what
 * was read must print within the limits of a reply line. */
#include "base/check.h"
#include "base/mem.h"
#include "protocol/caps.h"
#include "protocol/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char printed[REPLY_TEXT_MAX * 16];

static void check_print(const struct reply *reply)
{
	struct out o = OUT(printed);
	struct str line, rest;

	reply_print(&o, reply, "2.0.0");
	CHECK(!o.full);
	rest = out_text(&o);
	while (str_cut(rest, '\n', &line, &rest)) {
		CHECK(line.n + 1 <= LIMIT_REPLY_LINE);
		CHECK(line.n >= 5 && line.p[line.n - 1] == '\r');
	}
}

/* A number that depends on every reply read, and the error that ended it. */
static uint64_t read_all(struct reply_reader *r, struct str input, size_t step)
{
	uint64_t sum = 0;
	size_t shown = 0, at = 0;
	struct reply reply;

	reply_reader_init(r);
	for (;;) {
		size_t used = 0;
		const enum err err = reply_read(
			r, (struct str){ .p = input.p + at, .n = shown - at }, &used, &reply);

		CHECK(used <= shown - at);
		at += used;
		if (err == ERR_OK) {
			const struct caps caps = caps_parse(reply.text);

			check_print(&reply);
			sum = sum * 31 + reply.code * 7 + reply.text.n + caps.set;
		} else if (err != ERR_NOTFOUND) {
			return sum * 31 + 1;
		} else if (shown == input.n) {
			return sum;
		} else {
			shown += step < input.n - shown ? step : input.n - shown;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reply_reader r;
	const struct str input = { .p = (const char *)data, .n = size };
	const uint64_t whole = read_all(&r, input, size);

	CHECK(read_all(&r, input, 1) == whole || memchr(data, '\n', size) == NULL);
	CHECK(read_all(&r, input, 7) == whole || memchr(data, '\n', size) == NULL);
	return 0;
}
