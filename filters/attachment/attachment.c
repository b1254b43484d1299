/* attachment.c - the filter: files that come with a message, and those in archives, that are dangerous or pretend to be
 * something else.
 *
 * `content` has looked at them while they came (filters/content/attachments.h): here is what that means.  A file is
 * judged by its name, as a program on the reader's machine does, and by its first bytes. */
#include "filters/content/attachments.h"

#include "base/check.h"
#include "base/out.h"
#include "filters/attachment/expect.h"
#include "filters/file/name.h"
#include "filters/filter.h"

/* What a name's extension makes a file; the option that lists them.  Some are told only of files in archives, or only of
 * others. */
#define GROUPS(X)                                                                                  \
	X(PROGRAM, programs, "a program")                                                          \
	X(SCRIPT, scripts, "a script")                                                             \
	X(SHORTCUT, shortcuts, "a file that runs something else when it is opened")                \
	X(DISK_IMAGE, disk_images, "an image of a disk, which hides where a file in it came from") \
	X(MACRO, macros, "a document with macros")                                                 \
	X(WEB_PAGE, web_pages, "a page for a browser, which may ask for a password")               \
	X(NOTEBOOK, notebooks, "a notebook, which may have programs in it")                        \
	X(NESTED, archives, "an archive")

enum group {
#define X(ID, OPTION, ABOUT) GROUP_##ID,
	GROUPS(X)
#undef X
		GROUP_NONE,
	GROUP_COUNT = GROUP_NONE
};

#define SYMBOLS(X)                                                                                 \
	X(ATTACHMENT_DOUBLE_EXTENSION, "a program, script or shortcut that looks like a document") \
	X(ATTACHMENT_NAME_DECEIVES, "a file's name is shown as another")                           \
	X(ATTACHMENT_NAME_LONG, "a file's name is longer than is looked at")                       \
	X(ATTACHMENT_DISGUISED,                                                                    \
	  "a program, script or shortcut that has the name or type of something else")             \
	X(ATTACHMENT_MISMATCH, "a file is something else than its name or type says")              \
	X(ATTACHMENT_EMBEDDED, "a document with another file in it")                               \
	X(ATTACHMENT_ENCRYPTED, "a document that needs a password")                                \
	X(ATTACHMENT_PDF_ENCRYPTED, "a PDF that is encrypted, which need not ask for a password")  \
	X(ATTACHMENT_PDF_LINK, "a PDF with links")                                                 \
	X(ATTACHMENT_ACTION, "a document that runs or fetches something when it is opened")        \
	X(ATTACHMENT_PAGE_FILE, "a page for a browser, with a script that makes a file")           \
	X(ATTACHMENT_PAGE_PACKED, "a page for a browser, which a script unpacks")                  \
	X(ATTACHMENT_PAGE_PASSWORD, "a page for a browser, which asks for a password")             \
	X(ATTACHMENT_PICTURE_SCRIPT, "a picture with a script (SVG)")                              \
	X(ATTACHMENT_UUENCODED, "a file in the text, by uuencode")                                 \
	X(ATTACHMENT_YENC, "a file in the text, by yEnc")                                          \
	X(ATTACHMENT_UNSEEN, "a file that is not looked into to its end, as that takes too long")  \
	X(ATTACHMENT_TNEF, "files in a winmail.dat")                                               \
	X(ATTACHMENT_LIMIT, "more files than are looked at")                                       \
	X(ARCHIVE_ENCRYPTED, "an archive that needs a password")                                   \
	X(ARCHIVE_RARE, "an archive of a kind that is hardly used, and is not looked into")        \
	X(ARCHIVE_BOMB, "an archive that unpacks to very much more")                               \
	X(ARCHIVE_BROKEN, "an archive that cannot be read to its end")                             \
	X(ARCHIVE_LIMIT, "an archive with more in it than is looked at")

enum symbol {
#define X(ID, ABOUT) ID,
	SYMBOLS(X)
#undef X
		IN_MAIL, /* the groups */
	IN_ARCHIVE = IN_MAIL + GROUP_COUNT,
	SYMBOL_COUNT = IN_ARCHIVE + GROUP_COUNT
};

enum {
	TIMES = 3, /* a symbol is reported */
	BOMB_RATIO = 200,
	BOMB_BYTES = 100 << 20,
};

struct attachment_conf {
	struct filter_common common;
	struct conf_list documents;
	struct conf_list groups[GROUP_COUNT];
};

struct judge {
	const struct attachment_conf *conf;
	filter_symbol symbols[SYMBOL_COUNT];
};

