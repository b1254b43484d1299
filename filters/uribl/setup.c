/* setup.c - the options of a block list of names, and what they make of it. */
#include "base/check.h"
#include "filters/uribl/uribl.h"
#include "mail/domain.h"

enum { ASKED_MAX = 127 }; /* bytes of a name in front of the zone */

static const char *const name_words[] = { "domain", "host", NULL };
enum { NAME_DOMAIN, NAME_HOST };

static const struct conf_option options[] = {
	FILTER_COMMON_OPTIONS(uribl_conf),
	{ .name = "symbol",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct uribl_conf, symbol),
	  .optional = true,
	  .example = "DBL",
	  .about =
		  "reported for every listing, with _SENDER, _FROM, _HELO, _RDNS or _DKIM behind it for who has sent the "
		  "message; left out: made of the zone's name" },
	{ .name = "codes",
	  .type = CONF_LIST,
	  .offset = offsetof(struct uribl_conf, codes),
	  .optional = true,
	  .example = "[\"127.0.1.2 DBL_SPAM\", \"&64 SURBL_ABUSE\"]",
	  .about =
		  "a symbol more for an answer, a range, a network or bits of the last number, with the same behind it" },
	{ .name = "uris",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, uris),
	  .fallback = "yes",
	  .about = "asked about the hosts of addresses in the message" },
	{ .name = "mail_addresses",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, mail_addresses),
	  .fallback = "no",
	  .about = "and about those of mail addresses in it" },
	{ .name = "ips",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, ips),
	  .fallback = "no",
	  .about =
		  "and about addresses that have a number instead of a name, reversed; many lists forbid that" },
	{ .name = "sender",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, sender),
	  .fallback = "no",
	  .about = "asked about the domain of the envelope's sender" },
	{ .name = "from",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, from),
	  .fallback = "no",
	  .about = "asked about the domain of From" },
	{ .name = "helo",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, helo),
	  .fallback = "no",
	  .about = "asked about the name in the client's greeting" },
	{ .name = "rdns",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, rdns),
	  .fallback = "no",
	  .about = "asked about the reverse name of the client, confirmed or not" },
	{ .name = "dkim",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, dkim),
	  .fallback = "no",
	  .about = "asked about the domains of DKIM signatures that pass" },
	{ .name = "name",
	  .type = CONF_CHOICE,
	  .offset = offsetof(struct uribl_conf, name),
	  .fallback = "domain",
	  .choices = name_words,
	  .about = "what is asked: the domain that somebody has registered, or the whole host" },
	{ .name = "skip",
	  .type = CONF_LIST,
	  .offset = offsetof(struct uribl_conf, skip),
	  .optional = true,
	  .example = "[\"example.com\", \"w3.org\"]",
	  .about = "domains that it is never asked about, nor what is below them" },
	{ .name = "most",
	  .type = CONF_INT,
	  .offset = offsetof(struct uribl_conf, most),
	  .fallback = "20",
	  .min = 1,
	  .max = LIMIT_URIBL_NAMES,
	  .about = "names of a message's addresses that it is asked about; links first" },
	{ .name = "txt",
	  .type = CONF_BOOL,
	  .offset = offsetof(struct uribl_conf, txt),
	  .fallback = "no",
	  .about = "fetch the list's text about a listed name" },
	{ .name = "test",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct uribl_conf, test),
	  .optional = true,
	  .example = "test",
	  .about = "a name that the list has: without it in its answers it is switched off" },
};

const struct conf_block block_uribl = {
	.name = "uribl",
	.about =
		"a DNS block list of names: of the addresses in a message, and of who has sent it; the title is its zone",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct uribl_conf),
	.title = CONF_TITLED,
	.repeated = true,
	.sample =
		"#uribl \"dbl.spamhaus.org\" {\n"
		"\t#symbol = DBL\n"
		"\t#codes = [\"127.0.1.2 DBL_SPAM\", \"127.0.1.4-6 DBL_CRIME\", \"127.0.1.102-106 DBL_ABUSED\"]\n"
		"\t#name = host\n"
		"\t#sender = yes\n"
		"#}\n"
		"#uribl \"multi.surbl.org\" {\n"
		"\t#symbol = SURBL\n"
		"\t#codes = [\"&8 SURBL_PHISH\", \"&16 SURBL_MALWARE\", \"&64 SURBL_ABUSE\"]\n"
		"\t#ips = yes\n"
		"#}\n",
};

