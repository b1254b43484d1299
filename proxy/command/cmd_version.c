/* cmd_version.c - `postern version`: ours, and the libraries', as they are loaded and not as built. */
#include "base/version.h"
#include "command/command.h"
#include "filters/pattern/prefilter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ares.h>
#include <ev.h>
#include <lmdb.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* "5.4.8 2022-09-14" and the like: the date is of its build. */
static void print_before_space(const char *name, const char *version)
{
	printf(", %s %.*s", name, (int)strcspn(version, " "), version);
}

static void print_libraries(void)
{
	char pcre2[64] = "";
	int major, minor, patch;

	(void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	(void)mdb_version(&major, &minor, &patch);
	printf("libev %d.%d, c-ares %s, %s, LMDB %d.%d.%d", ev_version_major(), ev_version_minor(),
	       ares_version(NULL), OpenSSL_version(OPENSSL_VERSION), major, minor, patch);
	print_before_space("PCRE2", pcre2);
	if (*prefilter_engine())
		print_before_space("Vectorscan", prefilter_engine());
	else
		printf(", no Vectorscan");
	printf("\n");
}

static int run_version(int argc, char **argv)
{
	if (argc > 1)
		return command_surplus(&command_version, argv[1]);
	printf("postern %s\n", POSTERN_VERSION);
	print_libraries();
	return command_done(&command_version, EX_OK);
}

const struct command command_version = {
	.name = "version",
	.about = "Says which version this is, and which libraries it found",
	.usage = "version",
	.help = "",
	.run = run_version,
};
