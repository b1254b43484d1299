#include "inspection/evidence.h"

struct str evidence_reply(const struct judgement *judgement, struct out *o)
{
	if (action_code(judgement->action))
		out_printf(o, "%u " STR_FMT, action_code(judgement->action),
			   STR_ARG(judgement->reply));
	return out_text(o);
}

void evidence_verdict(struct json *j, const struct judgement *judgement, struct str reply)
{
	json_key(j, "verdict");
	json_object(j);
	json_key(j, "action");
	json_str(j, str_z(action_name(judgement->action)));
	json_key(j, "name");
	json_str(j, str_z(judgement->name));
	json_key(j, "stage");
	json_str(j, str_z(stage_name(judgement->stage)));
	json_key(j, "reply");
	json_str(j, reply);
	if (judgement->would.n) {
		json_key(j, "would");
		json_str(j, judgement->would);
	}
	json_object_end(j);
}

void evidence_symbol(struct json *j, struct str name, double score, struct str detail)
{
	json_object(j);
	json_key(j, "name");
	json_str(j, name);
	json_key(j, "score");
	json_number(j, score);
	json_key(j, "detail");
	json_str(j, detail);
	json_object_end(j);
}

static void each_symbol(void *arg, struct str name, double score, struct str detail)
{
	if (!str_starts(name, STR("__")))
		evidence_symbol(arg, name, score, detail);
}

void evidence_symbols(struct json *j, struct inspection *i, const struct inspection_recipient *r)
{
	json_key(j, "symbols");
	json_array(j);
	inspection_each_symbol(i, r, each_symbol, j);
	json_array_end(j);
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

void evidence_degraded(struct json *j, const struct inspection *i,
		       const struct inspection_recipient *r)
{
	char text[256];
	struct out o = OUT(text);
	struct str rest, word;

	inspection_degraded(i, r, &o);
	rest = out_text(&o);
	json_key(j, "degraded");
	json_array(j);
	while (next_word(&rest, &word))
		json_str(j, word);
	json_array_end(j);
}
