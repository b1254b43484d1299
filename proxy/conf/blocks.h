/* blocks.h - the blocks that are not a filter's or policy's, and the structs they fill. */
#ifndef CONF_BLOCKS_H
#define CONF_BLOCKS_H

#include "conf/conf.h"

#include "base/ip.h"

enum tls_mode { TLS_NONE, TLS_OPTIONAL, TLS_REQUIRED, TLS_IMPLICIT };
enum auth_mode { AUTH_TLS, AUTH_ALWAYS, AUTH_OFF };
enum profile { PROFILE_MX, PROFILE_SUBMISSION };
enum greeting { GREETING_OWN, GREETING_BACKEND };
enum tls_profile { TLS_PROFILE_MODERN, TLS_PROFILE_INTERMEDIATE };
enum client_certificate { CLIENT_CERTIFICATE_NONE, CLIENT_CERTIFICATE_ASK };
enum bare_newline { BARE_REJECT, BARE_NORMALIZE };
enum nul_bytes { NUL_REJECT, NUL_KEEP };
enum identity {
	IDENTITY_AUTO, /* XCLIENT, else XFORWARD, else none: what the backend offers */
	IDENTITY_NONE,
	IDENTITY_XCLIENT,
	IDENTITY_XFORWARD,
	IDENTITY_PROXY,       /* a PROXY header: a connection per client */
	IDENTITY_TRANSPARENT, /* the client's own address: the same */
};
enum backend_protocol { BACKEND_SMTP, BACKEND_LMTP };
enum backend_tls {
	BACKEND_TLS_NONE,
	BACKEND_TLS_OPTIONAL,
	BACKEND_TLS_REQUIRED,
	BACKEND_TLS_IMPLICIT
};

enum limits_mode { LIMITS_ENFORCE, LIMITS_SHADOW };

/* What a client may do only so often. */
enum client_rate { RATE_CONNECTIONS, RATE_MESSAGES, RATE_RECIPIENTS, RATE_ERRORS, RATE_LOGINS };
enum { CLIENT_RATES = RATE_LOGINS + 1 };

/* Keys outside blocks. */
struct conf_global {
	int64_t workers;       /* 0: one per core */
	struct conf_text user; /* who the workers are when started as root */
	struct conf_text
		hostname; /* in the greeting, Received and EHLO to backends; empty: the machine's */
	int64_t memory_max;     /* bytes of one worker; more turn away new connections and mails */
	struct conf_text spool; /* folder of the unlinked files of large messages */
	int64_t spool_max, spool_min_free; /* bytes of one worker's, and of its disk; 0: no bound */
	int64_t certificate_watch_ms;      /* between looks at certificate files; 0: none */
};

struct conf_listener {
	struct conf_list address;          /* "0.0.0.0:25", "[::]:25" */
	int tls;                           /* enum tls_mode */
	struct conf_list certificate, key; /* in pairs; none: optional is none */
	int tls_profile;                   /* enum tls_profile */
	int client_certificate;            /* enum client_certificate */
	struct conf_text client_ca;
	int profile;              /* enum profile */
	int auth;                 /* enum auth_mode */
	int bare_newline;         /* enum bare_newline */
	int greeting;             /* enum greeting */
	int nul;                  /* enum nul_bytes */
	struct conf_text backend; /* may be empty when there is one */
	int64_t timeout_ms;       /* the client's silence */
	int64_t message_max;      /* bytes; the SIZE offered */
	int64_t recipients_max, errors_max;
	int64_t tarpit_ms;    /* before each reply to who has earned errors; 0: none */
	int64_t sessions_max; /* of one worker; more get 421 */
	/* What one client may have and do, over all workers. */
	int limits;                                         /* enum limits_mode */
	int64_t sessions_per_address, sessions_per_network; /* 0: as many as there are */
	struct conf_rate rates[CLIENT_RATES];
	struct conf_list unlimited_from;
	/* Networks: whose connections begin with a PROXY header; who may say XCLIENT. */
	struct conf_list proxy_from, xclient_from;
};

