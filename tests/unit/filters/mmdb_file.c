/* mmdb_file.c - see mmdb_file.h. */
#include "mmdb_file.h"

#include "base/check.h"
#include "base/mem.h"

enum { TEXT = 2, U32 = 6, MAP = 7, SMALL = 29, MIDDLE = 285, LARGE = 65821 };

struct mmdb_file *mmdb_file_new(unsigned record_bits, bool v6)
{
	struct mmdb_file *f = mem_new(sizeof(*f));

	f->record_bits = record_bits;
	f->v6 = v6;
	f->nodes = 1;
	f->tree[0][0] = f->tree[0][1] = -1;
	f->data = (struct out){ .p = mem_new(MMDB_FILE_DATA), .cap = MMDB_FILE_DATA };
	f->bytes = (struct out){ .p = mem_new(MMDB_FILE_DATA * 2), .cap = MMDB_FILE_DATA * 2 };
	return f;
}

void mmdb_file_free(struct mmdb_file *f)
{
	mem_free(f->data.p);
	mem_free(f->bytes.p);
	mem_free(f);
}

static void put_be(struct out *o, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		out_char(o, (char)(v >> 8 * bytes));
}

void mmdb_put(struct out *o, unsigned type, size_t size)
{
	const unsigned head = type > MAP ? 0 : type << 5;
	const unsigned more = size < SMALL ? 0 : size < MIDDLE ? 1 : size < LARGE ? 2 : 3;
	static const size_t base[] = { 0, SMALL, MIDDLE, LARGE };

	out_char(o, (char)(head | (more ? 28 + more : size)));
	if (type > MAP)
		out_char(o, (char)(type - MAP));
	put_be(o, size - base[more], more);
}

void mmdb_put_text(struct out *o, const char *text)
{
	mmdb_put(o, TEXT, strlen(text));
	out_str(o, str_z(text));
}

void mmdb_put_map(struct out *o, size_t pairs)
{
	mmdb_put(o, MAP, pairs);
}

void mmdb_put_number(struct out *o, uint32_t number)
{
	mmdb_put(o, U32, 4);
	put_be(o, number, 4);
}

void mmdb_put_pointer(struct out *o, size_t to)
{
	if (to < 2048) {
		put_be(o, 0x2000 | to, 2);
	} else {
		out_char(o, 0x38);
		put_be(o, to, 4);
	}
}

void mmdb_file_net(struct mmdb_file *f, const char *text, size_t data)
{
	struct ip_net net;
	unsigned node = 0, offset = 0;

	CHECK(ip_net_parse(str_z(text), &net));
	if (f->v6 && net.base.family == IP_V4) {
		offset = 96;
		memmove(net.base.bytes + 12, net.base.bytes, 4);
		memset(net.base.bytes, 0, 12);
	}
	for (unsigned i = 0; i < net.bits + offset; i++) {
		int64_t *to = &f->tree[node][net.base.bytes[i / 8] >> (7 - i % 8) & 1];

		if (i + 1 == net.bits + offset) {
			*to = -2 - (int64_t)data;
			break;
		}
		if (*to < 0) {
			CHECK(f->nodes < MMDB_FILE_NODES);
			f->tree[f->nodes][0] = f->tree[f->nodes][1] = -1;
			*to = f->nodes++;
		}
		node = (unsigned)*to;
	}
}

static uint64_t record(const struct mmdb_file *f, int64_t to)
{
	return to >= 0 ? (uint64_t)to : to == -1 ? f->nodes : f->nodes + 16 + (uint64_t)(-2 - to);
}

static void put_node(struct mmdb_file *f, unsigned node)
{
	const uint64_t left = record(f, f->tree[node][0]), right = record(f, f->tree[node][1]);

	if (f->record_bits == 28) {
		put_be(&f->bytes, left, 3);
		put_be(&f->bytes, left >> 24 << 4 | right >> 24, 1);
		put_be(&f->bytes, right, 3);
	} else {
		put_be(&f->bytes, left, f->record_bits / 8);
		put_be(&f->bytes, right, f->record_bits / 8);
	}
}

static void describe(struct out *o, const char *name, uint64_t number, uint64_t instead)
{
	mmdb_put_text(o, name);
	mmdb_put_number(o, (uint32_t)(instead ? instead : number));
}

struct str mmdb_file_write(struct mmdb_file *f)
{
	struct out *o = &f->bytes;

	o->n = 0;
	for (unsigned i = 0; i < f->nodes; i++)
		put_node(f, i);
	put_be(o, 0, 8);
	put_be(o, 0, 8);
	out_str(o, out_text(&f->data));
	out_str(o, STR("\xab\xcd\xefMaxMind.com"));
	mmdb_put_map(o, 5);
	mmdb_put_text(o, "description");
	mmdb_put_map(o, 1);
	mmdb_put_text(o, "en");
	mmdb_put_text(o, "made for a test");
	describe(o, "binary_format_major_version", 2, f->say_version);
	describe(o, "ip_version", f->v6 ? 6 : 4, 0);
	describe(o, "record_size", f->record_bits, f->say_bits);
	describe(o, "node_count", f->nodes, f->say_nodes);
	CHECK(!o->full && !f->data.full);
	return out_text(o);
}

size_t mmdb_file_country(struct mmdb_file *f, const char *iso)
{
	const size_t names = f->data.n;
	size_t at;

	mmdb_put_map(&f->data, 1);
	mmdb_put_text(&f->data, "en");
	mmdb_put_text(&f->data, "a name of more than twenty-eight bytes");
	at = f->data.n;
	mmdb_put_map(&f->data, 2);
	mmdb_put_text(&f->data, "continent");
	mmdb_put_pointer(&f->data, names);
	mmdb_put_text(&f->data, "country");
	mmdb_put_map(&f->data, 2);
	mmdb_put_text(&f->data, "names");
	mmdb_put_pointer(&f->data, names);
	mmdb_put_text(&f->data, "iso_code");
	mmdb_put_text(&f->data, iso);
	return at;
}

size_t mmdb_file_as(struct mmdb_file *f, uint32_t number, const char *name)
{
	const size_t at = f->data.n;

	mmdb_put_map(&f->data, 2);
	mmdb_put_text(&f->data, "autonomous_system_number");
	mmdb_put_number(&f->data, number);
	mmdb_put_text(&f->data, "autonomous_system_organization");
	mmdb_put_text(&f->data, name);
	return at;
}
