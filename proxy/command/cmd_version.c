/* cmd_version.c - `postern version`: ours, and the libraries', as they are loaded and not as built. */
#include "base/version.h"
#include "command/command.h"

#include <ares.h>
#include <ev.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <sysexits.h>

static int run_version(int argc, char **argv)
{
	if (argc > 1)
		return command_surplus(&command_version, argv[1]);
	printf("postern %s\n", POSTERN_VERSION);
	printf("libev %d.%d, c-ares %s, %s\n", ev_version_major(), ev_version_minor(),
	       ares_version(NULL), OpenSSL_version(OPENSSL_VERSION));
	return command_done(&command_version, EX_OK);
}

const struct command command_version = {
	.name = "version",
	.about = "Says which version this is, and which libraries it found",
	.usage = "version",
	.help = "",
	.run = run_version,
};