struct conf_backend {
	struct conf_list servers; /* "10.0.0.5:25", "mta.example:25", "unix:/run/mta.sock" */
	struct conf_text maildir; /* instead of servers */
	int protocol;             /* enum backend_protocol */
	int tls;                  /* enum backend_tls */
	bool tls_verify;
	struct conf_text tls_ca;
	int identity;        /* enum identity */
	int64_t connections; /* at most, per worker */
	int64_t connect_timeout_ms, reply_timeout_ms, end_timeout_ms, idle_ms, remember_ms;
};

struct conf_resolver {
	struct conf_list servers; /* "127.0.0.1:5353"; none: /etc/resolv.conf */
	int64_t timeout_ms;
};

struct conf_pregreet {
	int64_t wait_ms;     /* before the greeting; 0: none */
	int64_t remember_ms; /* that a client has waited */
};

/* smtp/vantage.h: when nearly all clients of a listener have one private address. */
struct conf_vantage {
	bool guard;
	int64_t window_ms, connections, share; /* share: percent */
	struct conf_list except;               /* networks whose clients are who they seem */
};

/* What is told in the message of who sent it (RFC 8601). */
struct conf_authentication_results {
	bool enabled;
	struct conf_text id; /* authserv-id; empty: the hostname */
	bool login;          /* smtp.auth= of who has logged in */
	bool received_spf;   /* RFC 7208 9.1 */
};

/* smtp/duplicate.h */
struct conf_duplicates {
	bool enabled;
	int64_t lifetime_ms; /* of a mark */
};

struct conf_store {
	struct conf_text url;
	int64_t size_max, sync_ms; /* of lmdb: */
	struct conf_text fallback; /* from here on: of a Redis */
	int64_t timeout_ms;
	struct conf_text user, password; /* empty: the url's */
	struct conf_text sentinel_user, sentinel_password;
	bool tls_verify;
	struct conf_text tls_ca;
};

/* Which of four scores of a rule counts. */
enum conf_scores { CONF_SCORES_NETWORK, CONF_SCORES_LOCAL };

/* Which rules are looked for. */
enum conf_run { CONF_RUN_NEEDED, CONF_RUN_ALL };

struct conf_rules {
	struct conf_list files; /* globs */
	enum conf_scores scores;
	enum conf_run run;
};

struct conf_control {
	struct conf_text socket;
};

/* proxy/journal */
struct conf_journal {
	bool enabled;
	struct conf_text path; /* folder */
	int64_t keep_ms, size_max;
};

extern const struct conf_block block_global, block_listener, block_backend, block_resolver,
	block_rules, block_pregreet, block_vantage, block_authentication_results, block_duplicates;
extern const struct conf_block block_store, block_control, block_journal; /* blocks_store.c */

/* All of the above; filters and policy have more. */
const struct conf_block *const *conf_blocks(size_t *n);

/* What no single option can tell: a listener and its backend exist, addresses are addresses, a
 * key has its certificate.  False: errors were reported. */
bool conf_check(const struct conf *conf, struct conf_report *report) NODISCARD;

/* The resolver's servers alone: what a config needs that judges mail and receives none. */
bool conf_check_resolver(const struct conf *conf, struct conf_report *report) NODISCARD;

/* "0.0.0.0:25", "[::1]:25" or, with default_port not 0, the address alone. */
bool conf_address(struct str text, uint16_t default_port, struct ip *ip, uint16_t *port) NODISCARD;

/* One entry of a backend's servers. */
enum conf_server_kind { SERVER_IP, SERVER_NAME, SERVER_UNIX };
struct conf_server {
	enum conf_server_kind kind;
	struct ip ip;     /* SERVER_IP */
	struct str where; /* host name or socket path, pointing into the text */
	uint16_t port;    /* not SERVER_UNIX */
};

/* "10.0.0.5:25", "[::1]:25", "mta.example:25", "unix:/run/mta.sock". */
bool conf_server(struct str text, struct conf_server *server) NODISCARD;
/* Labels of letters, digits, "-" and "_", with a dot between two: a name that DNS or a client may know. */
bool conf_labels_ok(struct str name) NODISCARD;

#endif
