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
	WRITING = TEXT | DOCUMENT |
		  1 << CLASS_SCRIPT, /* a script that is called a text is shown as one */
};

/* An office's files are archives since 2007; what writes them for others uses text. */
enum { OFFICE = DOCUMENT | ARCHIVE | TEXT };

struct expectation {
	struct str text;
	unsigned classes;
};

static const struct expectation extensions[] = {
	{ STR_INIT("pdf"), DOCUMENT },
	{ STR_INIT("doc"), OFFICE },
	{ STR_INIT("docx"), OFFICE },
	{ STR_INIT("xls"), OFFICE },
	{ STR_INIT("xlsx"), OFFICE },
	{ STR_INIT("ppt"), OFFICE },
	{ STR_INIT("pptx"), OFFICE },
	{ STR_INIT("pps"), OFFICE },
	{ STR_INIT("odt"), OFFICE },
	{ STR_INIT("ods"), OFFICE },
	{ STR_INIT("odp"), OFFICE },
	{ STR_INIT("rtf"), OFFICE },
	{ STR_INIT("epub"), DOCUMENT | ARCHIVE },
	{ STR_INIT("jpg"), PICTURE },
	{ STR_INIT("jpeg"), PICTURE },
	{ STR_INIT("png"), PICTURE },
	{ STR_INIT("gif"), PICTURE },
	{ STR_INIT("bmp"), PICTURE },
	{ STR_INIT("tif"), PICTURE },
	{ STR_INIT("tiff"), PICTURE },
	{ STR_INIT("webp"), PICTURE },
	{ STR_INIT("ico"), PICTURE },
	{ STR_INIT("mp3"), MEDIA },
	{ STR_INIT("mp4"), MEDIA },
	{ STR_INIT("wav"), MEDIA },
	{ STR_INIT("avi"), MEDIA },
	{ STR_INIT("mov"), MEDIA },
	{ STR_INIT("txt"), WRITING },
	{ STR_INIT("csv"), WRITING },
	{ STR_INIT("zip"), ARCHIVE },
	{ STR_INIT("rar"), ARCHIVE },
	{ STR_INIT("7z"), ARCHIVE },
	{ STR_INIT("gz"), ARCHIVE },
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
	{ STR_INIT("image/pdf"), DOCUMENT },
	{ STR_INIT("image/eps"), DOCUMENT | PICTURE | TEXT },
	{ STR_INIT("image/x-eps"), DOCUMENT | PICTURE | TEXT },
	{ STR_INIT("image/"), PICTURE | TEXT | OTHER },
	{ STR_INIT("audio/mpegurl"), TEXT },
	{ STR_INIT("audio/x-mpegurl"), TEXT },
	{ STR_INIT("audio/"), MEDIA },
	{ STR_INIT("video/"), MEDIA },
	{ STR_INIT("application/zip"), ARCHIVE },
	{ STR_INIT("application/x-zip"), ARCHIVE },
	{ STR_INIT("text/"), WRITING },
};

/* What is not here may be anything. */
static unsigned classes_of_extension(struct str extension)
{
	for (size_t i = 0; i < COUNTOF(extensions); i++)
		if (str_ieq(extension, extensions[i].text))
			return extensions[i].classes;
	return ~0u;
}

struct str expect_extension(struct str type)
{
	static const struct {
		struct str type, extension;
	} scripts[] = {
		{ STR_INIT("application/hta"), STR_INIT("hta") },
		{ STR_INIT("application/javascript"), STR_INIT("js") },
		{ STR_INIT("application/x-javascript"), STR_INIT("js") },
		{ STR_INIT("text/javascript"), STR_INIT("js") },
		{ STR_INIT("application/ecmascript"), STR_INIT("js") },
		{ STR_INIT("text/jscript"), STR_INIT("js") },
		{ STR_INIT("text/vbscript"), STR_INIT("vbs") },
		{ STR_INIT("text/vbs"), STR_INIT("vbs") },
		{ STR_INIT("application/x-vbs"), STR_INIT("vbs") },
		{ STR_INIT("application/bat"), STR_INIT("bat") },
		{ STR_INIT("application/x-bat"), STR_INIT("bat") },
		{ STR_INIT("application/x-powershell"), STR_INIT("ps1") },
	};

	for (size_t i = 0; i < COUNTOF(scripts); i++)
		if (str_eq(type, scripts[i].type))
			return scripts[i].extension;
	return (struct str){ 0 };
}

bool expect_document(struct str name)
{
	const unsigned classes = classes_of_extension(name_extension(name));

	return classes & DOCUMENT && !(classes & OTHER);
}

bool expect_other(struct str name, struct str type, enum kind kind)
{
	const unsigned class = 1u << kind_class(kind);
	unsigned classes = classes_of_extension(name_extension(name));
	size_t i = 0;

	if (kind == KIND_UNKNOWN)
		return false;
	while (i < COUNTOF(types) && !str_starts(type, types[i].text))
		i++;
	if (i < COUNTOF(types))
		classes &= types[i].classes;
	/* A name without an extension, of no type: nobody would take it for anything. */
	return !(classes & class);
}
