/* scan_print.h - results of a scan: one JSON object a line (postern(8), COMMANDS), or lines for people. */
#ifndef SCAN_SCAN_PRINT_H
#define SCAN_SCAN_PRINT_H

#include "base/out.h"
#include "scan/scan.h"
#include "scan/scan_file.h"

/* Both write a whole result with its newline into `o`. */
void scan_print_json(struct out *o, const struct scan_item *item, struct scanner *s,
		     const struct scan_result *result);
void scan_print_text(struct out *o, const struct scan_item *item, struct scanner *s,
		     const struct scan_result *result);

#endif
