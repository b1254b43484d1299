/* mta_note.c - what the fake mail server writes into its transcript of how it was called. */
#include "base/check.h"
#include "fake/mta_inside.h"

static void print_end(struct out *o, const struct ip *ip, unsigned port)
{
	out_char(o, ' ');
	ip_print(o, ip);
	out_char(o, ' ');
	out_u64(o, port);
}

static void note(struct mta *m, struct out *line)
{
	out_char(line, '\n');
	CHECK(!line->full);
	fake_bytes_add(&m->transcript, out_text(line));
}

void mta_note_header(struct mta *m, const struct proxy_header *h)
{
	char bytes[160];
	struct out o = OUT(bytes);

	out_str(&o, h->known ? STR("PROXY") : STR("PROXY LOCAL"));
	if (h->known) {
		print_end(&o, &h->source, h->source_port);
		print_end(&o, &h->destination, h->destination_port);
	}
	note(m, &o);
}

void mta_note_source(struct mta *m, struct ip source)
{
	char bytes[64];
	struct out o = OUT(bytes);

	if (source.family == IP_NONE)
		return;
	out_str(&o, STR("FROM "));
	ip_print(&o, &source);
	note(m, &o);
}
