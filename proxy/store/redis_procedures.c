#include "store/redis_procedures.h"

/* clang-format off */
static const char greylist[] =
#include "store/record.lua.h"
#include "store/greylist.lua.h"
	;
static const char source[] =
#include "store/record.lua.h"
#include "store/source.lua.h"
	;
static const char bucket[] =
#include "store/record.lua.h"
#include "store/bucket.lua.h"
	;
static const char reputation[] =
#include "store/record.lua.h"
#include "store/reputation.lua.h"
	;
static const char mark[] =
#include "store/record.lua.h"
#include "store/mark.lua.h"
	;
static const char bulk[] =
#include "store/bulk.lua.h"
	;
static const char list[] =
#include "store/list.lua.h"
	;
/* clang-format on */

static const char *const texts[STORE_PROCEDURE_COUNT] = {
	[STORE_GREYLIST] = greylist,     [STORE_SOURCE] = source, [STORE_BUCKET] = bucket,
	[STORE_REPUTATION] = reputation, [STORE_MARK] = mark,     [STORE_BULK] = bulk,
};

struct redis_script redis_list(void)
{
	return redis_script(str_z(list));
}

void redis_procedures(struct redis_script scripts[STORE_PROCEDURE_COUNT])
{
	for (unsigned i = 0; i < STORE_PROCEDURE_COUNT; i++)
		scripts[i] = redis_script(str_z(texts[i]));
}
