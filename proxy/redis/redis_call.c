/* The calls of a client: waiting for the connection, sent and in the order of their replies, or failing in the next
 * turn of the loop.  A call that is sent keeps its slot until its reply comes, whoever waits for it. */
#include "redis/redis_inside.h"

#include "base/check.h"
#include "base/log.h"

/* ---- queues ---- */

static void queue_init(struct redis_queue *q)
{
	*q = (struct redis_queue){ .tail = &q->head };
}

static void append(struct redis_queue *q, struct redis_call *call, enum redis_place place)
{
	call->place = place;
	call->next = NULL;
	call->link = q->tail;
	*q->tail = call;
	q->tail = &call->next;
	q->count++;
}

static void take(struct redis_queue *q, struct redis_call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	else
		q->tail = call->link;
	call->place = REDIS_CALL_NOWHERE;
	q->count--;
}

static struct redis_slot *slot_of(struct redis *r, uint32_t at)
{
	return &r->slots[at % LIMIT_REDIS_CALLS];
}

/* Wherever it is, it is not there any more. */
static void forget(struct redis *r, struct redis_call *call)
{
	switch (call->place) {
	case REDIS_CALL_NOWHERE:
		break;
	case REDIS_CALL_WAITING:
		take(&r->waiting, call);
		break;
	case REDIS_CALL_FAILING:
		take(&r->failing, call);
		break;
	case REDIS_CALL_SENT:
		slot_of(r, call->slot)->call = NULL;
		call->place = REDIS_CALL_NOWHERE;
		break;
	}
	timer_stop(&call->deadline);
}

static void finish(struct redis *r, struct redis_call *call, enum err err,
		   const struct redis_value *reply)
{
	forget(r, call);
	op_finish(&call->op, err, reply);
}

/* ---- failing, in a turn to come ---- */

static void fail_later(struct redis *r, struct redis_call *call, enum err err)
{
	call->err = err;
	append(&r->failing, call, REDIS_CALL_FAILING);
	wake_set(&r->wake);
}

static void on_wake(struct wake *w, void *arg)
{
	struct redis *r = arg;

	(void)w;
	/* Who calls again in done() fails in the next round. */
	for (unsigned n = r->failing.count; n > 0 && r->failing.head; n--)
		finish(r, r->failing.head, r->failing.head->err, NULL);
	if (r->failing.head)
		wake_set(&r->wake);
}

void redis_calls_fail_sent(struct redis *r, enum err err)
{
	for (; r->first != r->end; r->first++) {
		struct redis_call *call = slot_of(r, r->first)->call;

		if (call)
			fail_later(r, call, err);
	}
	r->late = 0;
}

void redis_calls_fail_waiting(struct redis *r, enum err err)
{
	while (r->waiting.head) {
		struct redis_call *call = r->waiting.head;

		take(&r->waiting, call);
		fail_later(r, call, err);
	}
}

/* ---- sending ---- */

struct numbers {
	struct out out;
	char bytes[(LIMIT_REDIS_ARGUMENTS + 1) * 21];
};

static struct str print_number(struct numbers *to, int64_t n)
{
	const size_t at = to->out.n;

	if (n < 0)
		out_char(&to->out, '-');
	out_u64(&to->out, n < 0 ? -(uint64_t)n : (uint64_t)n);
	return str_from(out_text(&to->out), at);
}

static void say_script(struct redis *r, const struct redis_call *call)
{
	struct numbers numbers;
	struct str words[LIMIT_REDIS_ARGUMENTS + 4] = {
		call->whole ? STR("EVAL") : STR("EVALSHA"),
		call->whole ? call->script->text : redis_script_digest(call->script),
		STR("1"),
		call->key,
	};

	numbers.out = OUT(numbers.bytes);
	for (size_t i = 0; i < call->number_count; i++)
		words[4 + i] = print_number(&numbers, call->numbers[i]);
	CHECK(!numbers.out.full);
	for (size_t i = 0; i < call->word_count; i++)
		words[4 + call->number_count + i] = call->words[i];
	redis_link_say(&r->link, words, 4 + call->number_count + call->word_count);
}

/* Something was said whose reply is to come; call is NULL when nobody waits for that. */
static void fill_slot(struct redis *r, struct redis_call *call)
{
	const int64_t now_ms = loop_now_ms(r->net.loop);

	if (r->first == r->end)
		timer_start(&r->timer, r->options.silence_ms);
	*slot_of(r, r->end++) = (struct redis_slot){ .call = call, .sent_ms = now_ms };
	r->asked_ms = now_ms;
}

static void send_call(struct redis *r, struct redis_call *call)
{
	if (call->script)
		say_script(r, call);
	else
		redis_link_say(&r->link, call->words, call->word_count);
	call->place = REDIS_CALL_SENT;
	call->slot = r->end;
	fill_slot(r, call);
}

void redis_calls_ping(struct redis *r)
{
	redis_link_say(&r->link, &STR("PING"), 1);
	fill_slot(r, NULL);
}

static bool has_room(const struct redis *r)
{
	if (r->stage != STAGE_SERVING)
		return r->waiting.count < LIMIT_REDIS_WAITING;
	return redis_calls_sent(r) < LIMIT_REDIS_CALLS &&
	       conn_unsent(r->link.conn) < LIMIT_REDIS_UNSENT;
}

