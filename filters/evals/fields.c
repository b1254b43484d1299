/* fields.c - functions that look at fields of the header section. */
#include "filters/evals/eval.h"

#include "base/check.h"
#include "base/eight.h"
#include "base/utf8.h"
#include "filters/pattern/view.h"
#include "mail/header.h"

static bool is_blank(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] > ' ' || s.p[i] < 0)
			return false;
	return true;
}

static struct str trim(struct str s)
{
	while (s.n && is_blank(str_head(s, 1)))
		s = str_from(s, 1);
	while (s.n && is_blank(str_from(s, s.n - 1)))
		s.n--;
	return s;
}

bool eval_check_for_missing_to_header(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_text(m, VIEW_TO).n == 0 && eval_text(m, VIEW_APPARENTLY_TO).n == 0;
}

bool eval_check_for_unique_subject_id(struct eval_mail *m, const struct eval_args *args)
{
	(void)m;
	(void)args;
	return false;
}

/* ---- bytes that may not stand there ---- */

struct bytes {
	size_t count, illegal, eight, control,
		exempt; /* exempt: a cent, pound or registered sign */
	bool utf8, blank;
};

static bool is_utf8(struct str s)
{
	while (s.n) {
		size_t n = 8;

		if (s.n < n || (eight_load(s.p) & EIGHT_HIGHS))
			n = (s.p[0] & 0x80) ? utf8_length(s) : 1;
		if (n == 0)
			return false;
		s = str_from(s, n);
	}
	return true;
}

static void count_byte(unsigned char c, struct bytes *b)
{
	const bool control = c < 32 && c != '\t' && c != '\n' && c != '\r';

	b->count += c != '\r';
	b->control += control;
	b->eight += c > 127;
	b->illegal += control || c > 126;
	b->exempt += c == 0xa2 || c == 0xa3 || c == 0xae;
}

/* From space to "~". */
static bool are_plain(uint64_t eight)
{
	return eight_above(eight, 31) == EIGHT_HIGHS && eight_above(eight, 126) == 0;
}

static void count_bytes(struct str s, struct bytes *b)
{
	for (size_t i = 0; i < s.n;) {
		if (i + 8 <= s.n && are_plain(eight_load(s.p + i))) {
			b->count += 8;
			i += 8;
		} else {
			count_byte((unsigned char)s.p[i++], b);
		}
	}
	b->utf8 = b->utf8 && is_utf8(s);
	b->blank = b->blank && is_blank(s);
}

/* As they are written, with the line end of each. */
static struct bytes bytes_of(struct eval_mail *m, const struct eval_args *args, struct str name)
{
	struct bytes b = { .utf8 = true, .blank = true };
	struct str value;
	unsigned at = 0;

	if (str_eq(name, STR("ALL"))) {
		count_bytes(m->facts->header, &b);
		return b;
	}
	while (eval_next_field(m, args, &at, &value)) {
		count_bytes(value, &b);
		b.count++;
	}
	return b;
}

bool eval_check_illegal_chars(struct eval_mail *m, const struct eval_args *args)
{
	struct str name, rest;
	struct bytes b;

	str_cut(args->text[0], ':', &name, &rest);
	b = bytes_of(m, args, name);
	if (b.blank || b.count == 0 || (b.eight && b.utf8 && b.control == 0))
		return false;
	if (b.illegal && b.exempt == 1 && str_ieq(name, STR("Subject")))
		b.illegal--;
	return (double)b.illegal / (double)b.count >= args->number[1] &&
	       (double)b.illegal >= args->number[2];
}

/* ---- how many ---- */

enum { VALUES = 64 };

bool eval_check_header_count_range(struct eval_mail *m, const struct eval_args *args)
{
	struct str values[VALUES], value;
	unsigned n = 0, at = 0;

	while (n < VALUES && eval_next_field(m, args, &at, &value)) {
		unsigned i = 0;

		while (i < n && !str_eq(values[i], value))
			i++;
		if (i == n)
			values[n++] = value;
	}
	return n >= args->number[1] && n <= args->number[2];
}

