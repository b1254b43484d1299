#include "unit/model/talk.h"

#include "base/check.h"
#include "fake/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEGMENT_MAX = 65536, LITTLE_MS = 2000, IDLE_MS = 400 * 1000 };

struct talk {
	const struct model_gate *gate;
	struct model model;
	struct world w;
	struct fake_peer *peer;
	struct fake_bytes heard;
	enum fake_tls shake;
	bool gone, loud;
	char segment[SEGMENT_MAX];
	size_t segment_n;
	struct out *why;
};

/* What may stand in a message; the last one is longer than a command may be. */
static const struct {
	const char *bytes;
	size_t n;
} texts[] = {
#define TEXT(S)                                                                                    \
	{                                                                                          \
		S, sizeof(S) - 1                                                                   \
	}
	TEXT("Subject: x\r\n"),
	TEXT("\r\n"),
	TEXT("some text\r\n"),
	TEXT("no end of line"),
	TEXT("..two dots\r\n"),
	TEXT(".\r\n"),
	TEXT("\r\n.\r\n"),
	TEXT("MAIL FROM:<smuggled@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"),
	TEXT("lf\n.\n"),
	TEXT("cr\r.\r"),
	TEXT("\n.\r\n"),
	TEXT("\r\n.\n"),
	TEXT("\r.\r\n"),
	TEXT("\r\n.\r"),
	TEXT("\r\n.\r\r\n"),
	TEXT("\r\n\0.\r\n"),
	TEXT("\r\n.\0\r\n"),
	TEXT("\0"),
	TEXT("NOOP\n"),
	TEXT("NOOP \0\r\n"),
	TEXT("BDAT 4\nQUIT"),
	TEXT("BDAT\r\n"),
	TEXT("BDAT 0x10 LAST\r\n"),
	TEXT("BDAT 0 LAST\r\n"),
	TEXT("GET / HTTP/1.1\r\n"),
	TEXT("NOOP\x01\r\n"),
	{ NULL, 5000 },
#undef TEXT
};

size_t talk_texts(void)
{
	return COUNTOF(texts);
}

static bool differs(struct talk *t, const char *what)
{
	if (t->loud)
		printf("# the log:\n" STR_FMT, STR_ARG(fake_bytes_str(&t->w.log)));
	out_printf(t->why, "%s; heard " STR_FMT ", expected %.*s", what,
		   STR_ARG(fake_bytes_str(&t->heard)), (int)t->model.reply_count, t->model.replies);
	return false;
}

/* ---- what is said ---- */

static void add(struct talk *t, const char *p, size_t n)
{
	CHECK(t->segment_n + n <= sizeof(t->segment));
	memcpy(t->segment + t->segment_n, p, n);
	t->segment_n += n;
}

static void add_text(struct talk *t, size_t i)
{
	static char far[5000];

	if (texts[i].bytes) {
		add(t, texts[i].bytes, texts[i].n);
		return;
	}
	memset(far, 'x', sizeof(far));
	memcpy(far + sizeof(far) - 2, "\r\n", 2);
	add(t, far, sizeof(far));
}

/* b: the count is right, or one too many or too few; LAST or not. */
static void add_chunk(struct talk *t, const struct move *m)
{
	const size_t i = m->a % COUNTOF(texts);
	const uint32_t how = m->b % 8;
	char line[64];
	const int n = snprintf(line, sizeof(line), "BDAT %zu%s\r\n",
			       texts[i].n + (how == 6) - (how == 7), m->b & 8 ? " LAST" : "");

	add(t, line, (size_t)n);
	add_text(t, i);
}

static void add_move(struct talk *t, const struct move *m)
{
	if (m->kind == MOVE_TEXT) {
		add_text(t, m->a % COUNTOF(texts));
	} else if (m->kind == MOVE_CHUNK) {
		add_chunk(t, m);
	} else if (m->kind == MOVE_BYTES) {
		add(t, m->bytes.p, m->bytes.n);
	} else {
		const char *row = model_row(m->a % model_rows());

		add(t, row, strlen(row));
		add(t, "\r\n", 2);
	}
}

/* ---- both hear it ---- */