void redis_calls_send(struct redis *r)
{
	while (r->waiting.head) {
		struct redis_call *call = r->waiting.head;

		take(&r->waiting, call);
		send_call(r, call);
	}
}

/* ---- replies ---- */

static void complain(struct redis *r, enum redis_fault fault, struct str said)
{
	const int64_t now_ms = loop_now_ms(r->net.loop);
	const char *text = redis_faults[fault].text;

	if (now_ms < r->quiet_until_ms[fault])
		return;
	r->quiet_until_ms[fault] = now_ms + LIMIT_REDIS_COMPLAIN_MS;
	said = str_head(text ? str_z(text) : said, LOG_SAID_MAX);
	log_note("redis_error", r->name, STR_FMT, STR_ARG(said));
}

/* Made again: at the end of what was sent, or where the master is. */
static void repeat_whole(struct redis *r, struct redis_call *call)
{
	call->whole = true;
	send_call(r, call);
}

static void repeat_elsewhere(struct redis *r, struct redis_call *call)
{
	call->moved = true;
	append(&r->waiting, call, REDIS_CALL_WAITING);
}

/* call is NULL when nobody waits for it. */
static void on_fault(struct redis *r, struct redis_call *call, struct str said)
{
	const enum redis_fault fault = redis_fault_of(said);
	const struct redis_fault_row *row = &redis_faults[fault];
	const bool whole = row->remedy == REDIS_REMEDY_WHOLE && r->stage == STAGE_SERVING && call &&
			   call->script && !call->whole &&
			   conn_unsent(r->link.conn) < LIMIT_REDIS_UNSENT;
	const bool moved = row->remedy == REDIS_REMEDY_MOVE && call && !call->moved &&
			   r->waiting.count < LIMIT_REDIS_WAITING;

	if (whole) {
		repeat_whole(r, call);
		return;
	}
	complain(r, fault, said);
	if (row->remedy == REDIS_REMEDY_MOVE)
		redis_leave(r);
	if (moved) {
		repeat_elsewhere(r, call);
	} else if (call) {
		call->fault = fault;
		fail_later(r, call, row->err);
	}
	if (row->remedy == REDIS_REMEDY_LEAVE)
		redis_lose_for_good(r, row->err, str_z(row->text));
}

void redis_calls_reply(struct redis *r, const struct redis_value *reply)
{
	struct redis_call *call = slot_of(r, r->first++)->call;

	if (call) {
		call->place = REDIS_CALL_NOWHERE;
		r->late = 0;
	}
	if (reply->type == REDIS_ERROR) {
		on_fault(r, call, reply->text);
	} else if (call) {
		r->failures = 0;
		finish(r, call, ERR_OK, reply);
	}
}

int64_t redis_calls_silence(const struct redis *r)
{
	return r->first == r->end
		       ? -1
		       : loop_now_ms(r->net.loop) - r->slots[r->first % LIMIT_REDIS_CALLS].sent_ms;
}

/* ---- a call's life ---- */

static void on_cancel(struct op *op)
{
	struct redis_call *call = (struct redis_call *)(void *)op;

	forget(op->provider, call);
}

static void on_deadline(struct timer *t, void *arg)
{
	struct redis_call *call = arg;
	struct redis *r = call->op.provider;
	const bool sent = call->place == REDIS_CALL_SENT;

	(void)t;
	finish(r, call, ERR_TIMEOUT, NULL);
	if (sent && ++r->late >= LIMIT_REDIS_TIMEOUTS && r->stage == STAGE_SERVING)
		redis_lose_for_good(r, ERR_TIMEOUT, STR("it answers too late"));
}

void redis_call(struct redis *r, struct ops *ops, struct redis_call *call, int64_t deadline_ms)
{
	static_assert(offsetof(struct redis_call, op) == 0, "the op is the call");
	CHECK(call->script || (call->number_count == 0 && call->word_count > 0));
	CHECK(call->number_count + call->word_count <= LIMIT_REDIS_ARGUMENTS);
	call->op.label = "redis";
	call->op.provider = r;
	call->op.cancel = on_cancel;
	call->fault = REDIS_FAULT_OTHER;
	call->whole = call->moved = false;
	op_start(ops, &call->op);
	timer_init(&call->deadline, r->net.loop, on_deadline, call);
	timer_start(&call->deadline, deadline_ms);
	if (redis_state(r) == REDIS_AWAY)
		fail_later(r, call, ERR_UNREACHABLE);
	else if (!has_room(r))
		fail_later(r, call, ERR_LIMIT);
	else if (r->stage == STAGE_SERVING)
		send_call(r, call);
	else
		append(&r->waiting, call, REDIS_CALL_WAITING);
}

void redis_calls_init(struct redis *r)
{
	queue_init(&r->waiting);
	queue_init(&r->failing);
	wake_init(&r->wake, r->net.loop, on_wake, r);
}

void redis_calls_free(struct redis *r)
{
	CHECK(r->waiting.head == NULL && r->failing.head == NULL);
	for (; r->first != r->end; r->first++)
		CHECK(slot_of(r, r->first)->call == NULL);
	wake_clear(&r->wake);
}
