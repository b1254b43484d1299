/* explain.h - a record of the journal for people: who, what was found and what it weighs, what became of each recipient
 * and who decided it. */
#ifndef COMMAND_EXPLAIN_H
#define COMMAND_EXPLAIN_H

#include "base/attr.h"
#include "base/out.h"

#include <stdbool.h>

/* record: from a file, where anything may stand.  False, and nothing is written: it is no record, or half of one. */
bool explain_print(struct out *o, struct str record) NODISCARD;

/* The same in a line for each recipient: when, id, client, sender, recipient, who decided and what, reply.  Nothing of a
 * record that tells of no recipient and no refusal. */
bool explain_brief(struct out *o, struct str record) NODISCARD;

#endif
