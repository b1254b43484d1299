/* filters/file/walk.h: what archives say is in them, however their bytes are cut; and that they need not be true. */
#include "base/mem.h"
#include "base/out.h"
#include "filters/file/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROOM = 1 << 17 };

/* The corpus has a small one of each kind. */
static const struct row {
	const char *file;
	enum kind kind;
	const char *entries;
	unsigned flags;
} rows[] = {
	{ "zip", KIND_ZIP, "a.txt|word/vbaProject.bin|", LISTING_MACROS },
	{ "zip_locked", KIND_ZIP, "evil.exe|x.txt|", LISTING_ENCRYPTED },
	{ "zip_other_directory", KIND_ZIP, "a.txt|a.exe|", 0 },
	{ "zip_cut", KIND_ZIP, "a.txt|", LISTING_BROKEN },
	{ "rar4", KIND_RAR4,
	  "a.exe|b.txt|c.js|\xc5\xa2"
	  "c|",
	  LISTING_ENCRYPTED },
	{ "zip_two_names", KIND_ZIP, "first.txt|good.txt|evil.exe|last.js|", 0 },
	{ "zip_nul", KIND_ZIP, "evil.exe|", 0 },
	{ "rar4_wide", KIND_RAR4,
	  "duhk-dwd.txt|evil.exe|good.txt|\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb3.exe|evil.txt|evil.exe|",
	  0 },
	{ "tar_v7", KIND_TAR, "a.exe|", 0 },
	{ "rar4_locked", KIND_RAR4, "", LISTING_NAMES_ENCRYPTED },
	{ "rar5", KIND_RAR5, "a.exe|b.js|", LISTING_ENCRYPTED },
	{ "rar5_locked", KIND_RAR5, "", LISTING_NAMES_ENCRYPTED },
	{ "7z_packed", KIND_SEVENZIP, "a.exe|b.js|", 0 },
	{ "7z_plain", KIND_SEVENZIP, "evil.exe|x.txt|", 0 },
	{ "7z_locked", KIND_SEVENZIP, "evil.exe|x.txt|", LISTING_ENCRYPTED },
	{ "7z_names_locked", KIND_SEVENZIP, "", LISTING_NAMES_ENCRYPTED },
	{ "gzip", KIND_GZIP, "a.tar|", 0 },
	{ "cab", KIND_CAB, "a.exe|b.txt|", 0 },
	{ "ole", KIND_OLE, "", LISTING_MACROS | LISTING_ENCRYPTED | LISTING_EMBEDDED },
	{ "msi", KIND_OLE, "", LISTING_PROGRAM },
	{ "tnef", KIND_TNEF, "b.exe|a.exe|", LISTING_PROGRAM },
	{ "tar_size", KIND_TAR, "a.txt|b.exe|", 0 }, /* a size that ends before it does */
	{ "tnef_long", KIND_TNEF, "a.pdf|b.js|", 0 },
	{ "tnef_longer", KIND_TNEF, "a.pdf|", LISTING_UNSEEN },
	{ "tar_gz", KIND_GZIP, ">a.exe|b.js|", 0 },
	{ "tar_xz", KIND_XZ, ">a.exe|b.js|", 0 },
	{ "tar_gz_cut", KIND_GZIP, ">a.exe|", LISTING_BROKEN },
	{ "gzip_two", KIND_GZIP, ">a.exe|b.js|", 0 },
	{ "gzip_program", KIND_GZIP, "", LISTING_PROGRAM },
	{ "tnef_files", KIND_TNEF, "a.zip|b.txt|c.tgz|e.exe|>>d.js|>x.exe|y.txt|",
	  LISTING_PROGRAM },
	{ "pdf", KIND_PDF, "", LISTING_ACTS | LISTING_LINKS | LISTING_LOCKED },
	{ "pdf_plain", KIND_PDF, "", 0 },
	{ "pdf_objects", KIND_PDF, "", LISTING_ACTS | LISTING_LINKS },
	{ "pdf_objects_cut", KIND_PDF, "", LISTING_ACTS },
	{ "pdf_no_objects", KIND_PDF, "", 0 },
	{ "rtf", KIND_RTF, "", LISTING_ACTS | LISTING_EMBEDDED },
	{ "rtf_plain", KIND_RTF, "", 0 },
	{ "page_smuggles", KIND_HTML, "",
	  LISTING_BUILDS | LISTING_UNPACKS | LISTING_ASKS | LISTING_SCRIPT },
	{ "page_plain", KIND_HTML, "", 0 },
	{ "tnef_deep", KIND_TNEF, "a.gz|>>", 0 }, /* a third gzip is not looked into */
};

