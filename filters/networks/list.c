/* list.c - see list.h. */
#include "filters/networks/list.h"

#include "base/check.h"
#include "base/limits.h"

struct list_reader {
	struct conf_place at; /* of the line at hand; column: of what is looked at */
	const char *line;
	struct nets_builder *to;
	struct conf_report *report;
	size_t count, room;
	unsigned errors;
	bool full;
};

static void place(struct list_reader *r, const char *p)
{
	r->at.column = (unsigned)(p - r->line) + 1;
}

/* Only of a line in error is asked what is wrong with it. */
static void complain_of_net(struct list_reader *r, struct str word)
{
	struct str base, bits;
	struct ip ip;

	str_cut(word, '/', &base, &bits);
	if (!ip_parse(base, &ip))
		conf_error(r->report, &r->at,
			   "\"" STR_FMT "\" is not an address or a network, like 192.0.2.1, "
			   "192.0.2.0/24 or 2001:db8::/32",
			   STR_ARG(str_head(word, 60)));
	else
		conf_error(r->report, &r->at,
			   "\"" STR_FMT "\" is not a prefix length of an IPv%d address (0 to %d)",
			   STR_ARG(str_head(bits, 20)), ip.family == IP_V4 ? 4 : 6,
			   ip.family == IP_V4 ? 32 : 128);
}

static void complain_of_host_bits(struct list_reader *r, const struct ip_net *net, struct str word)
{
	const struct ip_net right = { .base = ip_net_first(net), .bits = net->bits };
	char bytes[IP_TEXT_MAX + 8];
	struct out o = OUT(bytes);

	ip_net_print(&o, &right);
	conf_error(r->report, &r->at,
		   "\"" STR_FMT "\" has bits set beyond its prefix; did you mean " STR_FMT "?",
		   STR_ARG(word), STR_ARG(out_text(&o)));
}

static bool read_net(struct list_reader *r, struct str word, struct ip_net *net)
{
	struct ip first;

	place(r, word.p);
	if (!ip_net_parse(word, net)) {
		complain_of_net(r, word);
		return false;
	}
	first = ip_net_first(net);
	if (ip_eq(&first, &net->base))
		return true;
	complain_of_host_bits(r, net, word);
	return false;
}

static bool read_text(struct list_reader *r, struct str text)
{
	place(r, text.p);
	for (size_t i = 0; i < text.n; i++) {
		if (!ascii_control(text.p[i]) || text.p[i] == '\t')
			continue;
		place(r, text.p + i);
		conf_error(r->report, &r->at, "a control character (0x%02x) in the text",
			   (unsigned char)text.p[i]);
		return false;
	}
	if (text.n <= LIMIT_NETWORKS_TEXT)
		return true;
	conf_error(r->report, &r->at, "this text is longer than %d bytes", LIMIT_NETWORKS_TEXT);
	return false;
}

/* The line is not empty. */
static bool read_entry(struct list_reader *r, struct str line)
{
	struct str text = line, word;
	struct ip_net net;
	bool except;

	CHECK(str_word(&text, &word));
	except = word.p[0] == '!';
	if (!read_net(r, str_from(word, except), &net) || !read_text(r, text))
		return false;
	if (r->count == r->room) {
		conf_error(r->report, &r->at, "more than %d networks in one block", LIMIT_NETWORKS);
		r->full = true;
		return false;
	}
	nets_add(r->to, &net, except, text);
	r->count++;
	return true;
}

/* After an error. */
static bool may_go_on(struct list_reader *r)
{
	if (++r->errors < LIMIT_NETWORKS_ERRORS && !r->full)
		return true;
	conf_error(r->report, &r->at, "the rest of this file is not read");
	return false;
}

size_t networks_read(struct str text, const char *file, size_t room, struct nets_builder *to,
		     struct conf_report *report)
{
	struct list_reader r = { .at = { .file = file }, .to = to, .report = report, .room = room };
	struct str line, behind;

	while (text.n) {
		str_cut(text, '\n', &line, &text);
		r.line = line.p;
		r.at.line++;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		str_cut(line, '#', &line, &behind);
		line = str_trim(line);
		if (line.n && !read_entry(&r, line) && !may_go_on(&r))
			break;
	}
	return r.count;
}
