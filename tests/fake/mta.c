/* mta.c - the fake mail server's dialogue (what it keeps of it is in mta_keep.c): strict about CRLF, one command after the other, whatever is
 * pipelined.  A delayed reply holds up what was sent behind it, as in life. */
#include "fake/mta.h"

#include "base/check.h"
#include "base/mem.h"
#include "fake/mta_inside.h"

enum { MTA_BYTES = 256 << 20 };

static void converse(struct mta_link *l);

/* ---- what it says ---- */

static void send_lines(struct mta_link *l, struct str reply)
{
	while (reply.n) {
		struct str line;

		str_cut(reply, '\n', &line, &reply);
		fake_send(l->peer, line);
		fake_send(l->peer, STR("\r\n"));
	}
}

static void say_extensions(struct mta_link *l)
{
	struct str rest = l->mta->extensions;

	fake_send(l->peer, rest.n ? STR("250-mta.test\r\n") : STR("250 mta.test\r\n"));
	while (rest.n) {
		struct str word;

		rest = str_starts(rest, STR("\n")) ? str_from(rest, 1) : rest;
		str_cut(rest, '\n', &word, &rest);
		fake_send(l->peer, rest.n ? STR("250-") : STR("250 "));
		fake_send(l->peer, word);
		fake_send(l->peer, STR("\r\n"));
	}
}

static void hang_up(struct mta_link *l)
{
	l->state = LINK_SILENT;
	if (!l->hung_up)
		fake_hang_up(l->peer);
	l->hung_up = true;
}

static bool positive(struct str reply)
{
	return reply.n && (reply.p[0] == '2' || reply.p[0] == '3');
}

/* ---- a step, when its time has come ---- */

static void remember(struct mta_link *l)
{
	switch (l->step) {
	case MTA_STEP_DATA:
		l->state = LINK_DATA;
		break;
	case MTA_STEP_DOT:
		if (!mta_in_parts(l))
			mta_store(l, fake_bytes_str(&l->to), l->act.reply.p[0] == '2');
		break;
	case MTA_STEP_EACH:
		mta_took(l, mta_next_path(&l->waiting), l->act.reply.p[0] == '2');
		break;
	case MTA_STEP_LAST:
		if (l->taken.n)
			mta_store(l, fake_bytes_str(&l->taken), l->act.reply.p[0] == '2');
		break;
	case MTA_STEP_EHLO:
	case MTA_STEP_HELO:
	case MTA_STEP_LHLO:
	case MTA_STEP_RSET:
	case MTA_STEP_STARTTLS:
		mta_forget(l);
		break;
	case MTA_STEP_RCPT:
		l->recipients++;
		break;
	case MTA_STEP_AUTH:
	case MTA_STEP_RESPONSE:
		if (str_starts(l->act.reply, STR("334")))
			l->state = LINK_RESPONSE;
		break;
	case MTA_STEP_CONNECT:
	case MTA_STEP_GREETING:
	case MTA_STEP_ETRN:
	case MTA_STEP_XCLIENT:
	case MTA_STEP_XFORWARD:
	case MTA_STEP_MAIL:
	case MTA_STEP_NOOP:
	case MTA_STEP_QUIT:
	case MTA_STEP_OTHER:
	case MTA_STEP_COUNT:
		break;
	}
}

/* A refused MAIL leaves no sender, a refused RCPT takes its path back. */
static void undo(struct mta_link *l)
{
	if (l->step == MTA_STEP_MAIL)
		fake_bytes_drop(&l->from, l->from.n);
	if (l->step == MTA_STEP_RCPT)
		l->to.n = l->to_before;
	if (l->step == MTA_STEP_EACH)
		mta_next_path(&l->waiting);
}

