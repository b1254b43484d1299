/* conformance_bulk.c - STORE_BULK: any questions, in any order, as store/bulk.c answers them over a plain list. */
#include "unit/store/conformance.h"

#include "base/check.h"
#include "base/mem.h"
#include "store/bucket.h"
#include "store/bulk.h"
#include "unit/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 2500, TEXTS = 8, DOMAINS = 3, IDS = 32, SECOND = 1000, MINUTE = 60 * SECOND };

/* ---- a store that is a list ---- */

struct entry {
	struct entry *next;
	struct store_record record;
	size_t key_n;
	char key[BULK_KEY], label[BULK_SAMPLE], body[LIMIT_STORE_BODY];
};

struct list {
	struct entry *first;
	int64_t now_ms;
};

static struct entry *find(struct list *l, struct str key)
{
	struct entry *e = l->first;

	while (e && !str_eq((struct str){ .p = e->key, .n = e->key_n }, key))
		e = e->next;
	return e;
}

static int get(void *ctx, struct str key, struct store_record *r)
{
	struct list *l = ctx;
	const struct entry *e = find(l, key);

	*r = e && e->record.expires_ms > l->now_ms ? e->record
						   : (struct store_record){ .expires_ms = 0 };
	return 0;
}

static void fill(char *to, struct str *s)
{
	memmove(to, s->p ? s->p : "", s->n);
	s->p = to;
}

static int put(void *ctx, struct str key, const struct store_record *r)
{
	struct list *l = ctx;
	struct entry *e = find(l, key);

	if (r->expires_ms <= l->now_ms) {
		if (e)
			e->record.expires_ms = 0;
		return 0;
	}
	if (!e) {
		e = mem_new(sizeof(*e));
		e->next = l->first;
		l->first = e;
		e->key_n = key.n;
		memcpy(e->key, key.p, key.n);
	}
	e->record = *r;
	fill(e->label, &e->record.label);
	fill(e->body, &e->record.body);
	return 0;
}

static void answer_from(struct list *l, const struct store_question *q, struct bulk_seen *seen)
{
	const struct store_view view = { .ctx = l, .get = get, .put = put };

	l->now_ms = q->now_ms;
	assert_int_equal(store_bulk_run(q, &view, seen), 0);
}

static void forget(struct list *l)
{
	while (l->first) {
		struct entry *e = l->first;

		l->first = e->next;
		mem_free(e);
	}
}

/* ---- both asked ---- */

struct both {
	struct shop *shop;
	struct list list;
	struct dice dice;
	unsigned steps;
	uint64_t ids[IDS]; /* of clusters, the latest */
	unsigned id_count;
	unsigned by_text, by_sign, again, sketched; /* answers: that there were some of each */
	char key[BULK_KEY];
	struct bulk_sighting mail;
};

static uint64_t any(struct both *b, uint64_t below)
{
	return dice_any(&b->dice) % below;
}

#define SAME(FIELD)                                                                                \
	do {                                                                                       \
		if (have->FIELD != want->FIELD)                                                    \
			fail_msg("step %u: " #FIELD " is %lld, not %lld", b->steps,                \
				 (long long)have->FIELD, (long long)want->FIELD);                  \
	} while (0)

static void expect_same(const struct both *b, const struct bulk_seen *have,
			const struct bulk_seen *want)
{
	SAME(id);
	SAME(is_new);
	SAME(again);
	SAME(by);
	SAME(signs);
	SAME(common);
	SAME(alike);
	SAME(said);
	SAME(domain_said);
	SAME(first_ms);
	SAME(last_ms);
	SAME(messages);
	SAME(in_window);
	SAME(with_domain);
	for (unsigned i = 0; i < BULK_SET_COUNT; i++)
		SAME(distinct[i]);
	for (unsigned i = 0; i < BULK_OUTCOME_COUNT; i++)
		SAME(outcomes[i]);
	SAME(sample_n);
	assert_memory_equal(have->sample, want->sample, want->sample_n);
}

static struct bulk_seen ask(struct both *b, struct store_question q)
{
	struct bulk_seen want;
	struct store_answer answer;

	b->steps++;
	q.procedure = STORE_BULK;
	q.now_ms = b->shop->now_ms;
	answer_from(&b->list, &q, &want);
	assert_int_equal(shop_ask(b->shop, &q, &answer), ERR_OK);
	assert_int_equal(answer.status, STORE_OK);
	expect_same(b, &answer.bulk, &want);
	return want;
}

/* ---- any questions ---- */

static int64_t any_time(struct both *b)
{
	static const int64_t times[] = { SECOND, MINUTE, 10 * MINUTE, 24 * 60 * MINUTE };

	return times[any(b, COUNTOF(times))];
}

/* One of few, or of many. */
static uint64_t any_hash(struct both *b)
{
	return any(b, 4) == 0 ? 0 : any(b, 2) ? 1 + any(b, 3) : any(b, UINT64_MAX);
}

