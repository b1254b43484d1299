#include "filters/pattern/source.h"

#include "base/check.h"

/* As relays_put() writes it, of a relay as most are. */
#define RELAY                                                                                           \
	STR_INIT(                                                                                       \
		"[ ip=192.0.2.25 rdns=mail.example.com helo=mail.example.com by=mx.example.net ident= " \
		"envfrom=info@example.com intl=0 id=4bxyz01234 auth= msa=0 ]")

/* Of a page as most are. */
#define MARKUP                                                                                     \
	STR_INIT("<html><head><style></style></head><body><table><tr><td style=\"padding: 0px\">"  \
		 "<p><a href=\"https://www.example.com/\"><img src=\"https://www.example.com/\" "  \
		 "alt=\"\"></a></p></td></tr></table></body></html>")

#define RELAYS(S)                                                                                  \
	{                                                                                          \
		.maker = SOURCE_RELAYS, .side = (S), .phase = PHASE_HEADER, .usual = RELAY         \
	}
#define RELAY_FIELDS(S)                                                                            \
	{                                                                                          \
		.maker = SOURCE_RELAY_FIELDS, .side = (S), .phase = PHASE_HEADER                   \
	}

static const struct source sources[] = {
	[PATTERN_FIELD] = { .maker = SOURCE_FIELDS, .phase = PHASE_HEADER },
	[PATTERN_ALL] = { .maker = SOURCE_HEADER, .phase = PHASE_HEADER },
	[PATTERN_TO_CC] = { .maker = SOURCE_FIELDS,
			    .names = { STR_INIT("To"), STR_INIT("Cc") },
			    .phase = PHASE_HEADER },
	[PATTERN_MESSAGE_ID] = { .maker = SOURCE_FIELDS,
				 .names = { STR_INIT("X-Message-Id"), STR_INIT("Resent-Message-Id"),
					    STR_INIT("X-Original-Message-ID"),
					    STR_INIT("Message-Id") },
				 .phase = PHASE_HEADER },
	[PATTERN_SENDER] = { .maker = SOURCE_SENDER, .phase = PHASE_HEADER },
	[PATTERN_RELAYS_TRUSTED] = RELAYS(RELAYS_TRUSTED),
	[PATTERN_RELAYS_UNTRUSTED] = RELAYS(RELAYS_UNTRUSTED),
	[PATTERN_RELAYS_INTERNAL] = RELAYS(RELAYS_INTERNAL),
	[PATTERN_RELAYS_EXTERNAL] = RELAYS(RELAYS_EXTERNAL),
	[PATTERN_ALL_TRUSTED] = RELAY_FIELDS(RELAYS_TRUSTED),
	[PATTERN_ALL_UNTRUSTED] = RELAY_FIELDS(RELAYS_UNTRUSTED),
	[PATTERN_ALL_INTERNAL] = RELAY_FIELDS(RELAYS_INTERNAL),
	[PATTERN_ALL_EXTERNAL] = RELAY_FIELDS(RELAYS_EXTERNAL),
	[PATTERN_WHOLE] = { .maker = SOURCE_BODY, .phase = PHASE_END },
	/* Written by other filters, complete behind PHASE_END. */
	[PATTERN_RENDERED] = { .maker = SOURCE_BODY, .phase = PHASE_ALIGN },
	[PATTERN_RAW_BODY] = { .maker = SOURCE_BODY, .phase = PHASE_ALIGN, .usual = MARKUP },
	[PATTERN_URIS] = { .maker = SOURCE_BODY,
			   .phase = PHASE_ALIGN,
			   .usual = STR_INIT("http://www.example.com/ https://www.example.com/") },
};

const struct source *source_of(enum pattern_source source)
{
	CHECK((size_t)source < COUNTOF(sources));
	return &sources[source];
}
