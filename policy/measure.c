/* Measuring.  Of thousands of metas few have anything in them that differs from what was measured last. */
#include "policy/measure.h"

#include "policy/match.h"

enum { WORD = 64 }; /* bits */

static size_t words_for(unsigned bits)
{
	return (bits + WORD - 1) / WORD;
}

/* ---- each time ---- */

/* What the rest of policy/ sees of it.  Only here is settled what hangs on a rule that is off: it is open for every
 * meta over it, not just for the last. */
static void show(const struct policy *p, struct measured *m, symbol_id id)
{
	const struct symbol *s = &p->symbols[id];
	struct interval v = m->raw[id];
	const uint64_t bit = UINT64_C(1) << id % WORD;

	if (p->hangs[id] && !(s->sources & m->outstanding))
		v = interval_settle(v);
	if (p->scores[id]) {
		score_add(&m->weights[s->stage], m->values[id], -1, p->scores[id]);
		score_add(&m->weights[s->stage], v, 1, p->scores[id]);
	}
	m->values[id] = v;
	if (interval_true(v))
		m->holding[id / WORD] |= bit;
	else
		m->holding[id / WORD] &= ~bit;
}

static void put(const struct policy *p, struct measured *m, symbol_id id, struct interval v)
{
	if (interval_same(m->raw[id], v))
		return;
	m->raw[id] = v;
	for (uint32_t i = p->first_user[id]; i < p->first_user[id + 1]; i++)
		p->stirred[p->users[i] / WORD] |= UINT64_C(1) << p->users[i] % WORD;
	show(p, m, id);
}

/* A meta stirs only what comes after it. */
static void evaluate_stirred(const struct policy *p, struct measured *m)
{
	const struct expr_values values = { .symbols = m->raw };

	for (size_t word = 0; word < words_for(p->meta_count); word++)
		while (p->stirred[word]) {
			const unsigned bit = (unsigned)__builtin_ctzll(p->stirred[word]);
			const symbol_id id = p->metas[word * WORD + bit];

			p->stirred[word] &= p->stirred[word] - 1;
			put(p, m, id, interval_hit(expr_eval(&p->symbols[id].expr, &values)));
		}
}

/* Of a symbol that is not found. */
static struct interval rest(const struct policy *p, const struct measured *m, symbol_id id)
{
	return (struct interval){ .low = 0,
				  .high = p->sources[id] & m->outstanding ? p->most[id] : 0 };
}

static void set_outstanding(const struct policy *p, struct measured *m, uint64_t outstanding)
{
	const uint64_t change = m->outstanding ^ outstanding;

	m->outstanding = outstanding;
	for (unsigned i = 0; i < p->symbol_count; i++)
		if (p->sources[i] & change)
			put(p, m, (symbol_id)i, rest(p, m, (symbol_id)i));
	for (unsigned i = 0; i < p->meta_count; i++)
		if (p->hangs[p->metas[i]])
			show(p, m, p->metas[i]);
}

/* f: NULL of a comparison of texts. */
static void note(const struct policy *p, struct measured *m, symbol_id id, const struct finding *f)
{
	if (!m->is_found[id]) {
		m->found[m->found_count++] = id;
		m->first[id] = f;
	}
	m->is_found[id] = true;
	put(p, m, id, interval_point(f ? f->hits : 1));
}

static void set_found(const struct policy *p, struct measured *m, const struct evidence *e)
{
	for (size_t i = 0; i < e->list_count; i++)
		for (const struct finding *f = e->lists[i]->first; f; f = f->next)
			note(p, m, f->symbol, f);
	for (unsigned i = 0; i < p->match_count; i++) {
		const symbol_id id = p->matches[i];

		if (!(p->sources[id] & e->outstanding) && match_holds(p->symbols[id].match, e))
			note(p, m, id, NULL);
	}
}

static void replace_found(const struct policy *p, struct measured *m, const struct evidence *e)
{
	symbol_id *before = m->found;
	const unsigned n = m->found_count;

	m->found = m->before;
	m->found_count = 0;
	m->before = before;
	set_found(p, m, e);
	for (unsigned i = 0; i < n; i++)
		if (!m->is_found[before[i]])
			put(p, m, before[i], rest(p, m, before[i]));
	for (unsigned i = 0; i < m->found_count; i++)
		m->is_found[m->found[i]] = false;
}

