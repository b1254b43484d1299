#include "unit/model/model.h"

#include "base/check.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum {
	GREETED = 1 << 0,
	ESMTP = 1 << 1, /* by EHLO: what it offered may be used */
	NO_MAIL = 1 << 2,
	MAIL = 1 << 3,
	RCPT = 1 << 4,
	NOT_BEGUN = 1 << 5, /* no chunk came yet */
	CLEAR = 1 << 6,     /* TLS can be begun */
	SECURED = 1 << 7,   /* if the gate wants it */
	TRUSTED = 1 << 8,
	BINARY = 1 << 9,
	LOGIN = 1 << 11, /* it is offered and was not done yet (RFC 4954 4) */
	LINES = 1 << 10, /* no binary body: that has to come in chunks (RFC 3030 3) */
};

enum { OPEN_MAIL = GREETED | NO_MAIL | SECURED, OPEN_RCPT = MAIL | NOT_BEGUN };

typedef void effect_fn(struct model *m, const char *path);
static effect_fn nothing, helo, ehlo, mail, mail_binary, rcpt, data, rset, quit, starttls, xclient,
	login;

static const struct row {
	const char *text;
	unsigned needs;
	char reply; /* when it has what it needs, otherwise 5xx */
	effect_fn *effect;
	const char *path;
} rows[] = {
	{ "EHLO mx.example.org", 0, '2', ehlo, NULL },
	{ "ehlo [192.0.2.1]", 0, '2', ehlo, NULL },
	{ "HELO mx.example.org", 0, '2', helo, NULL },
	{ "EHLO", 0, '5', nothing, NULL },
	{ "HELO", 0, '5', nothing, NULL },
	{ "STARTTLS", CLEAR, '2', starttls, NULL },
	{ "STARTTLS now", 0, '5', nothing, NULL },
	{ "MAIL FROM:<a@example.org>", OPEN_MAIL, '2', mail, "<a@example.org>" },
	{ "MAIL FROM:<smuggled@example.org>", OPEN_MAIL, '2', mail, "<smuggled@example.org>" },
	{ "mail from:<>", OPEN_MAIL, '2', mail, "<>" },
	{ "MAIL FROM:<a@example.org> BODY=8BITMIME", OPEN_MAIL | ESMTP, '2', mail,
	  "<a@example.org>" },
	{ "MAIL FROM:<a@example.org> SIZE=100", OPEN_MAIL | ESMTP, '2', mail, "<a@example.org>" },
	{ "MAIL FROM:<a@example.org> BODY=BINARYMIME", OPEN_MAIL | ESMTP | BINARY, '2', mail_binary,
	  "<a@example.org>" },
	{ "MAIL FROM:<a@example.org> SIZE=99999999999", 0, '5', nothing, NULL },
	{ "MAIL FROM:<a@example.org> WHAT=ever", 0, '5', nothing, NULL },
	{ "MAIL FROM:<a@@>", 0, '5', nothing, NULL },
	{ "MAIL", 0, '5', nothing, NULL },
	{ "RCPT TO:<b@example.net>", OPEN_RCPT, '2', rcpt, "<b@example.net>" },
	{ "rcpt to:<c@example.net>", OPEN_RCPT, '2', rcpt, "<c@example.net>" },
	{ "RCPT TO:<refused@example.net>", OPEN_RCPT, '5', nothing, NULL },
	{ "RCPT TO:<later@example.net>", OPEN_RCPT, '4', nothing, NULL },
	{ "RCPT TO:b", 0, '5', nothing, NULL },
	{ "DATA", OPEN_RCPT | RCPT | LINES, '3', data, NULL },
	{ "DATA now", 0, '5', nothing, NULL },
	{ "RSET", 0, '2', rset, NULL },
	{ "RSET now", 0, '5', nothing, NULL },
	{ "NOOP", 0, '2', nothing, NULL },
	{ "NOOP whatever", 0, '2', nothing, NULL },
	{ "VRFY b", 0, '2', nothing, NULL },
	{ "EXPN list", 0, '5', nothing, NULL },
	{ "HELP", 0, '2', nothing, NULL },
	{ "ETRN example.org", 0, '5', nothing, NULL },
	{ "AUTH PLAIN AGEAYg==", GREETED | ESMTP | LOGIN | NO_MAIL, '2', login, NULL },
	{ "AUTH PLAIN no/base64:", 0, '5', nothing, NULL },
	{ "AUTH WHATEVER", 0, '5', nothing, NULL },
	{ "AUTH", 0, '5', nothing, NULL },
	{ "XCLIENT ADDR=192.0.2.9 NAME=mx.example.org", TRUSTED | NO_MAIL, '2', xclient, NULL },
	{ "XCLIENT WHAT=ever", 0, '5', nothing, NULL },
	{ "QUIT", 0, '2', quit, NULL },
	{ "QUIT now", 0, '5', nothing, NULL },
};

