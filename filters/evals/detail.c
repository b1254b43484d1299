/* detail.c - `uri_detail` rules: an address in the message of which all conditions are true. */
#include "filters/evals/detail.h"

#include "base/check.h"
#include "filters/content/element.h"
#include "filters/evals/eval.h"
#include "filters/uri/forms.h"
#include "filters/uri/host.h"
#include "filters/uri/parts.h"
#include "filters/uri/uris.h"

static const struct str keys[] = {
#define X(ID, KEY) [DETAIL_##ID] = STR_INIT(KEY),
	DETAILS(X)
#undef X
};

/* Of what is in no element that has a name of its own, and of what is within another address. */
static const struct {
	uint16_t origin; /* enum uri_origin */
	struct str type;
} kinds[] = {
	[TEXT_LINK] = { URI_IN_LINK, STR_INIT("a") },
	[TEXT_IMAGE] = { URI_IN_IMAGE, STR_INIT("img") },
	[TEXT_FORM] = { URI_IN_FORM, STR_INIT("form") },
	[TEXT_BASE] = { URI_IN_BASE, STR_INIT("base") },
};

/* ---- setup ---- */

bool detail_read(struct filter_setup *s, struct str text, struct detail *detail,
		 struct regex_error *error)
{
	struct str key, regex, flags;
	size_t n = 0;

	*error = (struct regex_error){ .at = 0 };
	text = str_trim(text);
	while (n < text.n && ascii_alpha(text.p[n]))
		n++;
	key = str_head(text, n);
	text = str_trim(str_from(text, n));
	detail->key = DETAIL_RAW;
	while (detail->key < DETAIL_COUNT && !str_eq(keys[detail->key], key))
		detail->key++;
	detail->differs = str_starts(text, STR("!~"));
	if (detail->key == DETAIL_COUNT || (!detail->differs && !str_starts(text, STR("=~"))) ||
	    !regex_cut(str_trim(str_from(text, 2)), &regex, &flags))
		return false;
	detail->regex = regex_compile(regex, flags, error);
	return detail->regex && filter_setup_own(s, detail->regex, regex_free);
}

/* ---- an address ---- */

/* One condition, and whether a value has been found of which it is true. */
struct trial {
	struct eval_mail *m;
	const struct detail *detail;
	bool holds;
};

static void try(void *ctx, struct str value)
{
	struct trial *t = ctx;

	t->holds =
		t->holds || eval_matches_regex(t->m, t->detail->regex, value) != t->detail->differs;
}

/* What is kept of hosts past ASCII while its forms are made may move the message's texts. */
static struct str copy_of(struct str uri, char bytes[LIMIT_URI])
{
	uri = str_head(uri, LIMIT_URI);
	if (uri.n)
		memcpy(bytes, uri.p, uri.n);
	return (struct str){ .p = bytes, .n = uri.n };
}

static void try_forms(struct trial *t, struct str uri)
{
	struct uri_forms f = {
		.suffixes = eval_suffixes(t->m), .uris = t->m->facts->uris, .put = try, .ctx = t
	};
	char inner[2][LIMIT_URI];

	uri = copy_of(uri, inner[1]);
	for (unsigned i = 0; i <= LIMIT_URI_NESTED && uri.n && !t->holds; i++) {
		try(t, uri);
		f.inner = inner[i % 2];
		uri_forms(&f, uri);
		uri = (struct str){ .p = f.inner, .n = f.inner_n };
	}
}

/* An address in numbers is its own domain; what has none is no host either. */
static void try_host(struct trial *t, struct str name, struct str domain, const struct ip *ip)
{
	if (ip->family == IP_V4)
		domain = name;
	if (domain.n)
		try(t, t->detail->key == DETAIL_HOST ? name : domain);
}

static void try_host_of(void *ctx, struct str form)
{
	struct trial *t = ctx;
	struct uri_place place;
	struct uri_host host;

	if (uri_place(form, &place) &&
	    uri_host_read(place.host, eval_suffixes(t->m), t->m->facts->uris, &host))
		try_host(t, host.name, host.domain, &host.ip);
}

