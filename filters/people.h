/* people.h - the addresses of those who sent a message and of those who get it, as its fields name them; pure. */
#ifndef FILTERS_PEOPLE_H
#define FILTERS_PEOPLE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum { PEOPLE = 256, PEOPLE_BYTES = 16 * 1024, PEOPLE_ADDRESS = 320 };

/* As bits. */
enum person_role {
	PERSON_FROM =
		1 << 0,     /* in Resent-From; in From and its like, where there is no such field */
	PERSON_TO = 1 << 1, /* in Resent-To and Resent-Cc; in To and its like */
	PERSON_AUTHOR = 1 << 2, /* in From */
	PERSON_REPLY = 1 << 3,  /* in Reply-To */
};

struct person {
	struct str address; /* in lower case */
	uint8_t roles;      /* enum person_role */
};

struct people {
	struct person items[PEOPLE];
	unsigned count;
	size_t n;
	char bytes
		[PEOPLE_BYTES]; /* addresses; what does not fit, or is over PEOPLE_ADDRESS bytes, is left out */
};

static inline void people_clear(struct people *people)
{
	people->count = 0;
	people->n = 0;
}

/* One more, in lower case; several dots in a row, which nobody can have, as one. */
void people_add(struct people *people, struct str address, uint8_t roles);
/* The addresses in the value of a field. */
void people_add_all(struct people *people, struct str value, uint8_t roles);
/* sender: the envelope's. */
void people_read(struct people *people, struct str header, struct str sender);
/* The addresses in the fields of a name, as roles 0. */
void people_read_field(struct people *people, struct str header, struct str name);

#endif
