#include "inspection/evidence.h"

#include "filters/auth.h"

static void text(struct json *j, const char *key, struct str value)
{
	json_key(j, key);
	json_str(j, value);
}

static void print_spf(struct json *j, const struct auth_spf *spf)
{
	json_key(j, "spf");
	json_object(j);
	text(j, "result", str_z(auth_result_name(spf->result)));
	text(j, "domain", spf->domain);
	text(j, "explanation", spf->explanation);
	text(j, "reason", spf->reason);
	json_object_end(j);
}

static void print_dkim(struct json *j, const struct auth_dkim *first)
{
	json_key(j, "dkim");
	json_array(j);
	for (const struct auth_dkim *d = first; d; d = d->next) {
		if (d->domainkeys)
			continue; /* never a DKIM result */
		json_object(j);
		text(j, "result", str_z(auth_result_name(d->result)));
		text(j, "domain", d->domain);
		text(j, "selector", d->selector);
		text(j, "algorithm", d->algorithm);
		text(j, "reason", d->reason);
		json_object_end(j);
	}
	json_array_end(j);
}

static void print_dmarc(struct json *j, const struct auth_dmarc *dmarc)
{
	json_key(j, "dmarc");
	json_object(j);
	text(j, "result", str_z(auth_result_name(dmarc->result)));
	text(j, "domain", dmarc->domain);
	text(j, "organization", dmarc->organization);
	text(j, "policy", str_z(auth_policy_name(dmarc->policy)));
	text(j, "disposition", str_z(auth_policy_name(dmarc->disposition)));
	text(j, "reason", dmarc->reason);
	json_object_end(j);
}

static void print_arc(struct json *j, const struct auth_arc *arc)
{
	json_key(j, "arc");
	json_object(j);
	text(j, "result", str_z(auth_result_name(arc->result)));
	text(j, "domain", arc->domain);
	text(j, "reason", arc->reason);
	json_object_end(j);
}

void evidence_auth(struct json *j, const struct auth *auth)
{
	json_key(j, "auth");
	json_object(j);
	if (auth->spf.checked)
		print_spf(j, &auth->spf);
	if (auth->dkim_checked)
		print_dkim(j, auth->dkim);
	if (auth->dmarc.checked)
		print_dmarc(j, &auth->dmarc);
	if (auth->arc.checked)
		print_arc(j, &auth->arc);
	json_object_end(j);
}