size_t model_rows(void)
{
	return COUNTOF(rows);
}

const char *model_row(size_t i)
{
	return rows[i].text;
}

static unsigned has(const struct model *m)
{
	unsigned set = 0;

	set |= m->greeted ? GREETED : 0;
	set |= m->greeted && m->esmtp ? ESMTP : 0;
	set |= m->from ? MAIL : NO_MAIL;
	set |= m->from && m->to[0] ? RCPT : 0;
	set |= m->begun ? 0 : NOT_BEGUN;
	set |= m->gate->tls && !m->secure ? CLEAR : 0;
	set |= m->secure || !m->gate->tls_required ? SECURED : 0;
	set |= m->gate->trusted ? TRUSTED : 0;
	set |= m->gate->binary ? BINARY : 0;
	set |= m->binary ? 0 : LINES;
	set |= m->gate->login && m->secure && !m->known ? LOGIN : 0;
	return set;
}

/* ---- replies ---- */

static void expect(struct model *m, char class)
{
	CHECK(m->reply_count < MODEL_REPLIES);
	m->replies[m->reply_count++] = class;
	m->errors += class == '5';
}

static void close_it(struct model *m)
{
	m->at = MODEL_CLOSED;
}

static void forget(struct model *m)
{
	m->from = NULL;
	m->to[0] = '\0';
	m->text_n = 0;
	m->begun = m->binary = false;
}

/* ---- effects ---- */

static void nothing(struct model *m, const char *path)
{
	(void)m;
	(void)path;
}

static void greet(struct model *m, bool esmtp)
{
	forget(m);
	m->greeted = true;
	m->esmtp = esmtp;
}

static void helo(struct model *m, const char *path)
{
	(void)path;
	greet(m, false);
}

static void ehlo(struct model *m, const char *path)
{
	(void)path;
	greet(m, true);
}

static void starttls(struct model *m, const char *path)
{
	(void)path;
	forget(m);
	m->greeted = false;
	m->at = MODEL_SHAKING;
}

/* It begins anew, with whom XCLIENT named. */
static void xclient(struct model *m, const char *path)
{
	(void)path;
	forget(m);
	m->greeted = m->known = false;
	m->errors = 0;
}

static void login(struct model *m, const char *path)
{
	(void)path;
	m->known = true;
}

static void mail(struct model *m, const char *path)
{
	m->from = path;
}

static void mail_binary(struct model *m, const char *path)
{
	m->from = path;
	m->binary = true;
}

static void rcpt(struct model *m, const char *path)
{
	const size_t n = strlen(m->to);

	CHECK(n + strlen(path) + 2 < sizeof(m->to));
	snprintf(m->to + n, sizeof(m->to) - n, "%s%s", n ? " " : "", path);
}

static void data(struct model *m, const char *path)
{
	(void)path;
	m->at = MODEL_DATA;
	memcpy(m->text, "\r\n", 2);
	m->text_n = 2;
}

static void rset(struct model *m, const char *path)
{
	(void)path;
	forget(m);
}

static void quit(struct model *m, const char *path)
{
	(void)path;
	close_it(m);
}

/* ---- a message ---- */

static bool has_bare(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			return true;
		if (p[i] == '\r' && (i + 1 == n || p[i + 1] != '\n'))
			return true;
	}
	return false;
}

/* With the empty line behind it; without one all of the message. */
static size_t header_of(const struct model *m)
{
	if (m->text_n >= 2 && memcmp(m->text, "\r\n", 2) == 0)
		return 2;
	for (size_t i = 4; i <= m->text_n; i++)
		if (memcmp(m->text + i - 4, "\r\n\r\n", 4) == 0)
			return i;
	return m->text_n;
}

/* Bare newlines and NULs are bytes like others in a binary body, but not in its header section. */
static bool is_refused(const struct model *m)
{
	const size_t n = m->binary ? header_of(m) : m->text_n;

	if (!m->gate->keep_nul && memchr(m->text, '\0', n))
		return true;
	return (m->binary || !m->gate->normalize) && has_bare(m->text, n);
}

static void deliver(struct model *m)
{
	struct model_mail *to = &m->mails[m->mail_count++];

	CHECK(m->mail_count <= MODEL_MAILS);
	to->from = m->from;
	memcpy(to->to, m->to, sizeof(m->to));
	memcpy(to->text, m->text, m->text_n);
	to->size = m->text_n;
	to->binary = m->binary;
	to->altered = !m->binary && has_bare(m->text, m->text_n);
	to->maybe = false;
}

static void complete(struct model *m)
{
	const char class = is_refused(m) ? '5' : m->gate->dot;

	if (class == '2')
		deliver(m);
	expect(m, class);
	forget(m);
	m->at = MODEL_COMMAND;
}

