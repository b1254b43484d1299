#include "filters/auth.h"

const char *auth_result_name(enum auth_result result)
{
	static const char *const names[] = {
#define X(ID, TEXT) [AUTH_##ID] = (TEXT),
		AUTH_RESULTS(X)
#undef X
	};

	return names[result];
}

const char *auth_policy_name(enum auth_policy policy)
{
	static const char *const names[] = {
		[AUTH_POLICY_NONE] = "none",
		[AUTH_POLICY_QUARANTINE] = "quarantine",
		[AUTH_POLICY_REJECT] = "reject",
	};

	return names[policy];
}
