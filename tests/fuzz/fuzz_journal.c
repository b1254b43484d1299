/* A file of the journal: an id is found wherever the pieces end in which the file is read; and what a record says, if it
 * is one, cannot drive a terminal. */
#include "base/check.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/utf8.h"
#include "command/explain.h"
#include "journal/find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 20, RECORDS_MAX = 64 };

struct seen {
	struct str records[RECORDS_MAX];
	unsigned count;
};

static void note(void *arg, struct str record, bool whole)
{
	struct seen *s = arg;

	(void)whole;
	CHECK(record.n > 0 && record.p[0] == '{');
	CHECK(!str_has(record, STR("\n")));
	if (s->count < RECORDS_MAX)
		s->records[s->count] = record;
	s->count++;
}

static void find_whole(struct str file, const struct id *id, struct seen *seen)
{
	size_t rest;
	const unsigned n = journal_find_in(file, JOURNAL_LAST, id, &rest, note, seen);

	CHECK(n == seen->count && rest == file.n);
}

/* As a reader does whose first piece ends there. */
static void find_in_pieces(struct str file, size_t at, const struct id *id, struct seen *seen)
{
	size_t rest;

	(void)journal_find_in(str_head(file, at), JOURNAL_PIECE, id, &rest, note, seen);
	CHECK(rest <= at);
	(void)journal_find_in(str_from(file, rest), JOURNAL_LAST, id, &rest, note, seen);
}

/* All of them, however it is cut: the same. */
static void walk(struct str file, size_t at)
{
	struct seen whole = { .count = 0 }, pieces = { .count = 0 };
	size_t rest;

	CHECK(journal_each_in(file, JOURNAL_LAST, &rest, note, &whole) == whole.count);
	CHECK(rest == file.n);
	(void)journal_each_in(str_head(file, at), JOURNAL_PIECE, &rest, note, &pieces);
	CHECK(rest <= at);
	(void)journal_each_in(str_from(file, rest), JOURNAL_LAST, &rest, note, &pieces);
	CHECK(whole.count == pieces.count);
	for (unsigned i = 0; i < whole.count && i < RECORDS_MAX; i++)
		CHECK(whole.records[i].p == pieces.records[i].p &&
		      whole.records[i].n == pieces.records[i].n);
}

static void show(struct str record, bool print(struct out *o, struct str record))
{
	static char text[TEXT_MAX];
	struct out o = OUT(text);
	struct str shown;

	if (!print(&o, record)) {
		CHECK(o.n == 0);
		return;
	}
	for (shown = out_text(&o); shown.n;) {
		const size_t n = utf8_length(shown);

		CHECK(n && (shown.p[0] == '\n' || utf8_prints(utf8_point(str_head(shown, n)))));
		shown = str_from(shown, n);
	}
}

/* The first line: the id, and a number where the first piece ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str file = { .p = (const char *)data, .n = size }, word, line;
	struct seen whole = { .count = 0 }, pieces = { .count = 0 };
	struct id id;
	int64_t unix_ms;
	size_t at;

	if (!str_cut(file, '\n', &line, &file))
		return 0;
	str_cut(line, ' ', &word, &line);
	show(file, explain_print);
	show(file, explain_brief);
	if (!id_read(word, INT64_C(1795861340578), &id, &unix_ms))
		return 0;
	at = line.n ? (size_t)(unsigned char)line.p[0] * file.n / 256 : 0;
	walk(file, at);
	find_whole(file, &id, &whole);
	find_in_pieces(file, at, &id, &pieces);
	CHECK(whole.count == pieces.count);
	for (unsigned i = 0; i < whole.count && i < RECORDS_MAX; i++) {
		CHECK(whole.records[i].p == pieces.records[i].p &&
		      whole.records[i].n == pieces.records[i].n);
		show(whole.records[i], explain_print);
	}
	return 0;
}
