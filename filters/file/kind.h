/* kind.h - what a file is by its first bytes, pure: a table of those that mail brings, and that somebody sends who
 * means no good.  What is not in it may be asked of libmagic (magic.h). */
#ifndef FILTERS_FILE_KIND_H
#define FILTERS_FILE_KIND_H

#include "base/str.h"

#include <stdbool.h>

enum kind_class {
	CLASS_OTHER, /* says nothing */
	CLASS_TEXT,
	CLASS_DOCUMENT,
	CLASS_PICTURE,
	CLASS_MEDIA, /* sound and films */
	CLASS_ARCHIVE,
	CLASS_DISK_IMAGE,
	CLASS_PROGRAM,
	CLASS_SCRIPT,
	CLASS_SHORTCUT, /* small, and runs something else */
};

#define KINDS(X)                                                                                   \
	X(UNKNOWN, OTHER, "application/octet-stream")                                              \
	X(TEXT, TEXT, "text/plain")                                                                \
	X(HTML, TEXT, "text/html")                                                                 \
	X(XML, TEXT, "text/xml")                                                                   \
	X(MAIL, TEXT, "message/rfc822")                                                            \
	X(PDF, DOCUMENT, "application/pdf")                                                        \
	X(POSTSCRIPT, DOCUMENT, "application/postscript")                                          \
	X(RTF, DOCUMENT, "text/rtf")                                                               \
	X(OLE, DOCUMENT, "application/x-ole-storage")                                              \
	X(ONENOTE, DOCUMENT, "application/onenote")                                                \
	X(CHM, PROGRAM, "application/vnd.ms-htmlhelp")                                             \
	X(JPEG, PICTURE, "image/jpeg")                                                             \
	X(PNG, PICTURE, "image/png")                                                               \
	X(GIF, PICTURE, "image/gif")                                                               \
	X(BMP, PICTURE, "image/bmp")                                                               \
	X(TIFF, PICTURE, "image/tiff")                                                             \
	X(WEBP, PICTURE, "image/webp")                                                             \
	X(ICON, PICTURE, "image/vnd.microsoft.icon")                                               \
	X(HEIF, PICTURE, "image/heif")                                                             \
	X(WAV, MEDIA, "audio/x-wav")                                                               \
	X(AVI, MEDIA, "video/x-msvideo")                                                           \
	X(MP3, MEDIA, "audio/mpeg")                                                                \
	X(OGG, MEDIA, "audio/ogg")                                                                 \
	X(MP4, MEDIA, "video/mp4")                                                                 \
	X(AMR, MEDIA, "audio/AMR")                                                                 \
	X(FLASH, PROGRAM, "application/x-shockwave-flash")                                         \
	X(ZIP, ARCHIVE, "application/zip")                                                         \
	X(RAR4, ARCHIVE, "application/vnd.rar")                                                    \
	X(RAR5, ARCHIVE, "application/vnd.rar")                                                    \
	X(SEVENZIP, ARCHIVE, "application/x-7z-compressed")                                        \
	X(GZIP, ARCHIVE, "application/gzip")                                                       \
	X(BZIP2, ARCHIVE, "application/x-bzip2")                                                   \
	X(XZ, ARCHIVE, "application/x-xz")                                                         \
	X(ZSTD, ARCHIVE, "application/zstd")                                                       \
	X(TAR, ARCHIVE, "application/x-tar")                                                       \
	X(CAB, ARCHIVE, "application/vnd.ms-cab-compressed")                                       \
	X(ARJ, ARCHIVE, "application/x-arj")                                                       \
	X(ACE, ARCHIVE, "application/x-ace-compressed")                                            \
	X(LZH, ARCHIVE, "application/x-lzh-compressed")                                            \
	X(TNEF, OTHER, "application/vnd.ms-tnef")                                                  \
	X(ISO, DISK_IMAGE, "application/x-iso9660-image")                                          \
	X(VHD, DISK_IMAGE, "application/x-vhd")                                                    \
	X(VHDX, DISK_IMAGE, "application/x-vhdx")                                                  \
	X(PE, PROGRAM, "application/x-dosexec")                                                    \
	X(ELF, PROGRAM, "application/x-executable")                                                \
	X(MACHO, PROGRAM, "application/x-mach-binary")                                             \
	X(CLASS, PROGRAM, "application/x-java-applet")                                             \
	X(DEX, PROGRAM, "application/x-dex")                                                       \
	X(SCRIPT, SCRIPT, "text/x-script")                                                         \
	X(LNK, SHORTCUT, "application/x-ms-shortcut")                                              \
	X(URL, SHORTCUT, "application/x-mswinurl")

enum kind {
#define X(ID, CLASS, TYPE) KIND_##ID,
	KINDS(X)
#undef X
		KIND_COUNT
};

enum {
	KIND_HEAD = 512,      /* so many first bytes are all that is looked at */
	KIND_PDF_AT = 1024,   /* but for a PDF's mark, which programs look for up to there, */
	KIND_ISO_AT = 0x8001, /* and for a CD's image, which has "CD001" there */
};

enum kind kind_of(struct str head);
/* tar.c: it begins with a header whose sum is right; before POSIX that was all there is to know it by. */
bool kind_is_tar(struct str head);
enum kind_class kind_class(enum kind kind);
const char *kind_type(enum kind kind); /* the media type, as libmagic has it */
/* What libmagic calls it; KIND_UNKNOWN: something else. */
enum kind kind_named(const char *type);

#endif
