#include "base/log.h"

#include "base/check.h"
#include "base/log_write.h"

#include <stdarg.h>
#include <stdio.h>

static const char cut_mark[] = " cut=yes"; /* its NUL makes room for the line's end */

static bool is_worker;
static unsigned worker;

static log_sink_fn *sink;
static void *sink_arg;
static struct log_room own, *room = &own;
static size_t lost; /* lines, since this was last told */

void log_to(log_sink_fn *fn, void *arg)
{
	log_flush();
	sink = fn;
	sink_arg = arg;
}

static struct str waiting(const struct log_room *r)
{
	const size_t n = r->n, written = r->written;

	if (n > sizeof(r->bytes) || written >= n)
		return STR("");
	return (struct str){ .p = r->bytes + written, .n = n - written };
}

/* Dying anywhere in here neither tears a line, nor has one written twice once the kernel's word on it was noted. */
static size_t write_out(struct log_room *r)
{
	const struct str lines = waiting(r);
	size_t left = 0;

	if (!sink)
		left = log_write(lines, &r->written);
	else if (lines.n)
		sink(lines, sink_arg);
	r->n = 0;
	r->written = 0;
	return left;
}

void log_flush(void)
{
	const size_t left = write_out(room);

	lost += left;
	if (left || !lost)
		return;
	log_note("log", "lost", "%zu lines, which nobody took", lost);
	if (write_out(room) == 0)
		lost = 0;
}

size_t log_waiting(void)
{
	return room->n;
}

void log_gather_in(struct log_room *r)
{
	log_flush();
	room = r;
}

void log_inherit(struct log_room *r)
{
	log_flush();
	lost += write_out(r);
}

static bool plain(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!plain(s.p[i]))
			return true;
	return s.n == 0;
}

static void escaped(struct out *o, char c)
{
	if (c == '"' || c == '\\') {
		out_char(o, '\\');
		out_char(o, c);
	} else if (c >= ' ' && c < 0x7f) {
		out_char(o, c);
	} else {
		out_printf(o, "\\x%02x", (unsigned char)c);
	}
}

void log_begin(struct log_line *l, const char *event, struct str id)
{
	l->cut = false;
	l->out = (struct out){ .p = l->bytes, .cap = sizeof(l->bytes) - sizeof(cut_mark) };
	out_str(&l->out, str_z(event));
	log_str(l, "id", id);
}

static size_t key_of(struct log_line *l, const char *key)
{
	const size_t before = l->out.n;

	out_char(&l->out, ' ');
	out_str(&l->out, str_z(key));
	out_char(&l->out, '=');
	return before;
}

/* All of it, or none. */
static void end_key(struct log_line *l, size_t before)
{
	if (!l->out.full)
		return;
	l->out.full = false;
	l->out.n = before;
	l->cut = true;
}

static void put_value(struct log_line *l, struct str value, size_t most)
{
	size_t start;

	if (!needs_quotes(value)) {
		out_str(&l->out, str_head(value, most));
		return;
	}
	out_char(&l->out, '"');
	start = l->out.n;
	for (size_t i = 0; i < value.n && l->out.n - start < most; i++)
		escaped(&l->out, value.p[i]);
	out_char(&l->out, '"');
}

void log_str(struct log_line *l, const char *key, struct str value)
{
	const size_t before = key_of(l, key);

	put_value(l, value, SIZE_MAX);
	end_key(l, before);
}

void log_said(struct log_line *l, const char *key, struct str value)
{
	const size_t before = key_of(l, key);

	put_value(l, value, LOG_SAID_MAX);
	end_key(l, before);
}

void log_z(struct log_line *l, const char *key, const char *value)
{
	log_str(l, key, str_z(value));
}

void log_u64(struct log_line *l, const char *key, uint64_t value)
{
	const size_t before = key_of(l, key);

	out_u64(&l->out, value);
	end_key(l, before);
}

void log_tenths(struct log_line *l, const char *key, double value)
{
	const size_t before = key_of(l, key);

	out_tenths(&l->out, value);
	end_key(l, before);
}

void log_ip(struct log_line *l, const char *key, const struct ip *ip)
{
	const size_t before = key_of(l, key);

	ip_print(&l->out, ip);
	end_key(l, before);
}

static PRINTF_LIKE(3, 0) void formatted(struct log_line *l, const char *key, const char *format,
					va_list args)
{
	char text[512];

	CHECK(vsnprintf(text, sizeof(text), format, args) >= 0);
	log_str(l, key, str_z(text));
}

void log_fmt(struct log_line *l, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	formatted(l, key, format, args);
	va_end(args);
}

void log_end(struct log_line *l)
{
	size_t n = l->out.n, at;

	if (l->cut) {
		memcpy(l->bytes + n, cut_mark, sizeof(cut_mark) - 1);
		n += sizeof(cut_mark) - 1;
	}
	l->bytes[n] = '\n';
	if (n + 1 > sizeof(room->bytes) - room->n)
		log_flush();
	at = room->n;
	memcpy(room->bytes + at, l->bytes, n + 1);
	atomic_store_explicit(&room->n, at + n + 1, memory_order_release);
}

void log_worker(unsigned index)
{
	is_worker = true;
	worker = index;
}

void log_note(const char *event, const char *what, const char *format, ...)
{
	struct log_line l;
	va_list args;

	log_begin(&l, event, STR("-"));
	if (is_worker)
		log_u64(&l, "worker", worker);
	log_z(&l, "what", what);
	va_start(args, format);
	formatted(&l, "text", format, args);
	va_end(args);
	log_end(&l);
}
