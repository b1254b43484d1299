/* What is put into large pages is what it was, and it is the machine code among other memory. */
#include "base/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

enum { SIZE = 5 << 20 };

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static unsigned char *fill(int access)
{
	unsigned char *p = mmap(NULL, SIZE, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	for (size_t i = 0; i < SIZE; i++)
		p[i] = byte_at(i);
	return p;
}

static void check(const unsigned char *p)
{
	for (size_t i = 0; i < SIZE; i++)
		if (p[i] != byte_at(i))
			fail_msg("byte %zu", i);
}

static void all_is_as_it_was(void **state)
{
	const size_t before = pages_make_large();
	unsigned char *code = fill(PROT_READ | PROT_WRITE | PROT_EXEC);
	unsigned char *other = fill(PROT_READ | PROT_WRITE);
	const size_t with = pages_make_large();

	(void)state;
	assert_true(with >= before + SIZE && with < before + 2 * (size_t)SIZE);
	check(code);
	check(other);
	munmap(code, SIZE);
	munmap(other, SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_is_as_it_was) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