struct attachment_state {
	uint8_t reported[SYMBOL_COUNT];
};

#define LIST(NAME, GROUP, FALLBACK, ABOUT)                                                         \
	{                                                                                          \
		.name = (NAME), .type = CONF_LIST,                                                 \
		.offset = offsetof(struct attachment_conf, groups[GROUP_##GROUP]),                 \
		.fallback = (FALLBACK), .about = (ABOUT)                                           \
	}

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(attachment_conf),
	LIST("programs", PROGRAM,
	     "[\"exe\", \"com\", \"scr\", \"pif\", \"cpl\", \"dll\", \"ocx\", \"sys\", \"drv\", \"msi\", \"msp\", \"mst\", \"msix\", \"msixbundle\", "
	     "\"appx\", \"appxbundle\", \"msu\", \"gadget\", \"xll\", \"wll\", \"jar\", \"jnlp\", \"apk\", \"app\", \"dmg\", \"pkg\", \"chm\", \"hlp\", "
	     "\"cab\", \"ade\", \"adp\", \"mda\", \"mde\", \"accda\", \"accde\", "
	     "\"vsto\", \"xbap\", \"pyz\"]",
	     "extensions of programs, and of what installs or brings them"),
	LIST("scripts", SCRIPT,
	     "[\"js\", \"jse\", \"vb\", \"vbe\", \"vbs\", \"wsf\", \"wsh\", \"wsc\", \"sct\", \"hta\", \"bat\", \"cmd\", \"ps1\", \"ps1xml\", "
	     "\"ps2\", \"psc1\", \"psm1\", \"psd1\", \"msh\", \"mshxml\", \"reg\", \"inf\", \"ws\", \"shb\", \"shs\", \"bas\", \"iqy\", \"dqy\", \"oqy\", \"rqy\", "
	     "\"slk\", \"scpt\", \"applescript\", \"command\", \"ahk\", \"au3\", \"a3x\", \"pyw\", \"msc\"]",
	     "extensions of scripts that run when they are opened"),
	LIST("shortcuts", SHORTCUT,
	     "[\"lnk\", \"url\", \"website\", \"webloc\", \"scf\", \"desktop\", \"library-ms\", \"search-ms\", \"searchconnector-ms\", "
	     "\"settingcontent-ms\", \"appref-ms\", \"application\", \"theme\", \"themepack\", \"diagcab\", \"rdp\", \"xnk\", \"pcd\", "
	     "\"appinstaller\", \"osd\", \"printerexport\", \"ins\", \"isp\"]",
	     "extensions of files that run something else when they are opened"),
	LIST("disk_images", DISK_IMAGE,
	     "[\"iso\", \"img\", \"vhd\", \"vhdx\", \"vmdk\", \"udf\", \"cue\", \"mdf\", \"nrg\", \"daa\", \"wim\"]",
	     "extensions of images of disks"),
	LIST("macros", MACRO,
	     "[\"docm\", \"dotm\", \"xlsm\", \"xltm\", \"xlam\", \"pptm\", \"potm\", \"ppam\", \"ppsm\", \"sldm\", \"xla\", \"xlm\", \"ppa\", \"wiz\"]",
	     "extensions of documents with macros"),
	LIST("web_pages", WEB_PAGE,
	     "[\"htm\", \"html\", \"shtml\", \"xhtml\", \"xht\", \"mht\", \"mhtml\", \"svg\", \"svgz\"]",
	     "extensions of what a browser shows and runs"),
	LIST("notebooks", NOTEBOOK, "[\"one\", \"onetoc2\", \"onepkg\"]",
	     "extensions of notebooks, which have files in them"),
	LIST("archives", NESTED,
	     "[\"zip\", \"rar\", \"7z\", \"gz\", \"tgz\", \"tar\", \"bz2\", \"tbz\", \"xz\", \"txz\", \"zst\", \"arj\", \"ace\", \"lzh\", \"lha\", "
	     "\"r00\", \"z\", \"uue\", \"zipx\", \"z01\", \"lz\", \"lzma\", \"tbz2\"]",
	     "extensions of archives, as files in archives"),
	{ .name = "documents",
	  .type = CONF_LIST,
	  .offset = offsetof(struct attachment_conf, documents),
	  .fallback =
		  "[\"pdf\", \"doc\", \"docx\", \"xls\", \"xlsx\", \"ppt\", \"pptx\", \"rtf\", \"odt\", \"ods\", \"txt\", \"csv\", \"htm\", "
		  "\"html\", \"jpg\", \"jpeg\", \"png\", \"gif\", \"bmp\", \"tif\", \"tiff\", \"mp3\", \"mp4\", \"avi\", \"wav\", \"zip\", \"eml\", "
		  "\"msg\"]",
	  .about = "extensions that people take for harmless, in front of another" },
};

const struct conf_block block_attachment = {
	.name = "attachment",
	.about = "files that come with a message, and those in archives",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct attachment_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	static const struct {
		struct str name;
		const char *about;
	} symbols[SYMBOL_COUNT] = {
#define X(ID, ABOUT) [ID] = { .name = STR_INIT(#ID), .about = (ABOUT) },
		SYMBOLS(X)
#undef X
#define X(ID, OPTION, ABOUT)                                                                       \
	[IN_MAIL + GROUP_##ID] = { .name = STR_INIT("ATTACHMENT_" #ID), .about = ABOUT },          \
		   [IN_ARCHIVE + GROUP_##ID] = { .name = STR_INIT("ARCHIVE_" #ID),                 \
						 .about = ABOUT " in an archive" },
			GROUPS(X)
#undef X
	};
	struct judge *j = arena_new(filter_setup_arena(s), struct judge);

	if (!j)
		return NULL;
	j->conf = section->values;
	for (size_t i = 0; i < SYMBOL_COUNT; i++)
		j->symbols[i] = filter_define(s, symbols[i].name, PHASE_ALIGN, symbols[i].about);
	return j;
}

/* ---- one file ---- */

/* What is judged: a file of the message, or one in such a file. */
struct subject {
	struct filter_run *run;
	struct attachment_state *state;
	const struct judge *judge;
	const struct attachment *file;
	const struct listing *listing; /* of what is in it, or in a file in it */
	struct str name;               /* of the file */
	struct str entry;              /* of one in it; empty: the file itself */
};

/* more: behind the name. */
static void report_more(const struct subject *s, unsigned symbol, const char *more)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	if (s->state->reported[symbol]++ >= TIMES) {
		s->state->reported[symbol] = TIMES;
		return;
	}
	out_str(&o, str_head(s->name, LIMIT_FINDING_DETAIL / 3));
	if (s->entry.n)
		out_printf(&o, ": " STR_FMT, STR_ARG(str_head(s->entry, LIMIT_FINDING_DETAIL / 3)));
	out_str(&o, str_z(more));
	filter_report(s->run, s->judge->symbols[symbol], out_text(&o));
}

static void report(const struct subject *s, unsigned symbol)
{
	report_more(s, symbol, "");
}

static bool is_listed(const struct conf_list *list, struct str extension)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_ieq(list->items[i].text, extension))
			return true;
	return false;
}