/* Those in which a percent sign may stand. */
static bool may_have_percent(struct str name)
{
	static const struct str names[] = {
		STR_INIT("X-VMS-To"),
		STR_INIT("X-UIDL"),
		STR_INIT("X-Face"),
		STR_INIT("To"),
		STR_INIT("Cc"),
		STR_INIT("From"),
		STR_INIT("Subject"),
		STR_INIT("References"),
		STR_INIT("In-Reply-To"),
		STR_INIT("Message-Id"),
		STR_INIT("X-Message-Id"),
		STR_INIT("Resent-Message-Id"),
		STR_INIT("X-Original-Message-Id"),
	};

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

bool eval_check_unresolved_template(struct eval_mail *m, const struct eval_args *args)
{
	struct str header = m->facts->header;
	struct header_field field;

	(void)args;
	while (header_next(&header, &field))
		if (view_shows(field.name) && str_has(field.value, STR("%")) &&
		    !may_have_percent(field.name) &&
		    eval_matches(m, EXPRESSION_TEMPLATE, field.value))
			return true;
	return false;
}

/* ---- the subject ---- */

static bool is_reply_word(struct str s)
{
	static const struct str words[] = { STR_INIT("re"), STR_INIT("fwd"),     STR_INIT("fw"),
					    STR_INIT("aw"), STR_INIT("antwort"), STR_INIT("wg"),
					    STR_INIT("sv"), STR_INIT("vb"),      STR_INIT("vs"),
					    STR_INIT("vl") };

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (str_ieq(s, words[i]))
			return true;
	return false;
}

/* Without "Re:" and its like. */
static struct str own_subject(struct str s)
{
	struct str word, rest;

	s = trim(s);
	while (str_cut(s, ':', &word, &rest) && is_reply_word(word))
		s = trim(rest);
	return s;
}

bool eval_subject_is_all_caps(struct eval_mail *m, const struct eval_args *args)
{
	const struct str s = own_subject(eval_text(m, VIEW_SUBJECT));
	unsigned letters = 0;
	bool space = false;

	(void)args;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= 'a' && s.p[i] <= 'z')
			return false;
		letters += ascii_alpha(s.p[i]);
		space |= is_blank(str_head(str_from(s, i), 1));
	}
	return letters && space && s.n >= 10 &&
	       !eval_matches(m, EXPRESSION_CAPITALS_CHARSET, eval_text(m, VIEW_SUBJECT_RAW));
}

/* How the user's name stands there: alone behind "Re:", before a mark, at the end or behind a comma. */
static bool addresses_user(struct str s, size_t at, size_t n)
{
	struct str before = str_head(s, at), behind = str_from(s, at + n), word, rest;

	if (behind.n == 0 && str_cut(before, ':', &word, &rest) &&
	    (str_ieq(word, STR("re")) || str_ieq(word, STR("fw"))))
		return !memchr(trim(rest).p ? trim(rest).p : "", ' ', trim(rest).n);
	if (at == 0) {
		behind = trim(behind);
		return behind.n == 0 ||
		       (strchr(",:;!?-", behind.p[0]) &&
			(behind.n == 1 || is_blank(str_head(str_from(behind, 1), 1))));
	}
	before = trim(before);
	return str_ends(before, STR(",")) && behind.n == 1 && strchr(",:;!?-", behind.p[0]);
}

bool eval_check_for_to_in_subject(struct eval_mail *m, const struct eval_args *args)
{
	const struct str s = str_head(trim(eval_text(m, VIEW_SUBJECT)), LIMIT_SUBJECT);
	const bool user = str_eq(args->text[0], STR("user"));
	struct str to = eval_line(m, VIEW_TO_ADDRESS), rest;

	if (user)
		str_cut(to, '@', &to, &rest);
	if (to.n > LIMIT_PATH)
		return false; /* nobody's, and long to look for at each place */
	for (size_t at = 0; to.n && at + to.n <= s.n; at++) {
		if (!str_ieq(str_head(str_from(s, at), to.n), to))
			continue;
		if (!user || addresses_user(s, at, to.n))
			return true;
	}
	return false;
}

/* ---- senders ---- */

static struct str domain_of(struct str address)
{
	for (size_t i = address.n; i-- > 0;)
		if (address.p[i] == '@')
			return str_from(address, i + 1);
	return (struct str){ 0 };
}

/* The last two labels. */
static struct str last_labels(struct str domain)
{
	unsigned dots = 0;

	for (size_t i = domain.n; i-- > 0;)
		if (domain.p[i] == '.' && ++dots == 2)
			return str_from(domain, i + 1);
	return domain;
}

