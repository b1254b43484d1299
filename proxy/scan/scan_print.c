#include "scan/scan_print.h"

#include "base/json.h"
#include "base/utf8.h"
#include "inspection/evidence.h"

#include <inttypes.h>

/* ---- JSON ---- */

static void print_name(void *arg, struct str name, double score, struct str detail)
{
	(void)score;
	(void)detail;
	json_str(arg, name);
}

void scan_print_json(struct out *o, const struct scan_item *item, struct scanner *s,
		     const struct scan_result *result)
{
	struct inspection *i = scanner_inspection(s);
	char text[1024];
	struct out reply = OUT(text);
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
	evidence_verdict(&j, &result->judgement, evidence_reply(&result->judgement, &reply));
	json_key(&j, "score");
	json_number(&j, result->judgement.score);
	evidence_symbols(&j, i, result->recipient);
	json_key(&j, "rules");
	json_array(&j);
	inspection_each_symbol(i, result->recipient, print_name, &j);
	json_array_end(&j);
	evidence_auth(&j, i->facts.auth);
	evidence_bulk(&j, i->facts.bulk);
	json_key(&j, "authentication_results");
	json_str(&j, result->authentication_results);
	evidence_degraded(&j, i, result->recipient);
	json_key(&j, "us");
	json_u64(&j, result->cpu_us);
	json_object_end(&j);
	out_char(o, '\n');
}

/* ---- for people ---- */

static void print_line(void *arg, struct str name, double score, struct str detail)
{
	struct out *o = arg;

	if (str_starts(name, STR("__")))
		return;
	out_printf(o, "  %6.1f  " STR_FMT, score, STR_ARG(name));
	if (detail.n) {
		out_str(o, STR("  "));
		utf8_show(o, detail);
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

	utf8_show(o, str_z(item->path));
	if (item->index)
		out_printf(o, " (%" PRIu64 ")", item->index);
	out_printf(o, ": %s, score %.1f", action_name(j->action), j->score);
	if (j->name[0])
		out_printf(o, ", by verdict \"%s\" at %s", j->name, stage_name(j->stage));
	out_char(o, '\n');
	if (evidence_reply(j, &reply).n) {
		out_str(o, STR("  "));
		utf8_show(o, out_text(&reply));
		out_char(o, '\n');
	}
	inspection_each_symbol(i, result->recipient, print_line, o);
	if (j->would.n)
		out_printf(o, "  would: " STR_FMT "\n", STR_ARG(j->would));
	inspection_degraded(i, result->recipient, &degraded);
	if (degraded.n)
		out_printf(o, "  degraded: " STR_FMT "\n", STR_ARG(out_text(&degraded)));
}
