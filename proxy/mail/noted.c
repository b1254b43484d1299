#include "mail/noted.h"

#include "mail/header.h"

enum { FIELDS = 3 };

/* In the order in which they are believed.  `ends`: where it stands below a Received field, there is none. */
static const struct {
	struct str name;
	bool ends;
} fields[FIELDS] = {
	{ STR_INIT("X-Envelope-From"), true },
	{ STR_INIT("Envelope-Sender"), false },
	{ STR_INIT("Return-Path"), false },
};

struct notes {
	struct {
		bool there, below; /* below: one of them, a Received field */
		struct str address;
	} fields[FIELDS];
	bool received, fetched, made_up;
};

/* "<a@example.org>", or without brackets. */
static struct str address_of(struct str value)
{
	struct str address, rest;

	value = str_trim(value);
	if (!str_cut(value, '<', &address, &rest))
		return value;
	str_cut(rest, '>', &address, &rest);
	return address;
}

static void note(struct notes *n, const struct header_field *f)
{
	for (unsigned i = 0; i < FIELDS; i++) {
		if (!str_ieq(f->name, fields[i].name))
			continue;
		n->fields[i].below = n->fields[i].below || n->received;
		if (!n->fields[i].there)
			n->fields[i].address = address_of(f->value);
		n->fields[i].there = true;
	}
	n->made_up =
		n->made_up || (str_ieq(f->name, STR("X-Sender")) && str_has(f->value, STR("@")));
	if (!str_ieq(f->name, STR("Received")))
		return;
	n->received = true;
	n->fetched = n->fetched || str_has(f->value, STR("(fetchmail"));
}

struct str noted_sender(struct str header)
{
	struct notes n = { .received = false };
	struct header_field f;

	while (header_next(&header, &f))
		note(&n, &f);
	if (n.made_up && n.fetched)
		return (struct str){ 0 };
	for (unsigned i = 0; i < FIELDS; i++) {
		if (n.fields[i].there && !n.fields[i].below)
			return n.fields[i].address;
		if (n.fields[i].there && fields[i].ends)
			break;
	}
	return (struct str){ 0 };
}
