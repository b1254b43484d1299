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
	bool broken;  /* the library refused something: nothing passes */
	bool body;    /* there is some */
	char last[2]; /* bytes of it */
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

static struct dkim_case *case_of(DKIM *dkim, DKIM_SIGINFO *info)
{
	const struct dkim_check *c = dkim_get_user_context(dkim);
	DKIM_SIGINFO **all;
	int count;

	if (dkim_getsiglist(dkim, &all, &count) != DKIM_STAT_OK || count != (int)c->count)
		return NULL;
	for (unsigned i = 0; i < c->count; i++)
		if (all[i] == info)
			return c->cases[i];
	return NULL;
}

/* What it calls for a key. */
static DKIM_CBSTAT key_of(DKIM *dkim, DKIM_SIGINFO *info, unsigned char *buffer, size_t size)
{
	const struct dkim_case *one = case_of(dkim, info);
	struct out o = { .p = (char *)buffer, .cap = size };

	if (!one || !one->key)
		return DKIM_CBSTAT_NOTFOUND;
	dkim_key_print(one->key, &o);
	out_char(&o, '\0');
	return o.full ? DKIM_CBSTAT_ERROR : DKIM_CBSTAT_CONTINUE;
}

static bool set_options(DKIM_LIB *lib)
{
	unsigned flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;
	time_t drift = drift_s;

	return dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) ==
		       DKIM_STAT_OK &&
	       dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof(drift)) ==
		       DKIM_STAT_OK &&
	       dkim_set_key_lookup(lib, key_of) == DKIM_STAT_OK;
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
	if (c->dkim && dkim_set_user_context(c->dkim, c) == DKIM_STAT_OK)
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

static void take_body(struct dkim_check *c, struct str bytes)
{
	if (!c->broken && dkim_body(c->dkim, bytes_of(bytes.p), bytes.n) != DKIM_STAT_OK)
		c->broken = true;
}

void dkim_check_body(struct dkim_check *c, struct str bytes)
{
	if (bytes.n == 0)
		return;
	c->body = true;
	c->last[0] = bytes.n > 1 ? bytes.p[bytes.n - 2] : c->last[1];
	c->last[1] = bytes.p[bytes.n - 1];
	take_body(c, bytes);
}

/* RFC 6376 3.4.3, 3.4.4: a body that does not end with a CRLF is given one, which libopendkim leaves to us. */
static void end_body(struct dkim_check *c)
{
	if (c->body && (c->last[0] != '\r' || c->last[1] != '\n'))
		take_body(c, STR("\r\n"));
}

static void conclude(struct dkim_case *one, DKIM_SIGINFO *info)
{
	const int error = dkim_sig_geterror(info);
	const bool passed = dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED;

	one->result = AUTH_FAIL;
	one->reason = passed ? "the body hash does not match" : "the signature does not match";
	if (passed && dkim_sig_getbh(info) == DKIM_SIGBH_MATCH && error == DKIM_SIGERROR_OK) {
		one->result = AUTH_PASS;
		one->reason = NULL;
	} else if (error != DKIM_SIGERROR_BADSIG) {
		one->result = AUTH_PERMERROR;
		one->reason = dkim_sig_geterrorstr(error);
		if (!one->reason)
			one->reason = "libopendkim cannot say";
	}
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

	end_body(c);
	if (!c->broken && dkim_getsiglist(c->dkim, &all, &count) != DKIM_STAT_OK)
		c->broken = true;
	for (unsigned i = 0; !c->broken && i < c->count; i++)
		if (!c->cases[i]->key)
			dkim_sig_ignore(all[i]);
	if (c->broken) {
		be_broken(c);
		return;
	}
	(void)dkim_eom(c->dkim, NULL); /* evaluates up to the first that passes */
	for (unsigned i = 0; i < c->count; i++) {
		if (!c->cases[i]->key)
			continue;
		(void)dkim_sig_process(c->dkim, all[i]);
		conclude(c->cases[i], all[i]);
	}
}
