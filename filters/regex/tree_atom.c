#include "base/hex.h"
#include "filters/regex/tree_read.h"

/* A set while it is read. */
struct class
{
	struct byte_set set;
	bool rough; /* it may hold less than its bits say */
};

static void class_add(struct class *class, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to && c < 256; c++)
		class->set.bits[c / 64] |= 1ull << (c % 64);
}

static void class_add_all(struct class *class)
{
	class_add(class, 0, 255);
	class->rough = true;
}

static void class_invert(struct class *class)
{
	for (unsigned i = 0; i < 4; i++)
		class->set.bits[i] = ~class->set.bits[i];
}

/* A letter in both cases. */
static void class_fold(struct class *class)
{
	for (unsigned c = 'A'; c <= 'Z'; c++) {
		const unsigned small = c + 'a' - 'A';

		if (!byte_set_has(&class->set, c) && !byte_set_has(&class->set, small))
			continue;
		class_add(class, c, c);
		class_add(class, small, small);
	}
}

static void class_put(const struct class *class, struct tree *t)
{
	t->kind = TREE_CLASS;
	t->set = class->set;
}

void atom_character(const struct reader *r, struct tree *t, char c)
{
	struct class class = { .rough = false };

	class_add(&class, (unsigned char)c, (unsigned char)c);
	if (r->flags.caseless)
		class_fold(&class);
	class_put(&class, t);
}

void atom_any(const struct reader *r, struct tree *t)
{
	struct class class = { .rough = false };

	if (!r->flags.dotall)
		class_add(&class, '\n', '\n');
	class_invert(&class);
	class_put(&class, t);
}

/* \d, \s and so on; in capitals: all others. */
static void kind_add(struct class *class, char kind)
{
	struct class own = { .rough = false };

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
	for (unsigned i = 0; i < 4; i++)
		class->set.bits[i] |= own.set.bits[i];
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
static int take_member(struct reader *r, struct class *class)
{
	const char c = read_at(r, 0);
	int value;

	read_step(r, 1);
	if (c == '[' && (read_at(r, 0) == ':' || read_at(r, 0) == '.' || read_at(r, 0) == '=')) {
		read_posix(r);
		class_add_all(class);
		return -1;
	}
	if (c != '\\')
		return (unsigned char)c;
	value = take_character(r, true);
	if (value >= 0)
		return value;
	if (!memchr("dDsSwWhHvV", read_at(r, 0), 10))
		r->lost = true;
	kind_add(class, read_at(r, 0));
	read_step(r, 1);
	return -1;
}

void atom_class(struct reader *r, struct tree *t)
{
	const bool inverted = read_take(r, '^');
	struct class class = { .rough = false };
	bool first = true;

	while (r->rest.n && !r->lost && (first || read_at(r, 0) != ']')) {
		const int from = take_member(r, &class);
		int to = from;

		if (from >= 0 && read_at(r, 0) == '-' && read_at(r, 1) != ']') {
			read_step(r, 1);
			to = take_member(r, &class);
		}
		if (from >= 0 && to >= from)
			class_add(&class, (unsigned)from, (unsigned)to);
		else if (from >= 0 && to < 0) /* a-\d: both, and the hyphen */
			class_add_all(&class);
		first = false;
	}
	if (!read_take(r, ']'))
		r->lost = true;
	if (r->flags.caseless && !(inverted && r->flags.guessed))
		class_fold(&class);
	if (inverted && !class.rough)
		class_invert(&class);
	class_put(&class, t);
}

/* Of those that hold no text. */
static enum tree_place place_of(char c)
{
	switch (c) {
	case 'A':
		return PLACE_TEXT;
	case 'b':
		return PLACE_EDGE;
	case 'Z':
	case 'z':
		return PLACE_END;
	}
	return PLACE_ANYWHERE;
}

/* \ outside of a class */
void atom_escape(struct reader *r, struct tree *t)
{
	const int value = take_character(r, false);
	const char c = read_at(r, 0);
	struct class class = { .rough = false };

	if (value >= 0) {
		atom_character(r, t, (char)value);
		return;
	}
	read_step(r, 1);
	if (memchr("AZzbBK", c, 6)) {
		t->kind = TREE_PLACE;
		t->place = place_of(c);
	} else if (memchr("dsDSwWhHvV", c, 10)) {
		kind_add(&class, c);
		class_put(&class, t);
	} else {
		t->kind = TREE_ANYTHING;
		/* \G is where the engine begins: a rule with it is tried on the whole text. */
		r->lost |= !memchr("NRX", c, 3) &&
			   !(c >= '1' && c <= '9' && !ascii_digit(read_at(r, 0)));
	}
}
