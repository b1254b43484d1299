#include "fakedns.h"

#include "base/out.h"

#include <sys/socket.h>
#include <unistd.h>

static void send_packet(struct fakedns *s, const struct fakedns_query *q, const struct packet *p)
{
	unsigned char framed[PACKET_MAX + 2];

	if (!q->tcp) {
		(void)sendto(s->udp, p->b, p->n, 0, (const struct sockaddr *)&q->from,
			     sizeof(q->from));
		return;
	}
	framed[0] = (unsigned char)(p->n >> 8);
	framed[1] = (unsigned char)p->n;
	memcpy(framed + 2, p->b, p->n);
	CHECK(write(s->tcp, framed, p->n + 2) == (ssize_t)p->n + 2);
}

static void answer(struct fakedns *s, const struct fakedns_query *q, unsigned flags, uint32_t ttl_s)
{
	struct packet p;

	packet_begin(&p, q->id, flags, q->name, q->type);
	if (flags == NXDOMAIN)
		add_soa(&p, "test", 900, 60);
	else if (flags == NOERROR && ttl_s == 30)
		add_soa(&p, "test", 900, 30);
	else if (flags == NOERROR)
		add_a(&p, NULL, ttl_s, 0x7f000002);
	send_packet(s, q, &p);
}

static void forge(struct fakedns *s, const struct fakedns_query *q, unsigned id, const char *name,
		  enum rr_type type)
{
	struct packet p;

	packet_begin(&p, id, NOERROR, name, type);
	add_a(&p, NULL, 300, 0x7f060606);
	send_packet(s, q, &p);
	answer(s, q, NOERROR, 300);
}

static void poison(struct fakedns *s, const struct fakedns_query *q)
{
	struct packet p;

	packet_begin(&p, q->id, NOERROR, q->name, q->type);
	add_a(&p, "a.bank.test", 86400, 0x7f060606);
	add_a(&p, NULL, 300, 0x7f000002);
	add_soa(&p, "bank.test", 900, 60);
	send_packet(s, q, &p);
}

static void cut(struct fakedns *s, const struct fakedns_query *q)
{
	struct packet p;

	packet_begin(&p, q->id, NOERROR, q->name, q->type);
	add_a(&p, NULL, 300, 0x7f000002);
	p.n -= 3;
	send_packet(s, q, &p);
}

/* 50 records: over the 512 bytes of plain DNS. */
static void answer_long(struct fakedns *s, const struct fakedns_query *q)
{
	struct packet p;

	packet_begin(&p, q->id, q->tcp ? NOERROR : TRUNCATED, q->name, q->type);
	for (unsigned i = 0; i < 50 && q->tcp; i++)
		add_a(&p, NULL, 300, 0x7f000000 + i);
	send_packet(s, q, &p);
}

static void drop_tcp(struct fakedns *s)
{
	if (s->tcp < 0)
		return;
	watch_want(&s->tcp_watch, 0);
	close(s->tcp);
	s->tcp = -1;
}

static void go_away(struct fakedns *s, const struct fakedns_query *q)
{
	if (q->tcp)
		drop_tcp(s);
	else
		answer_long(s, q);
}

static bool is(const struct fakedns_query *q, const char *prefix)
{
	return str_starts(str_z(q->name), str_z(prefix));
}

static void hold(struct fakedns *s, const struct fakedns_query *q)
{
	CHECK(s->held_count < FAKEDNS_HELD);
	s->held[s->held_count++] = *q;
}

static void serve_by_name(struct fakedns *s, const struct fakedns_query *q)
{
	if (is(q, "drop"))
		return;
	if (is(q, "hold"))
		hold(s, q);
	else if (is(q, "nx"))
		answer(s, q, NXDOMAIN, 0);
	else if (is(q, "nodata"))
		answer(s, q, NOERROR, 30);
	else if (is(q, "fail"))
		answer(s, q, SERVFAIL, 0);
	else if (is(q, "old"))
		answer(s, q, q->edns ? FORMERR : NOERROR, 300);
	else if (is(q, "wrongid"))
		forge(s, q, q->id ^ 1, q->name, q->type);
	else if (is(q, "wrongname"))
		forge(s, q, q->id, "other.test", q->type);
	else if (is(q, "wrongtype"))
		forge(s, q, q->id, q->name, RR_AAAA);
	else if (is(q, "poison"))
		poison(s, q);
	else if (is(q, "cut"))
		cut(s, q);
	else if (is(q, "gone"))
		go_away(s, q);
	else if (is(q, "long"))
		answer_long(s, q);
	else
		answer(s, q, NOERROR, is(q, "zero") ? 0 : 300);
}

