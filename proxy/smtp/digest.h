/* digest.h - which message it is: SHA-256 of all its bytes as they were received. */
#ifndef SMTP_DIGEST_H
#define SMTP_DIGEST_H

#include "base/err.h"
#include "base/str.h"
#include "io/spool.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX = 2 * DIGEST_BYTES };

struct digest {
	struct spool *spool; /* nobody else reads it meanwhile */
	unsigned char bytes[DIGEST_BYTES];
};

/* A job (io/job.h) whose argument begins with a struct digest. */
enum err digest_job(void *arg);
struct str digest_hex(const struct digest *d, char hex[DIGEST_HEX]);

#endif
