/* random_policy.h - policies and evidence by dice, for the property test. */
#ifndef UNIT_POLICY_RANDOM_POLICY_H
#define UNIT_POLICY_RANDOM_POLICY_H

#include "policy/policy.h"
#include "unit/dice.h"

enum { RANDOM_SOURCES = 6, RANDOM_SYMBOLS = 12 };

/* What texts are drawn from: "" stands for none. */
extern const char *const random_texts[];
enum { RANDOM_TEXTS = 5 };

/* "S3"; the last two are what `do = greylist` listens to. */
void random_symbol(struct out *o, unsigned i);

/* S0..S9 and two more measured (some by two sources), F0 F1 facts, __O0 __O1 rules that are off, M0.. metas. */
struct random_policy {
	struct policy *policy;
	struct conf *conf;
	uint64_t sources[RANDOM_SYMBOLS];
	uint64_t text_sources[POLICY_TEXT_COUNT]; /* 0: known from the start */
	char rules_bytes[8192], conf_bytes[8192];
	struct out rules, config;
};

void random_policy_open(struct random_policy *r, struct dice *d);
void random_policy_close(struct random_policy *r);

#endif