const struct measured *policy_measure(const struct policy *p, const struct evidence *e)
{
	struct measured *m = &p->measured[e->stage];

	if (m->outstanding != e->outstanding)
		set_outstanding(p, m, e->outstanding);
	replace_found(p, m, e);
	evaluate_stirred(p, m);
	return m;
}

unsigned measured_next(const struct policy *p, const struct measured *m, unsigned id)
{
	for (size_t word = id / WORD; id < p->symbol_count; id = (unsigned)++word * WORD) {
		const uint64_t bits = m->holding[word] >> id % WORD;

		if (bits)
			return id + (unsigned)__builtin_ctzll(bits);
	}
	return p->symbol_count;
}

size_t policy_seen_words(const struct policy *p)
{
	return words_for(p->symbol_count);
}

void measured_add(const struct policy *p, const struct measured *m, uint64_t *seen)
{
	for (size_t word = 0; word < words_for(p->symbol_count); word++)
		seen[word] |= m->holding[word];
}

/* ---- once ---- */

/* Calls fn for each meta and each symbol in it. */
static void each_use(struct policy *p, void fn(struct policy *p, unsigned meta, symbol_id used))
{
	for (unsigned i = 0; i < p->meta_count; i++) {
		const struct expr *e = &p->symbols[p->metas[i]].expr;

		for (unsigned k = 0; k < e->count; k++)
			if (e->nodes[k].op == EXPR_SYMBOL)
				fn(p, i, e->nodes[k].symbol);
	}
}

static void count_use(struct policy *p, unsigned meta, symbol_id used)
{
	(void)meta;
	p->first_user[used + 2]++;
}

static void keep_use(struct policy *p, unsigned meta, symbol_id used)
{
	p->users[p->first_user[used + 1]++] = (uint16_t)meta;
}

static void inherit_hanging(struct policy *p, unsigned meta, symbol_id used)
{
	p->hangs[p->metas[meta]] |= p->hangs[used] || p->symbols[used].kind == SYMBOL_OFF;
}

/* For each symbol the metas that name it: those of symbol i from first_user[i] to first_user[i + 1].  While they are
 * gathered the numbers stand one further on. */
static void find_users(struct policy *p)
{
	const unsigned n = p->symbol_count;

	p->first_user = policy_keep(p, (n + 2) * sizeof(*p->first_user));
	each_use(p, count_use);
	for (unsigned i = 0; i < n; i++)
		p->first_user[i + 2] += p->first_user[i + 1];
	p->users = policy_keep(p, p->first_user[n + 1] * sizeof(*p->users));
	each_use(p, keep_use);
}

static void open_stage(struct policy *p, struct measured *m)
{
	const unsigned n = p->symbol_count;

	m->values = policy_keep(p, n * sizeof(*m->values));
	m->holding = policy_keep(p, words_for(n) * sizeof(*m->holding));
	m->first = policy_keep(p, n * sizeof(*m->first));
	m->raw = policy_keep(p, n * sizeof(*m->raw));
	m->found = policy_keep(p, n * sizeof(*m->found));
	m->before = policy_keep(p, n * sizeof(*m->before));
	m->is_found = policy_keep(p, n * sizeof(*m->is_found));
	for (unsigned i = 0; i < p->off_count; i++)
		put(p, m, p->off[i], interval_truth(true, true));
	for (unsigned i = 0; i < p->meta_count; i++)
		p->stirred[i / WORD] |= UINT64_C(1) << i % WORD;
	evaluate_stirred(p, m);
}

void measure_compile(struct policy *p)
{
	p->stirred = policy_keep(p, words_for(p->meta_count) * sizeof(*p->stirred));
	p->hangs = policy_keep(p, p->symbol_count * sizeof(*p->hangs));
	p->held = policy_keep(p, p->symbol_count * sizeof(*p->held));
	p->measured = policy_keep(p, STAGE_COUNT * sizeof(*p->measured));
	find_users(p);
	each_use(p, inherit_hanging);
	for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
		open_stage(p, &p->measured[stage]);
}
