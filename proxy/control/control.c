#define _GNU_SOURCE 1 /* accept4 */

#include "control/control.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/units.h"
#include "base/utf8.h"
#include "io/conn.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	struct control_request request; /* first */
	struct control *control;
	struct client *next, **link;
	struct conn *conn;
	struct timer silence;
	struct wake turn;
	const struct control_command *command; /* NULL: its line has not come */
	bool over;
};

struct control {
	struct control_host host;
	struct watch watch;
	struct client *clients;
	unsigned count;
};

static const struct control_command *const commands[] = {
#define CONTROL_COMMAND(NAME) &control_command_##NAME,
#include "control/control_commands.def"
#undef CONTROL_COMMAND
};

/* While there are as many clients as may be, the next ones wait in the kernel's queue. */
static void listen_on(struct control *c)
{
	if (c->watch.fd >= 0)
		watch_want(&c->watch, c->count < LIMIT_CONTROL_CLIENTS ? WATCH_READ : 0);
}

/* ---- clients ---- */

static void drop(struct client *c)
{
	ops_cancel_all(&c->request.ops);
	timer_stop(&c->silence);
	wake_clear(&c->turn);
	conn_close(c->conn);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->control->count--;
	listen_on(c->control);
	arena_reset(&c->request.arena);
	arena_reset(&c->request.page_arena);
	mem_free(c);
}

static void on_silence(struct timer *t, void *arg)
{
	(void)t;
	drop(arg);
}

/* "bulk: top, show or forget?" */
static void ask_for_verb(struct control_request *r, const struct control_command *command)
{
	char bytes[LIMIT_CONTROL_LINE];
	struct out o = OUT(bytes);

	for (unsigned i = 0; i < command->verb_count; i++)
		out_printf(&o, "%s%s",
			   i == 0                         ? ""
			   : i + 1 == command->verb_count ? " or "
							  : ", ",
			   command->verbs[i].word);
	control_misuse(r, "%s: " STR_FMT "?", command->name, STR_ARG(out_text(&o)));
}

/* NULL: there is none, or none of this name. */
static const struct control_verb *find_verb(struct control_request *r,
					    const struct control_command *command)
{
	for (r->verb = 0; r->line_count > 1 && r->verb < command->verb_count; r->verb++)
		if (str_eq(r->line[1], str_z(command->verbs[r->verb].word)))
			return &command->verbs[r->verb];
	return NULL;
}

/* False: the verb takes fewer, or more. */
static bool take_words(struct control_request *r, const struct control_verb *verb)
{
	r->option = verb->option && r->line_count > 2 && str_eq(r->line[2], str_z(verb->option));
	r->words = r->line + 2 + r->option;
	r->word_count = r->line_count - 2 - r->option;
	return r->word_count >= verb->words_min && r->word_count <= verb->words_max;
}

static void begin_command(struct client *c)
{
	struct control_request *r = &c->request;
	const struct control_verb *verb = find_verb(r, c->command);

	r->state = arena_alloc(&r->arena, c->command->state_size);
	CHECK(r->state != NULL); /* the words alone are in the arena */
	if (!verb)
		ask_for_verb(r, c->command);
	else if (!take_words(r, verb))
		control_fail_words(r);
	else
		verb->begin(r);
}

static void take_turn(struct wake *w, void *arg)
{
	struct client *c = arg;

	(void)w;
	if (c->request.state == NULL)
		begin_command(c);
	else if (!c->over && !c->request.ops.pending && conn_unsent(c->conn) < CONN_DRAIN_MARK)
		c->command->turn(&c->request);
	timer_start(&c->silence, LIMIT_CONTROL_SILENCE_MS);
}

PRINTF_LIKE(3, 0)
static void say(struct client *c, char kind, const char *format, va_list args)
{
	char text[LIMIT_CONTROL_LINE], bytes[LIMIT_CONTROL_LINE + 2];
	const int n = vsnprintf(text, sizeof(text), format, args);
	const size_t length = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	struct out o = OUT(bytes);

	out_char(&o, kind);
	utf8_show(&o, (struct str){ .p = text, .n = length });
	out_char(&o, '\n');
	conn_write(c->conn, out_text(&o));
}

void control_say(struct control_request *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say((struct client *)r, '=', format, args);
	va_end(args);
	wake_set(&((struct client *)r)->turn);
}

void control_print_span(struct out *o, int64_t ms)
{
	if (ms >= 2 * DAY_MS)
		out_printf(o, "%lld days", (long long)(ms / DAY_MS));
	else if (ms >= 2 * HOUR_MS)
		out_printf(o, "%lld hours", (long long)(ms / HOUR_MS));
	else
		out_printf(o, "%lld s", (long long)(ms > 0 ? ms / SECOND_MS : 0));
}

void control_end(struct control_request *r)
{
	struct client *c = (struct client *)r;

	CHECK(!c->over);
	c->over = true;
	conn_write(c->conn, STR(".\n"));
}

