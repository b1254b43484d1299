#include "base/op.h"

#include "base/check.h"

static void unlink_op(struct op *op)
{
	CHECK(op->link != NULL && op->owner->pending > 0);
	*op->link = op->next;
	if (op->next)
		op->next->link = op->link;
	op->owner->pending--;
	op->next = NULL;
	op->link = NULL;
}

void op_start(struct ops *ops, struct op *op)
{
	CHECK(op->link == NULL && op->done != NULL && op->label != NULL);
	op->owner = ops;
	op->next = ops->head;
	op->link = &ops->head;
	if (op->next)
		op->next->link = &op->next;
	ops->head = op;
	ops->pending++;
}

/* Unlinked first: done() may start new ops, or close what owns them. */
void op_finish(struct op *op, enum err err, const void *result)
{
	unlink_op(op);
	op->done(op, err, result);
}

void op_cancel(struct op *op)
{
	unlink_op(op);
	if (op->cancel)
		op->cancel(op);
}

void ops_cancel_all(struct ops *ops)
{
	while (ops->head)
		op_cancel(ops->head);
}