static void serve(struct fakedns *s, const struct fakedns_query *q)
{
	if (is(q, "localhost"))
		s->probed++;
	else
		s->asked++;
	s->asked_tcp += q->tcp;
	if (s->mode == FAKEDNS_SILENT || (s->mode == FAKEDNS_MUTE && !is(q, "localhost")))
		return;
	if (s->mode == FAKEDNS_FAILS)
		answer(s, q, SERVFAIL, 0);
	else
		serve_by_name(s, q);
}

static void read_query(struct fakedns_query *q, const unsigned char *b, size_t n)
{
	struct out o = OUT(q->name);
	size_t at = 12;

	CHECK(n > 16);
	q->id = (unsigned)b[0] << 8 | b[1];
	q->edns = b[11] == 1;
	while (b[at]) {
		out_str(&o, o.n ? STR(".") : STR(""));
		out_str(&o, (struct str){ .p = (const char *)b + at + 1, .n = b[at] });
		at += b[at] + 1u;
		CHECK(at < n);
	}
	out_char(&o, '\0');
	q->type = (enum rr_type)b[at + 2];
}

static void on_udp(struct watch *w, unsigned ready, void *arg)
{
	struct fakedns *s = arg;
	struct fakedns_query q = { 0 };
	unsigned char b[1024];
	socklen_t len = sizeof(q.from);
	const ssize_t n = recvfrom(w->fd, b, sizeof(b), 0, (struct sockaddr *)&q.from, &len);

	(void)ready;
	if (n <= 0)
		return;
	read_query(&q, b, (size_t)n);
	serve(s, &q);
}

static void on_tcp(struct watch *w, unsigned ready, void *arg)
{
	struct fakedns *s = arg;
	struct fakedns_query q = { .tcp = true };
	unsigned char b[1024];
	const ssize_t n = read(w->fd, b, sizeof(b));

	(void)ready;
	if (n <= 2) {
		drop_tcp(s);
		return;
	}
	read_query(&q, b + 2, (size_t)n - 2);
	serve(s, &q);
}

static void on_listener(struct watch *w, unsigned ready, void *arg)
{
	struct fakedns *s = arg;

	(void)ready;
	drop_tcp(s);
	s->tcp = accept(w->fd, NULL, NULL);
	if (s->tcp < 0)
		return;
	watch_init(&s->tcp_watch, s->loop, s->tcp, on_tcp, s);
	watch_want(&s->tcp_watch, WATCH_READ);
}

static int open_socket(int type, struct sockaddr_in *at)
{
	const int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);
	socklen_t n = sizeof(*at);

	CHECK(fd >= 0);
	if (bind(fd, (const struct sockaddr *)at, n) != 0) {
		close(fd);
		return -1;
	}
	CHECK(getsockname(fd, (struct sockaddr *)at, &n) == 0);
	return fd;
}

/* The port is the kernel's choice for UDP; TCP may be taken there, then another is tried. */
static void open_both(struct fakedns *s)
{
	struct sockaddr_in at;

	do {
		if (s->udp >= 0)
			close(s->udp);
		at = (struct sockaddr_in){ .sin_family = AF_INET };
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		s->udp = open_socket(SOCK_DGRAM, &at);
		s->listener = open_socket(SOCK_STREAM, &at);
	} while (s->listener < 0);
	CHECK(listen(s->listener, 4) == 0);
	s->address.port = ntohs(at.sin_port);
}

void fakedns_open(struct fakedns *s, struct loop *loop)
{
	*s = (struct fakedns){ .loop = loop, .udp = -1, .tcp = -1 };
	s->address.ip = (struct ip){ .family = IP_V4, .bytes = { 127, 0, 0, 1 } };
	open_both(s);
	watch_init(&s->udp_watch, loop, s->udp, on_udp, s);
	watch_want(&s->udp_watch, WATCH_READ);
	watch_init(&s->listener_watch, loop, s->listener, on_listener, s);
	watch_want(&s->listener_watch, WATCH_READ);
}

static void be_silent(struct fakedns *s)
{
	drop_tcp(s);
	watch_want(&s->udp_watch, 0);
	watch_want(&s->listener_watch, 0);
}

void fakedns_refuse(struct fakedns *s)
{
	const struct sockaddr_in self = { .sin_family = AF_INET,
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					  .sin_port = htons(s->address.port) };

	be_silent(s);
	CHECK(connect(s->udp, (const struct sockaddr *)&self, sizeof(self)) == 0);
	CHECK(shutdown(s->listener, SHUT_RDWR) == 0);
}

void fakedns_close(struct fakedns *s)
{
	be_silent(s);
	close(s->udp);
	close(s->listener);
}

void fakedns_release(struct fakedns *s)
{
	for (unsigned i = 0; i < s->held_count; i++)
		answer(s, &s->held[i], NOERROR, 300);
	s->held_count = 0;
}
