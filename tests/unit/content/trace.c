#include "trace.h"

#include "mail/header.h"

static void on_begin(void *ctx, const struct mime_part *part, const struct entity *e)
{
	(void)part;
	out_printf(ctx, "[" STR_FMT "/" STR_FMT " ", STR_ARG(e->type), STR_ARG(e->subtype));
}

static void on_bytes(void *ctx, const struct mime_part *part, struct str bytes)
{
	(void)part;
	out_str(ctx, bytes);
}

static void on_end(void *ctx, const struct mime_part *part)
{
	(void)part;
	out_char(ctx, ']');
}

static const struct mime_events events = { .begin = on_begin, .body = on_bytes, .end = on_end };

static struct str begin(struct mime *m, struct str message, struct out *o)
{
	const size_t n = header_length(message);
	const struct str header = str_head(message, n ? n : message.n);

	mime_begin(m, &events, o, header);
	return str_from(message, header.n);
}

static unsigned finish(struct mime *m)
{
	unsigned problems;

	mime_finish(m);
	problems = m->problems;
	mime_free(m);
	return problems;
}

unsigned trace_message(struct str message, size_t piece, struct out *o)
{
	struct mime m;
	struct str rest = begin(&m, message, o);

	while (rest.n)
		mime_feed(&m, str_take(&rest, piece));
	return finish(&m);
}

unsigned trace_split(struct str message, size_t at, struct out *o)
{
	struct mime m;
	const struct str body = begin(&m, message, o);

	mime_feed(&m, str_head(body, at));
	if (at < body.n)
		mime_feed(&m, str_from(body, at));
	return finish(&m);
}
