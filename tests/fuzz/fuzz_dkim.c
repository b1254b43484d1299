/* A message with DKIM signatures whose keys are the input's: lines up to an empty one are key records, the rest is the
 * message.  Every signature has a result, and only a key makes a pass. */
#include "base/check.h"
#include "base/mem.h"
#include "filters/dkim/gather.h"
#include "mail/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 4 << 20, NOW_S = 1800000000 };

static struct dkim_library *library;

/* Cases have the keys by turns. */
static void hand_keys(struct dkim_message *m, struct str keys)
{
	struct str rest = keys, line;

	for (unsigned i = 0; i < m->case_count; i++) {
		struct dkim_one *one = dkim_one_of(m->cases[i]);
		enum auth_result result;

		if (!rest.n)
			rest = keys;
		str_cut(rest, '\n', &line, &rest);
		if (pubkey_parse(line, &one->key) == NULL &&
		    dkim_signature_fits(&one->at.signature, &one->key, &result) == NULL)
			one->at.key = &one->key;
	}
}

static void hash_body(struct dkim_message *m, struct arena *arena, struct body_hashes *hashes,
		      struct str body)
{
	for (unsigned i = 0; i < m->case_count; i++) {
		const struct dkim_signature *s = &m->cases[i]->signature;

		m->cases[i]->body = body_hashes_want(hashes, arena, s->relaxed_body, s->length);
		CHECK(m->cases[i]->body);
	}
	body_hashes_add(hashes, body);
	body_hashes_end(hashes);
}

static void run(struct str keys, struct str message)
{
	struct dkim_message m = { 0 };
	struct body_hashes hashes = { { NULL } };
	struct auth_dkim *told = NULL;
	struct arena arena;
	size_t n = header_length(message);

	if (n == 0)
		n = message.n;
	arena_init(&arena, MEMORY);
	(void)!dkim_gather(&m, library, &arena, NOW_S, str_head(message, n), &told);
	CHECK(m.case_count <= m.count && m.count <= LIMIT_DKIM_SIGNATURES && m.count <= m.total);
	CHECK((m.check != NULL) == (m.case_count > 0));
	hash_body(&m, &arena, &hashes, str_from(message, n));
	hand_keys(&m, keys);
	dkim_message_evaluate(&m);
	for (unsigned i = 0; i < m.count; i++) {
		const struct dkim_one *one = m.ones[i];

		CHECK(one->at.result < AUTH_RESULT_COUNT);
		CHECK(one->at.result != AUTH_PASS || one->at.key);
		CHECK((one->at.reason == NULL) == (one->at.result == AUTH_PASS));
	}
	dkim_message_end(&m);
	arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str input = { .p = (const char *)data, .n = size };
	struct str keys = input, message = { 0 };

	if (!library)
		library = dkim_library_new();
	CHECK(library);
	for (size_t i = 0; i + 1 < input.n; i++) {
		if (input.p[i] != '\n' || input.p[i + 1] != '\n')
			continue;
		keys = str_head(input, i);
		message = str_from(input, i + 2);
		break;
	}
	run(keys, message);
	return 0;
}
