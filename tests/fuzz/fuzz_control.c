/* The control socket under clients that say anything, do not listen or go, before a store that may not work, in virtual
 * time.
 *
 * The input is what they say; 0xff begins a command of the fuzzer, see CONTROLS.  What must hold: each hears well-formed
 * lines of printable bytes, of which the last says how it ended, once; who has said a line and listens hears the end;
 * and at last nothing is left. */
#include "base/check.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "control/control.h"
#include "fake/fake.h"
#include "fake/store.h"
#include "filters/greylist/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* byte, bytes that follow */
#define CONTROLS(X)                                                                                \
	X(NEXT, 0x80, 0)   /* one more client */                                                   \
	X(SWITCH, 0x81, 0) /* the client before speaks on, in a ring */                            \
	X(GO, 0x82, 0)                                                                             \
	X(HALF, 0x83, 0)                                                                           \
	X(BREAK, 0x84, 0)                                                                          \
	X(STALL, 0x85, 0)                                                                          \
	X(READ, 0x86, 0)                                                                           \
	X(STORE, 0x87, 1) /* enum fake_store_state */                                              \
	X(WAIT, 0x88, 1)  /* so many times 100 ms */                                               \
	X(STOP, 0x89, 0)                                                                           \
	X(LITERAL, 0xff, 0)

enum control_byte {
#define X(ID, BYTE, MORE) CONTROL_##ID = (BYTE),
	CONTROLS(X)
#undef X
};

enum { MARK = 0xff, ROWS = 150, PATIENCE_MS = 120000, HEARD_MAX = 4 << 20, HITS_OF_A_KIND = 300 };

static size_t figures(const void *of, struct control_figure *to)
{
	(void)of;
	for (size_t i = 0; i < CONTROL_FIGURES; i++)
		to[i] = (struct control_figure){
			.name = "mails", .about = "that came", .value = i, .level = i % 2
		};
	return CONTROL_FIGURES;
}

/* Some of each kind, hidden ones among them, and a name with all there is. */
static bool hit(const void *of, size_t i, struct control_hit *to)
{
	static const char name[] = "a \"name\" \\\n\xff of \xc3\xa4";

	(void)of;
	*to = (struct control_hit){ .kind = (enum control_hit_kind)(i / HITS_OF_A_KIND),
				    .name = { .p = name, .n = i % sizeof(name) },
				    .action = "defer",
				    .hidden = i % 7 == 0,
				    .since_start = i % 5,
				    .since_reload = i % 3 };
	return i < (size_t)CONTROL_HIT_KINDS * HITS_OF_A_KIND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] = "listener \"mx\" { address = \"127.0.0.1:25\" }\n"
			     "backend \"mta\" { servers = [\"127.0.0.1:10025\"] }\n"
			     "greylist { delay = 5m }\n"
			     "bulk { }\n"
			     "verdict \"later\" { when = GREYLIST_NEW do = greylist }\n";

static struct setup setup;
static bool is_set_up;

struct side {
	struct fake_peer *peer;
	bool line, gone, stalled;
};

struct play {
	struct loop *loop;
	enum fake_store_state state;
	struct control *control;
	struct side sides[LIMIT_CONTROL_CLIENTS];
	size_t count, at;
};

static void complain(struct conf_report *r, enum conf_severity severity,
		     const struct conf_place *at, const char *text)
{
	if (severity != CONF_ERROR)
		return;
	r->errors++;
	fprintf(stderr, "%u: %s\n", at->line, text);
}

static void set_up(void)
{
	struct conf_report report = { .say = complain };
	char path[] = "/tmp/fuzz-control-XXXXXX";
	const int fd = mkstemp(path);

	CHECK(fd >= 0 && write(fd, config, sizeof(config) - 1) == (ssize_t)sizeof(config) - 1);
	CHECK(setup_load(&setup, path, SETUP_TO_SERVE, &report) == 0);
	close(fd);
	unlink(path);
	is_set_up = true;
}

/* ---- what the store has: more than a page of mails, some passed, and sources; labels of any bytes ---- */

static void fill(struct store *store, const struct greylist_conf *conf, int64_t now_ms)
{
	for (unsigned i = 0; i < ROWS; i++) {
		char key[32], label[LIMIT_STORE_LABEL];
		struct store_question q;
		const int n = snprintf(key, sizeof(key), "192.0.2.0/24 %u", i);

		memset(label, (int)(i % 256), sizeof(label));
		q = greylist_about_mail(conf, (struct str){ .p = key, .n = (size_t)n },
					i % 3 ? GREYLIST_NOTE : GREYLIST_RELEASE);
		if (i % 10 == 0) /* or the mail's own */
			q = greylist_about_source(conf, q.key, SOURCE_BLOCK);
		q.label = (struct str){ .p = label, .n = i % 2 ? sizeof(label) : 0 };
		q.now_ms = now_ms;
		store_note(store, &q);
	}
}

/* ---- clients ---- */

static struct side *now(struct play *p)
{
	return &p->sides[p->at];
}