static struct str read_file(const char *name)
{
	char path[256];
	struct out o = OUT(path);
	char *bytes = mem_new(ROOM);
	size_t n;
	FILE *f;

	out_printf(&o, "tests/corpus/attachment/%s%c", name, '\0');
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(bytes, 1, ROOM, f);
	fclose(f);
	bytes = mem_resize(bytes, n); /* so that a read past the end is seen */
	return (struct str){ .p = bytes, .n = n };
}

/* The entries, "|" behind each, those of a file within behind ">"; the flags of all. */
static unsigned walk(enum kind kind, struct str file, size_t piece, struct steps *steps,
		     struct out *o)
{
	struct arena arena;
	struct listing listing = { .arena = &arena };
	unsigned flags = 0;
	struct walk w;

	arena_init(&arena, LIMIT_ATTACHMENT_MEMORY);
	walk_begin(&w, kind, &listing, steps);
	while (file.n)
		walk_feed(&w, str_take(&file, piece));
	walk_end(&w);
	for (const struct listing *l = &listing; l; l = l->inside) {
		flags |= l->flags;
		if (l != &listing)
			out_char(o, '>');
		for (const struct listing_entry *e = l->first; e; e = e->next)
			out_printf(o, STR_FMT "|", STR_ARG(e->name));
	}
	out_char(o, '\0');
	arena_reset(&arena);
	return flags;
}

static void what_is_in_archives(void **state)
{
	static char text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct str file = read_file(rows[i].file);

		assert_int_equal(kind_of(file), rows[i].kind);
		for (size_t piece = 1; piece <= file.n; piece += piece < 70 ? 1 : file.n / 3) {
			struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
			struct out o = OUT(text);

			assert_int_equal(walk(rows[i].kind, file, piece, &steps, &o),
					 rows[i].flags);
			assert_string_equal(text, rows[i].entries);
		}
		mem_free((char *)(uintptr_t)file.p);
	}
}

static void tar_has_long_names(void **state)
{
	static const char *const files[] = { "tar_gnu", "tar_pax" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct str file = read_file(files[i]);
		struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
		struct out o = OUT(text);

		assert_int_equal(kind_of(file), KIND_TAR);
		assert_int_equal(walk(KIND_TAR, file, 100, &steps, &o), 0);
		assert_memory_equal(text, "llllllll", 8);
		assert_string_equal(text + 120,
				    ".exe|llllllllllllllllllllllllllllllllllllllllllllllllllll"
				    "llllllllllllllllllllllllllllllllllllllllllllllll|");
		mem_free((char *)(uintptr_t)file.p);
	}
}

