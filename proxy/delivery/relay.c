/* relay.c - the pool, and who asks what the servers offer; deliveries are delivery/transfer.c. */
#include "delivery/relay.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "delivery/lane.h"
#include "delivery/transfer.h"

/* Somebody who asked for the capabilities. */
struct asker {
	struct asker *next, **link;
	struct op *op;
};

struct relay {
	struct backend backend;
	struct conf_backend conf; /* zeros replaced by the limits table */
	char *hostname;
	struct pool pool;
	struct asker *askers;
	struct waiter waiter; /* for the first connection, while nothing is known */
	struct wake wake;     /* answers the askers when it is */
};

static struct relay *relay_of(struct backend *b)
{
	return (struct relay *)b;
}

static void drop_asker(struct asker *a)
{
	*a->link = a->next;
	if (a->next)
		a->next->link = a->link;
	mem_free(a);
}

static void cancel_asker(struct op *op)
{
	drop_asker(op->provider);
}

/* Those who ask from inside an answer come later. */
static void answer(struct relay *r, enum err err)
{
	struct asker *now = r->askers;

	r->askers = NULL;
	if (now)
		now->link = &now;
	while (now) {
		struct op *op = now->op;

		drop_asker(now);
		op_finish(op, err, err == ERR_OK ? &r->pool.caps : NULL);
	}
}

static void on_wake(struct wake *w, void *arg)
{
	struct relay *r = arg;
	struct upstream *u;

	(void)w;
	if (r->pool.seen) {
		answer(r, ERR_OK);
	} else if (r->askers && !r->waiter.link) {
		u = pool_take(&r->pool, &r->waiter);
		CHECK(u == NULL); /* who rests has said EHLO, and then it is known */
	}
}

static void on_waited(struct waiter *w, struct upstream *u, enum err err)
{
	struct relay *r = (struct relay *)((char *)w - offsetof(struct relay, waiter));

	if (u)
		pool_rests(&r->pool, u);
	answer(r, r->pool.seen ? ERR_OK : err);
}

static void relay_caps(struct backend *b, struct ops *ops, struct op *op)
{
	struct relay *r = relay_of(b);
	struct asker *a = mem_new(sizeof(*a));

	a->op = op;
	a->next = r->askers;
	a->link = &r->askers;
	if (a->next)
		a->next->link = &a->next;
	r->askers = a;
	op->label = "backend";
	op->cancel = cancel_asker;
	op->provider = a;
	op_start(ops, op);
	wake_set(&r->wake);
}

/* RFC 2033 4.2: a reply for each recipient. */
static bool relay_one_recipient(const struct backend *b)
{
	return ((const struct relay *)b)->conf.protocol == BACKEND_LMTP;
}

static struct str relay_name(const struct backend *b)
{
	return caps_name(&((const struct relay *)b)->pool.caps);
}

static struct delivery *relay_open(struct backend *b, const struct delivery_sender *sender)
{
	return transfer_open(b, &relay_of(b)->pool, sender);
}

static struct lane *relay_lane(struct backend *b, struct wake *lost)
{
	return lane_new(&relay_of(b)->pool, lost);
}

static bool relay_give_to(struct backend *b, uid_t uid, gid_t gid)
{
	(void)b;
	(void)uid;
	(void)gid;
	return true; /* nothing lies on disk */
}

static void relay_free(struct backend *b)
{
	struct relay *r = relay_of(b);

	CHECK(r->askers == NULL);
	wake_clear(&r->wake);
	pool_forget(&r->waiter, &r->pool);
	pool_free(&r->pool);
	if (r->pool.tls)
		tls_free(r->pool.tls);
	mem_free(r->hostname);
	mem_free(r);
}

static const struct backend_ops relay_ops = {
	.free = relay_free,
	.give_to = relay_give_to,
	.caps = relay_caps,
	.one_recipient = relay_one_recipient,
	.name = relay_name,
	.open = relay_open,
	.lane = relay_lane,
	.say = transfer_say,
	.rcpt = transfer_rcpt,
	.drop = transfer_drop,
	.send = transfer_send,
	.server = transfer_server,
	.close = transfer_close,
};

static void fallback(int64_t *value, int64_t limit)
{
	if (*value <= 0)
		*value = limit;
}

static void complete(struct conf_backend *conf)
{
	fallback(&conf->connections, LIMIT_BACKEND_CONNECTIONS);
	fallback(&conf->connect_timeout_ms, LIMIT_BACKEND_CONNECT_MS);
	fallback(&conf->reply_timeout_ms, LIMIT_BACKEND_RCPT_MS);
	fallback(&conf->end_timeout_ms, LIMIT_BACKEND_END_MS);
	fallback(&conf->idle_ms, LIMIT_BACKEND_IDLE_MS);
}

/* Optional TLS proves nothing anyway: were a certificate demanded, the answer to a bad one would be
 * no TLS at all (RFC 7435 3). */
static bool init_tls(struct relay *r, struct out *why)
{
	if (r->conf.tls == BACKEND_TLS_NONE)
		return true;
	r->pool.verifies = r->conf.tls_verify && r->conf.tls != BACKEND_TLS_OPTIONAL;
	r->pool.tls = tls_client_new(r->pool.verifies,
				     r->conf.tls_ca.text.n ? r->conf.tls_ca.text.p : NULL, why);
	return r->pool.tls != NULL;
}

struct backend *relay_new(const struct backend_options *options, struct out *why)
{
	const struct str name = options->hostname.n ? options->hostname : STR("localhost");
	struct relay *r = mem_new(sizeof(*r));

	r->backend.ops = &relay_ops;
	r->conf = *(const struct conf_backend *)options->section->values;
	complete(&r->conf);
	r->hostname = mem_strdup(name);
	r->pool.conf = &r->conf;
	r->pool.hostname = str_z(r->hostname);
	r->waiter.fn = on_waited;
	wake_init(&r->wake, options->loop, on_wake, r);
	if (!pool_init(&r->pool, options->loop, why) || !init_tls(r, why)) {
		relay_free(&r->backend);
		return NULL;
	}
	return &r->backend;
}
