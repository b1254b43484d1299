#include "filters/people.h"

#include "base/check.h"
#include "mail/header.h"
#include "mail/mailbox.h"

enum { RESENT_FROM = 1 << 4, RESENT_TO = 1 << 5, HANDOVERS = 3 };

/* `first`: only the topmost counts. */
static const struct {
	struct str name;
	uint8_t roles;
	bool first;
} fields[] = {
	{ STR_INIT("From"), PERSON_FROM | PERSON_AUTHOR, false },
	{ STR_INIT("Envelope-Sender"), PERSON_FROM, false },
	{ STR_INIT("Resent-Sender"), PERSON_FROM, false },
	{ STR_INIT("X-Envelope-From"), PERSON_FROM, false },
	{ STR_INIT("Resent-From"), RESENT_FROM, true },
	{ STR_INIT("Reply-To"), PERSON_REPLY, false },
	{ STR_INIT("To"), PERSON_TO, false },
	{ STR_INIT("Cc"), PERSON_TO, false },
	{ STR_INIT("Apparently-To"), PERSON_TO, false },
	{ STR_INIT("Delivered-To"), PERSON_TO, false },
	{ STR_INIT("Envelope-Recipients"), PERSON_TO, false },
	{ STR_INIT("Apparently-Resent-To"), PERSON_TO, false },
	{ STR_INIT("X-Envelope-To"), PERSON_TO, false },
	{ STR_INIT("Envelope-To"), PERSON_TO, false },
	{ STR_INIT("X-Delivered-To"), PERSON_TO, false },
	{ STR_INIT("X-Original-To"), PERSON_TO, false },
	{ STR_INIT("X-Rcpt-To"), PERSON_TO, false },
	{ STR_INIT("X-Real-To"), PERSON_TO, false },
	{ STR_INIT("Resent-To"), RESENT_TO, true },
	{ STR_INIT("Resent-Cc"), RESENT_TO, true },
};

void people_add(struct people *p, struct str address, uint8_t roles)
{
	char *to = p->bytes + p->n;
	size_t n = 0;

	if (address.n == 0 || address.n > PEOPLE_ADDRESS || address.n > PEOPLE_BYTES - p->n ||
	    p->count == PEOPLE)
		return;
	for (size_t i = 0; i < address.n; i++)
		if (address.p[i] != '.' || n == 0 || to[n - 1] != '.')
			to[n++] = ascii_lower(address.p[i]);
	p->n += n;
	p->items[p->count++] = (struct person){ .address = { .p = to, .n = n }, .roles = roles };
}

void people_add_all(struct people *p, struct str value, uint8_t roles)
{
	struct mailboxes boxes = { .rest = value };
	struct mailbox box;

	while (p->count < PEOPLE && mailbox_next(&boxes, &box))
		people_add(p, box.address, roles);
}

/* "... for <joe@example.org>; ..." */
static void add_handover(struct people *p, struct str value)
{
	struct str rest = value, address, behind;

	if (!str_find(value, STR(" for "), &rest) || !str_cut(rest, ';', &address, &behind))
		return;
	if (str_starts(address, STR("<")) && str_ends(address, STR(">")))
		address = str_from(str_head(address, address.n - 1), 1);
	if (str_has(address, STR("@")) && !str_has(address, STR(" ")))
		people_add(p, address, PERSON_TO);
}

/* What was resent is from who resent it, to whom he sent it. */
static void settle(struct people *p)
{
	uint8_t all = 0;

	for (unsigned i = 0; i < p->count; i++)
		all |= p->items[i].roles;
	for (unsigned i = 0; i < p->count; i++) {
		uint8_t *roles = &p->items[i].roles;

		if (all & RESENT_FROM)
			*roles &= (uint8_t)~PERSON_FROM;
		if (all & RESENT_TO)
			*roles &= (uint8_t)~PERSON_TO;
		*roles |= *roles & RESENT_FROM ? PERSON_FROM : 0;
		*roles |= *roles & RESENT_TO ? PERSON_TO : 0;
	}
}

void people_read(struct people *p, struct str header, struct str sender)
{
	uint32_t seen = 0; /* of `fields`, as bits */
	unsigned handovers = 0;
	struct header_field f;

	static_assert(COUNTOF(fields) <= 32, "a bit for each field");
	people_clear(p);
	people_add(p, sender, PERSON_FROM);
	while (header_next(&header, &f)) {
		if (str_ieq(f.name, STR("Received")) && handovers++ < HANDOVERS)
			add_handover(p, f.value);
		for (unsigned i = 0; i < COUNTOF(fields); i++) {
			if (!str_ieq(f.name, fields[i].name) ||
			    (fields[i].first && (seen & 1u << i)))
				continue;
			seen |= 1u << i;
			people_add_all(p, f.value, fields[i].roles);
		}
	}
	settle(p);
}

void people_read_field(struct people *p, struct str header, struct str name)
{
	struct header_field f;

	people_clear(p);
	while (header_next(&header, &f))
		if (str_ieq(f.name, name))
			people_add_all(p, f.value, 0);
}
