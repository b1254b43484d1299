#include "redis/redis_link.h"

#include "base/check.h"

#include <hiredis/hiredis.h>

void redis_link_init(struct redis_link *link, const struct redis_net *net, redis_link_fn *fn,
		     void *arg)
{
	*link = (struct redis_link){ .net = net, .fn = fn, .arg = arg };
	redis_reader_init(&link->reader);
}

void redis_link_close(struct redis_link *link)
{
	ops_cancel_all(&link->ops);
	if (link->conn)
		conn_close(link->conn);
	link->conn = NULL;
	link->up = false;
	redis_reader_free(&link->reader);
}

static void go_down(struct redis_link *link, enum err err, const char *why)
{
	link->err = err;
	link->why = OUT(link->why_bytes);
	out_printf(&link->why, "%s", why);
	redis_link_close(link);
	link->fn(link, REDIS_LINK_DOWN, NULL, link->arg);
}

/* ---- the connection ---- */

static void go_up(struct redis_link *link)
{
	link->up = true;
	link->fn(link, REDIS_LINK_UP, NULL, link->arg);
}

static void read_replies(struct redis_link *link)
{
	struct conn *c = link->conn;
	const struct str in = conn_input(c);
	const struct redis_value *reply;
	enum err err = ERR_OK;

	redis_reader_feed(&link->reader, in);
	conn_consume(c, in.n);
	while (link->conn == c && (reply = redis_reader_next(&link->reader, &err)) != NULL)
		link->fn(link, REDIS_LINK_REPLY, reply, link->arg);
	if (link->conn == c && err != ERR_OK)
		go_down(link, err,
			err == ERR_LIMIT ? "a reply is too large" : "what it says is no Redis");
}

static void try_next(struct redis_link *link);

static void on_conn(struct conn *c, enum conn_event event, void *arg)
{
	struct redis_link *link = arg;

	switch (event) {
	case CONN_OPENED:
		if (link->net->tls)
			conn_start_tls(c, link->net->tls, link->to.host);
		else
			go_up(link);
		break;
	case CONN_SECURED:
		go_up(link);
		break;
	case CONN_INPUT:
		/* Before TLS is asked for there is nothing to be said. */
		if (link->up)
			read_replies(link);
		break;
	case CONN_DRAINED:
		break;
	case CONN_CLOSED:
		if (!link->up && link->tried < link->found_count) {
			conn_close(c);
			try_next(link);
		} else {
			go_down(link, conn_error(c), conn_error_text(c));
		}
		break;
	}
}

static void try_next(struct redis_link *link)
{
	link->to.ip = link->found[(link->turn + link->tried) % link->found_count];
	link->tried++;
	link->conn = conn_connect(link->net->loop, &link->to, NULL, on_conn, link);
}

/* ---- names ---- */

static void take(struct redis_link *link, const struct ip *ip)
{
	if (link->found_count < LIMIT_REDIS_ADDRESSES)
		link->found[link->found_count++] = *ip;
}

static void take_text(struct redis_link *link, struct str text)
{
	struct ip ip;

	if (ip_parse(text, &ip))
		take(link, &ip);
}

static void ask(struct redis_link *link, enum rr_type type);

static void on_answer(struct op *op, enum err err, const void *result)
{
	struct redis_link *link = op->arg;
	const struct dns_answer *answer = result;

	for (unsigned i = 0; err == ERR_OK && i < answer->count; i++)
		take(link, &answer->records[i].ip);
	if (link->asked == RR_A)
		ask(link, RR_AAAA);
	else if (link->found_count)
		try_next(link);
	else
		go_down(link, err == ERR_OK ? ERR_NOTFOUND : err, "DNS has no address of its name");
}

static void ask(struct redis_link *link, enum rr_type type)
{
	link->asked = type;
	link->question =
		(struct dns_question){ .op = { .label = "dns", .done = on_answer, .arg = link } };
	dns_ask(link->net->dns, &link->ops, &link->question, str_z(link->to.host), type,
		link->net->timeout_ms);
}

void redis_link_open(struct redis_link *link, const struct redis_host *host)
{
	CHECK(link->conn == NULL && link->ops.pending == 0);
	link->to = (struct endpoint){ .host = host->name.p, .port = host->port };
	link->found_count = link->tried = 0;
	link->turn++;
	take_text(link, host->name);
	/* RFC 6761 6.3: not a question for DNS. */
	if (str_ieq(host->name, STR("localhost"))) {
		take_text(link, STR("127.0.0.1"));
		take_text(link, STR("::1"));
	}
	if (link->found_count)
		try_next(link);
	else
		ask(link, RR_A);
}

void redis_link_open_unix(struct redis_link *link, const char *path)
{
	CHECK(link->conn == NULL && link->ops.pending == 0);
	link->to = (struct endpoint){ .unix_path = path };
	link->found_count = link->tried = 0;
	link->conn = conn_connect(link->net->loop, &link->to, NULL, on_conn, link);
}

/* ---- commands ---- */

void redis_link_say(struct redis_link *link, const struct str *words, size_t count)
{
	const char *p[LIMIT_REDIS_ARGUMENTS + 4];
	size_t n[LIMIT_REDIS_ARGUMENTS + 4];
	char *command = NULL;
	int length;

	CHECK(link->up && count > 0 && count <= COUNTOF(p));
	for (size_t i = 0; i < count; i++) {
		p[i] = words[i].n ? words[i].p : "";
		n[i] = words[i].n;
	}
	length = redisFormatCommandArgv(&command, (int)count, p, n);
	CHECK(length > 0);
	conn_write(link->conn, (struct str){ .p = command, .n = (size_t)length });
	redisFreeCommand(command);
}
