/* Whole sessions under hostile clients, an unwell resolver and an unwell backend, in virtual time.
 *
 * The input: four bytes choose the config and what goes wrong first at the backend and in DNS; then what a client
 * sends, where 0xff begins a command of the fuzzer, see CONTROLS: 1..127 are tenths of a second that pass.
 *
 * What must hold whatever comes: replies are well-formed lines; each client, which reads them as RFC 5321 means
 * them, was promised just what the backend confirmed, to the recipients it confirmed, byte for byte; no message is
 * stored that was not ended by its client, none with a bare CR or LF where these are refused; the backend is not
 * called without end; and at last nothing is left. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fake/fake.h"
#include "fake/words.h"
#include "session/client.h"
#include "session/judge.h"
#include "session/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* byte, bytes that follow */
#define CONTROLS(X)                                                                                \
	X(GO, 0x80, 0)                                                                             \
	X(BREAK, 0x81, 0)                                                                          \
	X(HALF, 0x82, 0)                                                                           \
	X(STALL, 0x83, 0)                                                                          \
	X(READ, 0x84, 0)                                                                           \
	X(NEXT, 0x85, 0)    /* one more client */                                                  \
	X(SWITCH, 0x86, 0)  /* the client before speaks on, in a ring */                           \
	X(DRAIN, 0x87, 0)   /* the server is told to stop */                                       \
	X(BACKEND, 0x88, 2) /* steps[] and acts[] */                                               \
	X(DNS, 0x89, 1)     /* names[] and what becomes of it */                                   \
	X(FILL, 0x8a, 1)    /* so many times 64 bytes */                                           \
	X(WAIT, 0x8b, 1)    /* so many times 10 seconds */                                         \
	X(SHAKE, 0x8c, 1)   /* enum fake_tls */                                                    \
	X(MEMORY, 0x8d, 1)  /* odd: there is too little */                                         \
	X(LITERAL, 0xff, 0)

enum control {
#define X(ID, BYTE, MORE) CONTROL_##ID = (BYTE),
	CONTROLS(X)
#undef X
};

enum { MARK = 0xff, HEAD_BYTES = 4, CLIENTS_MAX = 6, RULES_MAX = 40, PATIENCE_MS = 3600 * 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#include "session_configs.def"

static const char *const steps[] = { "connect",  "greeting", "ehlo",      "helo", "lhlo",
				     "starttls", "xclient",  "xforward",  "mail", "rcpt",
				     "data",     "dot",      "bdat",      "rset", "noop",
				     "quit",     "other",    "handshake", "each", "last",
				     "auth",     "response", "etrn" };

static const char *const acts[] = {
	"",
	"refuse",
	"never",
	"ok",
	"fail",
	"first ok",
	"close",
	"silent",
	"421 4.3.2 busy then close",
	"451 4.3.0 later",
	"550 5.1.1 no",
	"250 2.0.0 ok",
	"354 go on",
	"250-2.0.0 one\\n250 2.0.0 two",
	"220 mta.test",
	"250 2.1.5 ok\\n250 2.1.5 and more",
	"after 2s",
	"after 40s",
	"after 5m 250 2.0.0 at last",
	"stored-close",
	"stored-silent",
	"999 what\\x00ever",
	"550 no status code \\xff\\n550-odd",
	"PIPELINING SIZE 3000 8BITMIME CHUNKING",
	"SIZE 1000000",
	"PIPELINING STARTTLS 8BITMIME SMTPUTF8 DSN",
	"PIPELINING XCLIENT NAME ADDR PORT PROTO HELO",
	"PIPELINING XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE DSN",
	"PIPELINING CHUNKING BINARYMIME 8BITMIME SMTPUTF8 DSN",
	"PIPELINING PRDR 8BITMIME",
	"PRDR CHUNKING",
	"353 one by one",
	"PIPELINING ETRN AUTH:PLAIN:LOGIN:SCRAM-SHA-256 SIZE",
	"AUTH:LOGIN XCLIENT NAME ADDR LOGIN",
	"334 dGVzdA==",
	"334-one\\n334 two",
	"235 2.7.0 ok",
	"535 5.7.8 no",
};

static const struct {
	const char *name;
	enum rr_type type;
	const char *value;
} names[] = {
	{ "1.2.0.192.rbl.test", RR_A, "127.0.0.2" },
	{ "1.2.0.192.rbl.test", RR_TXT, "see \"us\"" },
	{ "1.2.0.192.allow.test", RR_A, "127.0.5.1" },
	{ "1.2.0.192.in-addr.arpa", RR_PTR, "mx.example.org" },
	{ "mx.example.org", RR_A, "192.0.2.1" },
};

static struct setup setups[COUNTOF(configs)];
static bool is_set_up;

static void read_configs(void)
{
	char path[] = "/tmp/fuzz-session-XXXXXX", text[1024];
	const int fd = mkstemp(path);
	struct out why = OUT(text);

	CHECK(fd >= 0);
	for (size_t i = 0; i < COUNTOF(configs); i++) {
		const size_t n = strlen(configs[i].text);

		CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, configs[i].text, n, 0) == (ssize_t)n);
		if (!world_setup(&setups[i], path, &why)) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(out_text(&why)));
			abort();
		}
	}
	close(fd);
	unlink(path);
}

