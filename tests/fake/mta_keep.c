/* mta_keep.c - what the fake mail server keeps of a transaction, and for whom. */
#include "base/check.h"
#include "fake/mta_inside.h"

void mta_forget(struct mta_link *l)
{
	fake_bytes_drop(&l->from, l->from.n);
	fake_bytes_drop(&l->to, l->to.n);
	fake_bytes_drop(&l->data, l->data.n);
	fake_bytes_drop(&l->taken, l->taken.n);
	l->recipients = 0;
	l->prdr = false;
}

void mta_store(struct mta_link *l, struct str to, bool confirmed)
{
	struct mta *m = l->mta;
	struct mta_message *message = arena_new(&m->arena, struct mta_message);

	CHECK(message != NULL);
	message->from = arena_str(&m->arena, fake_bytes_str(&l->from));
	message->to = arena_str(&m->arena, to);
	message->bytes = arena_str(&m->arena, fake_bytes_str(&l->data));
	message->confirmed = confirmed && !l->garbled;
	CHECK(message->bytes.p != NULL);
	*m->last = message;
	m->last = &message->next;
}

/* "<b@y>" of "<b@y> NOTIFY=NEVER"; there may be spaces in it. */
struct str mta_path(struct str argument)
{
	for (size_t i = 1; i < argument.n; i++)
		if (argument.p[i - 1] == '>' && argument.p[i] == ' ')
			return str_head(argument, i);
	return argument;
}

/* The first of "<b@y> <c@y>", taken off. */
struct str mta_next_path(struct str *paths)
{
	const struct str path = mta_path(*paths);

	*paths = str_from(*paths, path.n < paths->n ? path.n + 1 : path.n);
	return path;
}

/* It answers for each recipient (RFC 2033 4.2; PRDR, when there are several). */
bool mta_in_parts(const struct mta_link *l)
{
	return l->lmtp || (l->prdr && l->recipients > 1);
}

void mta_took(struct mta_link *l, struct str path, bool confirmed)
{
	if (l->lmtp)
		mta_store(l, path, confirmed);
	if (l->lmtp || !confirmed)
		return;
	fake_bytes_add(&l->taken, l->taken.n ? STR(" ") : STR(""));
	fake_bytes_add(&l->taken, path);
}