/* RFC 5321 4.5.2, of what stands between the CRLF in front and the final dot. */
static void unstuff(struct model *m)
{
	size_t to = 0;

	for (size_t i = 2; i < m->text_n - 3; i++)
		if (m->text[i] != '.' || m->text[i - 1] != '\n' || m->text[i - 2] != '\r')
			m->text[to++] = m->text[i];
	m->text_n = to;
}

static void add(struct model *m, char c)
{
	CHECK(m->text_n < sizeof(m->text));
	m->text[m->text_n++] = c;
}

static void hear_text(struct model *m, char c)
{
	add(m, c);
	if (m->text_n < 5 || memcmp(m->text + m->text_n - 5, "\r\n.\r\n", 5) != 0)
		return;
	unstuff(m);
	complete(m);
}

/* RFC 3030: a chunk is taken to its end whatever is said to it. */
static void chunk_over(struct model *m)
{
	m->at = MODEL_COMMAND;
	if (m->chunk_refused)
		expect(m, '5');
	else if (m->chunk_last)
		complete(m);
	else
		expect(m, '2');
}

static void hear_chunk(struct model *m, char c)
{
	if (!m->chunk_refused)
		add(m, c);
	if (--m->chunk_left == 0)
		chunk_over(m);
}

/* Where the count cannot be read nobody knows what is a command: the connection ends. */
static void bdat(struct model *m, const char *line)
{
	char *end = NULL;
	const size_t n = line[4] == ' ' ? strtoul(line + 5, &end, 10) : 0;
	const bool good = end && end > line + 5 && (!*end || strcasecmp(end, " LAST") == 0);

	if (!good || !(has(m) & ESMTP)) {
		expect(m, '5');
		close_it(m);
		return;
	}
	m->chunk_left = n;
	m->chunk_last = *end != '\0';
	m->chunk_refused = !(has(m) & RCPT);
	m->begun = m->begun || !m->chunk_refused;
	m->at = MODEL_CHUNK;
	if (n == 0)
		chunk_over(m);
}

/* ---- a command ---- */

static void obey(struct model *m)
{
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		const struct row *r = &rows[i];

		if (strcmp(m->line, r->text) != 0)
			continue;
		if ((has(m) & r->needs) != r->needs) {
			expect(m, '5');
			return;
		}
		expect(m, r->reply);
		r->effect(m, r->path);
		return;
	}
	expect(m, '5');
}

static void line_over(struct model *m)
{
	size_t n = m->line_n;
	const bool crlf = n > 0 && m->line[n - 1] == '\r';
	const bool bare = !crlf || memchr(m->line, '\r', n - 1);

	n -= crlf;
	m->line[n] = '\0';
	m->line_n = 0;
	if (n + 2 > 4096) {
		expect(m, '5');
	} else if (bare && !m->gate->normalize) {
		expect(m, '5');
		if (strncasecmp(m->line, "BDAT", 4) == 0)
			close_it(m);
	} else if (strncasecmp(m->line, "BDAT", 4) == 0 && (n == 4 || m->line[4] == ' ')) {
		bdat(m, strlen(m->line) == n ? m->line : "BDAT");
	} else if (strlen(m->line) != n) {
		expect(m, '5');
	} else {
		obey(m);
	}
}

static void hear_command(struct model *m, char c)
{
	if (c == '\n') {
		line_over(m);
		return;
	}
	CHECK(m->line_n + 1 < sizeof(m->line));
	m->line[m->line_n++] = c;
}

/* ---- from outside ---- */

void model_open(struct model *m, const struct model_gate *gate)
{
	memset(m, 0, offsetof(struct model, text));
	m->gate = gate;
	expect(m, '2');
}

void model_hear(struct model *m, struct str bytes)
{
	if (m->at == MODEL_SHAKING && bytes.n) /* that was no handshake */
		close_it(m);
	for (size_t i = 0; i < bytes.n; i++) {
		if (m->at == MODEL_SHAKING || m->at == MODEL_CLOSED)
			return;
		if (m->at == MODEL_DATA)
			hear_text(m, bytes.p[i]);
		else if (m->at == MODEL_CHUNK)
			hear_chunk(m, bytes.p[i]);
		else
			hear_command(m, bytes.p[i]);
		if (m->at == MODEL_COMMAND && m->errors >= m->gate->errors_max) {
			expect(m, '4');
			close_it(m);
		}
	}
}

void model_shaken(struct model *m, bool good)
{
	if (m->at != MODEL_SHAKING)
		return;
	m->at = good ? MODEL_COMMAND : MODEL_CLOSED;
	m->secure = good;
}

void model_timeout(struct model *m)
{
	if (m->at != MODEL_CLOSED && m->at != MODEL_SHAKING)
		expect(m, '4');
	close_it(m);
}

void model_gone(struct model *m)
{
	close_it(m);
}
