/* command.h - a command line of the client, split and checked (RFC 5321 4.1.1), pure. */
#ifndef PROTOCOL_COMMAND_H
#define PROTOCOL_COMMAND_H

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/blocks.h"
#include "mail/path.h"
#include "protocol/caps.h"

#include <stdbool.h>

enum command_argument {
	ARG_NONE,     /* must be alone (trailing spaces tolerated) */
	ARG_OPTIONAL, /* may have one; ignored */
	ARG_NEEDED,
};

/* verb, argument.  What each does is in smtp/dialogue.c's table, by the same names. */
#define COMMANDS(X)                                                                                \
	X(HELO, NEEDED)                                                                            \
	X(EHLO, NEEDED)                                                                            \
	X(MAIL, NEEDED)                                                                            \
	X(RCPT, NEEDED)                                                                            \
	X(DATA, NONE)                                                                              \
	X(RSET, NONE)                                                                              \
	X(NOOP, OPTIONAL)                                                                          \
	X(QUIT, NONE)                                                                              \
	X(VRFY, NEEDED)                                                                            \
	X(EXPN, NEEDED)                                                                            \
	X(HELP, OPTIONAL)                                                                          \
	X(XCLIENT, NEEDED)                                                                         \
	X(STARTTLS, NONE)                                                                          \
	X(SEND, OPTIONAL)                                                                          \
	X(SOML, OPTIONAL)                                                                          \
	X(SAML, OPTIONAL)                                                                          \
	X(TURN, OPTIONAL)                                                                          \
	X(BDAT, OPTIONAL)                                                                          \
	X(AUTH, NEEDED)                                                                            \
	X(ETRN, NEEDED)

enum verb {
#define X(VERB, ARGUMENT) VERB_##VERB,
	COMMANDS(X)
#undef X
		VERB_COUNT,
	VERB_UNKNOWN = VERB_COUNT,
};

struct command {
	enum verb verb;
	struct str word;     /* the verb as written */
	struct str argument; /* trimmed */
};

enum line_state {
	LINE_NONE,     /* no complete line yet */
	LINE_WHOLE,    /* one line, without its end */
	LINE_BARE,     /* ended by a lone LF, or holds a lone CR (RFC 5321 2.3.8) */
	LINE_TOO_LONG, /* the limit is passed; *used eats what is there */
};

/* The next line of the input, shorter than limit with its end; *used: bytes to consume.  Spaces before the CRLF are cut off (RFC
 * 5321 4.1.1: tolerated).  Bare newlines are taken as line ends when they are normalised. */
enum line_state command_line(struct str input, size_t limit, enum bare_newline bare,
			     struct str *line, size_t *used);

/* How long the line at the input's begin may be: AUTH more than others (RFC 4954 4). */
size_t command_limit(struct str input);

/* Whether a line begins with a verb of the table. */
bool command_is_known(struct str line);

/* ERR_SYNTAX: control characters, a missing argument or one too many. */
enum err command_parse(struct str line, struct command *c) NODISCARD;

/* An unknown verb that is another protocol's, or a header field: somebody talks to us by mistake or by
 * somebody else's hand. */
bool command_is_foreign(const struct command *c);

/* ---- MAIL and RCPT ---- */

/* What came with MAIL FROM or RCPT TO.  Views into the line. */
struct mail_command {
	struct path path;
	uint64_t size; /* SIZE=, 0 when absent */
	bool utf8;     /* SMTPUTF8 was given */
	bool binary;   /* BODY=BINARYMIME was given */
	bool prdr;     /* PRDR was given */
};

/* Why a MAIL or RCPT line is refused: the reply as it goes out. */
struct command_error {
	unsigned code;
	const char *text; /* "5.5.4 unsupported parameter" */
};

/* argument: behind the verb, "FROM:<a@b> SIZE=1".  `offered`: the extensions this client may use, bits as
 * in struct caps.
 * params receives the parameters to carry to the backend, each with a leading space (SIZE and
 * SMTPUTF8 included only as the table says).  code 0 in the result: fine. */
struct command_error command_mail(struct str argument, uint32_t offered, struct mail_command *m,
				  struct out *params);
struct command_error command_rcpt(struct str argument, uint32_t offered, bool utf8,
				  struct mail_command *m, struct out *params);

#endif
