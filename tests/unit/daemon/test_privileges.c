/* daemon/privileges.h: which account the workers get. */
#include "daemon/privileges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void numbers_need_no_account(void **state)
{
	struct privileges p;
	char text[256];
	struct out why = OUT(text);

	(void)state;
	assert_true(privileges_find(STR("54321:54322"), &p, &why));
	assert_int_equal(p.uid, 54321);
	assert_int_equal(p.gid, 54322);
	assert_string_equal(p.name, "");
	assert_int_equal(p.drop, geteuid() == 0);
}

static void names_are_looked_up(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	const uid_t uid = nobody ? nobody->pw_uid : 0;
	struct privileges p;
	char text[256];
	struct out why = OUT(text);

	(void)state;
	if (!nobody)
		skip();
	assert_true(privileges_find(STR("nobody"), &p, &why));
	assert_int_equal(p.uid, uid);
	assert_string_equal(p.name, "nobody");
	assert_true(privileges_find(STR("nobody:77"), &p, &why));
	assert_int_equal(p.gid, 77);
	assert_true(privileges_find(STR(""), &p, &why)); /* postern, else nobody */
}

static void what_does_not_exist_is_named(void **state)
{
	static const struct {
		const char *user, *why;
	} cases[] = {
		{ "no-such-account", "there is no account 'no-such-account'" },
		{ "nobody:no-such-group", "there is no group 'no-such-group'" },
		{ "root", "workers do not run as root: name another account" },
		{ "0:5", "workers do not run as root: name another account" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct privileges p;
		char text[256];
		struct out why = OUT(text);

		assert_false(privileges_find(str_z(cases[i].user), &p, &why));
		assert_true(str_eq(out_text(&why), str_z(cases[i].why)));
	}
}

/* In a child: there is no way back. */
static void root_is_given_up_for_good(void **state)
{
	struct privileges p;
	char text[256];
	struct out why = OUT(text);
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(privileges_find(STR("54321:54322"), &p, &why));
	pid = fork();
	if (pid == 0) {
		bool ok = privileges_forbid_new() && privileges_drop(&p, &why);

		ok = ok && getuid() == 54321 && geteuid() == 54321 && getegid() == 54322;
		ok = ok && getgroups(0, NULL) == 1 && setuid(0) != 0;
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* The effective and the permitted ones. */
static bool rights_are(unsigned long long mask)
{
	unsigned long long permitted = ~mask, effective = ~mask;
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		(void)sscanf(line, "CapPrm: %llx", &permitted);
		(void)sscanf(line, "CapEff: %llx", &effective);
	}
	if (f)
		fclose(f);
	return permitted == mask && effective == mask;
}

static void check_rights(bool foreign, unsigned long long mask)
{
	struct privileges p;
	char text[256];
	struct out why = OUT(text);
	int status;
	pid_t pid;

	assert_true(privileges_find(STR("54321:54322"), &p, &why));
	p.foreign_addresses = foreign;
	pid = fork();
	if (pid == 0) {
		bool ok = privileges_forbid_new() && privileges_drop(&p, &why);

		ok = ok && rights_are(mask) && privileges_may_be_foreign() == foreign;
		_exit(ok && setuid(0) != 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void one_right_is_kept_when_it_is_needed(void **state)
{
	(void)state;
	if (geteuid() != 0 || !privileges_may_be_foreign())
		skip();
	check_rights(false, 0);
	check_rights(true, 1u << 13); /* CAP_NET_RAW */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_need_no_account),
		cmocka_unit_test(names_are_looked_up),
		cmocka_unit_test(what_does_not_exist_is_named),
		cmocka_unit_test(root_is_given_up_for_good),
		cmocka_unit_test(one_right_is_kept_when_it_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