/* The message has ended: its envelope too, unless replies for each recipient follow. */
static void end(struct mta_link *l)
{
	const bool begins = l->step == MTA_STEP_DOT && mta_in_parts(l) &&
			    l->act.what == MTA_REPLY && (l->lmtp || positive(l->act.reply));

	if (begins) {
		l->state = LINK_ENDING;
		l->waiting = fake_bytes_str(&l->to);
		l->dot = l->act.reply;
		if (!l->lmtp)
			fake_send(l->peer, STR("353 one by one\r\n"));
		return;
	}
	send_lines(l, l->act.reply);
	if (l->step == MTA_STEP_EACH && (!l->lmtp || l->waiting.n))
		return;
	l->state = LINK_COMMAND;
	mta_forget(l);
}

static void reply(struct mta_link *l)
{
	l->garbled = l->garbled || (l->act.reply.n && !ascii_digit(l->act.reply.p[0]));
	if (positive(l->act.reply))
		remember(l);
	else
		undo(l);
	if ((l->step == MTA_STEP_EHLO || l->step == MTA_STEP_LHLO) && l->act.reply.n == 0)
		say_extensions(l);
	if (l->step == MTA_STEP_DOT || l->step == MTA_STEP_EACH || l->step == MTA_STEP_LAST)
		end(l);
	else
		send_lines(l, l->act.reply);
	if (l->act.what == MTA_REPLY_CLOSE || l->step == MTA_STEP_QUIT)
		hang_up(l);
}

static void act(struct mta_link *l)
{
	switch (l->act.what) {
	case MTA_REPLY:
	case MTA_REPLY_CLOSE:
		reply(l);
		break;
	case MTA_DO_STORE_CLOSE:
		mta_store(l, fake_bytes_str(&l->to), false);
		hang_up(l);
		break;
	case MTA_DO_CLOSE:
		hang_up(l);
		break;
	case MTA_DO_STORE_SILENT:
		mta_store(l, fake_bytes_str(&l->to), false);
		l->state = LINK_SILENT;
		break;
	case MTA_DO_SILENT:
		l->state = LINK_SILENT;
		break;
	}
}

static void later(void *arg)
{
	struct mta_link *l = arg;

	l->reply_post = NULL;
	if (fake_is_closed(l->peer))
		return;
	act(l);
	converse(l);
}

/* RFC 5321 4.1.4: what comes out of order is refused, so a careless pipeline is seen. */
static bool out_of_order(const struct mta_link *l, enum mta_step which)
{
	return (which == MTA_STEP_RCPT && l->from.n == 0) ||
	       ((which == MTA_STEP_DATA || which == MTA_STEP_DOT) && l->recipients == 0);
}

static void step(struct mta_link *l, enum mta_step which, struct str argument)
{
	l->step = which;
	l->act = mta_decide(l->mta, which, argument);
	if (which == MTA_STEP_EACH && l->act.reply.n == 0)
		l->act.reply = l->lmtp ? l->dot : STR("250 2.1.5 delivered");
	if (out_of_order(l, which) && l->act.what == MTA_REPLY && positive(l->act.reply))
		l->act.reply = STR("503 5.5.1 out of order");
	if (l->act.after_ms)
		l->reply_post = fake_post(l->mta->loop, l->act.after_ms, later, l);
	else
		act(l);
}

/* A reply for the next recipient, or the one behind them. */
static void go_on_ending(struct mta_link *l)
{
	struct str rest = l->waiting;

	if (rest.n)
		step(l, MTA_STEP_EACH, mta_next_path(&rest));
	else
		step(l, MTA_STEP_LAST, STR(""));
}

/* ---- what it hears ---- */

static enum mta_step step_of(struct str verb)
{
	for (unsigned i = MTA_STEP_EHLO; i < MTA_STEP_OTHER; i++)
		if ((i < MTA_STEP_DOT || i > MTA_STEP_RESPONSE) &&
		    str_ieq(verb, str_z(mta_step_words[i])))
			return (enum mta_step)i;
	return MTA_STEP_OTHER;
}

