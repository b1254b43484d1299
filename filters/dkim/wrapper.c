#include "filters/dkim/wrapper.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/random.h"

#include <opendkim/dkim.h>

/* libopendkim has read and written a little past its blocks: this much is behind each. */
enum { PAD = 256 };

struct block {
	size_t n;
	_Alignas(max_align_t) unsigned char bytes[];
};

#ifndef __has_feature
#define __has_feature(WHAT) 0
#endif
/* libopendkim itself is not built with the sanitizer, which so does not see it write there. */
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
static const bool watch_pads = true;
#else
static const bool watch_pads = false;
#endif

struct dkim_library {
	DKIM_LIB *lib;
};

struct dkim_check {
	DKIM *dkim;
	struct dkim_case *const *cases;
	unsigned count;
	bool broken; /* the library refused something: nothing passes */
};

/* libopendkim's own clock is not ours (`scan --now`): it looks away by so much, and signature.c looks at the time. */
static const time_t drift_s = 1000000000;

/* Text that it takes as unsigned char *, and does not write to. */
static unsigned char *bytes_of(const char *p)
{
	return (unsigned char *)(uintptr_t)p;
}

static void *allocate(void *closure, size_t n)
{
	struct block *block = mem_new(sizeof(*block) + n + PAD);

	(void)closure;
	block->n = n;
	return block->bytes;
}

static void give_back(void *closure, void *p)
{
	struct block *block = (void *)((char *)p - offsetof(struct block, bytes));

	(void)closure;
	for (size_t i = 0; watch_pads && i < PAD; i++)
		CHECK(block->bytes[block->n + i] == 0);
	mem_free(block);
}

static bool set_options(DKIM_LIB *lib)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
	time_t drift = drift_s;

	return dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) ==
		       DKIM_STAT_OK &&
	       dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof(drift)) ==
		       DKIM_STAT_OK;
}

struct dkim_library *dkim_library_new(void)
{
	struct dkim_library *library = mem_new(sizeof(*library));

	library->lib = dkim_init(allocate, give_back);
	if (library->lib && set_options(library->lib))
		return library;
	dkim_library_free(library);
	return NULL;
}

void dkim_library_free(void *p)
{
	struct dkim_library *library = p;

	if (library->lib)
		dkim_close(library->lib);
	mem_free(library);
}

struct dkim_check *dkim_check_new(struct dkim_library *library, struct dkim_case *const *cases,
				  unsigned count)
{
	static const char id[] = "-";
	struct dkim_check *c = mem_new(sizeof(*c));
	DKIM_STAT stat;

	CHECK(count > 0 && count <= LIMIT_DKIM_SIGNATURES);
	c->cases = cases;
	c->count = count;
	c->dkim = dkim_verify(library->lib, bytes_of(id), NULL, &stat);
	if (c->dkim)
		return c;
	dkim_check_free(c);
	return NULL;
}

void dkim_check_free(struct dkim_check *c)
{
	if (c->dkim)
		dkim_free(c->dkim);
	mem_free(c);
}

void dkim_check_field(struct dkim_check *c, struct str field)
{
	CHECK(field.n && !memchr(field.p, '\0', field.n));
	if (dkim_header(c->dkim, bytes_of(field.p), field.n) != DKIM_STAT_OK)
		c->broken = true;
}

/* Its sets of signatures are those of the cases, one by one? */
static bool has_cases(const struct dkim_check *c)
{
	DKIM_SIGINFO **all;
	int count;

	if (dkim_getsiglist(c->dkim, &all, &count) != DKIM_STAT_OK || count != (int)c->count)
		return false;
	for (unsigned i = 0; i < c->count; i++) {
		const struct str *tags = c->cases[i]->signature.tags;
		const struct str d = str_z((const char *)dkim_sig_getdomain(all[i]));
		const struct str s = str_z((const char *)dkim_sig_getselector(all[i]));

		if (!str_ieq(d, tags[DKIM_TAG_D]) || !str_ieq(s, tags[DKIM_TAG_S]))
			return false;
	}
	return true;
}

void dkim_check_header_end(struct dkim_check *c)
{
	static const char digits[] = "0123456789abcdef";
	char bytes[64];
	struct out o = OUT(bytes);
	uint32_t secret[4];

	random_bytes(secret, sizeof(secret));
	out_str(&o, STR("X-"));
	for (unsigned i = 0; i < 32; i++)
		out_char(&o, digits[secret[i / 8] >> (i % 8 * 4) & 15]);
	out_str(&o, STR(": "));
	dkim_check_field(c, out_text(&o));
	if (dkim_eoh(c->dkim) != DKIM_STAT_OK || !has_cases(c))
		c->broken = true;
}

static bool is_signed(const struct dkim_case *one, const void *hash)
{
	struct sha256 digest;

	memcpy(digest.bytes, hash, sizeof(digest.bytes));
	return pubkey_verifies(one->key, one->signature.tags[DKIM_TAG_B], &digest);
}

/* Of the library's two hashes one is of the header section, the other one of no body, which is shorter than any l=. */
static void conclude(struct dkim_case *one, DKIM_SIGINFO *info)
{
	const int error = dkim_sig_geterror(info);
	void *header = NULL, *body = NULL;
	size_t header_n = 0, body_n = 0;

	one->result = AUTH_PERMERROR;
	one->reason = NULL;
	if (error != DKIM_SIGERROR_UNKNOWN && error != DKIM_SIGERROR_TOOLARGE_L) {
		one->reason = dkim_sig_geterrorstr(error);
	} else if (one->signature.length != UINT64_MAX && one->signature.length > one->body->body) {
		one->reason = "l= is longer than the body"; /* RFC 6376 3.5 */
	} else if (dkim_sig_gethashes(info, &header, &header_n, &body, &body_n) == DKIM_STAT_OK &&
		   header_n == sizeof(struct sha256)) {
		one->result = AUTH_FAIL;
		if (!sha256_is(&one->body->digest, one->signature.tags[DKIM_TAG_BH]))
			one->reason = "the body hash does not match";
		else if (!is_signed(one, header))
			one->reason = "the signature does not match";
		else
			one->result = AUTH_PASS;
	}
	if (one->result == AUTH_PERMERROR && !one->reason)
		one->reason = "libopendkim cannot say";
}

static void be_broken(struct dkim_check *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (!c->cases[i]->key)
			continue;
		c->cases[i]->result = AUTH_NEUTRAL;
		c->cases[i]->reason = "libopendkim does not take the message";
	}
}

void dkim_check_end(struct dkim_check *c)
{
	DKIM_SIGINFO **all;
	int count;

	if (c->broken || dkim_getsiglist(c->dkim, &all, &count) != DKIM_STAT_OK) {
		be_broken(c);
		return;
	}
	for (unsigned i = 0; i < c->count; i++)
		dkim_sig_ignore(all[i]);
	(void)dkim_eom(c->dkim, NULL); /* ends the hashes, and has nothing to evaluate */
	for (unsigned i = 0; i < c->count; i++)
		if (c->cases[i]->key)
			conclude(c->cases[i], all[i]);
}
