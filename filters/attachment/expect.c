#include "filters/attachment/expect.h"

#include "base/check.h"
#include "filters/file/name.h"

enum {
	OTHER = 1 << CLASS_OTHER,
	TEXT = 1 << CLASS_TEXT,
	DOCUMENT = 1 << CLASS_DOCUMENT,
	PICTURE = 1 << CLASS_PICTURE,
	MEDIA = 1 << CLASS_MEDIA,
	ARCHIVE = 1 << CLASS_ARCHIVE,
};

/* An office's files are archives since 2007; what writes them for others uses text. */
enum { OFFICE = DOCUMENT | ARCHIVE | TEXT };

struct expectation {
	struct str text;
	unsigned classes;
};

static const struct expectation extensions[] = {
	{ STR_INIT("pdf"), DOCUMENT },        { STR_INIT("doc"), OFFICE },
	{ STR_INIT("docx"), OFFICE },         { STR_INIT("xls"), OFFICE },
	{ STR_INIT("xlsx"), OFFICE },         { STR_INIT("ppt"), OFFICE },
	{ STR_INIT("pptx"), OFFICE },         { STR_INIT("pps"), OFFICE },
	{ STR_INIT("odt"), OFFICE },          { STR_INIT("ods"), OFFICE },
	{ STR_INIT("odp"), OFFICE },          { STR_INIT("rtf"), OFFICE },
	{ STR_INIT("jpg"), PICTURE },         { STR_INIT("jpeg"), PICTURE },
	{ STR_INIT("png"), PICTURE },         { STR_INIT("gif"), PICTURE },
	{ STR_INIT("bmp"), PICTURE },         { STR_INIT("tif"), PICTURE },
	{ STR_INIT("tiff"), PICTURE },        { STR_INIT("webp"), PICTURE },
	{ STR_INIT("ico"), PICTURE },         { STR_INIT("mp3"), MEDIA },
	{ STR_INIT("mp4"), MEDIA },           { STR_INIT("wav"), MEDIA },
	{ STR_INIT("avi"), MEDIA },           { STR_INIT("mov"), MEDIA },
	{ STR_INIT("txt"), TEXT | DOCUMENT }, { STR_INIT("csv"), TEXT | DOCUMENT },
	{ STR_INIT("zip"), ARCHIVE },         { STR_INIT("rar"), ARCHIVE },
	{ STR_INIT("7z"), ARCHIVE },          { STR_INIT("gz"), ARCHIVE },
	{ STR_INIT("tgz"), ARCHIVE },
};

/* By their beginning; what is not here may be anything. */
static const struct expectation types[] = {
	{ STR_INIT("application/pdf"), DOCUMENT },
	{ STR_INIT("application/msword"), OFFICE },
	{ STR_INIT("application/rtf"), OFFICE },
	{ STR_INIT("application/vnd.openxmlformats-"), OFFICE },
	{ STR_INIT("application/vnd.oasis.opendocument."), OFFICE },
	{ STR_INIT("image/svg"), TEXT },
	{ STR_INIT("image/"), PICTURE | TEXT | OTHER },
	{ STR_INIT("audio/"), MEDIA },
	{ STR_INIT("video/"), MEDIA },
	{ STR_INIT("application/zip"), ARCHIVE },
	{ STR_INIT("application/x-zip"), ARCHIVE },
	{ STR_INIT("text/"), TEXT | DOCUMENT },
};

bool expect_other(struct str name, struct str type, enum kind kind)
{
	const struct str extension = name_extension(name);
	const unsigned class = 1u << kind_class(kind);
	unsigned classes = ~0u;
	size_t i = 0;

	if (kind == KIND_UNKNOWN)
		return false;
	for (size_t k = 0; k < COUNTOF(extensions); k++)
		if (str_ieq(extension, extensions[k].text))
			classes = extensions[k].classes;
	while (i < COUNTOF(types) && !str_starts(type, types[i].text))
		i++;
	if (i < COUNTOF(types))
		classes &= types[i].classes;
	/* A name without an extension, of no type: nobody would take it for anything. */
	return !(classes & class);
}