/* BDAT in one chunk (RFC 3030): what follows is the message, and its end is the step "dot". */
static bool chunk_begins(struct mta_link *l, struct str verb, struct str argument)
{
	struct str count, last;
	uint64_t n;

	if (!str_ieq(verb, STR("BDAT")) || !str_cut(argument, ' ', &count, &last) ||
	    !str_ieq(last, STR("LAST")) || !str_u64(count, MTA_BYTES, &n))
		return false;
	l->chunk_left = (size_t)n;
	l->state = LINK_CHUNK;
	return true;
}

static void take_chunk(struct mta_link *l)
{
	const struct str got = str_head(fake_received(l->peer), l->chunk_left);

	fake_bytes_add(&l->data, got);
	l->chunk_left -= got.n;
	fake_take(l->peer, got.n);
	if (l->chunk_left)
		return;
	l->state = LINK_COMMAND;
	step(l, MTA_STEP_DOT, STR(""));
}

static void command(struct mta_link *l, struct str line)
{
	struct str verb, argument, after;
	enum mta_step which;

	str_cut(line, ' ', &verb, &argument);
	if (chunk_begins(l, verb, argument))
		return;
	which = step_of(verb);
	if (which == MTA_STEP_LHLO)
		l->lmtp = true;
	if (str_cut(argument, ':', &verb, &after) &&
	    (which == MTA_STEP_MAIL || which == MTA_STEP_RCPT))
		argument = after;
	if (which == MTA_STEP_MAIL) {
		mta_forget(l);
		l->prdr = str_ends(argument, STR(" PRDR"));
		fake_bytes_add(&l->from, argument);
	} else if (which == MTA_STEP_RCPT) {
		l->to_before = l->to.n;
		fake_bytes_add(&l->to, l->to.n ? STR(" ") : STR(""));
		fake_bytes_add(&l->to, mta_path(argument));
	}
	step(l, which, argument);
	if (which == MTA_STEP_STARTTLS && l->act.what == MTA_REPLY && positive(l->act.reply))
		fake_take(l->peer, fake_received(l->peer).n);
}

static void data_line(struct mta_link *l, struct str line)
{
	if (str_eq(line, STR("."))) {
		l->state = LINK_COMMAND;
		step(l, MTA_STEP_DOT, STR(""));
		return;
	}
	fake_bytes_add(&l->data, str_starts(line, STR(".")) ? str_from(line, 1) : line);
	fake_bytes_add(&l->data, STR("\r\n"));
}

static bool next_line(struct mta_link *l, struct str *line)
{
	struct str got;

	if (l->state == LINK_CHUNK)
		take_chunk(l);
	while (l->state == LINK_ENDING && !l->reply_post)
		go_on_ending(l);
	if (l->state == LINK_CHUNK || l->state == LINK_SILENT || l->reply_post)
		return false;
	got = fake_received(l->peer);

	for (size_t i = 1; i < got.n; i++) {
		if (got.p[i] != '\n' || got.p[i - 1] != '\r')
			continue;
		*line = str_head(got, i - 1);
		return true;
	}
	return false;
}

static void converse(struct mta_link *l)
{
	struct fake_bytes copy = { 0 };
	struct str line;

	while (!l->reply_post && l->state != LINK_SILENT && next_line(l, &line)) {
		fake_bytes_drop(&copy, copy.n);
		fake_bytes_add(&copy, line);
		fake_take(l->peer, line.n + 2);
		if (l->state != LINK_DATA || str_eq(line, STR("."))) {
			fake_bytes_add(&l->mta->transcript, fake_bytes_str(&copy));
			fake_bytes_add(&l->mta->transcript, STR("\n"));
		}
		if (l->state == LINK_DATA) {
			data_line(l, fake_bytes_str(&copy));
		} else if (l->state == LINK_RESPONSE) {
			l->state = LINK_COMMAND;
			step(l, MTA_STEP_RESPONSE, fake_bytes_str(&copy));
		} else
			command(l, fake_bytes_str(&copy));
	}
	fake_bytes_free(&copy);
}