static enum group group_of(const struct attachment_conf *conf, struct str extension)
{
	unsigned i = 0;

	while (i < GROUP_COUNT && !is_listed(&conf->groups[i], extension))
		i++;
	return (enum group)i;
}

/* It runs when it is opened. */
static bool runs(enum group group)
{
	return group == GROUP_PROGRAM || group == GROUP_SCRIPT || group == GROUP_SHORTCUT;
}

/* It is called like a document, and something else behind that. */
static bool has_two_ends(const struct subject *s, struct str name)
{
	return is_listed(&s->judge->conf->documents, name_extension(name_stem(name)));
}

/* How the name of a file of that group looks. */
static void judge_looks(const struct subject *s, struct str name, enum group group)
{
	if (name_deceives(name))
		report(s, ATTACHMENT_NAME_DECEIVES);
	if (runs(group) && has_two_ends(s, name))
		report(s, ATTACHMENT_DOUBLE_EXTENSION);
}

static enum group group_of_kind(enum kind kind)
{
	if (kind == KIND_ONENOTE)
		return GROUP_NOTEBOOK;
	switch (kind_class(kind)) {
	case CLASS_PROGRAM:
		return GROUP_PROGRAM;
	case CLASS_SCRIPT:
		return GROUP_SCRIPT;
	case CLASS_SHORTCUT:
		return GROUP_SHORTCUT;
	case CLASS_DISK_IMAGE:
		return GROUP_DISK_IMAGE;
	case CLASS_OTHER:
	case CLASS_TEXT:
	case CLASS_DOCUMENT:
	case CLASS_PICTURE:
	case CLASS_MEDIA:
	case CLASS_ARCHIVE:
		break;
	}
	return GROUP_NONE;
}