/* Without an end: what a walk may cost is bounded, whatever it is made of. */
static void walks_are_bounded(void **state)
{
	static const struct {
		enum kind kind;
		struct str again;
	} endless[] = {
		{ KIND_ZIP, STR_INIT("PK") },
		{ KIND_ZIP, STR_INIT("PK\3\4aaaaaaaaaaaaaaaaaaaaaa\1\0\0\0a") },
		{ KIND_RAR4, STR_INIT("\0\0\x7a\0\0\7\0") },
		{ KIND_RAR5, STR_INIT("\0\0\0\0\2\1\0") },
		{ KIND_TNEF, STR_INIT("\1\0\0\0\0\0\0\0\0\0\0") },
		{ KIND_OLE,
		  STR_INIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") },
	};
	static char text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct out all = { .p = mem_new(4 << 20), .cap = 4 << 20 };
		struct out o = OUT(text);
		struct steps steps = { .left = 1000 };

		if (endless[i].kind == KIND_RAR4)
			out_str(&all, STR("Rar!\x1a\x07\0"));
		if (endless[i].kind == KIND_RAR5)
			out_str(&all, STR("Rar!\x1a\x07\1\0"));
		if (endless[i].kind == KIND_TNEF)
			out_str(&all, STR("\x78\x9f\x3e\x22\1\0"));
		while (all.n + endless[i].again.n < all.cap)
			out_str(&all, endless[i].again);
		assert_true(walk(endless[i].kind, out_text(&all), 4096, &steps, &o) &
			    LISTING_LIMIT);
		mem_free(all.p);
	}
}

/* Little-endian, so many bytes of it. */
static void put(struct out *o, uint64_t number, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		out_char(o, (char)(number >> (8 * i)));
}

static void again(struct out *o, struct str what, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		out_str(o, what);
}

/* An extra area of 1000 records. */
static void put_rar5(struct out *o)
{
	out_str(o, STR("Rar!\x1a\x07\1\0"));
	out_str(o, STR("\0\0\0\0\xdd\x0f"
		       "\2\1\xd0\x0f"
		       "\0\5\0\0\0\5a.exe"));
	again(o, STR("\1\2"), 1000);
}

/* 1000 records of a name that is never said. */
static void put_tar(struct out *o)
{
	char block[512] = "x";
	unsigned sum = 8 * ' ';
	struct out size = { .p = block + 124, .cap = 12 }, check = { .p = block + 148, .cap = 8 };

	out_str(&size, STR("00000011610")); /* 5000 */
	block[156] = 'x';
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (uint8_t)block[i];
	out_printf(&check, "%06o", sum);
	out_str(o, (struct str){ .p = block, .n = sizeof(block) });
	again(o, STR("5 a=\n"), 1000);
}

/* A property of 1000 empty values. */
static void put_tnef(struct out *o)
{
	out_str(o, STR("\x78\x9f\x3e\x22\1\0\2"));
	put(o, 0x00069005, 4);
	put(o, 12 + 4000, 4);
	put(o, 1, 4);
	put(o, 0x3707001e, 4);
	put(o, 1000, 4);
	again(o, STR("\0\0\0\0"), 1000);
	put(o, 0, 2);
}

/* A directory of 16,000 numbers. */
static void put_sevenzip(struct out *o)
{
	out_str(o, STR("7z\xbc\xaf\x27\x1c\0\4\0\0\0\0"));
	put(o, 0, 8);
	put(o, 16000, 8);
	put(o, 0, 4);
	out_str(o, STR("\1\4\6\1\xc0\xff\xff\x09"));
	again(o, STR("\1"), 16000 - 8);
}

/* What a header is made of costs steps as headers do. */
static void headers_are_bounded(void **state)
{
	static const struct {
		enum kind kind;
		void (*put)(struct out *o);
	} made[] = { { KIND_RAR5, put_rar5 },
		     { KIND_TAR, put_tar },
		     { KIND_TNEF, put_tnef },
		     { KIND_SEVENZIP, put_sevenzip } };
	static char file[ROOM], text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct out all = OUT(file), o = OUT(text);
		struct steps steps = { .left = 900 }, enough = { .left = 1100 };

		made[i].put(&all);
		assert_int_equal(kind_of(out_text(&all)), made[i].kind);
		assert_true(walk(made[i].kind, out_text(&all), all.n, &steps, &o) & LISTING_LIMIT);
		assert_false(walk(made[i].kind, out_text(&all), all.n, &enough, &o) &
			     LISTING_LIMIT);
		assert_in_range(enough.left, 1, 110);
	}
}

