#include "inspection/facts.h"

#include "base/check.h"

void smtp_facts_define(struct policy *p)
{
#define X(ID, ABOUT) CHECK(policy_fact(p, STR(#ID), (ABOUT)) == FACT_##ID);
	SMTP_FACTS(X)
#undef X
}
