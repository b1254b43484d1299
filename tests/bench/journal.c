/* journal.c - what a record of the journal costs a mail.
 *
 *	build/measure/journal [MAILS]      from the folder of the tree, for the stock rules
 *
 * Mails of 2 KB go through the gate on the fakes of tests/fake, with all filters and the stock rules, and their records
 * to a file in /tmp: one mail at a time, each with a write of its own, and twenty at a time.  The two functions that do
 * it are timed on their way (ld --wrap): the median is told, which a busy machine does not move much. */
#define _GNU_SOURCE 1 /* mkdtemp */

#include "fake/fake.h"

#include "base/check.h"
#include "bench/seconds.h"
#include "fake/mta.h"
#include "journal/file.h"
#include "journal/journal.h"
#include "session/world.h"
#include "smtp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAILS = 4000, MAILS_MAX = 1000000, AT_ONCE = 20 };

static char folder[] = "/tmp/postern-bench.XXXXXX";
static char mail[4096];

struct bench {
	struct setup setup;
	struct world world;
	struct journal *journal;
	struct journal_file file;
	struct fake_peer *clients[AT_ONCE];
	uint64_t lost;
};

/* ---- times of a function ---- */

struct times {
	double us[MAILS_MAX];
	size_t count;
	double bytes;
};

static struct times records, writes;

static double now_us(void)
{
	return wall_s() * 1e6;
}

static void took(struct times *t, double begun)
{
	if (t->count < MAILS_MAX)
		t->us[t->count++] = now_us() - begun;
}

void __real_ledger_close(struct smtp_session *s);
void __wrap_ledger_close(struct smtp_session *s);
void __wrap_ledger_close(struct smtp_session *s)
{
	const double begun = now_us();

	__real_ledger_close(s);
	took(&records, begun);
}

ssize_t __real_journal_file_write(struct journal_file *f, struct str bytes, int64_t unix_ms);
ssize_t __wrap_journal_file_write(struct journal_file *f, struct str bytes, int64_t unix_ms);
ssize_t __wrap_journal_file_write(struct journal_file *f, struct str bytes, int64_t unix_ms)
{
	const double begun = now_us();
	const ssize_t n = __real_journal_file_write(f, bytes, unix_ms);

	took(&writes, begun);
	writes.bytes += (double)bytes.n;
	return n;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct times *t)
{
	CHECK(t->count);
	qsort(t->us, t->count, sizeof(t->us[0]), by_size);
	return t->us[t->count / 2];
}

/* ---- mails ---- */

static void say(struct bench *b, unsigned clients, const char *text)
{
	for (unsigned i = 0; i < clients; i++)
		fake_send(b->clients[i], str_z(text));
	fake_turn(b->world.loop);
	for (unsigned i = 0; i < clients; i++) {
		const struct str heard = fake_received(b->clients[i]);

		CHECK(heard.n && (heard.p[0] == '2' || heard.p[0] == '3'));
		fake_take(b->clients[i], heard.n);
	}
}

static void send_mails(struct bench *b, unsigned mails, unsigned clients)
{
	for (unsigned n = 0; n < mails; n += clients) {
		say(b, clients, "MAIL FROM:<sender@example.org>\r\n");
		say(b, clients, "RCPT TO:<b@example.net>\r\n");
		say(b, clients, "DATA\r\n");
		say(b, clients, mail);
	}
}

static void open_gate(struct bench *b)
{
	struct journal_options o = { .write = journal_to_file, .arg = &b->file, .lost = &b->lost };
	char text[512];
	struct out why = OUT(text);
	struct ip ip;

	CHECK(world_open(&b->world, &b->setup, &why));
	o.loop = b->world.loop;
	b->journal = journal_new(&o);
	b->world.server->o.journal = b->journal;
	CHECK(ip_parse(STR("192.0.2.9"), &ip));
	for (unsigned i = 0; i < AT_ONCE; i++) {
		b->clients[i] = fake_client(b->world.loop);
		world_connect(&b->world, b->clients[i], &ip);
	}
	fake_turn(b->world.loop);
	say(b, AT_ONCE, "EHLO mail.example.org\r\n");
}

/* The world minds that the records did not come to it. */
static void close_gate(struct bench *b)
{
	char text[512];
	struct out why = OUT(text);

	b->world.server->o.journal = NULL;
	journal_free(b->journal);
	(void)!world_close(&b->world, &why);
}

static void measure(struct bench *b, unsigned mails, unsigned at_once)
{
	double begun;

	open_gate(b);
	records.count = writes.count = 0;
	writes.bytes = 0;
	begun = now_us();
	send_mails(b, mails, at_once);
	printf("%2u at a time: a mail %.1f us (on the fakes, in all); its record %.1f us, %.0f bytes; a write %.1f us, for a mail "
	       "%.1f us\n",
	       at_once, (now_us() - begun) / (double)records.count, median(&records),
	       writes.bytes / (double)records.count, median(&writes),
	       median(&writes) * (double)writes.count / (double)records.count);
	close_gate(b);
}

/* ---- setting up ---- */

static void prepare(struct bench *b)
{
	char path[sizeof(folder) + 32], text[2048];
	struct out why = OUT(text);
	FILE *f;

	CHECK(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/postern.conf", folder);
	f = fopen(path, "w");
	CHECK(f);
	fprintf(f,
		"hostname = \"gate.test\"\nspool = \"%s\"\nvantage { guard = no }\n"
		"listener \"mx\" { address = \"127.0.0.1:2525\"  tls = none  unlimited_from = [\"0.0.0.0/0\"] }\n"
		"backend \"mta\" { servers = [\"127.0.0.1:2500\"] }\nrules { files = [\"rules/*.cf\"] }\n"
		"verdict \"tagged\" { when = score >= 6  do = tag }\n",
		folder);
	fclose(f);
	if (!world_setup(&b->setup, path, &why)) {
		fprintf(stderr, STR_FMT "\n", STR_ARG(out_text(&why)));
		exit(1);
	}
	(void)unlink(path);
	CHECK(journal_file_init(&b->file, str_z(folder)));
}

static void write_mail(void)
{
	struct out o = OUT(mail);

	out_printf(
		&o,
		"From: Sender <sender@example.org>\r\nTo: b@example.net\r\nSubject: the minutes\r\n"
		"Message-ID: <1234567890.1@mail.example.org>\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\n\r\n");
	while (o.n < 2048)
		out_printf(
			&o,
			"Line %zu of a text as it stands in mails, see https://www.example.org/%zu for more.\r\n",
			o.n, o.n);
	out_str(&o, STR(".\r\n"));
	out_char(&o, '\0');
	CHECK(!o.full);
}

int main(int argc, char **argv)
{
	static struct bench b;
	const long mails = argc > 1 ? strtol(argv[1], NULL, 10) : MAILS;
	char command[64];

	prepare(&b);
	write_mail();
	for (unsigned at_once = 1; at_once <= AT_ONCE; at_once += AT_ONCE - 1)
		measure(&b, (unsigned)mails, at_once);
	journal_file_close(&b.file);
	setup_free(&b.setup);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