static void settle(struct talk *t)
{
	fake_turn(t->w.loop);
	if (t->gate->slow)
		fake_advance(t->w.loop, LITTLE_MS);
	if (t->shake != FAKE_TLS_SILENT)
		model_shaken(&t->model, t->shake == FAKE_TLS_OK);
}

static void print(const struct talk *t, const char *word, struct str bytes)
{
	if (!t->loud)
		return;
	printf("# %s ", word);
	for (size_t i = 0; i < bytes.n && i < 200; i++)
		if (bytes.p[i] >= ' ' && bytes.p[i] < 0x7f)
			putchar(bytes.p[i]);
		else
			printf("\\x%02x", (unsigned char)bytes.p[i]);
	printf("%s   -> expects %.*s%s\n", bytes.n > 200 ? "..." : "", (int)t->model.reply_count,
	       t->model.replies, t->model.at == MODEL_CLOSED ? " and the end" : "");
}

static void send(struct talk *t)
{
	const struct str bytes = { .p = t->segment, .n = t->segment_n };

	t->segment_n = 0;
	if (bytes.n == 0 || t->gone || fake_is_closed(t->peer))
		return;
	fake_send(t->peer, bytes);
	model_hear(&t->model, bytes);
	print(t, "says", bytes);
}

/* Nobody waits for what was under way. */
static void leave(struct talk *t, enum move_kind how)
{
	const size_t before = t->model.mail_count;

	send(t);
	if (t->gone || fake_is_closed(t->peer))
		return;
	if (how == MOVE_HALF)
		fake_half_close(t->peer);
	else if (how == MOVE_HANG_UP)
		fake_hang_up(t->peer);
	else
		fake_break(t->peer, ERR_CLOSED);
	t->gone = true;
	for (size_t i = before; i < t->model.mail_count && how != MOVE_HALF; i++)
		t->model.mails[i].maybe = true;
	model_gone(&t->model);
	print(t, "leaves", STR(""));
}

/* ---- what was heard ---- */

static void hear(struct talk *t)
{
	struct str got = fake_received(t->peer);
	const char *lf;
	size_t taken = 0;

	while ((lf = got.n ? memchr(got.p, '\n', got.n) : NULL) != NULL) {
		const size_t n = (size_t)(lf - got.p) + 1;

		CHECK(n > 5 && got.p[n - 2] == '\r');
		if (got.p[3] == ' ')
			fake_bytes_add(&t->heard, str_head(got, 1));
		got = str_from(got, n);
		taken += n;
	}
	fake_take(t->peer, taken);
}

static bool same_replies(struct talk *t, bool whole)
{
	const struct model *m = &t->model;

	if (t->heard.n > m->reply_count)
		return differs(t, "more replies than commands");
	if (whole && t->heard.n < m->reply_count)
		return differs(t, "a reply is missing");
	if (t->heard.n && memcmp(t->heard.p, m->replies, t->heard.n) != 0)
		return differs(t, "a reply of another class");
	return true;
}

static bool compare(struct talk *t)
{
	hear(t);
	if (!same_replies(t, !t->gone))
		return false;
	if (!t->gone && fake_is_closed(t->peer) != (t->model.at == MODEL_CLOSED))
		return differs(t, "closed, or not");
	return true;
}

/* ---- what was delivered ---- */

static bool has_bare(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] == '\n') != (i > 0 && s.p[i - 1] == '\r') ||
		    (s.p[i] == '\r' && i + 1 == s.n))
			return true;
	return false;
}

static bool is_it(const struct model_mail *want, const struct mta_message *got)
{
	struct str text = { .p = want->text, .n = want->size }, bytes = got->bytes;

	if (!str_starts(got->from, str_z(want->from)) || !str_eq(got->to, str_z(want->to)))
		return false;
	/* Behind DATA the last line has an end; a chunk's may have none. */
	if (!str_ends(text, STR("\r\n")) && str_ends(bytes, STR("\r\n")) && !str_ends(bytes, text))
		bytes.n -= 2;
	return want->altered || str_ends(bytes, text);
}

