/* The option tables of the blocks that are not a filter's or policy's.  Defaults that are limits
 * are written as text here; a test compares them with base/limits.def. */
#include "conf/blocks.h"

#include "base/check.h"
#include "base/limits.h"

static const char *const tls_words[] = { "none", "optional", "required", "implicit", NULL };
static const char *const newline_words[] = { "reject", "normalize", NULL };
static const char *const identity_words[] = { "auto", "none", "xclient", "xforward", NULL };
static const char *const protocol_words[] = { "smtp", "lmtp", NULL };

enum {
	TIME_MIN_MS = 10,
	HOUR_MS = 3600 * 1000,
	LOOKUP_MAX_MS = 60 * 1000,
	MESSAGE_MIN = 65536, /* RFC 5321 4.5.3.1.7: at least 64K octets */
	MESSAGE_MAX = 1 << 30,
	RECIPIENTS_MIN = 1,
	RECIPIENTS_MAX = 10000,
	ERRORS_MAX = 1000,
	CONNECTIONS_MAX = 10000,
};

#define FIELD(NAME) .offset = offsetof(struct conf_global, NAME)

static const struct conf_option global_options[] = {
	{
		.name = "workers",
		.type = CONF_INT,
		FIELD(workers),
		.fallback = "0",
		.max = LIMIT_WORKERS,
		.about = "worker processes; 0: one per core",
	},
	{
		.name = "user",
		.type = CONF_TEXT,
		FIELD(user),
		.fallback = "",
		.about =
			"who the workers are when started as root; empty: postern, if there is such an account",
	},
	{
		.name = "hostname",
		.type = CONF_TEXT,
		FIELD(hostname),
		.fallback = "",
		.about =
			"name in the greeting, Received and EHLO to backends; empty: the machine's",
	},
	{
		.name = "spool",
		.type = CONF_TEXT,
		FIELD(spool),
		.fallback = "/var/tmp",
		.about = "folder of the unlinked files that hold large messages meanwhile",
	},
};