static void PRINTF_LIKE(3, 0)
	fail(struct client *c, struct str end, const char *format, va_list args)
{
	CHECK(!c->over);
	say(c, '-', format, args);
	c->over = true;
	conn_write(c->conn, end);
}

void control_fail(struct control_request *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail((struct client *)r, STR("!\n"), format, args);
	va_end(args);
}

void control_misuse(struct control_request *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail((struct client *)r, STR("?\n"), format, args);
	va_end(args);
}

void control_fail_words(struct control_request *r)
{
	const struct control_command *command = ((struct client *)r)->command;
	const struct control_verb *verb = &command->verbs[r->verb];

	control_misuse(r, "%s %s: %s?", command->name, verb->word, verb->wants);
}

void control_go_on(struct op *op, enum err err, const void *result)
{
	struct client *c = op->arg;

	(void)result;
	if (err != ERR_OK)
		c->request.err = err;
	wake_set(&c->turn);
}

void control_ask_page(struct control_request *r, enum store_procedure procedure, struct str from)
{
	from = arena_str(&r->arena, from); /* it lies in what is about to be reset */
	arena_reset(&r->page_arena);
	r->page = (struct store_listing){ .procedure = procedure,
					  .now_ms = loop_unix_ms(r->host->loop),
					  .deadline_ms = CONTROL_ASK_MS,
					  .from = from,
					  .arena = &r->page_arena };
	r->page.op.done = control_go_on;
	r->page.op.arg = r;
	store_list(r->host->store, &r->ops, &r->page);
}

/* ---- what they say ---- */

static bool cut_line(struct control_request *r, struct str line)
{
	struct str word;
	bool more;

	line = arena_str(&r->arena, line);
	do {
		if (r->line_count == CONTROL_WORDS)
			return false;
		more = str_cut(line, '\t', &word, &line);
		r->line[r->line_count++] = word;
	} while (more);
	return true;
}

static void begin(struct client *c, struct str line)
{
	struct control_request *r = &c->request;

	if (line.n && memchr(line.p, '\0', line.n)) {
		control_misuse(r, "a NUL byte in the line");
		return;
	}
	if (!cut_line(r, line)) {
		control_misuse(r, "more than %d words", CONTROL_WORDS);
		return;
	}
	for (size_t i = 0; i < COUNTOF(commands); i++)
		if (str_eq(r->line[0], str_z(commands[i]->name)))
			c->command = commands[i];
	if (c->command)
		wake_set(&c->turn);
	else
		control_fail(r, "the daemon does not know this command: is it of another version?");
}

static void read_line(struct client *c)
{
	const struct str input = conn_input(c->conn);
	struct str line, rest;

	if (c->command || c->over)
		conn_consume(c->conn, input.n); /* it has said what it may say */
	else if (str_cut(input, '\n', &line, &rest))
		begin(c, line);
	else if (input.n >= LIMIT_CONTROL_LINE)
		control_misuse(&c->request, "the line is too long");
}

static void on_event(struct conn *conn, enum conn_event event, void *arg)
{
	struct client *c = arg;

	(void)conn;
	if (event == CONN_INPUT)
		read_line(c);
	else if (event == CONN_DRAINED && c->command)
		wake_set(&c->turn);
	else if (event == CONN_CLOSED)
		drop(c);
}

/* ---- the socket ---- */

void control_take(struct control *control, int fd)
{
	struct client *c = mem_new(sizeof(*c));

	CHECK(control->count < LIMIT_CONTROL_CLIENTS);
	c->control = control;
	c->request.host = &control->host;
	arena_init(&c->request.arena, LIMIT_CONTROL_ARENA);
	arena_init(&c->request.page_arena, LIMIT_CONTROL_ARENA);
	timer_init(&c->silence, control->host.loop, on_silence, c);
	timer_start(&c->silence, LIMIT_CONTROL_SILENCE_MS);
	wake_init(&c->turn, control->host.loop, take_turn, c);
	c->conn = conn_accept(control->host.loop, fd, on_event, c);
	conn_limit_input(c->conn, LIMIT_CONTROL_LINE);
	c->next = control->clients;
	c->link = &control->clients;
	if (c->next)
		c->next->link = &c->next;
	control->clients = c;
	control->count++;
}

static void on_ready(struct watch *w, unsigned ready, void *arg)
{
	struct control *c = arg;
	int fd = 0;

	(void)ready;
	while (c->count < LIMIT_CONTROL_CLIENTS && fd >= 0) {
		fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			control_take(c, fd);
	}
	listen_on(c);
}

struct control *control_new(const struct control_host *host, int fd)
{
	struct control *c = mem_new(sizeof(*c));

	c->host = *host;
	watch_init(&c->watch, host->loop, fd, on_ready, c);
	listen_on(c);
	return c;
}

void control_stop(struct control *c)
{
	if (!c || c->watch.fd < 0)
		return;
	watch_want(&c->watch, 0);
	close(c->watch.fd);
	c->watch.fd = -1;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	control_stop(c);
	while (c->clients)
		drop(c->clients);
	mem_free(c);
}
