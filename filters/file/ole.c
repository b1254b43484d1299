/* ole.c - Microsoft's compound files (MS-CFB 2.6): Word, Excel, MSI and others of before 2007, and what is encrypted since.
 *
 * The directory is a chain of sectors that may lie anywhere.  It is not followed: each entry has 128 bytes at a
 * multiple of them and looks like nothing else, so that all that are there are found as the bytes come, those of a
 * file within the file too. */
#include "base/check.h"
#include "filters/file/walk.h"

enum {
	ENTRY = 128,
	NAME_LENGTH = 64, /* bytes, with the NUL */
	TYPE = 66,
	COLOUR = 67,
	CLASS = 80,

	STORAGE = 1,
	STREAM = 2,
	ROOT = 5,
};

static const struct {
	struct str name;
	uint8_t type;
	enum listing_flag flag;
} marks[] = {
	{ STR_INIT("VBA"), STORAGE, LISTING_MACROS },
	{ STR_INIT("_VBA_PROJECT_CUR"), STORAGE, LISTING_MACROS },
	{ STR_INIT("EncryptedPackage"), STREAM, LISTING_ENCRYPTED },
	{ STR_INIT("\1Ole10Native"), STREAM, LISTING_EMBEDDED },
	{ STR_INIT("Equation Native"), STREAM, LISTING_EMBEDDED },
};

/* Of the root: what Windows installs from. */
static const char installer[] = "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";

/* In UTF-16, in any case (MS-CFB 2.6.4). */
static bool name_is(struct str entry, struct str name)
{
	if (walk_u16(entry, NAME_LENGTH) != 2 * name.n + 2)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (entry.p[2 * i + 1] != '\0' ||
		    ascii_lower(entry.p[2 * i]) != ascii_lower(name.p[i]))
			return false;
	return true;
}

void walk_ole(struct walk *w, struct str have)
{
	const uint8_t type = (uint8_t)have.p[TYPE];

	w->used = ENTRY;
	if ((type != STORAGE && type != STREAM && type != ROOT) || (uint8_t)have.p[COLOUR] > 1)
		return;
	for (size_t i = 0; i < COUNTOF(marks); i++)
		if (type == marks[i].type && name_is(have, marks[i].name))
			w->listing->flags |= marks[i].flag;
	if (type == ROOT && name_is(have, STR("Root Entry")) &&
	    memcmp(have.p + CLASS, installer, 16) == 0)
		w->listing->flags |= LISTING_PROGRAM;
}
