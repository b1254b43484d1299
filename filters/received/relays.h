/* relays.h - the way a message came, as its Received fields and the connection tell it; for whoever asks.
 *
 * The connection it came by is the newest relay; behind it come those that the Received fields name, newest first
 * (filters/received/received.h).  A field is true if the host that wrote it is: those that the operator trusts, and that
 * stand before the first he does not.  Read when it is asked for the first time, in a transaction once. */
#ifndef FILTERS_RECEIVED_RELAYS_H
#define FILTERS_RECEIVED_RELAYS_H

#include "filters/received/received.h"

#include <stdint.h>

struct filter_run;
struct filter_facts;
struct arena;

struct relay {
	struct received received;
	bool private_ip; /* no address of the Internet */
	bool msa;        /* it takes mail from those who log in: who stands behind it is trusted */
};

struct relays {
	const struct relays_filter *filter; /* of the filter `relays`; NULL: it is off */
	bool read;
	struct relay *items; /* newest first */
	unsigned count, room;
	unsigned trusted, internal; /* so many of them, the newest, are */
	unsigned unreadable;        /* fields that were not understood */
	unsigned fields;            /* Received fields in the header section */
	unsigned trusted_fields,
		internal_fields; /* of these, the newest, of relays that are trusted, or internal */
	bool connected;          /* the newest relay is the connection: no field tells of it */
};

/* Those of the message, in PHASE_HEADER behind the filter `relays`, and later.  Never NULL; empty without memory. */
const struct relays *relays_of(struct filter_run *run, const struct filter_facts *facts);
/* The envelope's; of a mail that no client has brought, what the relay that trust ends at has told. */
struct str relays_sender(struct filter_run *run, const struct filter_facts *facts);
/* Reads them, once, with memory of the transaction. */
void relays_read(struct relays *relays, struct arena *arena, const struct filter_facts *facts);

enum relays_side { RELAYS_TRUSTED, RELAYS_UNTRUSTED, RELAYS_INTERNAL, RELAYS_EXTERNAL };

/* Where a side begins and ends. */
struct relays_range {
	unsigned from, to;
};
struct relays_range relays_side(const struct relays *relays, enum relays_side side);

/* Those of a side as rules look at them: "[ ip=192.0.2.1 rdns=... helo=... by=... ident= envfrom= intl=0 id=... auth=
 * msa=0 ]", one space between two. */
void relays_put(const struct relays *relays, enum relays_side side, struct out *o);

/* What of the header section a side's relays may have written.  Between two sides stands the Received field that the one
 * wrote of the other: it is on both. */
struct str relays_fields(const struct relays *relays, enum relays_side side, struct str header);
/* The Received field that is not written yet, of the connection, where that is on the side. */
void relays_put_own(const struct relays *relays, enum relays_side side, struct out *o);

#endif
