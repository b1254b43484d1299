/* check.h - CHECK() states what the program knows to be true; it stays in release builds.
 * Bytes from the network are never CHECKed: they are validated and answered. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <assert.h>
#include <stdnoreturn.h>

noreturn void check_failed(const char *file, int line, const char *func, const char *what);

#define CHECK(e)      ((e) ? (void)0 : check_failed(__FILE__, __LINE__, __func__, #e))
#define UNREACHABLE() check_failed(__FILE__, __LINE__, __func__, "unreachable")
#define COUNTOF(a)    (sizeof(a) / sizeof((a)[0]))

#endif
