/* scan_work.h - one message of a scan, from its bytes in a file to what is printed of it. */
#ifndef SCAN_SCAN_WORK_H
#define SCAN_SCAN_WORK_H

#include "scan/scan.h"
#include "scan/scan_file.h"

struct scan_options {
	const struct setup *setup;
	struct scan_envelope envelope;
	bool json;
};

struct scan_work;

struct scan_work *scan_work_new(const struct scan_options *options);
void scan_work_free(struct scan_work *w);

/* nth: from 0, of all messages of the scan.  False: it could not be judged, and *text says why.  Valid until the next
 * call. */
bool scan_work_do(struct scan_work *w, uint64_t nth, const struct scan_item *item,
		  struct str *text) NODISCARD;

#endif