struct gate {
	struct world w;
	struct client clients[CLIENTS_MAX];
	size_t count, at;             /* of clients; the one who speaks */
	unsigned rules;               /* told to the backend */
	bool chatty, chunking, parts; /* what the backend was told to be */
	bool proxied;                 /* the gate takes a PROXY header */
	bool untracked;
};

/* ---- what must hold ---- */

static void check_line(struct str line)
{
	const bool challenge = str_starts(line, STR("334 ")); /* RFC 4954 4 */

	CHECK(line.n >= 4 && line.n + 2 <= (challenge ? LIMIT_AUTH_LINE : LIMIT_REPLY_LINE));
	CHECK(line.p[0] >= '2' && line.p[0] <= '5' && ascii_digit(line.p[1]) &&
	      ascii_digit(line.p[2]));
	CHECK(line.p[3] == ' ' || line.p[3] == '-');
	for (size_t i = 0; i < line.n; i++)
		CHECK(line.p[i] >= ' ' && line.p[i] < 0x7f);
}

static void check_replies(struct str got)
{
	while (got.n) {
		const char *lf = memchr(got.p, '\n', got.n);
		size_t n;

		if (!lf)
			return; /* the connection broke in mid-line */
		n = (size_t)(lf - got.p);
		CHECK(n > 0 && got.p[n - 1] == '\r');
		check_line(str_head(got, n - 1));
		got = str_from(got, n + 1);
	}
}

static bool has_bare_newline(struct str message)
{
	for (size_t i = 0; i < message.n; i++) {
		if (message.p[i] == '\n' && (i == 0 || message.p[i - 1] != '\r'))
			return true;
		if (message.p[i] == '\r' && (i + 1 == message.n || message.p[i + 1] != '\n'))
			return true;
	}
	return false;
}

/* Each confirmed message was promised to somebody, or to one who has gone. */
static void check_messages(struct gate *g)
{
	size_t confirmed = 0;

	for (const struct mta_message *m = mta_messages(g->w.mta); m; m = m->next) {
		confirmed += m->confirmed;
		CHECK(!has_bare_newline(m->bytes) || str_has(m->from, STR("BINARYMIME")));
	}
	CHECK(g->w.counters.accepted <= confirmed || (g->chatty && (g->chunking || g->parts)));
	for (size_t i = 0; i < g->count; i++)
		check_replies(fake_bytes_str(&g->clients[i].got));
	CHECK(clients_judge(g->clients, g->count, g->w.mta) == NULL || g->untracked);
}

/* ---- clients ---- */

static void hear(struct gate *g)
{
	for (size_t i = 0; i < g->count; i++)
		client_receive(&g->clients[i]);
}

static void turn(struct gate *g)
{
	fake_turn(g->w.loop);
	hear(g);
}

