#include "filters/uri/host.h"

#include "base/hex.h"
#include "mail/domain.h"

static bool read_number(struct str s, uint64_t *n)
{
	unsigned base = 10;

	if (s.n > 1 && s.p[0] == '0') {
		base = ascii_lower(s.p[1]) == 'x' ? 16 : 8;
		s = str_from(s, base == 16 ? 2 : 1);
	} else if (s.n == 0) {
		return false;
	}
	*n = 0;
	for (size_t i = 0; i < s.n; i++) {
		const int digit = hex_digit(s.p[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		if (*n <= UINT32_MAX) /* so much is too large in any case */
			*n = *n * base + (unsigned)digit;
	}
	return true;
}

bool uri_host_ipv4(struct str text, struct ip *ip)
{
	uint64_t address = 0, n;
	struct str part;
	bool more;

	if (str_ends(text, STR(".")))
		text.n--;
	for (unsigned count = 1;; count++) {
		const unsigned bytes = 5 - count; /* that the last number may fill */

		more = str_cut(text, '.', &part, &text);
		if (count > 4 || !read_number(part, &n) || n >= 1ull << (more ? 8 : bytes * 8))
			return false;
		if (!more) {
			address = address << bytes * 8 | n;
			break;
		}
		address = address << 8 | n;
	}
	*ip = (struct ip){ .family = IP_V4,
			   .bytes = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
				      (uint8_t)(address >> 8), (uint8_t)address } };
	return true;
}

static bool label_is_public(struct str label, bool below)
{
	if (label.n == 0 || label.n > LIMIT_DNS_LABEL || label.p[0] == '-' ||
	    label.p[label.n - 1] == '-')
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_alnum(label.p[i]) && label.p[i] != '-' && !(below && label.p[i] == '_'))
			return false;
	return true;
}

/* What of it may be a public name: all behind the last label that is of none.  *top: its last label. */
static struct str public_end(struct str name, struct str *top)
{
	struct str end = name, rest = name;

	for (unsigned left = domain_labels(name); left; left--) {
		str_cut(rest, '.', top, &rest);
		if (!label_is_public(*top, left > 2))
			end = rest;
	}
	return end;
}

bool uri_host_is_public(struct str name, const struct suffixes *suffixes)
{
	struct str top;

	return domain_labels(name) >= 2 && name.n <= LIMIT_DNS_NAME - 2 &&
	       public_end(name, &top).n == name.n && suffixes_is_top(suffixes, top);
}

/* %41, and in UTF-8 whatever UTS 46 makes of it. */
static void put_unescaped(struct str s, struct out *o, uint8_t *traits)
{
	for (size_t i = 0; i < s.n; i++) {
		const int byte = s.p[i] == '%' ? hex_byte(str_from(s, i + 1)) : -1;

		out_char(o, byte < 0 ? s.p[i] : (char)byte);
		if (byte < 0)
			continue;
		*traits |= URI_HOST_ESCAPED;
		i += 2;
	}
}

/* By IDNA.  False: it is no name. */
static bool convert(struct str name, struct out *o)
{
	struct arena arena;
	struct str ascii;

	arena_init(&arena, SIZE_MAX);
	ascii = domain_ascii(&arena, name);
	out_str(o, ascii);
	arena_reset(&arena);
	return ascii.n && !o->full;
}

/* The text that it is by IDNA, or its own, when it is no name; 0: no more are converted. */
static uint16_t ascii_of(struct uris *uris, struct str name)
{
	char bytes[LIMIT_DNS_NAME];
	struct out o = OUT(bytes);
	uint16_t text = uris_find(uris, name), ascii;

	if (text && uris->texts[text - 1].ascii)
		return uris->texts[text - 1].ascii;
	if (name.n > LIMIT_URI_IDN - uris->idn_n)
		return 0;
	text = uris_keep(uris, name);
	if (!text)
		return 0;
	uris->idn_n += (uint32_t)name.n;
	ascii = convert(name, &o) ? uris_keep(uris, out_text(&o))
				  : text; /* which may move the texts */
	uris->texts[text - 1].ascii = ascii;
	return ascii;
}

/* The same, each name of a message once. */
static bool put_known(struct uris *uris, struct str name, uint8_t *traits, struct out *o)
{
	const uint16_t ascii = ascii_of(uris, name);

	if (!ascii) {
		*traits |= URI_HOST_UNREAD;
		uris->unread = true;
		return false;
	}
	out_str(o, uris_text(uris, ascii));
	return !o->full && !str_eq(out_text(o), name);
}

static bool put_ascii(struct uris *uris, struct str name, uint8_t *traits, struct out *o)
{
	if (domain_is_utf8(name))
		return uris ? put_known(uris, name, traits, o) : convert(name, o);
	out_lower(o, name);
	return !o->full;
}

static bool read_ip(struct str text, struct uri_host *host, struct out *o)
{
	const struct str name = out_text(o);

	if (str_starts(text, STR("[")) && str_ends(text, STR("]"))) {
		if (!ip_parse(str_head(str_from(text, 1), text.n - 2), &host->ip))
			return false;
	} else if (!uri_host_ipv4(name, &host->ip)) {
		return false;
	} else {
		struct ip plain;

		if (!ip_parse(name, &plain) || !ip_eq(&plain, &host->ip))
			host->traits |= URI_HOST_ODD;
	}
	o->n = 0;
	ip_print(o, &host->ip);
	return true;
}

/* Of characters that browsers take (WHATWG URL, forbidden host code points); `plain`: that hosts have. */
static bool name_is_ok(struct str name, bool plain)
{
	for (size_t i = 0; i < name.n; i++) {
		const char c = name.p[i];

		if (!ascii_alnum(c) && c != '-' && c != '_' && c != '.' &&
		    (plain || c <= ' ' || c >= 0x7f || strchr("#/:<>?@[\\]^|%", c)))
			return false;
	}
	return name.n != 0;
}

/* Whoever has it has what is below it, too, whatever that is called. */
static struct str domain_of(struct str name, const struct suffixes *suffixes)
{
	struct str top;
	const struct str end = str_starts(name, STR(".")) ? (struct str){ 0 } /* DNS has none */
							  : public_end(name, &top);

	return end.n ? suffixes_registrable(suffixes, end) : end;
}

bool uri_host_read(struct str text, const struct suffixes *suffixes, struct uris *uris,
		   struct uri_host *host)
{
	struct out o = { .p = host->bytes, .cap = sizeof(host->bytes) - 1 };
	char plain[LIMIT_DOMAIN];
	struct out unescaped = OUT(plain);

	host->ip = (struct ip){ .family = IP_NONE };
	host->traits = 0;
	host->domain = (struct str){ 0 };
	put_unescaped(text, &unescaped, &host->traits);
	if (unescaped.full || !put_ascii(uris, out_text(&unescaped), &host->traits, &o))
		return false;
	while (o.n && o.p[o.n - 1] == '.')
		o.n--;
	if (o.n == 0)
		return false;
	o.p[o.n] = '\0';
	if (read_ip(text, host, &o))
		o.p[o.n] = '\0';
	else
		host->domain = domain_of(out_text(&o), suffixes);
	host->name = out_text(&o);
	return host->ip.family != IP_NONE || name_is_ok(host->name, host->domain.n == 0);
}
