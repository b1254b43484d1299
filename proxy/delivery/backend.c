/* backend.c - a backend is made of its config block; from then on its table does the work. */
#include "delivery/backend.h"

#include "base/check.h"
#include "delivery/maildir.h"
#include "delivery/relay.h"

struct backend *backend_new(const struct backend_options *options, struct out *why)
{
	const struct conf_backend *conf = options->section->values;

	if (conf->maildir.text.n && conf->servers.count) {
		out_str(why, STR("either servers or maildir, not both"));
		return NULL;
	}
	if (conf->maildir.text.n)
		return maildir_new(options, why);
	if (conf->servers.count)
		return relay_new(options, why);
	out_str(why, STR("needs servers or maildir"));
	return NULL;
}

void backend_free(struct backend *b)
{
	b->ops->free(b);
}

bool backend_give_to(struct backend *b, uid_t uid, gid_t gid)
{
	return b->ops->give_to(b, uid, gid);
}

void backend_caps(struct backend *b, struct ops *ops, struct op *op)
{
	b->ops->caps(b, ops, op);
}

bool backend_one_recipient(const struct backend *b)
{
	return b->ops->one_recipient(b);
}

struct str backend_name(const struct backend *b)
{
	return b->ops->name(b);
}

struct delivery *delivery_open(struct backend *b, const struct delivery_sender *sender)
{
	return b->ops->open(b, sender);
}

struct lane *backend_lane(struct backend *b, struct wake *lost)
{
	CHECK(b->ops->lane != NULL);
	return b->ops->lane(b, lost);
}

void delivery_say(struct delivery *d, struct ops *ops, struct op *op, struct str line)
{
	CHECK(d->backend->ops->say != NULL);
	d->backend->ops->say(d, ops, op, line);
}

void delivery_rcpt(struct delivery *d, struct ops *ops, struct op *op,
		   const struct delivery_rcpt *rcpt)
{
	d->backend->ops->rcpt(d, ops, op, rcpt);
}

void delivery_drop(struct delivery *d, const void *who)
{
	d->backend->ops->drop(d, who);
}

void delivery_send(struct delivery *d, struct ops *ops, struct op *op,
		   const struct delivery_message *message)
{
	d->backend->ops->send(d, ops, op, message);
}

struct str delivery_server(const struct delivery *d)
{
	return d->backend->ops->server(d);
}

void delivery_close(struct delivery *d)
{
	d->backend->ops->close(d);
}
