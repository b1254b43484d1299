#include "filters/bulk/judge.h"

enum {
	LITTLE = 2,        /* times as many mails must have it in common when it is little */
	SPAM_LEAST = 3,    /* mails of a cluster that were rejected say something of it */
	ALIGNED_SHARE = 10 /* all but one of so many */
};

static unsigned bit(enum bulk_finding f)
{
	return 1u << f;
}

static unsigned size_of(const struct bulk_rules *rules, int64_t mails)
{
	for (unsigned i = BULK_SIZES; i-- > 0;)
		if (mails >= rules->sizes[i])
			return bit(i);
	return 0;
}

/* Mailings of many honest senders may have a template in common: each stands behind his own. */
static bool has_sponsors(const struct bulk_seen *seen)
{
	return seen->with_domain >= seen->messages - seen->messages / ALIGNED_SHARE;
}

static bool is_spread(const struct bulk_rules *rules, const struct bulk_seen *seen)
{
	const uint32_t *n = seen->distinct;

	return n[BULK_OF_NETWORKS] >= rules->spread || n[BULK_OF_ENVELOPES] >= rules->spread ||
	       n[BULK_OF_FROMS] >= rules->spread;
}

/* Copies that nobody stands behind change nothing for the mailing itself: it is forwarded, and forged. */
static bool is_known_list(const struct bulk_seen *seen, const struct bulk_mail *mail)
{
	return mail->is_list && mail->is_aligned && seen->distinct[BULK_OF_DOMAINS] == 1;
}

/* Text that is long enough, or two things that have nothing to do with each other. */
static bool is_much(const struct bulk_seen *seen, const struct bulk_mail *mail)
{
	return (seen->by == BULK_TEXT && mail->by_text) || __builtin_popcount(seen->common) > 1;
}

/* One sign and nothing else: what was made to look like an honest mail has it too. */
static bool is_vague(const struct bulk_seen *seen)
{
	return seen->by != BULK_TEXT && seen->by != BULK_ATTACHMENT &&
	       __builtin_popcount(seen->common) == 1;
}

static bool is_spam(const struct bulk_seen *seen, const struct bulk_mail *mail)
{
	const uint32_t *n = seen->outcomes;
	const uint64_t good = (uint64_t)n[BULK_ACCEPTED] + n[BULK_TAGGED];
	const unsigned least = is_much(seen, mail) ? SPAM_LEAST : LITTLE * SPAM_LEAST;

	if (mail->is_aligned && is_vague(seen))
		return false;
	if (n[BULK_REPORTED] > 0)
		return true;
	return n[BULK_REJECTED] >= least && n[BULK_REJECTED] >= good && !is_known_list(seen, mail);
}

static unsigned senders_of(const struct bulk_rules *rules, const struct bulk_seen *seen,
			   const struct bulk_mail *mail)
{
	const uint32_t *n = seen->distinct;
	unsigned found = 0;

	if (is_known_list(seen, mail))
		found |= bit(BULK_IS_KNOWN_LIST);
	else if (!mail->is_aligned && !has_sponsors(seen) && is_spread(rules, seen))
		found |= bit(BULK_IS_SPREAD);
	if (n[BULK_OF_FROMS] == 1 && n[BULK_OF_ENVELOPES] <= 1)
		found |= bit(BULK_IS_SINGLE_SENDER);
	return found;
}

/* It stays a wave until `hold_ms` after its first mail: by then there may be reports, or it is known for harmless. */
static bool is_wave(const struct bulk_rules *rules, const struct bulk_seen *seen,
		    const struct bulk_mail *mail)
{
	return rules->wave > 0 && seen->in_window >= rules->wave &&
	       mail->now_ms - seen->first_ms < rules->hold_ms && !mail->is_aligned;
}

/* What the operator said of the mail's cluster holds for what he has seen. */
static enum bulk_said said_of_cluster(const struct bulk_seen *seen, const struct bulk_mail *mail)
{
	if (is_vague(seen) && (seen->said == BULK_SAID_ALLOW || mail->is_aligned))
		return BULK_SAID_NOTHING;
	return seen->said;
}

static unsigned said_of(const struct bulk_seen *seen, const struct bulk_mail *mail)
{
	const enum bulk_said said = said_of_cluster(seen, mail);

	if (said == BULK_SAID_BLOCK || seen->domain_said == BULK_SAID_BLOCK)
		return bit(BULK_IS_BLOCKED);
	if (said == BULK_SAID_ALLOW || seen->domain_said == BULK_SAID_ALLOW)
		return bit(BULK_IS_ALLOWED);
	return 0;
}

unsigned bulk_judge(const struct bulk_rules *rules, const struct bulk_seen *seen,
		    const struct bulk_mail *mail)
{
	unsigned found = said_of(seen, mail), size;

	if (seen->id == 0)
		return found;
	size = size_of(rules, is_much(seen, mail) ? seen->messages : seen->messages / LITTLE);
	found |= size;
	if (size)
		found |= senders_of(rules, seen, mail);
	if (found & bit(BULK_IS_ALLOWED))
		return found & ~bit(BULK_IS_SPREAD);
	if (!seen->is_new && is_spam(seen, mail))
		found |= bit(BULK_IS_SPAM);
	if (size && is_wave(rules, seen, mail))
		found |= bit(BULK_IS_WAVE);
	return found;
}
