/* Any mechanism and any response: a name is printable, bounded, and part of what was decoded; of PLAIN never the
 * password.  First line of the input: the mechanism; the rest is the response as it comes, and once more encoded. */
#include "base/base64.h"
#include "base/check.h"
#include "base/limits.h"
#include "protocol/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct str text, struct str part)
{
	while (text.n >= part.n && !str_starts(text, part))
		text = str_from(text, 1);
	return text.n >= part.n;
}

/* Of authzid, authcid and password the middle one. */
static struct str between_nuls(struct str message)
{
	struct str authzid, authcid, password;

	CHECK(str_cut(message, '\0', &authzid, &message));
	CHECK(str_cut(message, '\0', &authcid, &password));
	return authcid;
}

static void check_name(struct str mechanism, struct str response)
{
	static char bytes[LIMIT_LOGIN], decoded[LIMIT_AUTH_LINE];
	struct out o = OUT(bytes), message = OUT(decoded);
	const struct str name = sasl_login(mechanism, response, &o);

	CHECK(!o.full && name.n == o.n);
	for (size_t i = 0; i < name.n; i++)
		CHECK((unsigned char)name.p[i] >= ' ' && name.p[i] != 0x7f);
	if (name.n == 0)
		return;
	CHECK(base64_decode(response, &message));
	CHECK(holds(out_text(&message), name));
	if (str_ieq(mechanism, STR("PLAIN")))
		CHECK(holds(between_nuls(out_text(&message)), name));
}

static struct str encode(struct str bytes, struct out *o)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.n; i += 3) {
		unsigned bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < bytes.n ? (unsigned char)bytes.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			out_char(o, i + k > bytes.n ? '=' : alphabet[bits >> (18 - 6 * k) & 63]);
	}
	return out_text(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[LIMIT_AUTH_LINE], back[LIMIT_AUTH_LINE];
	struct out o = OUT(text), again = OUT(back);
	struct str mechanism, response, code;

	if (size > LIMIT_AUTH_LINE / 2)
		return 0;
	str_cut((struct str){ .p = (const char *)data, .n = size }, '\n', &mechanism, &response);
	check_name(mechanism, response);
	code = encode(response, &o);
	CHECK(base64_ok(code) && base64_decode(code, &again) && str_eq(out_text(&again), response));
	check_name(mechanism, code);
	if (sasl_can_pass(mechanism))
		CHECK(sasl_is_listed(mechanism, mechanism) && mechanism.n <= SASL_MECHANISM_MAX);
	return 0;
}
