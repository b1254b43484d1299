#include "filters/bulk/sighting.h"

#include "base/check.h"
#include "filters/auth.h"
#include "filters/bulk/signs.h"
#include "filters/content/attachments.h"
#include "filters/content/text.h"
#include "filters/recipients.h"
#include "mail/domain.h"
#include "mail/header.h"
#include "mail/path.h"

enum {
	NETWORK_V4 = 3, /* bytes */
	NETWORK_V6 = 8,
	FILE_LEAST = 512, /* bytes of a file that says something */
};

static uint64_t hash_of(struct str s)
{
	return s.n ? bulk_hash(s) : 0;
}

/* In lower case. */
static uint64_t hash_of_name(struct str name)
{
	char bytes[LIMIT_PATH];
	struct out o = OUT(bytes);

	out_lower(&o, name);
	return hash_of(out_text(&o));
}

static uint64_t hash_of_network(const struct ip *ip)
{
	if (ip->family == IP_NONE)
		return 0;
	return bulk_hash((struct str){ .p = (const char *)ip->bytes,
				       .n = ip->family == IP_V4 ? NETWORK_V4 : NETWORK_V6 });
}

/* ---- who stands behind it ---- */

static bool is_aligned(struct str domain, struct str author)
{
	return domain.n && author.n && (domain_has(domain, author) || domain_has(author, domain));
}

static uint64_t sponsor_of(struct arena *arena, const struct auth *auth)
{
	struct str domain;

	for (const struct auth_dkim *d = auth->dkim; d; d = d->next) {
		if (!d->trusted)
			continue;
		domain = domain_ascii(arena, d->domain);
		if (is_aligned(domain, auth->from_domain))
			return hash_of(domain);
	}
	if (auth->spf.result != AUTH_PASS)
		return 0;
	domain = domain_ascii(arena, auth->spf.domain);
	return is_aligned(domain, auth->from_domain) ? hash_of(domain) : 0;
}

/* ---- what it is known by ---- */

/* Those of the recipients' addresses: mails greet people by them. */
static void read_personal(struct wordlist *w, const struct filter_recipients *recipients)
{
	for (unsigned i = 0; i < recipients->count; i++) {
		const struct str address = recipients->addresses[i];
		const struct str domain = path_domain(address);

		wordlist_read_parts(w, str_head(address, address.n - domain.n));
	}
}

/* The same file in mails that say something else.  Pictures are signs where there is little text: other mail has the
 * sender's emblem in it. */
static void read_files(struct bulk_sighting *asked, const struct attachments *files, bool has_words)
{
	for (const struct attachment *a = files->first;
	     a && asked->sign_count < BULK_SIGNS - SIGNS_MOST; a = a->next) {
		if (!a->digested || a->size < FILE_LEAST ||
		    (has_words && kind_class(a->kind) == CLASS_PICTURE))
			continue;
		asked->signs[asked->sign_count++] = (struct bulk_sign){
			.kind = BULK_ATTACHMENT,
			.hash = bulk_hash((struct str){ .p = (const char *)a->digest.bytes,
							.n = sizeof(a->digest.bytes) }),
		};
	}
}

/* Its text, or what it is known by where there is little of that. */
static bool read_content(struct sighting *s, struct arena *arena, const struct filter_facts *facts)
{
	uint32_t names[FILTER_RECIPIENTS];
	struct wordlist personal = { .hashes = names, .room = FILTER_RECIPIENTS };
	struct wordlist space = { .room = print_words(facts->text, facts->uris) };
	struct signs signs;

	space.hashes = arena_alloc(arena, space.room * sizeof(*space.hashes));
	if (!space.hashes)
		return false;
	read_personal(&personal, facts->recipients);
	print_make(&s->print, facts->text, facts->uris, &personal, &space);
	read_files(&s->asked, facts->attachments, s->print.kind == PRINT_TEXT);
	if (s->print.kind != PRINT_TEXT) {
		signs = signs_of(
			facts->text, facts->uris,
			header_has_either(facts->header, STR("In-Reply-To"), STR("References")),
			&personal, &space);
		s->asked.sign_count += signs_put(&signs, s->asked.signs + s->asked.sign_count);
	}
	return true;
}

/* All that stays the same when the client sends this very mail again. */
static uint64_t again_of(const struct filter_facts *facts, const struct bulk_sighting *asked)
{
	uint64_t whole[] = { asked->network, hash_of_name(facts->mail_from),
			     bulk_hash(facts->header), facts->message_size, 0 };

	for (unsigned i = 0; i < BULK_RECIPIENTS; i++) /* in any order */
		whole[COUNTOF(whole) - 1] += asked->recipients[i];
	return bulk_hash((struct str){ .p = (const char *)whole, .n = sizeof(whole) });
}

static struct str sample_of(const struct text *text)
{
	for (uint32_t i = 0; i < text->count; i++)
		if (text->paragraphs[i].sight == TEXT_SHOWN)
			return str_head(text_paragraph(text, i), BULK_SAMPLE);
	return (struct str){ 0 };
}

bool sighting_make(struct sighting *s, struct arena *arena, const struct filter_facts *facts)
{
	struct bulk_sighting *asked = &s->asked;

	if (!read_content(s, arena, facts))
		return false;
	asked->has_text = s->print.kind != PRINT_NONE;
	if (!asked->has_text && (asked->sign_count == 0 || asked->signs[0].leads_nowhere))
		return false;
	memcpy(asked->text, s->print.values, sizeof(asked->text));
	asked->network = hash_of_network(&facts->client_ip);
	asked->envelope = hash_of_name(path_domain(facts->mail_from));
	asked->from = hash_of(facts->auth->from_domain);
	asked->domain = sponsor_of(arena, facts->auth);
	static_assert((int)FILTER_RECIPIENTS <= (int)BULK_RECIPIENTS, "all are counted");
	for (unsigned i = 0; i < facts->recipients->count; i++)
		asked->recipients[i] = hash_of_name(facts->recipients->addresses[i]);
	asked->again = again_of(facts, asked);
	s->sample = sample_of(facts->text);
	s->is_list = header_has_either(facts->header, STR("List-Id"), STR("List-Unsubscribe"));
	return true;
}
