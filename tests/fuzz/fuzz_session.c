/* A whole session under a hostile client, an unwell resolver and an unwell backend, in virtual time.
 *
 * The input: four bytes that choose the config, what goes wrong at the backend and in DNS; then what the client
 * sends, where 0xff begins a command of the fuzzer: 0xff is the byte itself, 1..127 lets that many tenths of a
 * second pass, CONTROL_* below, all others are a turn of the loop.
 *
 * What must hold whatever comes: replies are well-formed lines, no message is stored that the client has not
 * ended by CRLF.CRLF, none with a bare CR or LF where they are refused, nothing is said to be accepted that the
 * backend has not confirmed, and in the end nothing is left. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fake/fake.h"
#include "session/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	CONTROL = 0xff,
	CONTROL_GO = 0x80,
	CONTROL_BREAK,
	CONTROL_HALF,
	CONTROL_STALL,
	CONTROL_READ
};
enum { HEAD_BYTES = 4, CONFIGS = 2, PATIENCE_MS = 3600 * 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const configs[CONFIGS] = {
	"hostname = \"gate.test\"\nspool = \"/tmp\"\n"
	"listener \"mx\" { address = \"127.0.0.1:2525\" tls = none message_max = 64KB"
	" recipients_max = 5 errors_max = 50 }\n"
	"backend \"mta\" { servers = [\"127.0.0.1:2500\"] }\n",

	"hostname = \"gate.test\"\nspool = \"/tmp\"\n"
	"listener \"mx\" { address = \"127.0.0.1:2525\" tls = optional certificate = \"mx.pem\""
	" bare_newline = normalize errors_max = 50 }\n"
	"backend \"mta\" { servers = [\"127.0.0.1:2500\", \"127.0.0.1:2501\"] }\n"
	"dnsbl \"rbl.test\" { symbol = LISTED }\n"
	"verdict \"tag\" { when = LISTED do = tag }\n"
	"recipients \"vip\" { match = [\"vip@example.net\"] }\n"
	"verdict \"no\" { when = LISTED do = reject for = [\"vip\"] }\n",
};

static struct setup setups[CONFIGS];
static bool is_set_up;

static void read_configs(void)
{
	char path[] = "/tmp/fuzz-session-XXXXXX", text[1024];
	const int fd = mkstemp(path);
	struct out why = OUT(text);

	CHECK(fd >= 0);
	for (int i = 0; i < CONFIGS; i++) {
		const size_t n = strlen(configs[i]);

		CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, configs[i], n, 0) == (ssize_t)n);
		if (!world_setup(&setups[i], path, &why)) {
			fprintf(stderr, STR_FMT "\n", STR_ARG(out_text(&why)));
			abort();
		}
	}
	close(fd);
	unlink(path);
}

/* ---- what must hold ---- */

static void check_line(struct str line)
{
	CHECK(line.n >= 4 && line.n + 2 <= LIMIT_REPLY_LINE);
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

static size_t count_ends(struct str sent)
{
	size_t ends = 0;

	for (size_t i = 0; i + 5 <= sent.n; i++)
		ends += memcmp(sent.p + i, "\r\n.\r\n", 5) == 0;
	return ends;
}

static void check_newlines(struct str message)
{
	for (size_t i = 0; i < message.n; i++) {
		if (message.p[i] == '\n')
			CHECK(i > 0 && message.p[i - 1] == '\r');
		if (message.p[i] == '\r')
			CHECK(i + 1 < message.n && message.p[i + 1] == '\n');
	}
}

static void check_messages(const struct world *w, struct str sent)
{
	size_t stored = 0, confirmed = 0;

	for (const struct mta_message *m = mta_messages(w->mta); m; m = m->next) {
		check_newlines(m->bytes);
		stored++;
		confirmed += m->confirmed;
	}
	CHECK(stored <= count_ends(sent));
	CHECK(w->counters.accepted <= confirmed);
}

/* ---- the client ---- */

struct caller {
	struct world *w;
	struct fake_peer *peer;
	struct fake_bytes sent;
	bool gone;
};

static void say(struct caller *c, struct str bytes)
{
	if (c->gone || fake_is_closed(c->peer) || bytes.n == 0)
		return;
	fake_bytes_add(&c->sent, bytes);
	fake_send(c->peer, bytes);
}

static void leave(struct caller *c, uint8_t how)
{
	if (!c->gone && how == CONTROL_GO)
		fake_hang_up(c->peer);
	if (!c->gone && how == CONTROL_HALF)
		fake_half_close(c->peer);
	if (how == CONTROL_BREAK)
		fake_break(c->peer, ERR_CLOSED);
	c->gone = true;
}

static void control(struct caller *c, uint8_t what)
{
	if (what == CONTROL)
		say(c, STR("\xff"));
	else if (what == CONTROL_STALL || what == CONTROL_READ)
		fake_stall(c->peer, what == CONTROL_STALL);
	else if (what == CONTROL_GO || what == CONTROL_BREAK || what == CONTROL_HALF)
		leave(c, what);
	else if (what < CONTROL_GO)
		fake_advance(c->w->loop, what * 100);
	else
		fake_turn(c->w->loop);
}

static void talk(struct caller *c, struct str script)
{
	while (script.n) {
		const char *mark = memchr(script.p, CONTROL, script.n);
		const size_t n = mark ? (size_t)(mark - script.p) : script.n;

		say(c, str_head(script, n));
		script = str_from(script, n);
		if (script.n >= 2)
			control(c, (uint8_t)script.p[1]);
		script = str_from(script, script.n >= 2 ? 2 : script.n);
	}
}

static void hang_up_and_wait(struct caller *c)
{
	const int64_t until = loop_now_ms(c->w->loop) + PATIENCE_MS;

	fake_turn(c->w->loop);
	fake_stall(c->peer, false);
	leave(c, CONTROL_GO);
	while (smtp_server_sessions(c->w->server) && fake_step(c->w->loop, until))
		;
	CHECK(smtp_server_sessions(c->w->server) == 0);
}

static void set_faults(struct world *w, const uint8_t *head)
{
	if (head[1] % (MTA_FAULT_COUNT + 1) < MTA_FAULT_COUNT)
		mta_fault(w->mta, head[2] % 32, (enum mta_fault)(head[1] % (MTA_FAULT_COUNT + 1)));
	if (head[3] % 4 < 2)
		fake_dns_fault(w->loop, head[3] / 4 % 8, (enum fake_dns_fault)(head[3] % 4));
	fake_dns_record(w->loop, "1.2.0.192.rbl.test", RR_A, "127.0.0.2");
	fake_dns_delay(w->loop, "1.2.0.192.rbl.test", RR_A, head[3]);
}

static void run_session(const uint8_t *data, size_t size)
{
	const size_t before = fake_live_blocks();
	struct world w;
	struct caller c = { .w = &w };
	char text[256];
	struct out why = OUT(text);
	struct ip ip;

	CHECK(ip_parse(STR("192.0.2.1"), &ip));
	CHECK(world_open(&w, &setups[data[0] % CONFIGS], &why));
	set_faults(&w, data);
	c.peer = fake_client(w.loop);
	world_connect(&w, c.peer, &ip);
	talk(&c, (struct str){ .p = (const char *)data + HEAD_BYTES, .n = size - HEAD_BYTES });
	hang_up_and_wait(&c);
	check_replies(fake_received(c.peer));
	check_messages(&w, fake_bytes_str(&c.sent));
	fake_bytes_free(&c.sent);
	CHECK(world_close(&w, &why));
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
