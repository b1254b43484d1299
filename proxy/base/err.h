/* err.h - why something did not work.  One list: the word the log uses, and the text for people. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_LIST(X)                                                                                \
	X(OK, "ok", "ok")                                                                          \
	X(NOMEM, "nomem", "over the memory budget")                                                \
	X(SYNTAX, "syntax", "syntax error")                                                        \
	X(NOTFOUND, "notfound", "not found")                                                       \
	X(TIMEOUT, "timeout", "timed out")                                                         \
	X(LIMIT, "limit", "limit reached")                                                         \
	X(REFUSED, "refused", "refused")                                                           \
	X(CLOSED, "closed", "connection closed by the peer")                                       \
	X(UNREACHABLE, "unreachable", "cannot be reached")                                         \
	X(TLS, "tls", "TLS failed")                                                                \
	X(PROTOCOL, "protocol", "protocol violated by the peer")                                   \
	X(SERVFAIL, "servfail", "server failure")                                                  \
	X(IO, "io", "input/output error")                                                          \
	X(FILE, "file", "a file of our own cannot be read")

enum err {
#define X(ID, WORD, TEXT) ERR_##ID,
	ERR_LIST(X)
#undef X
		ERR_COUNT
};

const char *err_text(enum err err);
const char *err_word(enum err err);

#endif
