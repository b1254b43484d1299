#include "protocol/xattr.h"

#include "base/check.h"

static const struct str names[XATTR_COUNT] = {
#define X(ID) [XATTR_##ID] = STR_INIT(#ID),
	XATTRS(X)
#undef X
};

struct str xattr_name(enum xattr attr)
{
	CHECK(attr < XATTR_COUNT);
	return names[attr];
}

uint32_t xattr_bit(struct str word)
{
	for (unsigned i = 0; i < XATTR_COUNT; i++)
		if (str_ieq(word, names[i]))
			return 1u << i;
	return 0;
}
