#include "base/check.h"
#include "base/hex.h"
#include "filters/pattern/literal_read.h"

enum { CLASS_MOST = 12 };

/* A character, as it is in the text that is looked at. */
static void put_character(const struct reader *r, char c, struct literals *set)
{
	const bool gone = r->squeezed && !ascii_alnum(c);

	literals_only(set, (struct str){ .p = &c, .n = gone ? 0 : 1 });
}

void part_character(const struct reader *r, struct part *p, char c)
{
	part_nothing(p);
	put_character(r, c, &p->tail);
	p->never = r->ascii && (unsigned char)c > 127;
}

/* ---- classes ---- */

struct class
{
	uint64_t bits[4];
	bool rough; /* it may hold less than its bits say */
};

static void class_add(struct class *set, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to && c < 256; c++)
		set->bits[c / 64] |= 1ull << (c % 64);
}

static void class_add_all(struct class *set)
{
	class_add(set, 0, 255);
	set->rough = true;
}

static void class_invert(struct class *set)
{
	for (unsigned i = 0; i < COUNTOF(set->bits); i++)
		set->bits[i] = ~set->bits[i];
}

static void class_part(const struct reader *r, const struct class *set, struct part *p)
{
	struct literals all = { .count = 0 };

	for (unsigned c = 0; c < (r->ascii ? 128 : 256); c++) {
		struct literals single;

		if (!(set->bits[c / 64] >> (c % 64) & 1))
			continue;
		put_character(r, (char)c, &single);
		(void)literals_unite(&all, &single); /* there is room for one more */
		if (all.count > CLASS_MOST) {
			part_anything(p);
			return;
		}
	}
	part_nothing(p);
	p->never = all.count == 0;
	p->tail = all;
}

/* \d, \s and so on; in capitals: all others. */
static void kind_add(struct class *set, char kind)
{
	struct class own = { 0 };

	switch (ascii_lower(kind)) {
	case 'd':
		class_add(&own, '0', '9');
		break;
	case 'w':
		class_add(&own, '0', '9');
		class_add(&own, 'A', 'Z');
		class_add(&own, 'a', 'z');
		class_add(&own, '_', '_');
		break;
	case 's':
		class_add(&own, '\t', '\r');
		class_add(&own, ' ', ' ');
		break;
	case 'h':
		class_add(&own, '\t', '\t');
		class_add(&own, ' ', ' ');
		class_add(&own, 0xa0, 0xa0);
		break;
	default: /* v */
		class_add(&own, '\n', '\r');
		class_add(&own, 0x85, 0x85);
	}
	if (kind != ascii_lower(kind))
		class_invert(&own);
	for (unsigned i = 0; i < COUNTOF(own.bits); i++)
		set->bits[i] |= own.bits[i];
}

/* ---- escapes: r stands behind the backslash ---- */

static unsigned take_octal(struct reader *r)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 3 && read_at(r, 0) >= '0' && read_at(r, 0) <= '7'; i++) {
		value = value * 8 + (unsigned)(read_at(r, 0) - '0');
		read_step(r, 1);
	}
	return value;
}

static unsigned take_hex(struct reader *r)
{
	const bool braces = read_take(r, '{');
	unsigned value = 0;

	for (unsigned i = 0; (braces || i < 2) && hex_digit(read_at(r, 0)) >= 0 && value < 256;
	     i++) {
		value = value * 16 + (unsigned)hex_digit(read_at(r, 0));
		read_step(r, 1);
	}
	if ((braces && !read_take(r, '}')) || value > 255)
		r->lost = true;
	return value;
}

/* The character that an escape stands for; -1: it stands for no single one, and is not taken. */
static int take_character(struct reader *r, bool in_class)
{
	static const char letters[] = "ntrfea", values[] = "\n\t\r\f\033\a";
	const char c = read_at(r, 0);
	const char *known = c ? memchr(letters, c, sizeof(letters) - 1) : NULL;

	if (r->rest.n == 0) {
		r->lost = true;
		return 0;
	}
	if (c == '0' || (in_class && c >= '0' && c <= '7')) {
		const unsigned value = take_octal(r);

		r->lost |= value > 255;
		return (int)(value & 255);
	}
	if (ascii_alnum(c) && !known && c != 'x' && !(in_class && c == 'b'))
		return -1;
	read_step(r, 1);
	if (c == 'x')
		return (int)(take_hex(r) & 255);
	if (known)
		return values[known - letters];
	return in_class && c == 'b' ? '\b' : (unsigned char)c;
}

/* [:alpha:]: r stands behind its bracket. */
static void read_posix(struct reader *r)
{
	const bool known = read_take(r, ':');

	(void)read_take(r, '^');
	while (read_at(r, 0) >= 'a' && read_at(r, 0) <= 'z')
		read_step(r, 1);
	if (!known || !read_take(r, ':') || !read_take(r, ']'))
		r->lost = true;
}

/* [...]: r stands behind the bracket.  One end of a range, or a kind of characters; -1: it was the latter. */
static int take_member(struct reader *r, struct class *set)
{
	const char c = read_at(r, 0);
	int value;

	read_step(r, 1);
	if (c == '[' && (read_at(r, 0) == ':' || read_at(r, 0) == '.' || read_at(r, 0) == '=')) {
		read_posix(r);
		class_add_all(set);
		return -1;
	}
	if (c != '\\')
		return (unsigned char)c;
	value = take_character(r, true);
	if (value >= 0)
		return value;
	if (!memchr("dDsSwWhHvV", read_at(r, 0), 10))
		r->lost = true;
	kind_add(set, read_at(r, 0));
	read_step(r, 1);
	return -1;
}

void part_class(struct reader *r, struct part *p)
{
	const bool inverted = read_take(r, '^');
	struct class set = { 0 };
	bool first = true;

	while (r->rest.n && !r->lost && (first || read_at(r, 0) != ']')) {
		const int from = take_member(r, &set);
		int to = from;

		if (from >= 0 && read_at(r, 0) == '-' && read_at(r, 1) != ']') {
			read_step(r, 1);
			to = take_member(r, &set);
		}
		if (from >= 0 && to >= from)
			class_add(&set, (unsigned)from, (unsigned)to);
		else if (from >= 0 && to < 0) /* a-\d: both, and the hyphen */
			class_add_all(&set);
		first = false;
	}
	if (!read_take(r, ']'))
		r->lost = true;
	if (inverted)
		class_invert(&set);
	if (inverted && set.rough)
		part_anything(p);
	else
		class_part(r, &set, p);
}

/* \ outside of a class */
void part_escape(struct reader *r, struct part *p)
{
	const int value = take_character(r, false);
	const char c = read_at(r, 0);
	struct class set = { 0 };

	if (value >= 0) {
		part_character(r, p, (char)value);
		return;
	}
	read_step(r, 1);
	if (memchr("AZzGbBK", c, 7)) {
		part_nothing(p);
	} else if (memchr("dsDSwWhHvV", c, 10)) {
		kind_add(&set, c);
		class_part(r, &set, p);
	} else {
		part_anything(p);
		r->lost |= !memchr("NRX", c, 3) &&
			   !(c >= '1' && c <= '9' && !ascii_digit(read_at(r, 0)));
	}
}
