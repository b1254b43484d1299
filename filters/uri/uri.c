/* uri.c - the filter: the URIs of a message (filters/uri/uris.h), and what is strange about them.
 *
 * What is found here needs no list: addresses that hide whom they lead to, and links that say they lead elsewhere. */
#include "base/check.h"
#include "conf/pattern.h"
#include "filters/content/attachments.h"
#include "filters/content/words.h"
#include "filters/filter.h"
#include "filters/spent.h"
#include "filters/uri/gather.h"
#include "filters/uri/script.h"
#include "mail/header.h"
#include "mail/mailbox.h"

#define FINDINGS(X)                                                                                \
	X(LIMIT, "more of addresses than is looked at")                                            \
	X(IP, "an address leads to a host by its number")                                          \
	X(ODD_IP, "and the number is written so that it does not look like one")                   \
	X(USER, "a web address has something with @ in front of its host")                         \
	X(ESCAPED_HOST, "the host of an address is written with %")                                \
	X(IDN, "the host of an address has letters past ASCII")                                    \
	X(MIXED_SCRIPTS, "a label of it is of scripts that no language writes together")           \
	X(LOOKALIKE, "a label of it looks like ASCII, and is not")                                 \
	X(SPOILT, "an address is written so that no program follows it, as hxxp")                  \
	X(WITHIN, "an address has one of another domain within it")                                \
	X(WITHIN_TWICE, "and that has another one within it")                                      \
	X(LINK_DIFFERS, "a link says that it leads to another domain")                             \
	X(FORM, "a form in the message is sent somewhere")

enum finding {
#define X(ID, ABOUT) FINDING_##ID,
	FINDINGS(X)
#undef X
		FINDING_COUNT
};

/* Of a message's time, what redirects may take: a part of what is left, and one of all of it in any case. */
enum { PART = 2, LEAST = 16 };

struct uri_conf {
	struct filter_common common;
};

struct finder {
	const struct suffixes *suffixes;
	struct charsets *charsets;
	struct redirects *redirects; /* NULL: there are none */
	int64_t time_ns;             /* of CPU, for a message */
	filter_symbol symbols[FINDING_COUNT];
};

struct uri_state {
	struct uris *uris;
};

static const struct conf_option options[] = { FILTER_COMMON_OPTIONS(uri_conf) };

const struct conf_block block_uri = {
	.name = "uri",
	.about = "the addresses (URIs) in a message, and whom they lead to",
	.options = options,
	.option_count = COUNTOF(options),
	.size = sizeof(struct uri_conf),
	.always = true,
};

static void *setup(struct filter_setup *s, const struct conf_section *section)
{
	struct finder *f = arena_new(filter_setup_arena(s), struct finder);

	if (!f)
		return NULL;
	f->suffixes = filter_setup_suffixes(s, &section->at);
	if (!f->suffixes)
		return NULL;
	f->time_ns = filter_setup_time_ns(s);
	f->charsets = charsets_new();
	if (!filter_setup_own(s, f->charsets, charsets_free))
		return NULL;
#define X(ID, ABOUT) f->symbols[FINDING_##ID] = filter_define(s, STR("URI_" #ID), PHASE_END, ABOUT);
	FINDINGS(X)
#undef X
	return f;
}

static void patterns(struct filter_setup *s, void *conf, const struct patterns *patterns)
{
	struct finder *f = conf;

	f->redirects = redirects_new(patterns->settings, filter_setup_report(s));
	if (f->redirects && !filter_setup_own(s, f->redirects, redirects_free))
		f->redirects = NULL;
}

/* ---- findings ---- */

/* Each is told of the first that has it. */
struct judge {
	struct filter_run *run;
	const struct uris *uris;
	uint32_t told; /* by enum finding, as bits */
};

static void tell(struct judge *j, enum finding finding, struct str detail)
{
	const struct finder *f = filter_conf(j->run);

	if (!(j->told & 1u << finding))
		filter_report(j->run, f->symbols[finding], detail);
	j->told |= 1u << finding;
}

static void tell_pair(struct judge *j, enum finding finding, struct str what, struct str other)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out o = OUT(bytes);

	out_str(&o, str_head(what, LIMIT_FINDING_DETAIL / 2));
	out_char(&o, ' ');
	out_str(&o, str_head(other, o.cap - o.n));
	tell(j, finding, out_text(&o));
}

