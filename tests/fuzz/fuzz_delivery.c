/* fuzz_delivery.c - a backend that says anything at any time, hangs up, stalls; a session that asks,
 * waits, cancels.  Whatever happens: no failed CHECK, nothing left behind, and a message is only reported
 * as accepted when the server had it whole and said 2xx after that.
 *
 * The input is a program: each byte is one step (see step()). */
#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/delivery.h"
#include "fake/fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 64 };

struct peer {
	struct fake_peer *fake;
	bool gone, whole, accepted; /* whole: it has a final dot; accepted: and said 2xx since */
	size_t seen;
};

struct world {
	struct loop *loop;
	struct backend *backend;
	struct delivery_sender sender;
	struct delivery *delivery;
	struct spool *message;
	struct ops ops;
	struct op op;
	bool sending;
	unsigned accepted, peers;
	unsigned told; /* by on_each() */
	struct peer peer[PEERS];
};

static const char *const words[] = {
	"220 hi\r\n",
	"250 ok\r\n",
	"250-mta\r\n250-PIPELINING\r\n250-SIZE 9\r\n250-XFORWARD ADDR HELO\r\n250 DSN\r\n",
	"250-mta\r\n250-PIPELINING\r\n250-XCLIENT ADDR\r\n250 STARTTLS\r\n",
	"354 go\r\n",
	"421 bye\r\n",
	"451 4.0.0 later\r\n",
	"550 5.0.0 no\r\n",
	"250-",
	"25",
	"0 x\r\n",
	"\r\n",
	"garbage\r\n",
	"220 go\r\n250-mta\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n",
	"250 ok\r\n250 ok\r\n354 go\r\n",
	"354 go\r\n250 ok\r\n",
	"353 one by one\r\n",
	"250-mta\r\n250-PRDR\r\n250 PIPELINING\r\n",
};

/* A message is there when its last line is the dot: there is no other in what we send. */
static void on_bytes(struct fake_peer *fake, void *arg)
{
	struct world *w = arg;
	struct peer *p = w->peer;

	while (p->fake != fake)
		p++;
	if (str_ends(fake_received(fake), STR("end\r\n.\r\n")) &&
	    fake_received(fake).n != p->seen) {
		p->seen = fake_received(fake).n;
		p->whole = true;
		p->accepted = false;
	}
}

static void on_connect(struct fake_peer *fake, const struct endpoint *to, void *arg)
{
	struct world *w = arg;

	if (w->peers == PEERS || to->port == 26) {
		fake_refuse(fake, ERR_UNREACHABLE);
		return;
	}
	w->peer[w->peers++] = (struct peer){ .fake = fake };
	fake_peer_watch(fake, on_bytes, w);
	fake_accept(fake);
}

static void check_accepted(const struct world *w)
{
	bool somebody = false;

	for (unsigned i = 0; i < w->peers; i++)
		somebody |= w->peer[i].accepted;
	CHECK(somebody);
}

/* One answer for each who was accepted, and none more. */
static void on_each(void *who, const struct reply *reply, bool final)
{
	struct world *w = who;

	CHECK(w->sending && op_running(&w->op) && (w->sender.prdr || final));
	CHECK(w->told++ < w->accepted && reply->code != 421 && reply->code / 100 != 3);
	if (reply->code / 100 == 2)
		check_accepted(w);
}

static void on_done(struct op *op, enum err err, const void *result)
{
	struct world *w = op->arg;
	const struct reply *reply = result;

	CHECK((err == ERR_OK) == (reply != NULL));
	if (reply) {
		CHECK(reply->code != 421 && reply->code / 100 != 3);
		if (reply->code / 100 == 2 && !w->sending)
			w->accepted++;
		if (reply->code / 100 == 2 && w->sending)
			check_accepted(w);
	}
}

static void close_delivery(struct world *w)
{
	if (w->delivery)
		delivery_close(w->delivery);
	w->delivery = NULL;
	w->accepted = 0;
	for (unsigned i = 0; i < w->peers; i++)
		w->peer[i].accepted = w->peer[i].whole = false;
}

static void ask(struct world *w, bool send)
{
	const struct delivery_rcpt rcpt = { .path = STR("<b@y>"), .params = STR(""), .who = w };
	const struct delivery_message message = {
		.headers = STR("H: 1\r\n"),
		.spool = w->message,
		.each = w->sender.prdr ? on_each : NULL,
	};

	if (op_running(&w->op) || (send && (!w->delivery || w->accepted == 0)))
		return;
	if (w->sending)
		close_delivery(w);
	if (send && (!w->delivery || w->accepted == 0))
		return;
	if (!w->delivery) {
		/* Now one client, now another: each has connections of its own, where it can. */
		w->sender.client_ip = (struct ip){ IP_V4, { 192, 0, 2, w->peers & 1 } };
		w->delivery = delivery_open(w->backend, &w->sender);
	}
	w->op = (struct op){ .label = "fuzz", .done = on_done, .arg = w };
	w->sending = send;
	w->told = 0;
	if (send)
		delivery_send(w->delivery, &w->ops, &w->op, &message);
	else
		delivery_rcpt(w->delivery, &w->ops, &w->op, &rcpt);
}

