/* The options of a backend.  Defaults that are limits are written as text here; a test compares them with
 * base/limits.def. */
#include "conf/blocks.h"

#include "base/check.h"
#include "conf/bounds.h"

static const char *const identity_words[] = { "auto",  "none",        "xclient", "xforward",
					      "proxy", "transparent", NULL };
static const char *const protocol_words[] = { "smtp", "lmtp", NULL };

enum { CONNECTIONS_MAX = 10000 };

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
		.choices = conf_tls_words,
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
		.about =
			"how the backend learns the client's address; auto: XCLIENT or XFORWARD, what it offers; proxy: "
			"a PROXY header (version 2); transparent: we connect from that address; with these two each "
			"client has a connection of its own",
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
