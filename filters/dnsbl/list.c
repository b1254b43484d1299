#include "filters/dnsbl/list.h"

#include "filters/symbolname.h"
#include "mail/path.h"

enum { NAME_MAX_TEXT = 253 }; /* RFC 1035 2.3.4, as text */

/* ---- setup ---- */

struct str list_zone(struct filter_setup *s, const struct conf_text *title, size_t room)
{
	struct str zone = title->text;

	if (zone.n && zone.p[zone.n - 1] == '.')
		zone.n--;
	if (!path_domain_ok(zone) || zone.p[0] == '[' || zone.n > NAME_MAX_TEXT - room)
		conf_error(filter_setup_report(s), &title->at,
			   "\"" STR_FMT "\" is not a DNS zone of at most %zu bytes",
			   STR_ARG(title->text), NAME_MAX_TEXT - room);
	return arena_str(filter_setup_arena(s), zone);
}

static struct str suffixed(struct filter_setup *s, struct str name, struct str suffix)
{
	if (suffix.n == 0)
		return name;
	return arena_printf(filter_setup_arena(s), STR_FMT STR_FMT, STR_ARG(name), STR_ARG(suffix));
}

static void define_codes(struct filter_setup *s, const struct list_names *names,
			 enum filter_phase phase, struct list_symbols *symbols)
{
	const struct conf_list *codes = names->codes;
	const char *why;

	symbols->meanings =
		arena_alloc(filter_setup_arena(s), (codes->count + 1) * sizeof(*symbols->meanings));
	for (size_t i = 0; symbols->meanings && i < codes->count; i++) {
		struct list_meaning *m = &symbols->meanings[symbols->count];

		if (!dnsbl_code_parse(codes->items[i].text, &m->code, &why)) {
			conf_error(filter_setup_report(s), &codes->items[i].at,
				   "\"" STR_FMT "\": %s", STR_ARG(codes->items[i].text), why);
			continue;
		}
		m->symbol = filter_define(s, suffixed(s, m->code.symbol, names->suffix), phase,
					  names->about);
		symbols->count++;
	}
}

void list_define(struct filter_setup *s, const struct list_names *names, enum filter_phase phase,
		 struct list_symbols *symbols)
{
	const struct conf_text *written = names->symbol;
	struct conf_text symbol = { .text = suffixed(s, written->text, names->suffix),
				    .at = written->at };

	*symbols = (struct list_symbols){ .count = 0 };
	if (written->text.n == 0)
		symbol.text = written->text;
	symbols->any =
		filter_define_named(s, &symbol, names->prefix,
				    suffixed(s, names->zone, names->suffix), phase, names->about);
	define_codes(s, names, phase, symbols);
}

/* ---- at run time ---- */

/* "zen.example 127.0.0.4, 127.0.0.10 the list's text": the answers that mean m, NULL: all.  False: none. */
static bool report(struct filter_run *run, filter_symbol symbol, const struct list_answer *a,
		   const struct list_meaning *m)
{
	char bytes[LIMIT_FINDING_DETAIL];
	struct out detail = OUT(bytes);
	unsigned said = 0;

	out_str(&detail, a->zone);
	for (unsigned i = 0; i < a->codes->count && i < LIMIT_DNSBL_CODES; i++) {
		const struct ip *ip = &a->codes->records[i].ip;

		if (m && !dnsbl_code_has(&m->code, ip))
			continue;
		out_str(&detail, said++ ? STR(", ") : STR(" "));
		ip_print(&detail, ip);
	}
	if (!said)
		return false;
	if (a->asked.n) {
		out_char(&detail, ' ');
		out_str(&detail, a->asked);
	}
	if (a->text.n) {
		out_char(&detail, ' ');
		out_str(&detail, str_head(a->text, LIMIT_DNSBL_TEXT));
	}
	filter_report(run, symbol, out_text(&detail));
	return true;
}

void list_report(struct filter_run *run, const struct list_symbols *symbols,
		 const struct list_answer *answer)
{
	if (!report(run, symbols->any, answer, NULL))
		return;
	for (size_t i = 0; i < symbols->count; i++)
		if (symbols->meanings[i].symbol != symbols->any)
			(void)report(run, symbols->meanings[i].symbol, answer,
				     &symbols->meanings[i]);
}

void list_say_off(struct filter_run *run, struct str zone)
{
	char bytes[LIMIT_DNS_NAME + 32];
	struct out what = OUT(bytes);

	out_str(&what, zone);
	out_str(&what, STR(" is switched off"));
	filter_unavailable(run, out_text(&what));
}

void list_note_broken(struct filter_run *run, struct str zone, const struct ip *answer,
		      struct str asked)
{
	char bytes[LIMIT_DNS_NAME + 96];
	struct out why = OUT(bytes);

	out_str(&why, STR("it answers "));
	ip_print(&why, answer);
	out_str(&why, STR(" for "));
	out_str(&why, asked);
	dnsbl_switch_off(filter_watched(run), zone.p, out_text(&why));
	filter_watch_soon(run, LIMIT_DNSBL_REPROBE_MS);
}
