#include "inspection/attest.h"

#include "base/limits.h"
#include "conf/blocks.h"
#include "filters/arc/seal.h"
#include "inspection/inspection.h"

enum { RECEIVED_SPF_MAX = 4096 };

struct str attest_id(const struct conf_authentication_results *conf, struct str hostname)
{
	return conf->id.text.n ? conf->id.text : hostname;
}

/* Does the client's address lead to a name and back (RFC 8601 3)?  False: it is not known. */
static bool iprev(const struct inspection *i, enum auth_result *result)
{
	const struct inspection_symbols *s = &i->o->symbols;

	if (inspection_found(i, s->confirmed))
		*result = AUTH_PASS;
	else if (inspection_found(i, s->unconfirmed))
		*result = AUTH_FAIL;
	else if (inspection_found(i, s->nameless))
		*result = AUTH_PERMERROR;
	else
		return false;
	return true;
}

struct auth_report attest_report(const struct inspection *i, struct str id)
{
	const struct filter_facts *f = &i->facts;
	struct auth_report r = {
		.id = id,
		.client_ip = f->client_ip,
		.helo = f->helo,
		.mail_from = f->mail_from,
		.helo_spf = f->helo_spf,
		.auth = f->auth,
		.authenticated = f->authenticated,
	};

	r.iprev_checked = iprev(i, &r.iprev);
	return r;
}

struct str attest_line(struct arena *arena, const struct auth_report *r)
{
	char bytes[LIMIT_AUTH_RESULTS];
	struct out o = OUT(bytes);

	auth_results_write(&o, r, AUTH_RESULTS_LINE);
	return arena_str(arena, out_text(&o));
}

/* Sealed or not, the message goes on: a chain that ends here is what there was without us. */
static struct str sealed(struct arena *arena, const struct auth_report *r, struct str results,
			 const struct attest_message *m)
{
	struct arc_sealing *sealing = r->auth->arc.sealing;

	if (!sealing)
		return (struct str){ 0 };
	return arc_seal(sealing, arena, m->header, results, m->unix_ms / 1000);
}

bool attest_fields(struct arena *arena, const struct conf_authentication_results *conf,
		   const struct auth_report *r, const struct attest_message *message,
		   struct str *fields)
{
	char value[LIMIT_AUTH_RESULTS], spf_value[RECEIVED_SPF_MAX];
	struct out o = OUT(value), spf = OUT(spf_value);
	struct str arc;

	*fields = (struct str){ 0 };
	if (!conf->enabled && !r->auth->arc.sealing)
		return true;
	auth_results_write(&o, r, AUTH_RESULTS_FOLDED);
	arc = sealed(arena, r, out_text(&o), message);
	if (!conf->enabled) {
		*fields = arc;
		return true;
	}
	if (conf->received_spf)
		auth_received_spf_write(&spf, r);
	*fields = arena_printf(arena,
			       STR_FMT "Authentication-Results: " STR_FMT "\r\n%s" STR_FMT "%s",
			       STR_ARG(arc), STR_ARG(out_text(&o)), spf.n ? "Received-SPF: " : "",
			       STR_ARG(out_text(&spf)), spf.n ? "\r\n" : "");
	return fields->p != NULL;
}