/* What leads nowhere as it is written, "www.example.com/a" in a link, may in one of its forms. */
static void try_site(struct trial *t, const struct uris *uris, const struct uri *uri)
{
	char bytes[LIMIT_URI];
	struct uri_forms f = { .suffixes = eval_suffixes(t->m),
			       .uris = t->m->facts->uris,
			       .put = try_host_of,
			       .ctx = t };

	if (uri->site) {
		const struct uri_site *site = &uris->sites[uri->site - 1];

		try_host(t, uris_text(uris, site->text), uri_site_domain(uris, site), &site->ip);
	} else if (!(uri->traits & URI_MAIL)) {
		uri_forms(&f, copy_of(uris_text(uris, uri->text), bytes));
	}
}

/* As SpamAssassin has it where there is an image and nothing else. */
static struct str link_text(const struct text *text, const struct text_link *link)
{
	if (link->to > link->from)
		return (struct str){ .p = text->bytes + link->from, .n = link->to - link->from };
	return link->has_image ? STR("<img>\n") : STR("");
}

/* Of all links that lead there: a logo does, and a text behind it. */
static void try_texts(struct trial *t, const struct uris *uris, const struct uri *uri)
{
	const struct text *text = t->m->facts->text;

	for (uint16_t i = uri->link; i && !t->holds; i = uris->next_links[i - 1]) {
		const struct text_link *link = &text->links[i - 1];

		if (link->has_text)
			try(t, link_text(text, link));
	}
}

/* The elements that it is in, each once. */
static void try_tags(struct trial *t, const struct uris *uris, const struct uri *uri)
{
	bool tried[TAG_COUNT + COUNTOF(kinds)] = { false };

	for (uint16_t i = uri->link; i && !t->holds; i = uris->next_links[i - 1]) {
		const struct text_link *link = &t->m->facts->text->links[i - 1];
		const bool named = link->tag < TAG_COUNT;
		bool *const is_tried = &tried[named ? link->tag : TAG_COUNT + link->kind];

		if (!*is_tried)
			try(t, named ? html_tag_name(link->tag) : kinds[link->kind].type);
		*is_tried = true;
	}
}

static void try_types(struct trial *t, const struct uris *uris, const struct uri *uri)
{
	try_tags(t, uris, uri);
	for (size_t i = 0; i < COUNTOF(kinds); i++)
		if (!uri->link && (uri->origins & kinds[i].origin))
			try(t, kinds[i].type);
	if (!(uri->origins & (URI_IN_TEXT | URI_IN_SUBJECT)))
		return;
	try(t, STR("parsed"));
	if (uri->traits & URI_BARE)
		try(t, STR("unlinked"));
}

static bool holds(struct eval_mail *m, const struct detail *detail, const struct uri *uri)
{
	const struct uris *uris = m->facts->uris;
	struct trial t = { .m = m, .detail = detail };

	switch (detail->key) {
	case DETAIL_RAW:
		try(&t, uris_text(uris, uri->text));
		break;
	case DETAIL_TYPE:
		try_types(&t, uris, uri);
		break;
	case DETAIL_DOMAIN:
	case DETAIL_HOST:
		try_site(&t, uris, uri);
		break;
	case DETAIL_TEXT:
		try_texts(&t, uris, uri);
		break;
	case DETAIL_CLEANED:
		try_forms(&t, uris_text(uris, uri->text));
		break;
	case DETAIL_COUNT:
		break;
	}
	return t.holds;
}

/* As SpamAssassin sees it: not what no program makes a link of, nor what is only in names. */
static bool is_seen(const struct uri *uri)
{
	uint16_t origins = URI_IN_TEXT | URI_IN_SUBJECT;

	for (size_t i = 0; i < COUNTOF(kinds); i++)
		origins |= kinds[i].origin;
	return (uri->origins & origins) && !(uri->traits & URI_GUESS);
}

bool eval_uri_detail(struct eval_mail *m, const struct eval_args *args)
{
	const struct uris *uris = m->facts->uris;

	for (uint32_t i = 0; uris && i < uris->count; i++) {
		bool all = is_seen(&uris->items[i]);

		for (unsigned key = 0; all && key < DETAIL_COUNT; key++)
			for (unsigned k = 0; all && k < args->count; k++)
				if (args->details[k].key == key)
					all = holds(m, &args->details[k], &uris->items[i]);
		if (all)
			return true;
	}
	return false;
}