/* Its end is a word that other things end in as well: "Report of www.example.com", "Job.application". */
static bool is_word_of_others(const struct subject *s, struct str name)
{
	const struct str extension = name_extension(name), stem = name_stem(name);
	const bool host = str_ieq(extension, STR("com"));
	const bool called = host && (str_istarts(stem, STR("www.")) || name_extension(stem).n);

	if (!host && !str_ieq(extension, STR("application")))
		return false;
	if (s->entry.n || called)
		return called;
	return s->file->kind != KIND_UNKNOWN && group_of_kind(s->file->kind) == GROUP_NONE;
}

/* What is in no archive is given one by its type where it has none. */
static struct str extension_of(const struct subject *s)
{
	const struct str extension = name_extension(s->entry.n ? s->entry : s->name);

	return s->entry.n || extension.n ? extension : expect_extension(s->file->type);
}

/* in: IN_MAIL or IN_ARCHIVE. */
static enum group judge_name(const struct subject *s, unsigned in)
{
	const struct str name = s->entry.n ? s->entry : s->name;
	enum group group = group_of(s->judge->conf, extension_of(s));

	if (!has_two_ends(s, name) && is_word_of_others(s, name))
		group = GROUP_NONE;
	if (group == GROUP_WEB_PAGE && s->entry.n && expect_document(s->name))
		group = GROUP_NONE;
	judge_looks(s, name, group);
	if (group != GROUP_NONE && (group != GROUP_NESTED || in == IN_ARCHIVE))
		report(s, in + group);
	return group;
}

/* A script runs by its name, whatever is in it: without one it may still be given one. */
static bool is_nameless(const struct attachment *a)
{
	return name_extension(a->name).n == 0 && !attachment_is_text(a);
}

/* It is none of what one of its names, or its type, is for. */
static void judge_kind_named(struct subject s, enum group group)
{
	const struct attachment *a = s.file;
	char bytes[80];
	struct out o = OUT(bytes);

	if (!expect_other(a->name, a->type, a->kind)) {
		if (a->alias.n == 0 || !expect_other(a->alias, a->type, a->kind))
			return;
		s.name = a->alias;
	}
	out_printf(&o, " is %s%c", kind_type(a->kind), '\0');
	report_more(&s, runs(group) ? ATTACHMENT_DISGUISED : ATTACHMENT_MISMATCH, bytes);
}

/* By its first bytes; named: what its name makes it. */
static void judge_kind(const struct subject *s, enum group named)
{
	const struct attachment *a = s->file;
	const enum group group = group_of_kind(a->kind);
	const bool other = expect_other(a->name, a->type, a->kind);

	if (group != GROUP_NONE && group != named && !(runs(group) && runs(named)) &&
	    (group != GROUP_SCRIPT || other || is_nameless(a)))
		report(s, IN_MAIL + group);
	if (a->image && group != GROUP_DISK_IMAGE && named != GROUP_DISK_IMAGE)
		report(s, IN_MAIL + GROUP_DISK_IMAGE);
	if (!runs(named))
		judge_kind_named(*s, group);
}

/* ---- what is in it ---- */

/* It is shown as a picture, and is a page. */
static bool is_picture(const struct attachment *a)
{
	return str_starts(a->type, STR("image/svg")) ||
	       str_ieq(name_extension(a->name), STR("svg")) ||
	       str_ieq(name_extension(a->alias), STR("svg"));
}