static void any_mail(struct both *b)
{
	struct bulk_sighting *m = &b->mail;
	const bool popular = any(b, 2) == 0;
	const uint64_t text = popular ? 0 : any(b, TEXTS), change = popular ? 0 : any(b, 12);

	*m = (struct bulk_sighting){ .has_text = any(b, 5) > 0 };
	for (unsigned i = 0; i < BULK_VALUES; i++)
		m->text[i] = (uint32_t)(any(b, 16) < change ? any(b, UINT32_MAX)
							    : 0x9e3779b9 * (text * 100 + i + 1));
	m->sign_count = (unsigned)any(b, BULK_SIGNS + 1);
	if (!m->has_text && !m->sign_count)
		m->sign_count = 1;
	for (unsigned i = 0; i < m->sign_count; i++)
		m->signs[i] = (struct bulk_sign){
			.kind = (enum bulk_kind)(1 + any(b, BULK_KIND_COUNT - 1)),
			.hash = any(b, 20),
			.leads_nowhere = (i || m->has_text) && any(b, 4) == 0,
		};
	m->again = any(b, 3) ? 1 + any(b, TEXTS) : 0;
	m->network = any_hash(b);
	m->envelope = any_hash(b);
	m->from = any_hash(b);
	m->domain = any(b, 2) ? 0 : 1 + any(b, DOMAINS);
	for (unsigned i = 0; i < BULK_RECIPIENTS; i++)
		m->recipients[i] = any(b, 3) ? 0 : any_hash(b);
}

static void ask_about_mail(struct both *b)
{
	static const char octets[] =
		"Subject \0\r\n\xff\x80 {}|%s and so on, and on, and on, and on, "
		"and on, and on, and on, and on, and on, and on";
	struct bulk_seen seen;

	any_mail(b);
	seen = ask(b, (struct store_question){
			      .key = bulk_mail_key(&b->mail, b->key),
			      .sighting = &b->mail,
			      .label = { .p = octets, .n = any(b, sizeof(octets)) },
			      .args = { any(b, 4) ? BULK_NOTE : BULK_LOOK, any_time(b),
					any(b, 3) ? 24 * 60 * MINUTE : any_time(b),
					1 + (int64_t)any(b, BULK_VALUES) } });
	if (seen.id)
		b->ids[b->id_count++ % IDS] = seen.id;
	b->by_text += seen.by == BULK_TEXT && !seen.is_new && seen.alike < BULK_VALUES;
	b->by_sign += seen.by != BULK_TEXT;
	b->again += seen.again;
	b->sketched += seen.distinct[BULK_OF_NETWORKS] > 16;
}

/* What became of it, when nobody waited for its answer; or that it was held. */
static void tell_of_mail(struct both *b)
{
	const int64_t alike = 1 + (int64_t)any(b, BULK_VALUES);
	struct store_question q = { .sighting = &b->mail,
				    .args = { BULK_HOLD, any_time(b), 0, alike } };

	any_mail(b);
	q.key = bulk_mail_key(&b->mail, b->key);
	if (any(b, 3) == 0) {
		q.args[0] = BULK_TELL;
		q.args[1] = (int64_t)any(b, BULK_OUTCOME_COUNT);
	}
	ask(b, q);
}

static struct str any_key(struct both *b)
{
	const unsigned n = b->id_count < IDS ? b->id_count : IDS;

	return bulk_cluster_key(n && any(b, 8) ? b->ids[any(b, n)] : 1 + any(b, 1000), b->key);
}

static void ask_anything(struct both *b)
{
	struct store_question q = { .key = any_key(b) };
	const bool domain = any(b, 3) == 0;

	switch (any(b, 12)) {
	case 0:
		memcpy(q.args, (int64_t[]){ BULK_SHOW, any_time(b) }, 2 * sizeof(q.args[0]));
		break;
	case 1:
		q.args[0] = BULK_TELL;
		q.args[1] = (int64_t)any(b, BULK_OUTCOME_COUNT);
		break;
	case 2:
	case 3:
		q.args[0] = any(b, 10) ? BULK_SAY : BULK_FORGET;
		if (q.args[0] == BULK_SAY) {
			q.args[1] = (int64_t)any(b, BULK_SAID_COUNT);
			q.args[2] = any_time(b);
			q.label = STR("example.org");
		}
		if (domain)
			q.key = bulk_domain_key(1 + any(b, DOMAINS), b->key);
		break;
	case 4:
	case 5:
		tell_of_mail(b);
		return;
	default:
		ask_about_mail(b);
		return;
	}
	ask(b, q);
}

static void any_questions(struct both *b)
{
	for (unsigned i = 0; i < STEPS; i++) {
		if (any(b, 4) == 0)
			b->shop->now_ms += (int64_t)any(b, (uint64_t)any_time(b)) / 4 + 1;
		else if (any(b, 50) == 0)
			b->shop->now_ms -=
				(int64_t)any(b, 2 * SECOND); /* another machine's clock */
		ask_anything(b);
	}
	assert_true(b->by_text > 100 && b->by_sign > 100 && b->again > 20 && b->sketched > 20);
}

/* ---- a bucket that is too small ---- */

