#include "filters/file/objects.h"

#include "base/mem.h"
#include "filters/file/listing.h"
#include "filters/file/unpack.h"

enum {
	PIECE = 4096,
	DISTANT = 4096, /* a dictionary is not so long */
	STEPS = 100,    /* that beginning to unpack takes */
};

enum objects_state { OBJECTS_NONE, OBJECTS_DUE, OBJECTS_UNPACKED, OBJECTS_UNSEEN };

struct objects {
	enum objects_state state;
	uint8_t matched;   /* of "stream" and its line end */
	uint32_t waited;   /* bytes since the dictionary was met */
	uint64_t paid;     /* steps of unpacking */
	struct scan inner; /* of what is in it */
	struct unpack unpack;
};

static const struct str mark = STR_INIT("stream");

static void end(struct objects *o)
{
	unpack_end(&o->unpack);
	o->state = OBJECTS_NONE;
}

void objects_begin(struct scan *s)
{
	if (s->nested)
		return;
	if (!s->objects)
		s->objects = mem_new(sizeof(*s->objects));
	end(s->objects);
	s->objects->state = OBJECTS_DUE;
	s->objects->matched = 0;
	s->objects->waited = 0;
}

static void begin_stream(struct objects *o, struct steps *left)
{
	o->state = steps_pay(left, STEPS) ? OBJECTS_UNPACKED : OBJECTS_UNSEEN;
	if (o->state == OBJECTS_UNSEEN)
		return;
	o->paid = 0;
	unpack_begin(&o->unpack, UNPACK_ZLIB);
	scan_begin(&o->inner, KIND_PDF);
	o->inner.nested = true;
}

/* Up to behind the line with "stream". */
static size_t seek(struct objects *o, struct str s, struct steps *left)
{
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (o->matched == mark.n && c == '\n') {
			begin_stream(o, left);
			return i + 1;
		}
		if (o->matched == mark.n && c == '\r')
			continue;
		if (o->matched < mark.n && c == mark.p[o->matched])
			o->matched++;
		else
			o->matched = c == mark.p[0];
	}
	o->waited += (uint32_t)s.n;
	if (o->waited > DISTANT)
		o->state = OBJECTS_NONE;
	return s.n;
}

static unsigned unpack(struct objects *o, struct str bytes, struct steps *left)
{
	char out[PIECE];
	size_t n = sizeof(out);
	unsigned flags = 0;

	while (!o->unpack.over && (bytes.n || n == sizeof(out))) {
		uint64_t steps;

		n = unpack_take(&o->unpack, &bytes, out, sizeof(out));
		flags |= scan_feed(&o->inner, (struct str){ .p = out, .n = n }, left);
		steps = unpack_steps(&o->unpack);
		if (!steps_pay(left, steps - o->paid)) {
			end(o);
			return flags | LISTING_UNSEEN;
		}
		o->paid = steps;
	}
	if (o->unpack.over)
		end(o);
	return flags;
}

unsigned objects_feed(struct scan *s, struct str bytes, struct steps *left)
{
	struct objects *o = s->objects;

	if (!o || bytes.n == 0)
		return 0;
	if (o->state == OBJECTS_DUE)
		bytes = str_from(bytes, seek(o, bytes, left));
	if (o->state == OBJECTS_UNSEEN)
		return LISTING_UNSEEN;
	return o->state == OBJECTS_UNPACKED ? unpack(o, bytes, left) : 0;
}

void objects_free(struct scan *s)
{
	if (!s->objects)
		return;
	end(s->objects);
	mem_free(s->objects);
	s->objects = NULL;
}
