/* pages.h - large pages for what has been allocated and will stay. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* Puts the heap as it is, and machine code that was made (PCRE2's), into large pages, where the kernel can (Linux 6.1): rules are
 * looked for all over some ten megabytes, and the CPU finds its way there by few entries.  Takes some milliseconds;
 * processes that are forked afterwards share the pages.  Returns bytes of what was found to be put there. */
size_t pages_make_large(void);

#endif
