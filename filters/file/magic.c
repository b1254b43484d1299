#include "filters/file/magic.h"

#include "base/limits.h"
#include "base/mem.h"

#include <magic.h>
#include <stdbool.h>

struct magic {
	magic_t handle; /* NULL: not opened yet, or it cannot be */
	bool tried;
};

enum {
	FLAGS = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
		MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_APPTYPE |
		MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS |
		MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON
};

struct magic *magic_new(void)
{
	return mem_new(sizeof(struct magic));
}

void magic_free(void *p)
{
	struct magic *m = p;

	if (m->handle)
		magic_close(m->handle);
	mem_free(m);
}

static void open_handle(struct magic *m)
{
	m->tried = true;
	m->handle = magic_open(FLAGS);
	if (m->handle && magic_load(m->handle, NULL) != 0) {
		magic_close(m->handle);
		m->handle = NULL;
	}
}

struct str magic_ask(struct magic *m, struct str head)
{
	const char *type;

	if (!m->tried)
		open_handle(m);
	if (!m->handle || head.n == 0)
		return (struct str){ 0 };
	type = magic_buffer(m->handle, head.p, str_head(head, LIMIT_ATTACHMENT_HEAD).n);
	return type && strcmp(type, "application/octet-stream") != 0 ? str_z(type)
								     : (struct str){ 0 };
}