static void say(struct peer *p, const char *word)
{
	if (p->gone || fake_is_closed(p->fake))
		return;
	if (p->whole && word[0] == '2' && strchr(word, '\n'))
		p->accepted = true;
	fake_send(p->fake, str_z(word));
}

static void act(struct world *w, unsigned what)
{
	switch (what) {
	case 0:
	case 1:
		ask(w, false);
		break;
	case 2:
	case 3:
		ask(w, true);
		break;
	case 4:
		if (op_running(&w->op))
			op_cancel(&w->op);
		break;
	case 5:
		close_delivery(w);
		break;
	case 6:
		fake_advance(w->loop, 1001);
		break;
	case 7:
		fake_advance(w->loop, 61000);
		break;
	}
}

/* The last four connections are the peers that speak: bits 6-7 name one. */
static void step(struct world *w, uint8_t byte)
{
	const unsigned back = byte >> 6;
	struct peer *p = w->peers > back ? &w->peer[w->peers - 1 - back] : NULL;
	const unsigned what = byte & 63;

	if (what < COUNTOF(words) && p) {
		say(p, words[what]);
	} else if (what < 32 && what >= 24) {
		act(w, what - 24);
	} else if (what == 32 && p && !p->gone) {
		p->gone = true;
		fake_hang_up(p->fake);
	} else if (what == 33 && p && !p->gone) {
		p->gone = true;
		fake_break(p->fake, ERR_IO);
	} else if ((what == 34 || what == 35) && p) {
		fake_stall(p->fake, what == 34);
	} else if (what == 36 && p) {
		fake_set_tls(p->fake, FAKE_TLS_FAIL);
	}
	if (what < 48)
		fake_turn(w->loop);
}

static void no_log(struct str lines, void *arg)
{
	(void)lines;
	(void)arg;
}

/* Made once: the same for every input. */
static struct spool *message(bool large)
{
	static struct spool *messages[2];
	static char line[1000];
	struct spool **m = &messages[large];

	if (*m)
		return *m;
	*m = spool_new("/tmp", 1 << 20);
	memset(line, 'x', sizeof(line) - 2);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (unsigned i = 0; i < (large ? 400 : 1); i++)
		CHECK(spool_append(*m, (struct str){ .p = line, .n = sizeof(line) }) == ERR_OK);
	CHECK(spool_append(*m, STR(".end\r\nend\r\n")) == ERR_OK);
	return *m;
}

static void open_backend(struct world *w, uint8_t options)
{
	struct conf_text servers[] = { { .text = STR("192.0.2.1:25") },
				       { .text = STR("192.0.2.2:26") } };
	struct conf_backend conf = {
		.servers = { .items = servers, .count = options & 1 ? 2 : 1 },
		.identity = options & 128 ? IDENTITY_PROXY + (options >> 1 & 1) : options >> 1 & 3,
		.tls = options >> 3 & 3,
		.connections = options & 32 ? 1 : 0,
		.protocol = w->sender.prdr && options & 4 ? BACKEND_LMTP : BACKEND_SMTP,
	};
	const struct conf_section section = { .values = &conf };
	const struct backend_options backend = {
		.loop = w->loop,
		.section = &section,
		.hostname = STR("gate"),
	};
	char bytes[256];
	struct out why = OUT(bytes);

	w->message = message(options & 64);
	w->backend = backend_new(&backend, &why);
	CHECK(w->backend != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct world *w = &world;

	if (size < 2 || size > 400)
		return 0;
	*w = (struct world){ .loop = loop_new() };
	log_to(no_log, NULL);
	w->sender =
		(struct delivery_sender){ .path = STR("<a@x>"), .id = STR("ID"), .helo = STR("h") };
	fake_on_connect(w->loop, on_connect, w);
	w->sender.prdr = data[size - 1] & 1;
	open_backend(w, data[0]);
	for (size_t i = 1; i < size; i++)
		step(w, data[i]);
	close_delivery(w);
	CHECK(w->ops.pending == 0);
	fake_turn(w->loop);
	backend_free(w->backend);
	CHECK(fake_is_idle(w->loop));
	loop_free(w->loop);
	return 0;
}