#undef FIELD
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
		.name = "tls",
		.type = CONF_CHOICE,
		FIELD(tls),
		.fallback = "optional",
		.choices = tls_words,
		.about = "STARTTLS optional or required, or TLS from the first byte (implicit); "
			 "optional without a certificate is none",
	},
	{
		.name = "certificate",
		.type = CONF_TEXT,
		FIELD(certificate),
		.optional = true,
		.example = "/etc/postern/mx.pem",
		.about = "file with the certificate and its chain (PEM)",
	},
	{
		.name = "key",
		.type = CONF_TEXT,
		FIELD(key),
		.optional = true,
		.example = "/etc/postern/mx.key",
		.about = "file with its private key (PEM); without it, the same file",
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
#define FIELD(NAME) .offset = offsetof(struct conf_backend, NAME)

static const struct conf_option backend_options[] = {
	{
		.name = "servers",
		.type = CONF_LIST,
		FIELD(servers),
		.optional = true,
		.example = "[\"10.0.0.5:25\", \"unix:/run/mta.sock\"]",
		.about =
			"servers, used in turn: host:port, or unix:PATH; one that fails is left out for a while, "
			"names are resolved at the start",
	},
	{
		.name = "maildir",
		.type = CONF_TEXT,
		FIELD(maildir),
		.optional = true,
		.example = "/var/mail/trial",
		.about = "instead of servers: folder that takes the messages",
	},
	{
		.name = "protocol",
		.type = CONF_CHOICE,
		FIELD(protocol),
		.fallback = "smtp",
		.choices = protocol_words,
		.about = "what the servers speak",
	},
	{
		.name = "tls",
		.type = CONF_CHOICE,
		FIELD(tls),
		.fallback = "optional",
		.choices = tls_words,
		.about = "STARTTLS when offered or required, or TLS from the first byte (implicit)",
	},
	{
		.name = "tls_verify",
		.type = CONF_BOOL,
		FIELD(tls_verify),
		.fallback = "yes",
		.about =
			"the certificate must be valid for the server's name (not with tls = optional)",
	},
	{
		.name = "tls_ca",
		.type = CONF_TEXT,
		FIELD(tls_ca),
		.optional = true,
		.example = "/etc/ssl/certs/ca-certificates.crt",
		.about = "file with the authorities to trust (PEM); without it the system's",
	},
	{
		.name = "identity",
		.type = CONF_CHOICE,
		FIELD(identity),
		.fallback = "auto",
		.choices = identity_words,
		.about = "how the backend learns the client's address; auto: what it offers",
	},
	{
		.name = "connections",
		.type = CONF_INT,
		FIELD(connections),
		.fallback = "100",
		.min = 1,
		.max = CONNECTIONS_MAX,
		.about = "connections at a time, per worker",
	},
	{
		.name = "connect_timeout",
		.type = CONF_TIME,
		FIELD(connect_timeout_ms),
		.fallback = "10s",
		.min = TIME_MIN_MS,
		.max = HOUR_MS,
		.about = "connect and TLS handshake",
	},
	{
		.name = "reply_timeout",
		.type = CONF_TIME,
		FIELD(reply_timeout_ms),
		.fallback = "5m",
		.min = TIME_MIN_MS,
		.max = HOUR_MS,
		.about = "wait for the reply to a command (RFC 5321: 5 minutes)",
	},
	{
		.name = "end_timeout",
		.type = CONF_TIME,
		FIELD(end_timeout_ms),
		.fallback = "10m",
		.min = TIME_MIN_MS,
		.max = HOUR_MS,
		.about = "wait for the reply to the message (RFC 5321: 10 minutes)",
	},
	{
		.name = "idle",
		.type = CONF_TIME,
		FIELD(idle_ms),
		.fallback = "1m",
		.max = HOUR_MS,
		.about = "an unused connection is kept for the next message; 0: not at all",
	},
	{
		.name = "remember",
		.type = CONF_TIME,
		FIELD(remember_ms),
		.fallback = "1m",
		.max = HOUR_MS,
		.about =
			"a recipient it accepted is accepted again for the same sender without asking; it hears all before the message; 0: not at all",
	},
};

#undef FIELD

static const struct conf_option resolver_options[] = {
	{
		.name = "servers",
		.type = CONF_LIST,
		.offset = offsetof(struct conf_resolver, servers),
		.fallback = "[]",
		.example = "[\"127.0.0.1\"]",
		.about = "DNS servers, port 53 when none is given; []: those of /etc/resolv.conf",
	},
	{
		.name = "timeout",
		.type = CONF_TIME,
		.offset = offsetof(struct conf_resolver, timeout_ms),
		.fallback = "5s",
		.min = TIME_MIN_MS,
		.max = LOOKUP_MAX_MS,
		.about = "of a question, over all servers and tries",
	},
};

#define PREGREET(MEMBER) .offset = offsetof(struct conf_pregreet, MEMBER)

static const struct conf_option pregreet_options[] = {
	{
		.name = "wait",
		.type = CONF_TIME,
		PREGREET(wait_ms),
		.fallback = "0",
		.max = 60 * 1000,
		.about =
			"before the greeting, while DNS is asked; who talks meanwhile is an EARLY_TALKER",
	},
	{
		.name = "remember",
		.type = CONF_TIME,
		PREGREET(remember_ms),
		.fallback = "1h",
		.max = (int64_t)7 * 24 * 3600 * 1000,
		.about = "that a client has waited: it is greeted at once",
	},
};

const struct conf_block block_pregreet = {
	.name = "pregreet",
	.about = "A pause before the greeting, which those who do not listen do not wait for.",
	.options = pregreet_options,
	.option_count = COUNTOF(pregreet_options),
	.size = sizeof(struct conf_pregreet),
	.always = true,
};

static const struct conf_option rules_options[] = {
	{
		.name = "files",
		.type = CONF_LIST,
		.offset = offsetof(struct conf_rules, files),
		.fallback = "[]",
		.example = "[\"/etc/postern/rules/*.cf\"]",
		.about = "rule files, with * and ?: scores, descriptions, metas",
	},
};

const struct conf_block block_global = {
	.name = "",
	.about = "Outside blocks: the program itself.",
	.options = global_options,
	.option_count = COUNTOF(global_options),
	.size = sizeof(struct conf_global),
	.always = true,
};

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

const struct conf_block block_backend = {
	.name = "backend",
	.about = "Where mail goes: servers, or a folder to try things out.",
	.options = backend_options,
	.option_count = COUNTOF(backend_options),
	.size = sizeof(struct conf_backend),
	.title = CONF_TITLED,
	.repeated = true,
	.sample = "backend \"mta\" {\n\tservers = [\"127.0.0.1:10025\"]\n}\n",
};

const struct conf_block block_resolver = {
	.name = "resolver",
	.about = "Who answers DNS questions.  Block lists need a resolver of your own, close by.",
	.options = resolver_options,
	.option_count = COUNTOF(resolver_options),
	.size = sizeof(struct conf_resolver),
	.always = true,
};

const struct conf_block block_rules = {
	.name = "rules",
	.about = "What symbols weigh.",
	.options = rules_options,
	.option_count = COUNTOF(rules_options),
	.size = sizeof(struct conf_rules),
	.always = true,
	.sample = "rules { files = [\"/etc/postern/rules/*.cf\"] }\n",
};

const struct conf_block *const *conf_blocks(size_t *n)
{
	static const struct conf_block *const blocks[] = {
		&block_global,   &block_listener, &block_backend, &block_resolver, &block_rules,
		&block_pregreet, &block_store,    &block_control, &block_journal,
	};

	*n = COUNTOF(blocks);
	return blocks;
}
