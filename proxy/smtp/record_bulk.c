/* A cluster of the bulk radar that has grown large: one line for each size that it comes to. */
#include "smtp/record.h"

#include "base/log.h"
#include "filters/bulk/facts.h"
#include "smtp/session.h"

void record_bulk(struct smtp_session *s)
{
	const struct bulk_facts *facts = s->inspection.facts.bulk;
	const struct bulk_seen *seen;
	char id[BULK_ID_TEXT];
	struct log_line l;

	if (!facts || !facts->grew)
		return;
	seen = facts->seen;
	log_begin(&l, "bulk", id_str(&s->tx->id));
	log_str(&l, "cluster", bulk_print_id(seen->id, id));
	log_z(&l, "size", facts->grew);
	log_u64(&l, "messages", seen->messages);
	log_u64(&l, "in_window", seen->in_window);
	log_u64(&l, "networks", seen->distinct[BULK_OF_NETWORKS]);
	log_u64(&l, "envelopes", seen->distinct[BULK_OF_ENVELOPES]);
	log_u64(&l, "froms", seen->distinct[BULK_OF_FROMS]);
	log_u64(&l, "domains", seen->distinct[BULK_OF_DOMAINS]);
	log_u64(&l, "recipients", seen->distinct[BULK_OF_RECIPIENTS]);
	log_u64(&l, "rejected", seen->outcomes[BULK_REJECTED]);
	log_said(&l, "sample", (struct str){ .p = seen->sample, .n = seen->sample_n });
	log_end(&l);
	ledger_bulk(s);
}