/* Links that lead to one and the same bucket. */
static const uint64_t crowd[] = {
	386166,   559587,   2039981,  3267222,  3412731,  4077459,  5830690,  6187753,
	6225776,  6458667,  11029712, 14405783, 15162019, 16078414, 16082187, 17042715,
	18219011, 22444595, 22797764, 23030015, 24116339, 24405319, 24793530, 27469428,
	27733209, 28708165, 28836365, 30090495, 31354866, 31746067,
};

static void a_bucket_forgets_its_oldest(struct both *b)
{
	const unsigned n = COUNTOF(crowd);
	unsigned known = 0;

	static_assert(COUNTOF(crowd) > BUCKET_ENTRIES, "more than it has room for");
	for (unsigned i = 0; i < 2 * n; i++) {
		b->mail = (struct bulk_sighting){
			.signs = { { .kind = BULK_LINKS, .hash = crowd[i % n] },
				   { .kind = BULK_LINKS_SUBJECT, .hash = i } },
			.sign_count = i < n ? 2 : 1
		};
		known += !ask(b, (struct store_question){ .key = bulk_mail_key(&b->mail, b->key),
							  .sighting = &b->mail,
							  .args = { i < n ? BULK_NOTE : BULK_LOOK,
								    MINUTE, 60 * MINUTE, 16 } })
				  .is_new;
	}
	/* By their own id they are found all. */
	assert_int_equal(known, n);
}

/* ---- several processes ---- */

enum { PROCESSES = 4, EACH = 300, AT_ONCE = 20, ENOUGH = 14 };

struct copy {
	struct store_call call;
	struct bulk_sighting mail;
	char key[BULK_KEY];
	struct shop *shop;
};

static void ask_about_copy(struct shop *s, struct copy *c, enum bulk_do what, op_done_fn *done)
{
	c->shop = s;
	c->call = (struct store_call){ .deadline_ms = 60 * SECOND };
	c->call.op.done = done;
	c->call.op.arg = c;
	c->call.question = (struct store_question){
		.procedure = STORE_BULK,
		.key = bulk_mail_key(&c->mail, c->key),
		.sighting = &c->mail,
		.now_ms = s->now_ms,
		.args = { what, 60 * MINUTE, 24 * 60 * MINUTE, ENOUGH },
	};
	store_ask(s->store, &s->ops, &c->call);
}

static struct bulk_sighting any_copy(struct both *b, uint64_t process)
{
	struct bulk_sighting m = { .has_text = true, .network = 1 + process };
	const unsigned change = (unsigned)any(b, BULK_VALUES - ENOUGH);

	for (unsigned i = 0; i < BULK_VALUES; i++)
		m.text[i] = i < change ? (uint32_t)any(b, UINT32_MAX) : 1000 + i;
	return m;
}

static void on_counted(struct op *op, enum err err, const void *result)
{
	const struct copy *c = op->arg;
	const struct store_answer *a = result;

	if (err != ERR_OK || a->status != STORE_OK || a->bulk.id == 0)
		_exit(1);
	if (c->shop->ops.pending == 0)
		loop_stop(c->shop->loop);
}

static void count_copies(void (*open)(struct shop *s), unsigned process)
{
	struct copy *copies = mem_new(AT_ONCE * sizeof(*copies));
	struct both b = { .dice.state = DICE_SEED + process };
	struct shop s;

	open(&s);
	for (unsigned i = 0; i < EACH; i += AT_ONCE) {
		for (unsigned n = 0; n < AT_ONCE; n++) {
			copies[n].mail = any_copy(&b, process);
			ask_about_copy(&s, &copies[n], BULK_NOTE, on_counted);
		}
		loop_run(s.loop);
	}
	shop_close(&s);
	mem_free(copies);
	_exit(0);
}

static pid_t start_process(void (*open)(struct shop *s), unsigned process)
{
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(1);
	count_copies(open, process);
	return 0;
}

void store_counts_for_many(void (*open)(struct shop *s))
{
	struct both b = { .dice.state = 1 };
	pid_t pids[PROCESSES];
	struct copy c = { .mail = any_copy(&b, 0) };
	struct store_answer answer;
	struct shop s;

	for (unsigned i = 0; i < PROCESSES; i++)
		pids[i] = start_process(open, i);
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	open(&s);
	c.mail.network = 1;
	c.call.question = (struct store_question){
		.procedure = STORE_BULK,
		.key = bulk_mail_key(&c.mail, c.key),
		.sighting = &c.mail,
		.args = { BULK_LOOK, 60 * MINUTE, 24 * 60 * MINUTE, ENOUGH },
	};
	assert_int_equal(shop_ask(&s, &c.call.question, &answer), ERR_OK);
	assert_int_equal(answer.bulk.messages, PROCESSES * EACH + 1);
	assert_int_equal(answer.bulk.distinct[BULK_OF_NETWORKS], PROCESSES);
	shop_close(&s);
}

void store_conforms_bulk(struct shop *s)
{
	struct both *b = mem_new(sizeof(*b));

	b->shop = s;
	b->dice.state = DICE_SEED;
	any_questions(b);
	a_bucket_forgets_its_oldest(b);
	forget(&b->list);
	mem_free(b);
}
