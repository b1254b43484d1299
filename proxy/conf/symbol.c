#include "conf/symbol.h"

#include "base/limits.h"

bool symbol_name_ok(struct str name)
{
	if (name.n == 0 || name.n > LIMIT_SYMBOL_NAME || ascii_digit(name.p[0]))
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_alnum(name.p[i]) && name.p[i] != '_')
			return false;
	return true;
}
