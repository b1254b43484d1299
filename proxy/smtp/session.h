/* session.h - one SMTP client connection as a state machine (RFC 5321), internal to smtp/.
 *
 * The session is driven by session_wake() after any event: bytes, a timer, an op that ended, a filter that can go
 * on.  Wakes that arrive while it runs are remembered, never nested.  Steps return what to do next and never call
 * each other.  CLOSING only marks; the session is freed at the end of the loop's turn.
 *
 * Who does what: session.c the machine; patience.c its deadlines; pressure.c a worker near its limits; front.c who the
 * client is, where others say it; opening.c how it begins; dialogue.c the commands; greeting.c what EHLO offers;
 * transaction.c the envelope; message.c and chunk.c the message; outcome.c what becomes of it, for each recipient;
 * duplicate.c and recognize.c mail that comes again; auth.c AUTH; etrn.c ETRN; talk.c what is said to the backend outside
 * of a transaction; throttle.c what one client may do; answer.c what is said to the client; record.c what is said to the
 * log, and ledger.c to the journal. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "inspection/inspection.h"
#include "io/conn.h"
#include "protocol/caps.h"
#include "smtp/duplicate.h"
#include "smtp/pregreet.h"
#include "smtp/server.h"
#include "smtp/transaction.h"
#include "smtp/vantage.h"

/* state, step, where it may go, what it waits for */
#define SESSION_STATES(X)                                                                          \
	X(PROXY, step_proxy, TO(CONNECTED), "the PROXY header")                                    \
	X(CONNECTED, step_connected, TO(STARTING_TLS) | TO(PREGREET) | TO(COMMAND), "nothing")     \
	X(PREGREET, step_pregreet, TO(COMMAND), "whether the client waits for the greeting")       \
	X(STARTING_TLS, step_starting_tls, TO(HANDSHAKE), "nothing")                               \
	X(HANDSHAKE, step_handshake, TO(COMMAND), "the TLS handshake")                             \
	X(COMMAND, step_command,                                                                   \
	  TO(CONNECTED) | TO(TARPIT) | TO(SKIPPING) | TO(GREETING) | TO(STARTING_TLS) |            \
		  TO(JUDGING_RCPT) | TO(MESSAGE) | TO(CHUNK) | TO(AUTHENTICATING) | TO(TURNING),   \
	  "a command")                                                                             \
	X(TARPIT, step_tarpit, TO(COMMAND), "that the client has waited")                          \
	X(SKIPPING, step_skipping, TO(COMMAND), "the end of a line that is too long")              \
	X(GREETING, step_greeting, TO(COMMAND), "the backend's capabilities")                      \
	X(AUTHENTICATING, step_authenticating, TO(COMMAND) | TO(RESPONSE),                         \
	  "the backend's word on AUTH")                                                            \
	X(RESPONSE, step_response, TO(COMMAND) | TO(SKIPPING) | TO(AUTHENTICATING),                \
	  "the client's response to a challenge")                                                  \
	X(TURNING, step_turning, TO(COMMAND), "the backend's answer to ETRN")                      \
	X(JUDGING_RCPT, step_judging_rcpt, TO(COMMAND) | TO(ASKING), "filters")                    \
	X(ASKING, step_asking, TO(COMMAND), "the backend's answer to RCPT")                        \
	X(MESSAGE, step_message, TO(COMMAND) | TO(JUDGING_END), "the message")                     \
	X(CHUNK, step_chunk, TO(COMMAND) | TO(JUDGING_END), "the rest of a chunk")                 \
	X(JUDGING_END, step_judging_end, TO(COMMAND) | TO(REPLAYING), "filters")                   \
	X(REPLAYING, step_replaying, TO(COMMAND) | TO(REPLAYING),                                  \
	  "the backend's answer to the message")                                                   \
	X(CLOSING, step_closing, 0, "the end of the turn")

enum session_state {
#define X(ID, STEP, EXITS, WAITS) SESSION_##ID,
	SESSION_STATES(X)
#undef X
		SESSION_STATE_COUNT
};

/* As whom a client is counted, see throttle.h. */
enum client_key { CLIENT_ADDRESS, CLIENT_NETWORK };
enum { CLIENT_KEYS = CLIENT_NETWORK + 1 };

enum peer_state {
	PEER_THERE,
	PEER_GONE, /* no more input will come; what is buffered is still worked on */
};

