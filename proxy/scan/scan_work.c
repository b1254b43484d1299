#include "scan/scan_work.h"

#include "base/log.h"
#include "base/mem.h"
#include "scan/scan_print.h"

enum { RESULT_MAX = 16 * 1024 * 1024 }; /* one result as text: four times a transaction's memory */

struct scan_work {
	const struct scan_options *options;
	struct scanner *scanner;
	char *buffer; /* RESULT_MAX bytes, of which few are ever touched */
};

struct scan_work *scan_work_new(const struct scan_options *options)
{
	struct scan_work *w = mem_new(sizeof(*w));

	w->options = options;
	w->scanner = scanner_new(options->setup, &options->envelope);
	w->buffer = mem_new(RESULT_MAX);
	return w;
}

void scan_work_free(struct scan_work *w)
{
	mem_free(w->buffer);
	scanner_free(w->scanner);
	mem_free(w);
}

bool scan_work_do(struct scan_work *w, uint64_t nth, const struct scan_item *item, struct str *text)
{
	struct out o = { .p = w->buffer, .cap = RESULT_MAX };
	struct scan_result result;
	struct str message = scan_wire(item);
	const enum err err = scanner_judge(w->scanner, nth, message, &result);

	if (err == ERR_OK && w->options->json)
		scan_print_json(&o, item, w->scanner, &result);
	else if (err == ERR_OK)
		scan_print_text(&o, item, w->scanner, &result);
	scan_forget(&message);
	log_flush();
	*text = out_text(&o);
	if (err != ERR_OK)
		*text = str_z(err_text(err));
	else if (o.full)
		*text = STR("its result is too large to print");
	return err == ERR_OK && !o.full;
}
