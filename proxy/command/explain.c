#include "command/explain.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "smtp/ledger.h"

#include <jansson.h>
#include <stdlib.h>

enum { NAME_WIDTH = 11, SYMBOL_WIDTH = 28 };

/* ---- what is there; anything may be missing, or be something else ---- */

static struct str text_of(const json_t *value)
{
	if (!json_is_string(value))
		return (struct str){ 0 };
	return (struct str){ .p = json_string_value(value), .n = json_string_length(value) };
}

static struct str text(const json_t *object, const char *key)
{
	return text_of(json_object_get(object, key));
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

static bool is(const json_t *object, const char *key, const char *word)
{
	return str_eq(text(object, key), str_z(word));
}

/* ---- lines ---- */

static void pad(struct out *o, size_t from, size_t width)
{
	while (!o->full && o->n - from < width)
		out_char(o, ' ');
}

static void begin_line(struct out *o, const char *name)
{
	const size_t from = o->n;

	out_str(o, str_z(name));
	pad(o, from, NAME_WIDTH);
}

/* Behind something else in the line. */
static void add(struct out *o, const char *before, struct str s)
{
	if (!s.n)
		return;
	out_str(o, str_z(before));
	utf8_show(o, s);
}

static void line(struct out *o, const char *name, struct str s)
{
	if (!s.n)
		return;
	begin_line(o, name);
	utf8_show(o, s);
	out_char(o, '\n');
}

static void print_score(struct out *o, double score)
{
	out_tenths(o, score);
}

/* Of several lines, as a backend may have said it. */
static void print_reply(struct out *o, struct str reply)
{
	struct str rest = reply, one;

	if (!reply.n)
		out_str(o, STR("none"));
	while (rest.n) {
		const bool more = str_cut(rest, '\n', &one, &rest);

		utf8_show(o, one);
		if (!more)
			break;
		out_str(o, STR(" / "));
	}
}

/* ---- who ---- */

static void print_client(struct out *o, const json_t *record)
{
	const json_t *client = json_object_get(record, "client");
	const json_t *tls = json_object_get(record, "tls");

	begin_line(o, "client");
	utf8_show(o, text(client, "ip"));
	out_printf(o, " port %.0f", number(client, "port"));
	add(o, ", ", text(client, "name"));
	add(o, ", country ", text(client, "country"));
	add(o, ", AS ", text(client, "as"));
	add(o, ", told by ", text(client, "via"));
	out_char(o, '\n');
	line(o, "login", text(client, "login"));
	if (has(tls, "version")) {
		begin_line(o, "tls");
		utf8_show(o, text(tls, "version"));
		add(o, " ", text(tls, "cipher"));
		add(o, ", certificate ", text(tls, "fingerprint"));
		out_char(o, '\n');
	}
	line(o, "helo", text(record, "helo"));
}

static void print_sender(struct out *o, const json_t *record)
{
	begin_line(o, "from");
	out_char(o, '<');
	utf8_show(o, text(record, "mail_from"));
	out_str(o, STR(">\n"));
	line(o, "message-id", text(record, "message_id"));
}

/* ---- who sent it ---- */

static void print_result(struct out *o, const char *name, const json_t *result)
{
	if (!has(result, "result"))
		return;
	begin_line(o, name);
	utf8_show(o, text(result, "result"));
	add(o, " ", text(result, "domain"));
	add(o, "/", text(result, "selector"));
	if (has(result, "disposition") && !is(result, "disposition", "none"))
		add(o, ", which asks for ", text(result, "disposition"));
	add(o, ": ", text(result, "reason"));
	out_char(o, '\n');
}

static void print_auth(struct out *o, const json_t *auth)
{
	const json_t *signature;
	size_t i;

	print_result(o, "spf", json_object_get(auth, "spf"));
	json_array_foreach(json_object_get(auth, "dkim"), i, signature)
		print_result(o, "dkim", signature);
	print_result(o, "dmarc", json_object_get(auth, "dmarc"));
	if (!is(json_object_get(auth, "arc"), "result", "none"))
		print_result(o, "arc", json_object_get(auth, "arc"));
}

/* ---- what was found ---- */

/* The heaviest first, whichever way it weighs; else as they came. */
struct symbol {
	const json_t *json;
	double weight;
	size_t nth;
};

static int by_weight(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	const double less = y->weight - x->weight;

	if (less > 0 || less < 0)
		return less > 0 ? 1 : -1;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

static void print_symbol(struct out *o, const json_t *symbol, const char *indent)
{
	const struct str name = text(symbol, "name"), detail = text(symbol, "detail");
	char score[32];
	struct out s = OUT(score);
	size_t from;

	print_score(&s, number(symbol, "score"));
	out_printf(o, "%s%6.*s  ", indent, (int)s.n, s.p);
	from = o->n;
	utf8_show(o, name);
	if (detail.n) {
		pad(o, from, SYMBOL_WIDTH);
		add(o, "  ", detail);
	}
	out_char(o, '\n');
}

static void print_symbols(struct out *o, const json_t *symbols, const char *indent)
{
	const size_t count = json_array_size(symbols);
	struct symbol *all = mem_array(NULL, count + 1, sizeof(*all));
	const json_t *symbol;
	size_t i;

	json_array_foreach(symbols, i, symbol)
	{
		const double score = number(symbol, "score");

		all[i] = (struct symbol){ .json = symbol,
					  .weight = score < 0 ? -score : score,
					  .nth = i };
	}
	qsort(all, count, sizeof(*all), by_weight);
	for (i = 0; i < count; i++)
		print_symbol(o, all[i].json, indent);
	mem_free(all);
}

static void print_degraded(struct out *o, const json_t *names)
{
	const json_t *name;
	size_t i;

	if (!json_array_size(names))
		return;
	begin_line(o, "degraded");
	json_array_foreach(names, i, name) add(o, i ? ", " : "", text_of(name));
	out_str(o, STR(": could not be asked, what they would have found is missing\n"));
}

static void print_bulk(struct out *o, const json_t *bulk)
{
	if (!has(bulk, "cluster"))
		return;
	begin_line(o, "bulk");
	out_str(o, STR("cluster "));
	utf8_show(o, text(bulk, "cluster"));
	out_printf(o,
		   ": %.0f messages (%.0f in the window), from %.0f networks, %.0f sender domains, "
		   "to %.0f recipients, %.0f rejected\n",
		   number(bulk, "messages"), number(bulk, "in_window"), number(bulk, "networks"),
		   number(bulk, "envelopes"), number(bulk, "recipients"), number(bulk, "rejected"));
}

static void print_found(struct out *o, const json_t *record)
{
	if (has(record, "score")) {
		begin_line(o, "score");
		print_score(o, number(record, "score"));
		out_char(o, '\n');
	}
	print_symbols(o, json_object_get(record, "symbols"), "");
	print_degraded(o, json_object_get(record, "degraded"));
	print_bulk(o, json_object_get(record, "bulk"));
}

/* ---- what became of it ---- */

static void print_refusal(struct out *o, const json_t *refusal)
{
	begin_line(o, "refused");
	add(o, "", text(refusal, "command"));
	add(o, ": ", text(refusal, "reply"));
	out_char(o, '\n');
}

static void print_refused(struct out *o, const json_t *refused)
{
	const json_t *refusal;
	size_t i;

	json_array_foreach(refused, i, refusal) print_refusal(o, refusal);
}

static const char *decider(struct str by)
{
	static const struct {
		const char *name, *about;
	} all[] = {
#define X(ID, NAME, ABOUT) { .name = NAME, .about = ABOUT },
		LEDGER_BY(X)
#undef X
	};

	for (size_t i = 0; i < COUNTOF(all); i++)
		if (str_eq(by, str_z(all[i].name)))
			return all[i].about;
	return "";
}

/* "new-rule:reject,other:tag" */
static void print_would(struct out *o, struct str would)
{
	struct str rest = would, one, name, action;

	while (rest.n) {
		if (!str_cut(rest, ',', &one, &rest))
			rest = (struct str){ 0 };
		(void)str_cut(one, ':', &name, &action);
		out_str(o, STR("    would      verdict \""));
		utf8_show(o, name);
		out_str(o, STR("\" would "));
		utf8_show(o, action);
		out_str(o, STR(", but does not act\n"));
	}
}

static void print_verdict(struct out *o, const json_t *recipient)
{
	const json_t *verdict = json_object_get(recipient, "verdict");
	const struct str name = text(verdict, "name");

	if (!json_is_object(verdict))
		return;
	out_str(o, STR("    judged     "));
	utf8_show(o, text(verdict, "action"));
	if (name.n) {
		add(o, " by verdict \"", name);
		out_char(o, '"');
	} else {
		out_str(o, STR(", for no verdict was true"));
	}
	add(o, " at ", text(verdict, "stage"));
	out_str(o, STR(", score "));
	print_score(o, number(recipient, "score"));
	out_char(o, '\n');
	print_would(o, text(verdict, "would"));
}

static void print_recipient(struct out *o, const json_t *recipient)
{
	out_str(o, STR("\nto "));
	utf8_show(o, text(recipient, "rcpt"));
	out_str(o, STR("\n    reply      "));
	print_reply(o, text(recipient, "reply"));
	out_printf(o, "\n    by         %s\n", decider(text(recipient, "by")));
	print_verdict(o, recipient);
	if (has(recipient, "backend")) {
		out_str(o, STR("    backend    "));
		utf8_show(o, text(recipient, "backend"));
		out_char(o, '\n');
	}
	if (has(recipient, "symbols")) {
		out_str(o, STR("    found for him\n"));
		print_symbols(o, json_object_get(recipient, "symbols"), "  ");
	}
}

static void print_recipients(struct out *o, const json_t *recipients)
{
	const json_t *recipient;
	size_t i;

	if (!json_array_size(recipients))
		out_str(o, STR("\nno recipient was named\n"));
	json_array_foreach(recipients, i, recipient) print_recipient(o, recipient);
}

/* ---- records ---- */

static void print_head(struct out *o, const json_t *record, const char *what)
{
	utf8_show(o, text(record, "id"));
	out_printf(o, "  %s  ", what);
	utf8_show(o, text(record, "time"));
	add(o, ", listener ", text(record, "listener"));
	out_char(o, '\n');
}

static void print_transaction(struct out *o, const json_t *record)
{
	print_head(o, record, "transaction");
	print_client(o, record);
	print_sender(o, record);
	begin_line(o, "size");
	out_printf(o, "%.0f bytes, %.0f ms from MAIL to the end\n", number(record, "size"),
		   number(record, "ms"));
	line(o, "error", text(record, "error"));
	print_auth(o, json_object_get(record, "auth"));
	print_found(o, record);
	print_refused(o, json_object_get(record, "refused"));
	print_recipients(o, json_object_get(record, "recipients"));
}

static void print_refused_command(struct out *o, const json_t *record)
{
	print_head(o, record, "refused");
	print_client(o, record);
	print_refusal(o, record);
}

static void print_large_cluster(struct out *o, const json_t *record)
{
	print_head(o, record, "bulk");
	line(o, "level", text(record, "level"));
	print_bulk(o, json_object_get(record, "bulk"));
	line(o, "sample", text(record, "sample"));
}

static void print_record(struct out *o, const json_t *record)
{
	static const struct {
		const char *event;
		void (*print)(struct out *o, const json_t *record);
	} all[] = {
		{ .event = "transaction", .print = print_transaction },
		{ .event = "refused", .print = print_refused_command },
		{ .event = "bulk", .print = print_large_cluster },
	};

	for (size_t i = 0; i < COUNTOF(all); i++)
		if (is(record, "event", all[i].event))
			all[i].print(o, record);
	if (has(record, "left_out"))
		out_printf(o, "\n%.0f things are not here: the record was too large\n",
			   number(record, "left_out"));
}

/* ---- in a line each ---- */

static void column(struct out *o, struct str s)
{
	out_char(o, ' ');
	utf8_show_word(o, s.n ? s : STR("-"));
}

/* "2026-11-28T10:22:20.576Z" without its fraction, and so on to the client. */
static void begin_brief(struct out *o, const json_t *record)
{
	utf8_show(o, str_head(text(record, "time"), sizeof("2026-11-28T10:22:20") - 1));
	out_char(o, 'Z');
	column(o, text(record, "id"));
	column(o, text(json_object_get(record, "client"), "ip"));
}

/* recipient: NULL for none. */
static void print_brief(struct out *o, const json_t *record, const json_t *recipient)
{
	const json_t *verdict = json_object_get(recipient, "verdict");

	begin_brief(o, record);
	out_str(o, STR(" <"));
	utf8_show_word(o, text(record, "mail_from"));
	out_char(o, '>');
	column(o, text(recipient, "rcpt"));
	column(o, text(recipient, "by"));
	add(o, ":", text(verdict, "action"));
	add(o, "/", text(verdict, "name"));
	out_char(o, ' ');
	print_reply(o, text(recipient, "reply"));
	out_char(o, '\n');
}

static void print_brief_refusal(struct out *o, const json_t *record)
{
	begin_brief(o, record);
	out_str(o, STR(" - - refused"));
	add(o, " ", text(record, "command"));
	add(o, ": ", text(record, "reply"));
	out_char(o, '\n');
}

static void print_lines(struct out *o, const json_t *record)
{
	const json_t *recipients = json_object_get(record, "recipients"), *recipient;
	size_t i;

	if (is(record, "event", "refused"))
		print_brief_refusal(o, record);
	else if (is(record, "event", "transaction") && !json_array_size(recipients))
		print_brief(o, record, NULL);
	else
		json_array_foreach(recipients, i, recipient) print_brief(o, record, recipient);
}

static bool print_parsed(struct out *o, struct str record,
			 void (*print)(struct out *o, const json_t *record))
{
	json_t *json = json_loadb(record.p, record.n, JSON_ALLOW_NUL, NULL);
	const bool is_record = json_is_object(json);

	if (is_record)
		print(o, json);
	json_decref(json);
	return is_record;
}

bool explain_print(struct out *o, struct str record)
{
	return print_parsed(o, record, print_record);
}

bool explain_brief(struct out *o, struct str record)
{
	return print_parsed(o, record, print_lines);
}