static void judge_traits(struct judge *j, const struct uri *uri)
{
	static const struct {
		enum uri_trait trait;
		enum finding finding;
	} rows[] = {
		{ URI_ODD_IP, FINDING_ODD_IP },
		{ URI_USER, FINDING_USER },
		{ URI_ESCAPED, FINDING_ESCAPED_HOST },
	};
	const struct str text = uris_text(j->uris, uri->text);

	if ((uri->traits & URI_IP) && !(uri->traits & URI_MAIL) && uri->site &&
	    !ip_is_private(&j->uris->sites[uri->site - 1].ip))
		tell(j, FINDING_IP, text);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if ((uri->traits & rows[i].trait) && !(uri->traits & URI_MAIL))
			tell(j, rows[i].finding, text);
	if (uri->traits & URI_SPOILT)
		tell(j, FINDING_SPOILT, text);
	if (uri->origins & URI_IN_FORM)
		tell(j, FINDING_FORM, text);
	if (uri->nested)
		tell(j, FINDING_WITHIN, text);
	if (uri->nested > 1)
		tell(j, FINDING_WITHIN_TWICE, text);
	if (uri->promised)
		tell_pair(j, FINDING_LINK_DIFFERS, uris_text(j->uris, uri->promised), text);
}

static void judge_name(struct judge *j, struct str name)
{
	char bytes[LIMIT_DNS_NAME];
	struct out reads = OUT(bytes);
	const enum script_look look = script_look(name, &reads);

	if (look != SCRIPT_ASCII)
		tell(j, FINDING_IDN, name);
	switch (look) {
	case SCRIPT_ASCII:
	case SCRIPT_ONE:
		break;
	case SCRIPT_MIXED:
		tell(j, FINDING_MIXED_SCRIPTS, name);
		break;
	case SCRIPT_LOOKALIKE:
		tell_pair(j, FINDING_LOOKALIKE, name, out_text(&reads));
		break;
	}
}

static void judge(struct filter_run *run, const struct uris *uris)
{
	struct judge j = { .run = run, .uris = uris };

	for (uint32_t i = 0; i < uris->count; i++)
		judge_traits(&j, &uris->items[i]);
	for (uint32_t i = 0; i < uris->site_count; i++)
		judge_name(&j, uris_text(uris, uris->sites[i].text));
	if (uris->cut || uris->unread || uris->shortened)
		tell(&j, FINDING_LIMIT, (struct str){ 0 });
}

/* ---- the message ---- */

enum { NAMES = 256 }; /* of a field that are looked at */

/* What stands beside the addresses, as their reader sees it. */
static void gather_names(struct gather *g, struct str value, struct charsets *charsets)
{
	struct mailboxes boxes = { .rest = value };
	struct mailbox box;

	for (unsigned i = 0; i < NAMES && !g->uris->cut && mailbox_next(&boxes, &box); i++) {
		char raw[LIMIT_SUBJECT], bytes[LIMIT_SUBJECT];
		struct out name = OUT(raw), seen = OUT(bytes);

		mailbox_put_name(&box, &name);
		words_put(out_text(&name), charsets, &seen);
		gather_line(g, out_text(&seen), URI_IN_NAME);
	}
}

static void gather_header(struct gather *g, struct str header, struct charsets *charsets)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (str_ieq(field.name, STR("From")) || str_ieq(field.name, STR("Reply-To")))
			gather_names(g, field.value, charsets);
}

static enum filter_step on_end(struct filter_run *run, const struct filter_facts *facts,
			       void *state)
{
	const struct finder *f = filter_conf(run);
	struct uri_state *s = state;
	struct gather g = { .uris = facts->uris,
			    .suffixes = f->suffixes,
			    .redirects = f->redirects };

	if (f->redirects)
		redirects_allow(f->redirects, filter_share_ns(run, f->time_ns, PART, LEAST));
	s->uris = facts->uris;
	gather_text(&g, facts->text);
	gather_header(&g, facts->header, f->charsets);
	for (const struct attachment *a = facts->attachments->first; a; a = a->next)
		gather_line(&g, a->name, URI_IN_FILE);
	judge(run, s->uris);
	if (f->redirects && redirects_is_over(f->redirects))
		filter_unavailable(run, STR("no time is left for all redirects"));
	return FILTER_DONE;
}

static void end(void *state)
{
	struct uri_state *s = state;

	if (s->uris)
		uris_free(s->uris);
}

const struct filter filter_uri = {
	.name = "uri",
	.about = "the addresses in a message",
	.block = &block_uri,
	.state_size = sizeof(struct uri_state),
	.setup = setup,
	.patterns = patterns,
	.on = { [PHASE_END] = on_end },
	.end = end,
};
