/* The options of a listener.  Defaults that are limits are written as text here; a test compares them with
 * base/limits.def. */
#include "conf/blocks.h"

#include "base/check.h"
#include "conf/bounds.h"

static const char *const limits_words[] = { "enforce", "shadow", NULL };
static const char *const profile_words[] = { "mx", "submission", NULL };
static const char *const auth_words[] = { "tls", "always", "none", NULL };
static const char *const tls_profile_words[] = { "modern", "intermediate", NULL };
static const char *const client_certificate_words[] = { "none", "ask", NULL };
static const char *const newline_words[] = { "reject", "normalize", NULL };
static const char *const greeting_words[] = { "own", "backend", NULL };
static const char *const nul_words[] = { "reject", "keep", NULL };

enum {
	MESSAGE_MIN = 65536, /* RFC 5321 4.5.3.1.7: at least 64K octets */
	MESSAGE_MAX = 1 << 30,
	RECIPIENTS_MIN = 1,
	RECIPIENTS_MAX = 10000,
	ERRORS_MAX = 1000,
	SEATS_MAX = 65535, /* what smtp/tally.h counts in one worker */
};

#define FIELD(NAME) .offset = offsetof(struct conf_listener, NAME)

static const struct conf_option listener_options[] = {
	{
		.name = "address",
		.type = CONF_LIST,
		FIELD(address),
		.example = "[\"0.0.0.0:25\", \"[::]:25\"]",
		.about = "where to listen: addresses with ports",
	},
	{
		.name = "profile",
		.type = CONF_CHOICE,
		FIELD(profile),
		.fallback = "mx",
		.choices = profile_words,
		.about =
			"submission (ports 587, and 465 with tls = implicit): clients must use TLS and log in "
			"before they send",
	},
	{
		.name = "tls",
		.type = CONF_CHOICE,
		FIELD(tls),
		.fallback = "optional",
		.choices = conf_tls_words,
		.about = "STARTTLS optional or required, or TLS from the first byte (implicit); "
			 "optional without a certificate is none",
	},
	{
		.name = "certificate",
		.type = CONF_LIST,
		FIELD(certificate),
		.optional = true,
		.example = "/etc/postern/mx.pem",
		.about =
			"files with a certificate and its chain each (PEM): of several, by the name a "
			"client asks for and the signatures it knows; the first one for all other names",
	},
	{
		.name = "key",
		.type = CONF_LIST,
		FIELD(key),
		.optional = true,
		.example = "/etc/postern/mx.key",
		.about =
			"files with their private keys (PEM), in the same order; without it, the same files",
	},
	{
		.name = "tls_profile",
		.type = CONF_CHOICE,
		FIELD(tls_profile),
		.fallback = "intermediate",
		.choices = tls_profile_words,
		.about =
			"TLS 1.3 alone (modern: servers without it come in the clear, or not at all), or "
			"1.2 as well",
	},
	{
		.name = "client_certificate",
		.type = CONF_CHOICE,
		FIELD(client_certificate),
		.fallback = "none",
		.choices = client_certificate_words,
		.about =
			"ask clients for a certificate: what one shows is a finding (CLIENT_CERTIFICATE), "
			"nobody needs one",
	},
	{
		.name = "client_ca",
		.type = CONF_TEXT,
		FIELD(client_ca),
		.optional = true,
		.example = "/etc/postern/clients.pem",
		.about = "file with the authorities, or the certificates themselves, that make it "
			 "CLIENT_CERTIFICATE_VERIFIED (PEM)",
	},
	{
		.name = "auth",
		.type = CONF_CHOICE,
		FIELD(auth),
		.fallback = "tls",
		.choices = auth_words,
		.about =
			"when clients may log in at the backend, if it offers AUTH: over TLS, also in the "
			"clear, or not at all",
	},
	{
		.name = "bare_newline",
		.type = CONF_CHOICE,
		FIELD(bare_newline),
		.fallback = "reject",
		.choices = newline_words,
		.about = "a CR or LF that stands alone: refuse the message, or make it a line end",
	},
	{
		.name = "greeting",
		.type = CONF_CHOICE,
		FIELD(greeting),
		.fallback = "own",
		.choices = greeting_words,
		.about =
			"whose name the client hears in the greeting and EHLO: ours (hostname), or the "
			"backend's as soon as it is known",
	},
	{
		.name = "nul",
		.type = CONF_CHOICE,
		FIELD(nul),
		.fallback = "reject",
		.choices = nul_words,
		.about = "NUL bytes in a message: refuse it (RFC 2045 2.7, 2.8), or pass them on;"
			 " in a binary body (RFC 3030) they are data",
	},
	{
		.name = "backend",
		.type = CONF_TEXT,
		FIELD(backend),
		.optional = true,
		.example = "mta",
		.about = "title of the backend; may be left out when there is one",
	},
	{
		.name = "timeout",
		.type = CONF_TIME,
		FIELD(timeout_ms),
		.fallback = "5m",
		.min = TIME_MIN_MS,
		.max = HOUR_MS,
		.about = "wait for the client's next bytes (RFC 5321: 5 minutes)",
	},
	{
		.name = "message_max",
		.type = CONF_SIZE,
		FIELD(message_max),
		.fallback = "50MB",
		.min = MESSAGE_MIN,
		.max = MESSAGE_MAX,
		.about = "longest message; offered as SIZE",
	},
	{
		.name = "recipients_max",
		.type = CONF_INT,
		FIELD(recipients_max),
		.fallback = "1000",
		.min = RECIPIENTS_MIN,
		.max = RECIPIENTS_MAX,
		.about = "recipients of a message (RFC 5321: at least 100)",
	},
	{
		.name = "errors_max",
		.type = CONF_INT,
		FIELD(errors_max),
		.fallback = "20",
		.min = 1,
		.max = ERRORS_MAX,
		.about = "5xx replies before the session is ended",
	},
	{
		.name = "tarpit",
		.type = CONF_TIME,
		FIELD(tarpit_ms),
		.fallback = "0",
		.max = MINUTE_MS,
		.about =
			"wait before each reply once a session has earned 3 errors; 0: none.  No wait "
			"when nearly all sessions are taken",
	},
	{
		.name = "sessions_max",
		.type = CONF_INT,
		FIELD(sessions_max),
		.fallback = "20000",
		.min = 1,
		.max = 1000000,
		.about =
			"sessions at a time, per worker, as far as its descriptors go; more are answered 421",
	},
	{
		.name = "limits",
		.type = CONF_CHOICE,
		FIELD(limits),
		.fallback = "enforce",
		.choices = limits_words,
		.about =
			"what becomes of a client over one of the limits that follow: it is refused "
			"for now, or only the log (would=) and policy (RATE_ symbols) hear of it",
	},
	{
		.name = "sessions_per_address",
		.type = CONF_INT,
		FIELD(sessions_per_address),
		.fallback = "200",
		.max = SEATS_MAX,
		.about =
			"sessions at a time of one address (IPv6: of one /64), over all workers; 0: as "
			"many as there are.  The largest senders have some dozens",
	},
	{
		.name = "sessions_per_network",
		.type = CONF_INT,
		FIELD(sessions_per_network),
		.fallback = "2000",
		.max = SEATS_MAX,
		.about = "the same of a /24 (IPv6: of a /48, what one customer is given)",
	},
	{
		.name = "connection_rate",
		.type = CONF_RATE,
		FIELD(rates[RATE_CONNECTIONS]),
		.fallback = "3000/1m",
		.about =
			"connections of one address: up to this number at once, and from then on as many "
			"in such a time.  50 a second are half a percent of a core",
	},
	{
		.name = "message_rate",
		.type = CONF_RATE,
		FIELD(rates[RATE_MESSAGES]),
		.fallback = "off",
		.about = "messages of one address; a large sender has no natural bound",
	},
	{
		.name = "recipient_rate",
		.type = CONF_RATE,
		FIELD(rates[RATE_RECIPIENTS]),
		.fallback = "off",
		.about = "recipients of one address",
	},
	{
		.name = "error_rate",
		.type = CONF_RATE,
		FIELD(rates[RATE_ERRORS]),
		.fallback = "1000/1m",
		.about =
			"5xx replies to one address, refused recipients among them: a large sender with a "
			"stale list earns a few hundred a minute, who guesses addresses any number",
	},
	{
		.name = "login_rate",
		.type = CONF_RATE,
		FIELD(rates[RATE_LOGINS]),
		.fallback = "20/10m",
		.about =
			"failed logins from one address; a device with an old password behind the same NAT "
			"leaves room for others",
	},
	{
		.name = "unlimited_from",
		.type = CONF_LIST,
		FIELD(unlimited_from),
		.fallback = "[\"127.0.0.0/8\", \"::1\", \"10.0.0.0/8\", \"172.16.0.0/12\", "
			    "\"192.168.0.0/16\", \"100.64.0.0/10\", \"fc00::/7\"]",
		.about =
			"networks that these limits do not concern: one's own, and what stands for many "
			"behind an address translator or a container bridge",
	},
	{
		.name = "proxy_from",
		.type = CONF_LIST,
		FIELD(proxy_from),
		.fallback = "[]",
		.example = "[\"10.0.0.1\", \"2001:db8::/64\"]",
		.about = "load balancers, as networks: their connections must begin with a PROXY "
			 "header (version 1 or 2), which names the client; nobody else's may",
	},
	{
		.name = "xclient_from",
		.type = CONF_LIST,
		FIELD(xclient_from),
		.fallback = "[]",
		.example = "[\"127.0.0.1\", \"10.0.0.0/29\"]",
		.about = "mail proxies, as networks: they may name the client with XCLIENT",
	},
};

#undef FIELD

const struct conf_block block_listener = {
	.name = "listener",
	.about = "Where mail comes in.  As many as wanted.",
	.options = listener_options,
	.option_count = COUNTOF(listener_options),
	.size = sizeof(struct conf_listener),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "listener \"mx\" {\n\taddress = \"127.0.0.1:2525\"\n}\n",
};
