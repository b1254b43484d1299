/* mta.h - a mail server on the fake network that answers by rules. */
#ifndef UNIT_DELIVERY_MTA_H
#define UNIT_DELIVERY_MTA_H

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* From its `skip`th occurrence on, `times` times (0: always), the line that begins with `prefix` is answered
 * with `reply`; NULL: not at all; a trailing '!' hangs up behind it.  "CONNECT" is the greeting, "." the
 * end of the message. */
struct rule {
	const char *prefix, *reply;
	unsigned skip, times, seen;
};

struct mta {
	struct loop *loop;
	const char *ehlo; /* extension lines: "250-SIZE\r\n" */
	struct rule rules[8];
	uint16_t refuse_port; /* connections to it are refused */
	bool greet_secure;    /* implicit TLS: the greeting comes after the handshake */
	unsigned connections;
	enum fake_tls tls;
	struct fake_peer *peers[16];
	bool in_data[16], gone[16], greeted[16];
	struct out log; /* "0 MAIL FROM:<a>\n": connection and line */
	char bytes[2 * 1024 * 1024];
};

static const char mta_ehlo[] = "250-PIPELINING\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n";

static inline struct rule *mta_rule(struct mta *m, struct str line)
{
	for (size_t i = 0; i < COUNTOF(m->rules); i++) {
		struct rule *r = &m->rules[i];

		if (!r->prefix || !str_starts(line, str_z(r->prefix)))
			continue;
		if (strcmp(r->prefix, ".") == 0 && line.n != 1)
			continue;
		r->seen++;
		if (r->seen > r->skip && (!r->times || r->seen <= r->skip + r->times))
			return r;
	}
	return NULL;
}

static inline void mta_reply(struct mta *m, unsigned nth, struct str line, const char *usual)
{
	struct rule *r = mta_rule(m, line);
	struct str reply = str_z(r ? r->reply : usual);
	const bool hang_up = reply.n && reply.p[reply.n - 1] == '!';

	if (m->gone[nth])
		return;
	m->gone[nth] = hang_up;
	fake_send(m->peers[nth], str_head(reply, reply.n - hang_up));
	if (hang_up)
		fake_hang_up(m->peers[nth]);
}

static inline void mta_command(struct mta *m, unsigned nth, struct str line)
{
	if (m->in_data[nth]) {
		if (str_eq(line, STR("."))) {
			m->in_data[nth] = false;
			mta_reply(m, nth, line, "250 2.0.0 queued\r\n");
		}
	} else if (str_istarts(line, STR("EHLO ")) || str_istarts(line, STR("LHLO "))) {
		char bytes[1024];
		struct out o = OUT(bytes);

		out_printf(&o, "250-mta\r\n%s250 ENHANCEDSTATUSCODES\r\n%c", m->ehlo, 0);
		mta_reply(m, nth, line, bytes);
	} else if (str_eq(line, STR("DATA"))) {
		struct rule *r = mta_rule(m, line);
		const struct str reply = r ? str_z(r->reply) : STR("354 go\r\n");

		m->in_data[nth] = str_starts(reply, STR("354"));
		if (r)
			r->seen--;
		mta_reply(m, nth, line, "354 go\r\n");
	} else if (str_eq(line, STR("QUIT"))) {
		mta_reply(m, nth, line, "221 bye\r\n!");
	} else if (str_starts(line, STR("STARTTLS")) || str_starts(line, STR("XCLIENT"))) {
		mta_reply(m, nth, line, "220 go\r\n");
	} else {
		mta_reply(m, nth, line, "250 2.1.0 ok\r\n");
	}
}

static inline void mta_on_bytes(struct fake_peer *p, void *arg)
{
	struct mta *m = arg;
	struct str line, rest;
	unsigned nth = 0;

	while (m->peers[nth] != p)
		nth++;
	if (m->greet_secure && fake_is_secure(p) && !m->greeted[nth]) {
		m->greeted[nth] = true;
		mta_reply(m, nth, STR("CONNECT"), "220 mta ESMTP\r\n");
	}
	while (str_cut(fake_received(p), '\n', &line, &rest)) {
		const size_t n = line.n + 1;

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (m->log.cap - m->log.n > line.n + 8) {
			out_u64(&m->log, nth);
			out_char(&m->log, ' ');
			out_str(&m->log, line);
			out_char(&m->log, '\n');
		}
		mta_command(m, nth, line);
		fake_take(p, n);
	}
}

static inline void mta_on_connect(struct fake_peer *p, const struct endpoint *to, void *arg)
{
	struct mta *m = arg;
	const unsigned nth = m->connections++;

	CHECK(nth < COUNTOF(m->peers));
	m->peers[nth] = p;
	if (to->port && to->port == m->refuse_port) {
		fake_refuse(p, ERR_UNREACHABLE);
		return;
	}
	fake_set_tls(p, m->tls);
	fake_peer_watch(p, mta_on_bytes, m);
	fake_accept(p);
	if (!m->greet_secure)
		mta_reply(m, nth, STR("CONNECT"), "220 mta ESMTP\r\n");
}

static inline void no_log(struct str lines, void *arg)
{
	(void)lines;
	(void)arg;
}

static inline struct mta *mta_new(void)
{
	struct mta *m = mem_new(sizeof(*m));

	log_to(no_log, NULL);
	m->loop = loop_new();
	m->ehlo = mta_ehlo;
	m->log = OUT(m->bytes);
	fake_on_connect(m->loop, mta_on_connect, m);
	return m;
}

static inline void mta_free(struct mta *m)
{
	loop_free(m->loop);
	mem_free(m);
}

/* What was said since the last call, checked line by line: "0 EHLO gate\n0 ...". */
#define assert_said(M, EXPECTED)                                                                   \
	do {                                                                                       \
		out_char(&(M)->log, '\0');                                                         \
		assert_string_equal((M)->bytes, EXPECTED);                                         \
		(M)->log.n = 0;                                                                    \
	} while (0)

#endif