static void pass(struct gate *g, int64_t ms)
{
	const int64_t until = loop_now_ms(g->w.loop) + ms;

	while (fake_step(g->w.loop, until))
		hear(g);
	fake_advance(g->w.loop, until - loop_now_ms(g->w.loop));
	hear(g);
}

static void join(struct gate *g)
{
	struct client *c = &g->clients[g->count];
	struct ip ip;

	if (g->count == CLIENTS_MAX)
		return;
	CHECK(ip_parse(STR("192.0.2.1"), &ip));
	client_init(c);
	c->loop = g->w.loop;
	c->proxied = g->proxied;
	client_connect(c);
	world_connect(&g->w, c->peer, &ip);
	g->at = g->count++;
}

static void say(struct gate *g, struct str bytes)
{
	if (bytes.n)
		client_send(&g->clients[g->at], bytes);
}

static void fill(struct gate *g, unsigned times)
{
	static const char bytes[65] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	while (times--)
		say(g, (struct str){ .p = bytes, .n = 64 });
}

/* ---- what else happens ---- */

static void tell_backend(struct gate *g, uint8_t step, uint8_t act)
{
	char text[160];
	struct out o = OUT(text);

	if (g->rules++ >= RULES_MAX)
		return;
	out_printf(&o, "%s%s %s", step & 0x80 ? "once " : "", steps[(step & 0x7f) % COUNTOF(steps)],
		   acts[act % COUNTOF(acts)]);
	if (!mta_script(g->w.mta, out_text(&o)))
		return;
	g->chatty = g->chatty || str_has(out_text(&o), STR("and more")) ||
		    str_has(out_text(&o), STR("odd"));
	g->chunking = g->chunking || str_has(out_text(&o), STR("CHUNKING"));
	g->parts = g->parts || str_has(out_text(&o), STR("PRDR"));
	/* Two replies for one command shift all that follow; only DATA's 354 would show it, and among those for
	 * single recipients nothing does. */
	g->untracked = g->untracked || (g->chatty && (g->chunking || g->parts));
}

static void set_answer(struct gate *g, uint8_t what)
{
	static const int64_t delays[] = { -1, 300, 4000 };
	struct loop *loop = g->w.loop;
	const size_t i = what % COUNTOF(names), how = what / COUNTOF(names) % 6;

	switch (how) {
	case 0:
		fake_dns_status(loop, names[i].name, names[i].type, DNS_NXDOMAIN);
		break;
	case 1:
		fake_dns_status(loop, names[i].name, names[i].type, DNS_FAILED);
		break;
	case 2:
	case 3:
	case 4:
		fake_dns_delay(loop, names[i].name, names[i].type, delays[how - 2]);
		break;
	default:
		fake_dns_fault(loop, fake_dns_asked(loop), FAKE_DNS_SILENT);
		break;
	}
}

static void shake(struct gate *g, uint8_t how)
{
	fake_set_tls(g->clients[g->at].peer, (enum fake_tls)(how % 3));
}

static void control(struct gate *g, enum control what, const uint8_t *more)
{
	struct client *c = &g->clients[g->at];

	switch (what) {
	case CONTROL_GO:
		client_hang_up(c);
		break;
	case CONTROL_BREAK:
		client_break(c);
		break;
	case CONTROL_HALF:
		client_half_close(c);
		break;
	case CONTROL_STALL:
	case CONTROL_READ:
		fake_stall(c->peer, what == CONTROL_STALL);
		c->lost = true; /* what it does not take may be lost when the gate closes */
		break;
	case CONTROL_NEXT:
		join(g);
		break;
	case CONTROL_SWITCH:
		g->at = (g->at + g->count - 1) % g->count;
		break;
	case CONTROL_DRAIN:
		smtp_server_drain(g->w.server);
		break;
	case CONTROL_BACKEND:
		tell_backend(g, more[0], more[1]);
		break;
	case CONTROL_DNS:
		set_answer(g, more[0]);
		break;
	case CONTROL_FILL:
		fill(g, more[0]);
		break;
	case CONTROL_WAIT:
		pass(g, more[0] * 10000);
		break;
	case CONTROL_SHAKE:
		shake(g, more[0]);
		break;
	case CONTROL_MEMORY:
		fake_memory(more[0] & 1);
		break;
	case CONTROL_LITERAL:
		say(g, STR("\xff"));
		break;
	}
}