/* named: what its name has made it already. */
static void judge_flags(const struct subject *s, enum group named)
{
	const struct listing *l = s->listing;
	const bool archive = kind_class(l->kind) == CLASS_ARCHIVE;
	const struct {
		unsigned flags, symbol;
		bool here;
	} rows[] = {
		{ LISTING_LIMIT, ARCHIVE_LIMIT, true },
		{ LISTING_UNSEEN, ATTACHMENT_UNSEEN, true },
		{ LISTING_BROKEN, ARCHIVE_BROKEN, archive },
		{ LISTING_ENCRYPTED | LISTING_NAMES_ENCRYPTED, ARCHIVE_ENCRYPTED, archive },
		{ LISTING_ENCRYPTED, ATTACHMENT_ENCRYPTED, !archive },
		{ LISTING_MACROS, IN_MAIL + GROUP_MACRO, named != GROUP_MACRO },
		{ LISTING_PROGRAM, IN_MAIL + GROUP_PROGRAM, named != GROUP_PROGRAM },
		{ LISTING_EMBEDDED, ATTACHMENT_EMBEDDED, true },
		{ LISTING_LOCKED, ATTACHMENT_PDF_ENCRYPTED, true },
		{ LISTING_LINKS, ATTACHMENT_PDF_LINK, true },
		{ LISTING_ACTS, ATTACHMENT_ACTION, true },
		{ LISTING_BUILDS, ATTACHMENT_PAGE_FILE, true },
		{ LISTING_UNPACKS, ATTACHMENT_PAGE_PACKED, true },
		{ LISTING_ASKS, ATTACHMENT_PAGE_PASSWORD, true },
		{ LISTING_SCRIPT, ATTACHMENT_PICTURE_SCRIPT, is_picture(s->file) },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (l->flags & rows[i].flags && rows[i].here)
			report(s, rows[i].symbol);
	if (l->unpacked > BOMB_BYTES && l->unpacked / BOMB_RATIO > s->file->size)
		report(s, ARCHIVE_BOMB);
}

/* A gzip's file is the archive in another form, a winmail.dat's are the message's. */
static void judge_entries(struct subject s)
{
	const enum kind kind = s.listing->kind;
	const unsigned in = kind == KIND_TNEF || kind == KIND_GZIP ? IN_MAIL : IN_ARCHIVE;

	for (const struct listing_entry *e = s.listing->first; e; e = e->next) {
		s.entry = e->name;
		judge_name(&s, in);
	}
}

/* What is packed alone is called as its archive by some programs, whatever name it says in there. */
static void judge_alone(struct subject s)
{
	const enum kind kind = s.file->kind;
	const struct listing_entry *said = s.file->listing ? s.file->listing->first : NULL;

	s.entry = name_stem(s.name);
	if ((kind == KIND_BZIP2 || kind == KIND_XZ || kind == KIND_ZSTD || kind == KIND_GZIP) &&
	    name_extension(s.entry).n && !(said && str_eq(said->name, s.entry)))
		judge_name(&s, IN_MAIL);
}

static void judge_source(const struct subject *s)
{
	const struct attachment *a = s->file;

	if (a->source == SOURCE_UUENCODE)
		report(s, ATTACHMENT_UUENCODED);
	if (a->source == SOURCE_YENC)
		report(s, ATTACHMENT_YENC);
	if (a->kind == KIND_TNEF)
		report(s, ATTACHMENT_TNEF);
	if (a->kind == KIND_ARJ || a->kind == KIND_ACE || a->kind == KIND_LZH)
		report(s, ARCHIVE_RARE);
	if (a->long_name)
		report(s, ATTACHMENT_NAME_LONG);
}

/* named: by the names so far. */
static enum group judge_other(struct subject s, struct str name, enum group named)
{
	enum group other;

	s.name = name;
	if (name.n == 0)
		return named;
	other = group_of(s.judge->conf, extension_of(&s));
	if (other == named) {
		judge_looks(&s, name, other);
		return named;
	}
	other = judge_name(&s, IN_MAIL);
	return runs(named) ? named : other;
}

/* Programs that show mail differ in which of a file's names they take. */
static enum group judge_names(struct subject s)
{
	enum group named = judge_name(&s, IN_MAIL);

	named = judge_other(s, s.file->alias, named);
	for (const struct attachment_name *n = s.file->others; n; n = n->next)
		named = judge_other(s, n->text, named);
	return named;
}

static void judge_file(const struct subject *s)
{
	enum group named = judge_names(*s);
	struct subject inner = *s;

	judge_source(s);
	judge_kind(s, named);
	judge_alone(*s);
	for (inner.listing = s->file->listing; inner.listing;
	     inner.listing = inner.listing->inside) {
		judge_flags(&inner, named);
		judge_entries(inner);
		named = GROUP_NONE;
	}
}

static enum filter_step on_align(struct filter_run *run, const struct filter_facts *facts,
				 void *state)
{
	const struct attachments *all = facts->attachments;
	struct subject s = { .run = run, .state = state, .judge = filter_conf(run) };

	if (!all)
		return FILTER_DONE;
	for (s.file = all->first; s.file; s.file = s.file->next) {
		s.name = s.file->name;
		judge_file(&s);
	}
	if (all->cut)
		filter_report(run, s.judge->symbols[ATTACHMENT_LIMIT], (struct str){ 0 });
	return FILTER_DONE;
}

const struct filter filter_attachment = {
	.name = "attachment",
	.about = "files that come with a message, and those in archives",
	.block = &block_attachment,
	.state_size = sizeof(struct attachment_state),
	.setup = setup,
	.on = { [PHASE_ALIGN] = on_align },
};
