/* attr.h - compiler attributes under one spelling, for gcc 12 and clang 14. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define NODISCARD                __attribute__((warn_unused_result))
#define PRINTF_LIKE(FORMAT, ARG) __attribute__((format(printf, FORMAT, ARG)))
#define COLD                     __attribute__((cold))
#define UNUSED                   __attribute__((unused))

#ifdef __clang__
#define TABLE_ROW
#else
#define TABLE_ROW __attribute__((designated_init)) /* positional rows are refused */
#endif

#endif
