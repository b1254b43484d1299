#include "protocol/sasl.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/limits.h"

bool sasl_can_pass(struct str mechanism)
{
	for (size_t i = 0; i < mechanism.n; i++) {
		const char c = mechanism.p[i];

		if (!ascii_alnum(c) && c != '-' && c != '_')
			return false;
	}
	return mechanism.n > 0 && mechanism.n <= SASL_MECHANISM_MAX &&
	       !str_ieq(mechanism, STR("EXTERNAL")) && !str_iends(mechanism, STR("-PLUS"));
}

bool sasl_is_listed(struct str list, struct str mechanism)
{
	struct str word;
	bool more;

	do {
		more = str_cut(list, ' ', &word, &list);
		if (word.n && str_ieq(word, mechanism))
			return true;
	} while (more);
	return false;
}

/* ---- where the name is; false: nowhere ---- */

/* RFC 4616 2: [authzid] NUL authcid NUL passwd. */
static bool of_plain(struct str message, struct str *name)
{
	struct str authzid, password;

	return str_cut(message, '\0', &authzid, &message) &&
	       str_cut(message, '\0', name, &password);
}

static bool of_login(struct str message, struct str *name)
{
	*name = message;
	return true;
}

/* RFC 2195 2: name, space, digest. */
static bool of_cram(struct str message, struct str *name)
{
	size_t n = message.n;

	while (n && message.p[n - 1] != ' ')
		n--;
	*name = str_head(message, n ? n - 1 : 0);
	return n > 1;
}

/* RFC 2831 2.1.2: username="name", anywhere. */
static bool of_digest(struct str message, struct str *name)
{
	const struct str key = STR("username=\"");
	struct str rest;

	while (message.n && !str_istarts(message, key))
		if (!str_cut(message, ',', &rest, &message))
			return false;
	return message.n && str_cut(str_from(message, key.n), '"', name, &rest);
}

/* RFC 5802 7: gs2-header, then n=name among others; "," and "=" in it are encoded, and stay so. */
static bool of_scram(struct str message, struct str *name)
{
	struct str part;
	bool more;

	do {
		more = str_cut(message, ',', &part, &message);
		if (str_starts(part, STR("n="))) {
			*name = str_from(part, 2);
			return true;
		}
	} while (more);
	return false;
}

/* RFC 7628 3.1: "n,a=name," and what else there is. */
static bool of_oauthbearer(struct str message, struct str *name)
{
	struct str flag, rest;

	if (!str_cut(message, ',', &flag, &message) || !str_starts(message, STR("a=")))
		return false;
	return str_cut(str_from(message, 2), ',', name, &rest);
}

/* "user=name", ^A, and the token. */
static bool of_xoauth2(struct str message, struct str *name)
{
	struct str rest;

	return str_starts(message, STR("user=")) &&
	       str_cut(str_from(message, 5), '\1', name, &rest);
}

static bool find(struct str mechanism, struct str message, struct str *name)
{
	static const struct {
		struct str begins;
		bool (*find)(struct str message, struct str *name);
	} mechanisms[] = {
		{ STR_INIT("PLAIN"), of_plain },     { STR_INIT("LOGIN"), of_login },
		{ STR_INIT("CRAM-"), of_cram },      { STR_INIT("DIGEST-"), of_digest },
		{ STR_INIT("SCRAM-"), of_scram },    { STR_INIT("OAUTHBEARER"), of_oauthbearer },
		{ STR_INIT("XOAUTH2"), of_xoauth2 },
	};

	for (size_t i = 0; i < COUNTOF(mechanisms); i++)
		if (str_istarts(mechanism, mechanisms[i].begins))
			return mechanisms[i].find(message, name);
	return false;
}

struct str sasl_login(struct str mechanism, struct str response, struct out *name)
{
	char bytes[LIMIT_AUTH_LINE];
	struct out message = OUT(bytes);
	struct str found = { 0 };

	if (!base64_decode(response, &message) || !find(mechanism, out_text(&message), &found) ||
	    found.n > LIMIT_LOGIN || str_has_controls(found))
		return (struct str){ 0 };
	out_str(name, found);
	return out_text(name);
}