/* ---- setup ---- */

static const struct {
	struct str suffix;
	enum filter_phase phase;
	size_t option;
	const char *about;
} sources[] = {
#define X(ID, OPTION, SUFFIX, ABOUT)                                                               \
	[NAME_##ID] = { .suffix = STR_INIT(SUFFIX),                                                \
			.phase = NAME_##ID == NAME_DKIM                            ? PHASE_ALIGN   \
				 : NAME_##ID == NAME_URI || NAME_##ID == NAME_FROM ? PHASE_END     \
										   : PHASE_MAIL,   \
			.option = offsetof(struct uribl_conf, OPTION),                             \
			.about = ABOUT " is on a block list" },
	NAME_SOURCES(X)
#undef X
};

static unsigned sources_of(const struct conf_section *section)
{
	unsigned set = 0;

	for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++)
		if (*(const bool *)((const char *)section->values + sources[i].option))
			set |= 1u << i;
	return set;
}

unsigned uribl_phases(const struct conf_section *section)
{
	const unsigned asked = sources_of(section);
	unsigned set = 0;

	for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++)
		if (asked & 1u << i)
			set |= 1u << sources[i].phase;
	return set;
}

static void define(struct filter_setup *s, struct uribl *c)
{
	for (unsigned i = 0; i < NAME_SOURCE_COUNT; i++) {
		const struct list_names names = {
			.symbol = &c->conf->symbol,
			.codes = &c->conf->codes,
			.prefix = STR("URIBL"),
			.zone = c->zone,
			.suffix = sources[i].suffix,
			.about = sources[i].about,
		};

		if (c->sources & 1u << i)
			list_define(s, &names, sources[i].phase, &c->symbols[i]);
	}
	if (c->sources & 1u << NAME_URI)
		c->limit = filter_define(s, STR("URIBL_LIMIT"), PHASE_END,
					 "more names than a block list is asked about");
}

static void read_skip(struct filter_setup *s, const struct conf_list *list, struct name_skips *skip)
{
	skip->items = arena_alloc(filter_setup_arena(s), (list->count + 1) * sizeof(*skip->items));
	for (size_t i = 0; i < list->count && skip->items; i++)
		skip->items[skip->count++] = list->items[i].text;
	names_sort_skips(skip);
}

static void check_names(struct filter_setup *s, const struct conf_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct conf_text *item = &list->items[i];
		const struct str ascii = domain_ascii(filter_setup_arena(s), item->text);

		if (!str_eq(ascii, item->text))
			conf_error(filter_setup_report(s), &item->at,
				   "\"" STR_FMT "\" is not a domain in lower case, of A-labels",
				   STR_ARG(item->text));
	}
}

void *uribl_setup(struct filter_setup *s, const struct conf_section *section)
{
	struct uribl *c = arena_new(filter_setup_arena(s), struct uribl);
	const struct suffixes *suffixes = filter_setup_suffixes(s, &section->at);

	if (!c || !suffixes)
		return NULL;
	c->conf = section->values;
	c->zone = list_zone(s, &section->title, ASKED_MAX);
	c->sources = sources_of(section);
	c->style = (struct name_style){
		.suffixes = suffixes,
		.whole = c->conf->name == NAME_HOST,
		.ips = c->conf->ips,
		.mail = c->conf->mail_addresses,
		.skip = &c->skip,
		.most = (unsigned)c->conf->most,
	};
	if (c->sources == 0)
		conf_error(filter_setup_report(s), &section->at, "this list is never asked");
	check_names(s, &c->conf->skip);
	read_skip(s, &c->conf->skip, &c->skip);
	define(s, c);
	return c;
}
