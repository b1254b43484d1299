/* as_client.c - decided here: a client whose address we were not told (XCLIENT ADDR=[UNAVAILABLE]) is 0.0.0.0 in a
 * PROXY header.  With LOCAL or no family the backend would take it for us, whom it may trust. */
#include "delivery/as_client.h"

#include "protocol/proxy_header.h"

bool as_client(const struct conf_backend *conf)
{
	return conf->identity == IDENTITY_PROXY || conf->identity == IDENTITY_TRANSPARENT;
}

/* The session's part of a transaction's id: one connection is one session's. */
static struct str session_id(const struct delivery_sender *sender)
{
	struct str session, nth;

	str_cut(sender->id, '-', &session, &nth);
	return session;
}

static void print_end(struct out *o, const struct ip *ip, uint16_t port)
{
	out_char(o, ' ');
	if (ip->family != IP_NONE)
		ip_print(o, ip);
	out_char(o, ' ');
	out_u64(o, port);
}

struct str as_client_key(struct out *o, const struct conf_backend *conf,
			 const struct delivery_sender *sender)
{
	if (!sender)
		return out_text(o);
	if (conf->identity == IDENTITY_TRANSPARENT) {
		print_end(o, &sender->client_ip, 0);
		return out_text(o);
	}
	out_str(o, str_head(session_id(sender), LIMIT_UNIQUE_ID));
	print_end(o, &sender->client_ip, sender->client_port);
	print_end(o, &sender->local_ip, sender->local_port);
	return out_text(o);
}

const struct ip *as_client_source(const struct conf_backend *conf, const struct endpoint *to,
				  const struct delivery_sender *sender)
{
	if (conf->identity != IDENTITY_TRANSPARENT || !sender || to->unix_path)
		return NULL;
	return sender->client_ip.family == to->ip.family ? &sender->client_ip : NULL;
}

void as_client_header(struct out *o, const struct conf_backend *conf,
		      const struct delivery_sender *sender)
{
	struct proxy_header h = { .known = sender != NULL };

	if (conf->identity != IDENTITY_PROXY)
		return;
	if (sender) {
		h.source = sender->client_ip;
		h.source_port = sender->client_port;
		h.destination = sender->local_ip;
		h.destination_port = sender->local_port;
		h.unique_id = session_id(sender);
	}
	if (sender && h.source.family == IP_NONE)
		h.source.family = IP_V4;
	/* Told by two who do not speak the same (XCLIENT ADDR without DESTADDR): the source matters. */
	if (h.destination.family != h.source.family)
		h.destination = (struct ip){ .family = h.source.family };
	proxy_header_print(o, &h);
}
