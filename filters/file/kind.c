#include "filters/file/kind.h"

#include "base/check.h"

struct kind_row {
	const char *type;
	enum kind_class class;
};

static const struct kind_row kinds[KIND_COUNT] = {
#define X(ID, CLASS, TYPE) [KIND_##ID] = { .type = (TYPE), .class = CLASS_##CLASS },
	KINDS(X)
#undef X
};

struct magic {
	size_t at;
	struct str bytes;
	enum kind kind;
};

#define MAGIC(AT, BYTES, KIND)                                                                     \
	{                                                                                          \
		.at = (AT), .bytes = STR_INIT(BYTES), .kind = KIND_##KIND                          \
	}

/* Of what is no text.  The first that fits; those that are short stand below those that are longer. */
static const struct magic magics[] = {
	MAGIC(0, "PK\3\4", ZIP),
	MAGIC(0, "PK\5\6", ZIP),
	MAGIC(0, "PK00PK\3\4", ZIP),
	MAGIC(0, "%PDF-", PDF),
	MAGIC(0, "\xff\xd8\xff", JPEG),
	MAGIC(0, "\x89PNG\r\n\x1a\n", PNG),
	MAGIC(0, "GIF87a", GIF),
	MAGIC(0, "GIF89a", GIF),
	MAGIC(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
	MAGIC(0, "Rar!\x1a\x07\x01\x00", RAR5),
	MAGIC(0, "Rar!\x1a\x07\x00", RAR4),
	MAGIC(0, "7z\xbc\xaf\x27\x1c", SEVENZIP),
	MAGIC(0, "\x1f\x8b\x08", GZIP),
	MAGIC(0, "BZh", BZIP2),
	MAGIC(0,
	      "\xfd"
	      "7zXZ\0",
	      XZ),
	MAGIC(0, "\x28\xb5\x2f\xfd", ZSTD),
	MAGIC(257, "ustar", TAR),
	MAGIC(0, "MSCF\0\0\0\0", CAB),
	MAGIC(7, "**ACE**", ACE),
	MAGIC(2, "-lh", LZH),
	MAGIC(0, "\x60\xea", ARJ),
	MAGIC(0, "\x78\x9f\x3e\x22", TNEF),
	MAGIC(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", ONENOTE),
	MAGIC(0, "ITSF\3\0\0\0", CHM),
	MAGIC(0, "{\\rt", RTF), /* Word wants no more than that */
	MAGIC(0, "%!PS", POSTSCRIPT),
	MAGIC(0, "L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", LNK),
	MAGIC(0, "conectix", VHD),
	MAGIC(0, "vhdxfile", VHDX),
	MAGIC(0,
	      "\x7f"
	      "ELF",
	      ELF),
	MAGIC(0, "\xfe\xed\xfa\xce", MACHO),
	MAGIC(0, "\xfe\xed\xfa\xcf", MACHO),
	MAGIC(0, "\xce\xfa\xed\xfe", MACHO),
	MAGIC(0, "\xcf\xfa\xed\xfe", MACHO),
	MAGIC(0, "\xca\xfe\xba\xbe", CLASS),
	MAGIC(0, "dex\n0", DEX),
	MAGIC(0, "CWS", FLASH),
	MAGIC(0, "FWS", FLASH),
	MAGIC(8, "WEBP", WEBP),
	MAGIC(8, "WAVEfmt ", WAV),
	MAGIC(8, "AVI LIST", AVI),
	MAGIC(4, "ftyphei", HEIF),
	MAGIC(4, "ftyphev", HEIF),
	MAGIC(4, "ftypmif1", HEIF),
	MAGIC(4, "ftypmsf1", HEIF),
	MAGIC(4, "ftypavi", HEIF), /* AVIF is AV1 in the same */
	MAGIC(4, "ftyp", MP4),
	MAGIC(0, "#!AMR", AMR),
	MAGIC(0, "OggS", OGG),
	MAGIC(0, "ID3", MP3),
	MAGIC(0, "\xff\xfb", MP3),
	MAGIC(0, "II*\0", TIFF),
	MAGIC(0, "MM\0*", TIFF),
	MAGIC(0, "\0\0\1\0", ICON),
	MAGIC(0, "MZ", PE),
};

/* Of text: what it begins with, behind white space and in any case. */
static const struct magic texts[] = {
	MAGIC(0, "#!amr", AMR),
	MAGIC(0, "@echo off", SCRIPT),
	MAGIC(0, "<script", HTML), /* which a browser runs */
	MAGIC(0, "<job>", SCRIPT), /* of Windows Script Host */
	MAGIC(0, "<job ", SCRIPT),
	MAGIC(0, "<package>", SCRIPT),
	MAGIC(0, "<hta:", SCRIPT),
	MAGIC(0, "windows registry editor", SCRIPT),
	MAGIC(0, "[internetshortcut]", URL),
	MAGIC(0, "<!doctype html", HTML),
	MAGIC(0, "<html", HTML),
	MAGIC(0, "<head", HTML),
	MAGIC(0, "<body", HTML),
	MAGIC(0, "<meta", HTML),
	MAGIC(0, "<svg", HTML), /* a picture that a browser runs scripts of */
	MAGIC(0, "<?xml", XML),
	MAGIC(0, "%pdf-", PDF),
	MAGIC(0, "{\\rt", RTF),
	MAGIC(0, "%!ps", POSTSCRIPT),
	MAGIC(0, "received:", MAIL),
	MAGIC(0, "mime-version:", MAIL),
};

/* A text has no bytes below space but white space (and escapes); of UTF-16, a mark in front says so. */
static bool is_text(struct str head)
{
	if (str_starts(head, STR("\xff\xfe")) || str_starts(head, STR("\xfe\xff")))
		return true;
	for (size_t i = 0; i < head.n; i++) {
		const unsigned char c = (unsigned char)head.p[i];

		if (c < 8 || (c > 13 && c < 32 && c != 27) || c == 127)
			return false;
	}
	return head.n > 0;
}

static struct str skip_blank(struct str s)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_from(s, 3);
	while (s.n && ascii_space(s.p[0]))
		s = str_from(s, 1);
	return s;
}

static enum kind text_kind(struct str head)
{
	const struct str s = skip_blank(head);

	for (size_t i = 0; i < COUNTOF(texts); i++)
		if (str_istarts(s, texts[i].bytes))
			return texts[i].kind;
	return KIND_TEXT;
}

enum kind kind_of(struct str head)
{
	head = str_head(head, KIND_HEAD);
	if (is_text(head))
		return text_kind(head);
	for (size_t i = 0; i < COUNTOF(magics); i++)
		if (head.n > magics[i].at &&
		    str_starts(str_from(head, magics[i].at), magics[i].bytes))
			return magics[i].kind;
	return kind_is_tar(head) ? KIND_TAR : KIND_UNKNOWN;
}

enum kind_class kind_class(enum kind kind)
{
	return kinds[kind].class;
}

const char *kind_type(enum kind kind)
{
	return kinds[kind].type;
}

enum kind kind_named(const char *type)
{
	for (unsigned i = 0; i < KIND_COUNT; i++)
		if (strcmp(kinds[i].type, type) == 0)
			return (enum kind)i;
	return KIND_UNKNOWN;
}