/* How many bytes behind the mark are the command. */
static size_t command(struct gate *g, struct str script)
{
	const uint8_t *bytes = (const uint8_t *)script.p;

	if (script.n == 0)
		return 0;
	switch (bytes[0]) {
#define X(ID, BYTE, MORE)                                                                          \
	case BYTE:                                                                                 \
		if (script.n <= (MORE))                                                            \
			return script.n;                                                           \
		control(g, CONTROL_##ID, bytes + 1);                                               \
		return 1 + (MORE);
		CONTROLS(X)
#undef X
	default:
		break;
	}
	if (bytes[0] && bytes[0] < CONTROL_GO)
		pass(g, bytes[0] * 100);
	turn(g);
	return 1;
}

static void talk(struct gate *g, struct str script)
{
	while (script.n) {
		const char *mark = memchr(script.p, MARK, script.n);
		const size_t n = mark ? (size_t)(mark - script.p) : script.n;

		say(g, str_head(script, n));
		script = str_from(script, n);
		if (!mark)
			return;
		script = str_from(script, 1);
		script = str_from(script, command(g, script));
	}
}

/* ---- from begin to end ---- */

static void begin(struct gate *g, const uint8_t *head)
{
	struct loop *loop = g->w.loop;

	if (strstr(configs[head[0] % COUNTOF(configs)].text, "identity = proxy"))
		CHECK(mta_script(g->w.mta, STR("proxy")));
	if (head[1] % (MTA_FAULT_COUNT + 1) < MTA_FAULT_COUNT)
		mta_fault(g->w.mta, head[2] % 32,
			  (enum mta_fault)(head[1] % (MTA_FAULT_COUNT + 1)));
	for (size_t i = 0; i < COUNTOF(names); i++)
		if (head[3] & 1u << i)
			fake_dns_record(loop, names[i].name, names[i].type, names[i].value);
	if (head[3] & 0x40)
		fake_dns_delay(loop, names[0].name, names[0].type, 300);
	if (head[3] & 0x80)
		world_watch(&g->w);
	join(g);
}

static void end(struct gate *g)
{
	const int64_t until = loop_now_ms(g->w.loop) + PATIENCE_MS;

	turn(g);
	for (size_t i = 0; i < g->count; i++) {
		fake_stall(g->clients[i].peer, false);
		if (!fake_is_closed(g->clients[i].peer))
			client_hang_up(&g->clients[i]);
	}
	while (world_is_busy(&g->w) && fake_step(g->w.loop, until))
		hear(g);
	hear(g);
	CHECK(!world_is_busy(&g->w));
	/* Nobody is called again and again without a pause. */
	CHECK(mta_connections(g->w.mta) <= 300 + loop_now_ms(g->w.loop) / 1000);
	check_messages(g);
	for (size_t i = 0; i < g->count; i++)
		client_free(&g->clients[i]);
}

static void run_session(const uint8_t *data, size_t size)
{
	const size_t before = fake_live_blocks(), config = data[0] % COUNTOF(configs);
	struct gate g = { .untracked = configs[config].untracked,
			  .parts = strstr(configs[config].text, "lmtp") != NULL,
			  .proxied = strstr(configs[config].text, "proxy_from") != NULL };
	char text[256];
	struct out why = OUT(text);

	CHECK(world_open(&g.w, &setups[config], &why));
	begin(&g, data);
	talk(&g, (struct str){ .p = (const char *)data + HEAD_BYTES, .n = size - HEAD_BYTES });
	end(&g);
	CHECK(world_close(&g.w, &why));
	CHECK(fake_live_blocks() == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!is_set_up)
		read_configs();
	is_set_up = true;
	if (size >= HEAD_BYTES)
		run_session(data, size);
	return 0;
}
