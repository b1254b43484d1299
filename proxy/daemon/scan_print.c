#include "daemon/scan_print.h"

#include "base/json.h"
#include "daemon/scan_auth.h"
#include "daemon/scan_bulk.h"

#include <inttypes.h>

static struct str refusal(const struct judgement *j, struct out *o)
{
	if (action_code(j->action))
		out_printf(o, "%u " STR_FMT, action_code(j->action), STR_ARG(j->reply));
	return out_text(o);
}

/* "rdns,dnsbl": the next word; false at the end. */
static bool next_word(struct str *rest, struct str *word)
{
	if (!rest->n)
		return false;
	if (!str_cut(*rest, ',', word, rest))
		*rest = (struct str){ 0 };
	return true;
}

/* ---- JSON ---- */

static void print_verdict(struct json *j, const struct judgement *judgement)
{
	char text[1024];
	struct out reply = OUT(text);

	json_key(j, "verdict");
	json_object(j);
	json_key(j, "action");
	json_str(j, str_z(action_name(judgement->action)));
	json_key(j, "name");
	json_str(j, str_z(judgement->name));
	json_key(j, "stage");
	json_str(j, str_z(stage_name(judgement->stage)));
	json_key(j, "reply");
	json_str(j, refusal(judgement, &reply));
	if (judgement->would.n) {
		json_key(j, "would");
		json_str(j, judgement->would);
	}
	json_object_end(j);
}

/* Sub-rules (__NAME) weigh nothing and are listed under "rules" only. */
static void print_symbol(void *arg, struct str name, double score, struct str detail)
{
	struct json *j = arg;

	if (str_starts(name, STR("__")))
		return;
	json_object(j);
	json_key(j, "name");
	json_str(j, name);
	json_key(j, "score");
	json_number(j, score);
	json_key(j, "detail");
	json_str(j, detail);
	json_object_end(j);
}

static void print_name(void *arg, struct str name, double score, struct str detail)
{
	(void)score;
	(void)detail;
	json_str(arg, name);
}

static void print_degraded(struct json *j, const struct inspection *i,
			   const struct scan_result *result)
{
	char text[256];
	struct out o = OUT(text);
	struct str rest, word;

	inspection_degraded(i, result->recipient, &o);
	rest = out_text(&o);
	json_key(j, "degraded");
	json_array(j);
	while (next_word(&rest, &word))
		json_str(j, word);
	json_array_end(j);
}

void scan_print_json(struct out *o, const struct scan_item *item, struct scanner *s,
		     const struct scan_result *result)
{
	struct inspection *i = scanner_inspection(s);
	struct json j;

	json_init(&j, o);
	json_object(&j);
	json_key(&j, "file");
	json_str(&j, str_z(item->path));
	if (item->index) {
		json_key(&j, "index");
		json_u64(&j, item->index);
	}
	json_key(&j, "id");
	json_str(&j, id_str(&result->id));
	print_verdict(&j, &result->judgement);
	json_key(&j, "score");
	json_number(&j, result->judgement.score);
	json_key(&j, "symbols");
	json_array(&j);
	inspection_each_symbol(i, result->recipient, print_symbol, &j);
	json_array_end(&j);
	json_key(&j, "rules");
	json_array(&j);
	inspection_each_symbol(i, result->recipient, print_name, &j);
	json_array_end(&j);
	scan_print_auth(&j, i->facts.auth);
	scan_print_bulk(&j, i->facts.bulk);
	json_key(&j, "authentication_results");
	json_str(&j, result->authentication_results);
	print_degraded(&j, i, result);
	json_key(&j, "us");
	json_u64(&j, result->cpu_us);
	json_object_end(&j);
	out_char(o, '\n');
}

/* ---- for people ---- */

/* What strangers wrote does not drive the terminal. */
static void print_plain(struct out *o, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		const unsigned char c = (unsigned char)s.p[i];

		out_char(o, c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0) ? s.p[i] : '?');
	}
}

static void print_line(void *arg, struct str name, double score, struct str detail)
{
	struct out *o = arg;

	if (str_starts(name, STR("__")))
		return;
	out_printf(o, "  %6.1f  " STR_FMT, score, STR_ARG(name));
	if (detail.n) {
		out_str(o, STR("  "));
		print_plain(o, detail);
	}
	out_char(o, '\n');
}

void scan_print_text(struct out *o, const struct scan_item *item, struct scanner *s,
		     const struct scan_result *result)
{
	const struct judgement *j = &result->judgement;
	struct inspection *i = scanner_inspection(s);
	char reply_text[1024], names[256];
	struct out reply = OUT(reply_text), degraded = OUT(names);

	print_plain(o, str_z(item->path));
	if (item->index)
		out_printf(o, " (%" PRIu64 ")", item->index);
	out_printf(o, ": %s, score %.1f", action_name(j->action), j->score);
	if (j->name[0])
		out_printf(o, ", by verdict \"%s\" at %s", j->name, stage_name(j->stage));
	out_char(o, '\n');
	if (refusal(j, &reply).n) {
		out_str(o, STR("  "));
		print_plain(o, out_text(&reply));
		out_char(o, '\n');
	}
	inspection_each_symbol(i, result->recipient, print_line, o);
	if (j->would.n)
		out_printf(o, "  would: " STR_FMT "\n", STR_ARG(j->would));
	inspection_degraded(i, result->recipient, &degraded);
	if (degraded.n)
		out_printf(o, "  degraded: " STR_FMT "\n", STR_ARG(out_text(&degraded)));
}
