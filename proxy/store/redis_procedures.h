/* redis_procedures.h - the procedures of base/store.h as scripts for a Redis: the .lua files beside this one.
 *
 * They do with the same whole numbers what procedures.c does; record.lua stands before each of
 * them but bulk.lua.
 * tests/unit/store/conformance.h holds both to it. */
#ifndef STORE_REDIS_PROCEDURES_H
#define STORE_REDIS_PROCEDURES_H

#include "base/store.h"
#include "redis/redis_script.h"

void redis_procedures(struct redis_script scripts[STORE_PROCEDURE_COUNT]);
/* A page of the records of one: list.lua. */
struct redis_script redis_list(void);

#endif
