/* providers.c - functions that tell mail of large providers from mail that says to be theirs: their own Received fields
 * have forms of their own. */
#include "filters/evals/eval.h"

#include "base/check.h"

static bool matches(struct eval_mail *m, enum eval_expression expression, enum eval_view view)
{
	return eval_matches(m, expression, eval_text(m, view));
}

/* Such lists leave no Received fields to look at. */
static double gated(struct eval_mail *m)
{
	return (matches(m, EXPRESSION_EZMLM_LIST, VIEW_MAILING_LIST) &&
		matches(m, EXPRESSION_EZMLM_DELIVERED, VIEW_DELIVERED_TO) &&
		matches(m, EXPRESSION_EZMLM_RECEIVED, VIEW_RECEIVED)) ||
	       eval_text(m, VIEW_RECEIVED).n == 0 ||
	       matches(m, EXPRESSION_MSN_GROUPS, VIEW_RECEIVED);
}

bool eval_gated_through_received_hdr_remover(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_once(m, MEMO_GATED, gated) > 0;
}

bool eval_check_for_fake_aol_relay_in_rcvd(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return matches(m, EXPRESSION_AOL_RELAY, VIEW_RECEIVED) &&
	       !matches(m, EXPRESSION_AOL_RELAY_TRUE, VIEW_RECEIVED);
}

/* ---- Hotmail ---- */

static double may_be_hotmail(struct eval_mail *m)
{
	return matches(m, EXPRESSION_HOTMAIL_PICKUP, VIEW_RECEIVED) ||
	       (matches(m, EXPRESSION_MSN_GROUPS_TO, VIEW_TO) &&
		matches(m, EXPRESSION_MSN_GROUPS_PICKUP, VIEW_RECEIVED)) ||
	       eval_gated_through_received_hdr_remover(m, NULL) ||
	       (matches(m, EXPRESSION_ADDRESS, VIEW_X_ORIGINATING_IP) &&
		matches(m, EXPRESSION_HOTMAIL_TRUE, VIEW_RECEIVED)) ||
	       (matches(m, EXPRESSION_HOTMAIL_ORIGINATOR, VIEW_X_ORIGINATOR_ORG) &&
		matches(m, EXPRESSION_OUTLOOK_TRUE, VIEW_RECEIVED));
}

bool eval_check_for_forged_hotmail_received_headers(struct eval_mail *m,
						    const struct eval_args *args)
{
	(void)args;
	return matches(m, EXPRESSION_HOTMAIL_CLAIM, VIEW_RECEIVED) &&
	       !(eval_once(m, MEMO_HOTMAIL, may_be_hotmail) > 0);
}

bool eval_check_for_no_hotmail_received_headers(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_matches(m, EXPRESSION_HOTMAIL_FROM, eval_line(m, VIEW_FROM_ADDRESS)) &&
	       !matches(m, EXPRESSION_HOTMAIL_CLAIM, VIEW_RECEIVED) &&
	       !(eval_once(m, MEMO_HOTMAIL, may_be_hotmail) > 0);
}

/* ---- others ---- */

bool eval_check_for_forged_yahoo_received_headers(struct eval_mail *m, const struct eval_args *args)
{
	const struct str from = eval_line(m, VIEW_FROM_ADDRESS);
	const bool resent = eval_text(m, VIEW_RESENT_FROM).n && eval_text(m, VIEW_RESENT_TO).n &&
			    eval_text(m, VIEW_X_RECEIVED).n;
	const enum eval_view received = resent ? VIEW_X_RECEIVED : VIEW_RECEIVED;

	(void)args;
	return eval_matches(m, EXPRESSION_YAHOO_FROM, from) &&
	       !eval_gated_through_received_hdr_remover(m, NULL) &&
	       !eval_matches(m, EXPRESSION_YAHOO_NAME, eval_relays(m, RELAYS_TRUSTED)) &&
	       !eval_matches(m, EXPRESSION_YAHOO_NAME_FIRST, eval_relays(m, RELAYS_UNTRUSTED)) &&
	       !matches(m, EXPRESSION_YAHOO_TRUE, received) &&
	       !(eval_matches(m, EXPRESSION_YAHOO_REPLY, from) &&
		 matches(m, EXPRESSION_YAHOO_BULK, received));
}

bool eval_check_for_forged_eudoramail_received_headers(struct eval_mail *m,
						       const struct eval_args *args)
{
	(void)args;
	return eval_matches(m, EXPRESSION_EUDORA_FROM, eval_line(m, VIEW_FROM_ADDRESS)) &&
	       !eval_gated_through_received_hdr_remover(m, NULL) &&
	       !(matches(m, EXPRESSION_ADDRESS, VIEW_X_SENDER_IP) &&
		 matches(m, EXPRESSION_EUDORA_TRUE, VIEW_RECEIVED));
}

/* Of today's: its own relays and its own program; an older one has X-Originating-IP no more. */
bool eval_check_for_forged_juno_received_headers(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	if (!eval_matches(m, EXPRESSION_JUNO_FROM, eval_line(m, VIEW_FROM_ADDRESS)) ||
	    eval_gated_through_received_hdr_remover(m, NULL))
		return false;
	return eval_text(m, VIEW_X_ORIGINATING_IP).n == 0 ||
	       !matches(m, EXPRESSION_JUNO_TRUE, VIEW_RECEIVED) ||
	       !str_has(eval_text(m, VIEW_X_MAILER), STR("Juno "));
}

bool eval_check_for_forged_gmail_received_headers(struct eval_mail *m, const struct eval_args *args)
{
	enum { TOKEN = 60 };

	(void)args;
	return eval_matches(m, EXPRESSION_GMAIL_FROM, eval_line(m, VIEW_FROM_ADDRESS)) &&
	       !matches(m, EXPRESSION_GMAIL_X_RECEIVED, VIEW_X_RECEIVED) &&
	       !matches(m, EXPRESSION_GMAIL_RECEIVED, VIEW_RECEIVED) &&
	       (eval_text(m, VIEW_GM_MESSAGE_STATE).n < TOKEN ||
		eval_text(m, VIEW_GOOGLE_SMTP_SOURCE).n < TOKEN);
}

bool eval_check_messageid_not_usable(struct eval_mail *m, const struct eval_args *args)
{
	(void)args;
	return eval_matches(m, EXPRESSION_LEAVE_LIST, eval_text(m, VIEW_LIST_UNSUBSCRIBE)) ||
	       eval_gated_through_received_hdr_remover(m, NULL) ||
	       eval_matches(m, EXPRESSION_ID_EATER, eval_text(m, VIEW_RECEIVED));
}