/* What a finished op left for the step that waits. */
struct session_result {
	enum { RESULT_NONE, RESULT_PENDING, RESULT_READY } at;
	enum err err;
	struct reply reply;      /* text: until the next question's answer */
	const struct caps *caps; /* the backend's: valid in the step that takes it */
};

struct smtp_session {
	struct smtp_server *server;
	struct smtp_session *next, **link; /* in the server's list */
	struct conn *conn;
	struct id id;
	enum session_state state;
	enum peer_state peer;
	bool running, again; /* session_wake() at work; woken meanwhile */

	struct ip client_ip, local_ip;
	uint16_t client_port, local_port;
	struct ip via;    /* who told us of the client (PROXY header, XCLIENT); IP_NONE: nobody */
	bool may_xclient; /* set when the client is first known: XCLIENT does not change it */
	bool by_xclient;  /* set by the first XCLIENT: client_ip is what it said */
	uint64_t named;   /* hash of the client's last HELO or EHLO; 0: none yet */
	struct str told_helo; /* by XCLIENT, until the session has begun anew */
	bool told_esmtp;
	struct str login; /* by XCLIENT or AUTH, as far as it is known; in the connection's arena */
	struct timer timer;  /* coarse: fires, looks at deadline_ms, goes on */
	int64_t deadline_ms; /* of the client's silence */
	struct wake poke;    /* filters can go on */
	struct wake reap;

	struct inspection inspection;
	uint32_t offered;      /* in the last EHLO, bits as in struct caps; none after HELO */
	struct str mechanisms; /* of AUTH, while it is offered; in the greeting's arena */
	uint64_t size_max; /* of a message: the smaller of our limit and the backend's (RFC 1870) */
	unsigned rcpts_max; /* the same of recipients (RFC 9422) */
	struct transaction *tx;
	struct unheard
		*unheard;  /* the message answered last, until the client says something; or NULL */
	struct talk *talk; /* outside of a transaction; NULL: none */
	struct auth *auth; /* the exchange under way; NULL: none */
	struct lane *lane; /* from AUTH on; NULL: none */
	struct ops ops;
	struct op op; /* one question to the backend at a time */
	struct session_result result;
	char *reply_text; /* of result.reply */

	/* BDAT: what its chunk still has to bring, and what is said then.  It is read to its end also
	 * when it is refused, or its bytes would be taken for commands. */
	struct {
		uint64_t left, size;
		bool last;
		const char *refusal; /* a 503; NULL: the chunk is stored */
	} chunk;

	uint32_t seats[CLIENT_KEYS]; /* rows of the tally, from throttle_connect() on */
	struct str line;             /* the command at work, for the log */
	unsigned transactions, errors, idle_commands, logins;
};

struct smtp_server {
	struct smtp_server_options o;
	struct inspection_options inspection;
	struct ip_nets proxy_from, xclient_from, unlimited_from;
	uint64_t salt; /* of names in the tally: of the listener */
	struct smtp_session *sessions;
	size_t session_count;
	struct duplicates duplicates;
	struct pregreet pregreet; /* who has waited */
	struct vantage vantage;   /* of this listener's clients */
	struct ip_nets vantage_except;
	bool draining;                       /* set once, by smtp_server_drain() */
	bool memory_scarce;                  /* as the log was told */
	struct timer stress;                 /* running: there is, see pressure.h */
	int64_t said_busy_ms, said_spool_ms; /* when these were logged last; 0: never */
};

/* ---- server.c ---- */
/* A client has come.  True: its address is not its own. */
bool server_vantage(struct smtp_server *s, const struct ip *client);

/* ---- session.c ---- */
struct session_ends {
	struct ip client, local;
	uint16_t client_port, local_port;
};
void session_open(struct smtp_server *server, int fd, const struct session_ends *ends);
void session_wake(struct smtp_session *s);
/* The only place where the state is written after opening; checks that the move is in the table. */
enum next session_go(struct smtp_session *s, enum session_state to);
enum next session_close(struct smtp_session *s, const char *why);
void session_end(struct smtp_session *s); /* from outside: the server is freed */
/* Starts waiting for a reply, or the capabilities, of the backend; the answer is in s->result. */
struct op *session_ask(struct smtp_session *s, const char *label);
struct op *session_ask_caps(struct smtp_session *s);
struct arena *session_arena(struct smtp_session *s);
/* What the backend may know of the client; id: of whatever it is asked for. */
struct delivery_sender session_sender(const struct smtp_session *s, const struct id *id);

#endif
