/* gate.h - one backend of a fake mta (mta.h), and a delivery to it. */
#ifndef UNIT_DELIVERY_GATE_H
#define UNIT_DELIVERY_GATE_H

#include "delivery/delivery.h"
#include "unit/delivery/mta.h"

struct gate {
	struct mta *mta;
	struct backend *backend;
	struct conf_backend conf;
	struct conf_text servers[4];
	struct conf_section section;
	struct jobs *jobs;
	struct ops ops;
	struct op op;
	struct delivery_sender sender;
	struct delivery *delivery;
	struct spool *spool;
	bool done;
	enum err err;
	unsigned code;
	char text[256];
	struct caps caps;
};

static inline void gate_open(struct gate *g)
{
	const struct backend_options options = {
		.loop = g->mta->loop,
		.jobs = g->jobs,
		.section = &g->section,
		.hostname = STR("gate"),
	};
	char bytes[256];
	struct out why = OUT(bytes);

	g->section.values = &g->conf;
	g->backend = backend_new(&options, &why);
	assert_non_null(g->backend);
}

static inline struct gate *gate_new(void)
{
	struct gate *g = mem_new(sizeof(*g));

	g->mta = mta_new();
	g->servers[0].text = STR("192.0.2.1:25");
	g->servers[1].text = STR("192.0.2.2:26");
	g->conf = (struct conf_backend){ .servers = { .items = g->servers, .count = 1 },
					 .identity = IDENTITY_NONE };
	g->sender = (struct delivery_sender){ .path = STR("<a@x>"), .id = STR("ID-1") };
	g->spool = spool_new("/tmp", 1 << 20);
	return g;
}

static inline void gate_free(struct gate *g)
{
	assert_int_equal(g->ops.pending, 0);
	if (g->delivery)
		delivery_close(g->delivery);
	backend_free(g->backend);
	spool_free(g->spool);
	mta_free(g->mta);
	mem_free(g);
}

static inline void gate_done(struct op *op, enum err err, const void *result)
{
	struct gate *g = op->arg;
	const struct reply *reply = result;
	struct out o = { .p = g->text, .cap = sizeof(g->text) - 1 };

	g->done = true;
	g->err = err;
	g->code = reply ? reply->code : 0;
	if (reply)
		out_str(&o, reply->text);
	g->text[o.n] = '\0';
}

static inline void gate_ask(struct gate *g)
{
	g->done = false;
	g->op = (struct op){ .label = "test", .done = gate_done, .arg = g };
}

static inline void start_rcpt(struct gate *g, const char *path)
{
	if (!g->delivery)
		g->delivery = delivery_open(g->backend, &g->sender);
	gate_ask(g);
	delivery_rcpt(g->delivery, &g->ops, &g->op, &(struct delivery_rcpt){ .path = str_z(path) });
	assert_false(g->done); /* never from inside the asking */
}

static inline unsigned rcpt(struct gate *g, const char *path)
{
	start_rcpt(g, path);
	fake_turn(g->mta->loop);
	assert_true(g->done);
	return g->code;
}

static inline void start_send(struct gate *g, const char *message)
{
	if (spool_size(g->spool) == 0)
		assert_int_equal(spool_append(g->spool, str_z(message)), ERR_OK);
	gate_ask(g);
	delivery_send(g->delivery, &g->ops, &g->op,
		      &(struct delivery_message){ .headers = STR("H: 1\r\n"), .spool = g->spool });
	assert_false(g->done);
}

static inline unsigned send_message(struct gate *g, const char *message)
{
	start_send(g, message);
	fake_turn(g->mta->loop);
	assert_true(g->done);
	return g->code;
}

static inline void close_delivery(struct gate *g)
{
	delivery_close(g->delivery);
	g->delivery = NULL;
	spool_free(g->spool);
	g->spool = spool_new("/tmp", 1 << 20);
	fake_turn(g->mta->loop);
}

static inline int gate_begin(void **state)
{
	*state = gate_new();
	return 0;
}

static inline int gate_end(void **state)
{
	gate_free(*state);
	return 0;
}

/* One mail; the code that ends it. */
static inline unsigned deliver(struct gate *g)
{
	unsigned code = rcpt(g, "<b@y>");

	if (code == 250)
		code = send_message(g, "hi\r\n");
	close_delivery(g);
	return code;
}

/* The backend was told so. */
static inline bool said(struct gate *g, const char *text)
{
	bool yes;

	out_char(&g->mta->log, '\0');
	yes = strstr(g->mta->bytes, text) != NULL;
	g->mta->log.n--;
	return yes;
}

#endif