static void greet(struct mta_link *l, struct str address)
{
	l->greeted = true;
	step(l, MTA_STEP_GREETING, address);
}

static void herald(struct mta_link *l)
{
	struct proxy_header h;

	if (l->state == LINK_SILENT)
		return;
	switch (proxy_header_parse(fake_received(l->peer), &h)) {
	case PROXY_MORE:
		return;
	case PROXY_BAD:
		hang_up(l);
		return;
	case PROXY_WHOLE:
		break;
	}
	fake_take(l->peer, h.n);
	mta_note_header(l->mta, &h);
	l->heralded = true;
	if (!l->mta->tls_first)
		greet(l, STR(""));
}

static void on_peer(struct fake_peer *peer, void *arg)
{
	struct mta_link *l = arg;

	if (!l->heralded)
		herald(l);
	if (!l->heralded)
		return;

	if (!l->greeted && fake_is_secure(peer))
		greet(l, STR(""));
	if (fake_is_closed(peer) && l->reply_post) {
		fake_unpost(l->mta->loop, l->reply_post);
		l->reply_post = NULL;
	}
	converse(l);
}

/* ---- its life ---- */

static void print_endpoint(struct out *o, const struct endpoint *to)
{
	if (to->unix_path) {
		out_printf(o, "unix:%s", to->unix_path);
		return;
	}
	ip_print(o, &to->ip);
	out_printf(o, ":%u", to->port);
}

static void on_connect(struct fake_peer *peer, const struct endpoint *to, void *arg)
{
	struct mta *m = arg;
	char bytes[128];
	struct out name = OUT(bytes);
	struct mta_act decided;
	struct mta_link *l;

	print_endpoint(&name, to);
	decided = mta_decide(m, MTA_STEP_CONNECT, out_text(&name));
	m->connections++;
	if (decided.what == MTA_DO_CLOSE)
		fake_refuse(peer, ERR_REFUSED);
	if (decided.what != MTA_REPLY)
		return;
	fake_accept(peer);
	l = mem_new(sizeof(*l));
	*l = (struct mta_link){ .next = m->links, .mta = m, .peer = peer, .heralded = !m->proxy };
	m->links = l;
	fake_peer_watch(peer, on_peer, l);
	fake_set_tls(peer, m->tls);
	mta_note_source(m, fake_source(peer));
	if (!m->tls_first && l->heralded)
		greet(l, out_text(&name));
}

struct mta *mta_new(struct loop *loop)
{
	struct mta *m = mem_new(sizeof(*m));

	m->loop = loop;
	m->last = &m->messages;
	arena_init(&m->arena, MTA_BYTES);
	CHECK(mta_script(
		m, STR("ehlo PIPELINING SIZE 52428800 8BITMIME ENHANCEDSTATUSCODES SMTPUTF8 DSN")));
	fake_on_connect(loop, on_connect, m);
	return m;
}

void mta_free(struct mta *m)
{
	fake_on_connect(m->loop, NULL, NULL);
	while (m->links) {
		struct mta_link *l = m->links;

		m->links = l->next;
		if (l->reply_post)
			fake_unpost(m->loop, l->reply_post);
		fake_peer_watch(l->peer, NULL, NULL);
		fake_bytes_free(&l->from);
		fake_bytes_free(&l->to);
		fake_bytes_free(&l->data);
		fake_bytes_free(&l->taken);
		mem_free(l);
	}
	fake_bytes_free(&m->transcript);
	arena_reset(&m->arena);
	mem_free(m);
}

unsigned mta_actions(const struct mta *m)
{
	return m->actions;
}

const struct mta_message *mta_messages(const struct mta *m)
{
	return m->messages;
}

unsigned mta_connections(const struct mta *m)
{
	return m->connections;
}

struct str mta_transcript(const struct mta *m)
{
	return fake_bytes_str(&m->transcript);
}
