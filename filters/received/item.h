/* item.h - for received.c: the words and comments of a Received field, and what is said of a peer in them. */
#ifndef FILTERS_RECEIVED_ITEM_H
#define FILTERS_RECEIVED_ITEM_H

#include "base/str.h"

#include <stdbool.h>

enum item_kind {
	ITEM_NONE,
	ITEM_WORD,
	ITEM_ROUND,  /* (...), nested ones are in it; text: without its brackets */
	ITEM_SQUARE, /* [...] at the beginning of a word; text: with its brackets */
};

struct item {
	enum item_kind kind;
	struct str text;
	bool glued; /* no space before it */
};

/* The next one; ITEM_NONE: there are no more. */
struct item item_take(struct str *rest);

/* Up to the first of these characters. */
struct str item_word(struct str s, const char *ends);

/* How many bytes of an address s begins with, "IPv6:" included; 0: it does not. */
size_t item_address(struct str s);
/* The address in [1.2.3.4], [1.2.3.4:25], [1.2.3.4.25] at the beginning of s, or a bare one; empty: none. */
struct str item_literal(struct str s);

/* What a comment says of who has connected. */
struct peer {
	struct str ip; /* empty: nothing */
	struct str name, ident;
	bool square;       /* the address stands in [] */
	bool alone;        /* it begins with the address, or with ident and '@' */
	struct str behind; /* of the comment, behind the address */
};
bool peer_read(struct str comment, struct peer *peer);

/* "HELO x", "EHLO x", "LHLO x" at the beginning of a comment, or "helo=x" anywhere in it. */
bool peer_greeting(struct str comment, struct str *helo);
/* "key=value" in a comment, up to a space; empty: it is not there. */
struct str peer_value(struct str comment, struct str key);

#endif