/* In order, each once; nothing else. */
static bool same_mails(struct talk *t)
{
	const struct mta_message *got = mta_messages(t->w.mta);

	for (size_t i = 0; i < t->model.mail_count; i++) {
		const struct model_mail *want = &t->model.mails[i];

		while (got && !got->confirmed)
			got = got->next;
		if (got && is_it(want, got)) {
			if (has_bare(got->bytes) && !want->binary)
				return differs(t, "a bare newline was passed on");
			got = got->next;
		} else if (!want->maybe) {
			return differs(t, "a message is missing, or another one");
		}
	}
	for (; got; got = got->next)
		if (got->confirmed)
			return differs(t, "a message that nobody sent");
	return true;
}

/* ---- from begin to end ---- */

void talk_setups(const struct model_gate *gates, struct setup *setups, size_t count)
{
	char path[] = "/tmp/model-XXXXXX", text[1024];
	const int fd = mkstemp(path);
	struct out why = OUT(text);

	CHECK(fd >= 0);
	for (size_t i = 0; i < count; i++) {
		const size_t n = strlen(gates[i].conf);

		CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, gates[i].conf, n, 0) == (ssize_t)n);
		if (world_setup(&setups[i], path, &why))
			continue;
		printf("not ok - " STR_FMT "\n", STR_ARG(out_text(&why)));
		exit(1);
	}
	close(fd);
	unlink(path);
}

static void pause_long(struct talk *t)
{
	if (t->gone || fake_is_closed(t->peer))
		return;
	fake_advance(t->w.loop, IDLE_MS);
	model_timeout(&t->model);
	print(t, "is idle", STR(""));
}

static bool make_move(struct talk *t, const struct move *m)
{
	switch (m->kind) {
	case MOVE_ROW:
	case MOVE_TEXT:
	case MOVE_CHUNK:
	case MOVE_BYTES:
		add_move(t, m);
		if (m->more)
			return true;
		send(t);
		break;
	case MOVE_SHAKE:
		send(t);
		settle(t);
		t->shake = (enum fake_tls)(m->a % 3);
		fake_set_tls(t->peer, t->shake);
		break;
	case MOVE_WAIT:
		send(t);
		settle(t);
		fake_advance(t->w.loop, LITTLE_MS);
		break;
	case MOVE_PAUSE:
		send(t);
		settle(t);
		pause_long(t);
		break;
	case MOVE_HALF:
	case MOVE_HANG_UP:
	case MOVE_BREAK:
		leave(t, m->kind);
		break;
	case MOVE_KINDS:
		UNREACHABLE();
	}
	settle(t);
	return compare(t);
}

static bool finish(struct talk *t)
{
	send(t);
	settle(t);
	if (!compare(t))
		return false;
	leave(t, MOVE_HALF);
	settle(t);
	fake_advance(t->w.loop, IDLE_MS);
	hear(t);
	return smtp_server_sessions(t->w.server) == 0 ? same_mails(t)
						      : differs(t, "the session stays");
}

static bool prepare(struct talk *t, const struct setup *setup)
{
	struct ip ip;

	if (!world_open(&t->w, setup, t->why))
		return false;
	for (size_t i = 0; i < COUNTOF(t->gate->backend) && t->gate->backend[i]; i++)
		CHECK(mta_script(t->w.mta, str_z(t->gate->backend[i])));
	CHECK(mta_script(t->w.mta, STR("rcpt <refused@*> 550 5.1.1 no")));
	CHECK(mta_script(t->w.mta, STR("rcpt <later@*> 451 4.2.1 later")));
	CHECK(ip_parse(STR("192.0.2.1"), &ip));
	t->peer = fake_client(t->w.loop);
	world_connect(&t->w, t->peer, &ip);
	model_open(&t->model, t->gate);
	fake_turn(t->w.loop);
	return compare(t);
}

bool talk(const struct model_gate *gate, const struct setup *setup, const struct move *moves,
	  size_t count, bool loud, struct out *why)
{
	static struct talk t;
	bool good;

	t.gate = gate;
	t.shake = FAKE_TLS_OK;
	t.gone = false;
	t.loud = loud;
	t.segment_n = 0;
	t.why = why;
	fake_bytes_drop(&t.heard, t.heard.n);
	good = prepare(&t, setup);
	for (size_t i = 0; good && i < count; i++)
		good = make_move(&t, &moves[i]);
	good = good && finish(&t);
	/* It counts as a block that is held. */
	if (good)
		fake_bytes_free(&t.heard);
	return world_close(&t.w, why) && good;
}