/* What is no word costs so little that scripts behind megabytes of it are seen; of what is all words it is said. */
static void long_files_are_scanned(void **state)
{
	static const struct {
		enum kind kind;
		const char *head, *again, *tail;
		unsigned flags;
	} files[] = {
		{ KIND_HTML, "<html>", "0123456789abcdefghijklmnopqrstuvw+", "eval(unescape(x))",
		  LISTING_UNPACKS },
		{ KIND_HTML, "<html>", "    ", "<input type=password>", LISTING_ASKS },
		{ KIND_RTF, "{\\rtf1 ", "words of no interest ", "\\objdata ", LISTING_EMBEDDED },
		{ KIND_RTF, "{\\rtf1 ", "0123456789abcdef", "\\template http://a", LISTING_ACTS },
		{ KIND_PDF, "%PDF-1.4 ", "any bytes (", "/Launch ", LISTING_ACTS },
		{ KIND_HTML, "<html>", "type a ", "eval(unescape(x))", LISTING_UNSEEN },
		{ KIND_RTF, "{\\rtf1 ", "\\objdatb", "\\objdata ", LISTING_UNSEEN },
		{ KIND_PDF, "%PDF-1.4 ", "/Launcz", "/Launch ", LISTING_UNSEEN },
	};
	enum { SIZE = 5 << 20 };
	static char text[ROOM];
	struct out all = { .p = mem_new(SIZE), .cap = SIZE };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
		struct out o = OUT(text);

		steps_begin_file(&steps);
		all.n = 0;
		out_str(&all, str_z(files[i].head));
		while (all.n < SIZE - 100)
			out_str(&all, str_z(files[i].again));
		out_str(&all, str_z(files[i].tail));
		assert_int_equal(walk(files[i].kind, out_text(&all), 10000, &steps, &o),
				 files[i].flags);
		assert_in_range(steps.left, LIMIT_ARCHIVE_STEPS / 2, LIMIT_ARCHIVE_STEPS);
	}
	mem_free(all.p);
}

/* What a gzip says of its file counts, but where its end is missing. */
static void gzip_says_its_size(void **state)
{
	static const struct {
		const char *file;
		uint64_t least, most;
	} files[] = { { "gzip_blank", 12000006, 12000006 }, { "tar_gz_cut", 0, 10000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct str file = read_file(files[i].file);
		struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
		struct arena arena;
		struct listing listing = { .arena = &arena };
		struct walk w;

		arena_init(&arena, LIMIT_ATTACHMENT_MEMORY);
		walk_begin(&w, KIND_GZIP, &listing, &steps);
		walk_feed(&w, file);
		walk_end(&w);
		assert_in_range(listing.unpacked, files[i].least, files[i].most);
		arena_reset(&arena);
		mem_free((char *)(uintptr_t)file.p);
	}
}

/* What is made to use its steps up leaves as many to the next file. */
static void steps_are_left(void **state)
{
	static const char *const decoys[] = { "gzip_blank", "pdf_objects_blank" };
	static char text[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(decoys) / sizeof(decoys[0]); i++) {
		const struct str file = read_file(decoys[i]), page = read_file("page_smuggles");
		struct steps steps = { .left = LIMIT_ARCHIVE_STEPS };
		struct out o = OUT(text);

		for (unsigned k = 0; k < 3; k++) {
			steps_begin_file(&steps);
			assert_true(walk(kind_of(file), file, 4096, &steps, &o) & LISTING_UNSEEN);
		}
		steps_begin_file(&steps);
		assert_true(walk(KIND_HTML, page, page.n, &steps, &o) & LISTING_BUILDS);
		mem_free((char *)(uintptr_t)file.p);
		mem_free((char *)(uintptr_t)page.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_archives),    cmocka_unit_test(tar_has_long_names),
		cmocka_unit_test(walks_are_bounded),      cmocka_unit_test(headers_are_bounded),
		cmocka_unit_test(long_files_are_scanned), cmocka_unit_test(steps_are_left),
		cmocka_unit_test(gzip_says_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
