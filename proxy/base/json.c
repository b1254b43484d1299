#include "base/json.h"

#include "base/check.h"
#include "base/utf8.h"

#include <math.h>

void json_init(struct json *j, struct out *out)
{
	*j = (struct json){ .out = out };
}

static void separate(struct json *j)
{
	const uint32_t bit = UINT32_C(1) << j->depth;

	if (!j->after_key && (j->filled & bit))
		out_char(j->out, ',');
	j->filled |= bit;
	j->after_key = false;
}

static void enter(struct json *j, char bracket)
{
	separate(j);
	CHECK(j->depth + 1 < JSON_DEPTH_MAX);
	j->depth++;
	j->filled &= ~(UINT32_C(1) << j->depth);
	out_char(j->out, bracket);
}

static void leave(struct json *j, char bracket)
{
	CHECK(j->depth > 0 && !j->after_key);
	j->depth--;
	out_char(j->out, bracket);
}

void json_object(struct json *j)
{
	enter(j, '{');
}

void json_object_end(struct json *j)
{
	leave(j, '}');
}

void json_array(struct json *j)
{
	enter(j, '[');
}

void json_array_end(struct json *j)
{
	leave(j, ']');
}

static void print_ascii(struct out *o, char c)
{
	if (c == '"' || c == '\\') {
		out_char(o, '\\');
		out_char(o, c);
	} else if (c == '\n') {
		out_str(o, STR("\\n"));
	} else if (c == '\r') {
		out_str(o, STR("\\r"));
	} else if (c == '\t') {
		out_str(o, STR("\\t"));
	} else if (c < ' ' || c == 0x7f) {
		out_printf(o, "\\u%04x", (unsigned)c);
	} else {
		out_char(o, c);
	}
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* The highest bit of each byte that is 0 (or stands above one that is: whoever asks wants to know of any). */
static uint64_t zeros(uint64_t bytes)
{
	return (bytes - UINT64_C(0x0101010101010101)) & ~bytes;
}

/* is_plain() of eight at once. */
static bool are_plain(const char *p)
{
	uint64_t eight;

	memcpy(&eight, p, sizeof(eight));
	return ((eight | ((eight - UINT64_C(0x2020202020202020)) & ~eight) |
		 zeros(eight ^ UINT64_C(0x2222222222222222)) |
		 zeros(eight ^ UINT64_C(0x5c5c5c5c5c5c5c5c)) |
		 zeros(eight ^ UINT64_C(0x7f7f7f7f7f7f7f7f))) &
		UINT64_C(0x8080808080808080)) == 0;
}

/* Most of what is written needs no escape: it is copied in runs. */
static struct str plain_run(struct str s)
{
	size_t n = 0;

	while (n + 8 <= s.n && are_plain(s.p + n))
		n += 8;
	while (n < s.n && is_plain(s.p[n]))
		n++;
	return str_head(s, n);
}

static void quoted(struct out *o, struct str s)
{
	out_char(o, '"');
	while (s.n) {
		const struct str run = plain_run(s);
		size_t n;

		out_str(o, run);
		s = str_from(s, run.n);
		if (!s.n)
			break;
		n = utf8_length(s);
		if (n == 1)
			print_ascii(o, s.p[0]);
		else if (n == 0)
			out_str(o, STR("\\ufffd"));
		else
			out_str(o, str_head(s, n));
		s = str_from(s, n ? n : 1);
	}
	out_char(o, '"');
}

void json_key(struct json *j, const char *key)
{
	CHECK(!j->after_key);
	separate(j);
	quoted(j->out, str_z(key));
	out_char(j->out, ':');
	j->after_key = true;
}

void json_str(struct json *j, struct str s)
{
	separate(j);
	quoted(j->out, s);
}

void json_u64(struct json *j, uint64_t v)
{
	separate(j);
	out_u64(j->out, v);
}

/* As %.3f without zeros at the end.  What is halfway is left to printf, as in out_tenths(). */
static void print_number(struct out *o, double v)
{
	const double thousandths = fabs(v) * 1000;
	const double whole = floor(thousandths + 0.5);
	char text[64];
	struct out t = OUT(text);
	struct str s;

	if (thousandths < 1e12 && fabs(fabs(thousandths - whole) - 0.5) > 1e-3) {
		out_u64(&t, (uint64_t)whole / 1000);
		out_char(&t, '.');
		for (uint64_t rest = (uint64_t)whole % 1000, unit = 100; unit; unit /= 10)
			out_char(&t, (char)('0' + rest / unit % 10));
		if (signbit(v) && whole > 0)
			out_char(o, '-');
	} else {
		out_printf(&t, "%.3f", v);
	}
	s = out_text(&t);
	while (s.p[s.n - 1] == '0')
		s.n--;
	if (s.p[s.n - 1] == '.')
		s.n--;
	out_str(o, s);
}

void json_number(struct json *j, double v)
{
	separate(j);
	if (!isfinite(v) || fabs(v) > 1e15)
		out_str(j->out, STR("null"));
	else
		print_number(j->out, fabs(v) < 0.0005 ? 0 : v); /* never "-0" */
}

void json_bool(struct json *j, bool v)
{
	separate(j);
	out_str(j->out, v ? STR("true") : STR("false"));
}