bool eval_check_equal_from_domains(struct eval_mail *m, const struct eval_args *args)
{
	const struct str from = last_labels(domain_of(eval_line(m, VIEW_FROM_ADDRESS)));
	const struct str sender = last_labels(domain_of(relays_sender(m->run, m->facts)));

	(void)args;
	return from.n && sender.n && !str_ieq(from, sender);
}

bool eval_check_for_matching_env_and_hdr_from(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return str_ieq(relays_sender(m->run, m->facts), eval_line(m, VIEW_FROM_ADDRESS));
}

/* "<28 capitals>.<address>" in the id, and the address in From behind a quoted name. */
bool eval_check_ratware_name_id(struct eval_mail *m, const struct eval_args *args)
{
	const struct str id = eval_text(m, VIEW_MESSAGE_ID), from = eval_text(m, VIEW_FROM);
	struct str address, rest;

	(void)args;
	if (!eval_matches(m, EXPRESSION_RATWARE_ID, id) || !str_find(id, STR("<"), &address))
		return false;
	address = str_from(address, address.n < 29 ? address.n : 29);
	str_cut(address, '>', &address, &rest);
	if (!str_find(from, STR("\""), &rest) || !str_find(rest, STR("<"), &rest))
		return false;
	return address.n && str_starts(rest, address) &&
	       str_starts(str_from(rest, address.n), STR(">"));
}

/* The recipient's domain, a byte and his name, before the sender's '@'. */
bool eval_check_ratware_envelope_from(struct eval_mail *m, const struct eval_args *args)
{
	const struct str to = eval_line(m, VIEW_TO_ADDRESS),
			 sender = relays_sender(m->run, m->facts);
	const struct str domain = eval_organization(m, domain_of(to));
	struct str user, rest, before;

	(void)args;
	if (sender.n == 0 || domain.n == 0 || !memchr(domain.p, '.', domain.n) ||
	    eval_matches(m, EXPRESSION_SRS, sender))
		return false;
	str_cut(to, '@', &user, &rest);
	before = str_head(sender, sender.n - domain_of(sender).n);
	if (user.n == 0 || before.n < user.n + domain.n + 2)
		return false;
	before = str_from(before, before.n - user.n - domain.n - 2);
	return str_ieq(str_head(before, domain.n), domain) &&
	       str_ieq(str_head(str_from(before, domain.n + 1), user.n), user);
}

/* ---- recipients ---- */

enum { RECIPIENTS = 256, SORTED = 7, SIMILAR = 5, ALIKE = 2 };

static unsigned take_lines(struct str s, struct str *to, unsigned n)
{
	struct str line;

	while (s.n && n < RECIPIENTS) {
		str_cut(s, '\n', &line, &s);
		if (line.n && (n == 0 || !str_ieq(line, to[n - 1])))
			to[n++] = line;
	}
	return n;
}

/* To and Cc, and Bcc where these are few; who is named twice in a row is named once. */
static unsigned recipients(struct eval_mail *m, struct str *to)
{
	const unsigned n = take_lines(eval_text(m, VIEW_TO_CC_ADDRESS), to, 0);

	return n < SIMILAR ? take_lines(eval_text(m, VIEW_BCC_ADDRESS), to, n) : n;
}

bool eval_sorted_recipients(struct eval_mail *m, const struct eval_args *args)
{
	struct str to[RECIPIENTS];
	const unsigned n = recipients(m, to);

	(void)args;
	for (unsigned i = 1; i < n; i++)
		if (str_order(to[i - 1], to[i]) > 0)
			return false;
	return n >= SORTED;
}

static bool begin_alike(struct str a, struct str b)
{
	return str_eq(str_head(a, ALIKE), str_head(b, ALIKE));
}

static double similarity(struct eval_mail *m)
{
	struct str to[RECIPIENTS], domains[RECIPIENTS];
	const unsigned n = recipients(m, to);
	double hits = 0;

	for (unsigned i = 0; i < n; i++)
		domains[i] = domain_of(to[i]);
	for (unsigned i = 0; n >= SIMILAR && i < n; i++) {
		for (unsigned k = i + 1; k < n; k++) {
			hits += begin_alike(to[i], to[k]);
			hits += begin_alike(domains[i], domains[k]) &&
				!str_eq(domains[i], domains[k]);
		}
	}
	return n >= SIMILAR ? hits / (n * (n - 1) / 2.0) : 0;
}

bool eval_similar_recipients(struct eval_mail *m, const struct eval_args *args)
{
	return eval_from_to(args, 0, eval_once(m, MEMO_SIMILAR, similarity));
}