static void next_client(struct play *p)
{
	if (p->count == LIMIT_CONTROL_CLIENTS)
		return;
	p->at = p->count++;
	now(p)->peer = fake_client(p->loop);
	control_take(p->control, fake_client_fd(now(p)->peer));
	fake_turn(p->loop);
}

static void say(struct play *p, struct str bytes)
{
	struct side *s = now(p);

	if (s->gone || fake_is_closed(s->peer) || bytes.n == 0)
		return;
	fake_send(s->peer, bytes);
	s->line |= memchr(bytes.p, '\n', bytes.n) != NULL;
	fake_turn(p->loop);
}

static void go(struct play *p, enum control_byte how)
{
	struct side *s = now(p);

	if (s->gone || fake_is_closed(s->peer))
		return;
	s->gone = true;
	if (how == CONTROL_GO)
		fake_hang_up(s->peer);
	else if (how == CONTROL_HALF)
		fake_half_close(s->peer);
	else
		fake_break(s->peer, ERR_CLOSED);
	fake_turn(p->loop);
}

static void stall(struct play *p, bool stalls)
{
	now(p)->stalled |= stalls;
	if (!now(p)->gone && !fake_is_closed(now(p)->peer))
		fake_stall(now(p)->peer, stalls);
}

static void act(struct play *p, enum control_byte control, uint8_t more)
{
	switch (control) {
	case CONTROL_NEXT:
		next_client(p);
		break;
	case CONTROL_SWITCH:
		p->at = (p->at ? p->at : p->count) - 1;
		break;
	case CONTROL_GO:
	case CONTROL_HALF:
	case CONTROL_BREAK:
		go(p, control);
		break;
	case CONTROL_STALL:
	case CONTROL_READ:
		stall(p, control == CONTROL_STALL);
		break;
	case CONTROL_STORE:
		p->state = (enum fake_store_state)(more % (FAKE_STORE_SILENT + 1));
		break;
	case CONTROL_WAIT:
		fake_advance(p->loop, more * 100);
		break;
	case CONTROL_STOP:
		control_stop(p->control);
		break;
	case CONTROL_LITERAL:
		say(p, STR("\xff"));
		break;
	}
	fake_turn(p->loop);
}

static unsigned bytes_behind(uint8_t byte, bool *is_control)
{
	*is_control = true;
	switch (byte) {
#define X(ID, BYTE, MORE)                                                                          \
	case BYTE:                                                                                 \
		return MORE;
		CONTROLS(X)
#undef X
	default:
		*is_control = false;
		return 0;
	}
}

static void play(struct play *p, struct str input)
{
	while (input.n) {
		size_t n = 0;
		bool is_control;
		unsigned more;

		while (n < input.n && (uint8_t)input.p[n] != MARK)
			n++;
		say(p, str_head(input, n));
		input = str_from(input, n < input.n ? n + 1 : n);
		if (input.n == 0)
			return;
		more = bytes_behind((uint8_t)input.p[0], &is_control);
		if (is_control && more < input.n)
			act(p, (enum control_byte)(uint8_t)input.p[0],
			    more ? (uint8_t)input.p[1] : 0);
		input = str_from(input, more < input.n ? 1 + more : input.n);
	}
}

/* ---- what they heard ---- */

static void check_line(struct str line, bool *over)
{
	CHECK(!*over && line.n > 0);
	*over = line.n == 1 && memchr(".!?", line.p[0], 3);
	CHECK(*over || line.p[0] == '=' || line.p[0] == '-');
	while (line.n) {
		const size_t n = utf8_length(line);

		CHECK(n && utf8_prints(utf8_point(str_head(line, n))));
		line = str_from(line, n);
	}
}

static void check(const struct side *s)
{
	struct str rest = fake_received(s->peer), line;
	bool over = false;

	CHECK(fake_is_closed(s->peer) && rest.n < HEARD_MAX);
	while (str_cut(rest, '\n', &line, &rest))
		check_line(line, &over);
	CHECK(s->gone || s->stalled || (rest.n == 0 && line.n == 0));
	CHECK(s->gone || s->stalled || over || !s->line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = { .state = FAKE_STORE_WORKS };
	struct control_host host = { .setup = &setup, .figures = figures, .hit = hit };
	size_t blocks;

	if (!is_set_up)
		set_up();
	blocks = fake_live_blocks();
	p.loop = host.loop = loop_new();
	host.store = store_new(fake_store(p.loop, &p.state), NULL);
	fill(host.store, conf_first(setup.conf, &block_greylist)->values, loop_unix_ms(p.loop));
	p.control = control_new(&host, -1);
	next_client(&p);
	play(&p, (struct str){ .p = (const char *)data, .n = size });
	fake_advance(p.loop, PATIENCE_MS);
	for (size_t i = 0; i < p.count; i++)
		check(&p.sides[i]);
	control_free(p.control);
	store_free(host.store);
	CHECK(fake_is_idle(p.loop));
	loop_free(p.loop);
	CHECK(fake_live_blocks() == blocks);
	return 0;
}
