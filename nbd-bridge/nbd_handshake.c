/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "nbd-bridge/nbd_handshake.h"

#define CONTEXT "base:allocation"
/* More than the replies to any option need; LIST asks for it per export. */
#define REPLY_ROOM 1024u
#define PREFERRED_BLOCK 4096u

/* ---- what is sent ---- */

static struct bytes_out out_begin(struct nbd_session *s)
{
	return bytes_out(s->out + s->out_len, sizeof(s->out) - s->out_len);
}

static void out_end(struct nbd_session *s, const struct bytes_out *out)
{
	s->out_len += out->pos;
}

/* A reply with up to two pieces of data, laid down as one piece. */
static void reply(struct nbd_session *s, uint32_t option, uint32_t type,
    const struct bytes_out *data)
{
	struct bytes_out out = out_begin(s);

	nbd_wire_put_option_reply(
	    &out, option, type, data ? (uint32_t)data->pos : 0);
	if (data)
		bytes_put(&out, data->p, data->pos);
	out_end(s, &out);
}

/* The text may lose its last byte: nbd-client overwrites it with a NUL. */
static void refuse(
    struct nbd_session *s, uint32_t option, uint32_t type, const char *text)
{
	uint8_t buf[NBD_EXPORT_WHY + 1];
	struct bytes_out data = bytes_out(buf, sizeof(buf));
	size_t len = strnlen(text, NBD_EXPORT_WHY);

	bytes_put(&data, text, len);
	if (len && text[len - 1] != '.')
		bytes_put8(&data, '.');
	reply(s, option, type, &data);
}

static void acknowledge(struct nbd_session *s, uint32_t option)
{
	reply(s, option, NBD_WIRE_REP_ACK, NULL);
}

static void invalid(struct nbd_session *s, uint32_t option, const char *text)
{
	refuse(s, option, NBD_WIRE_REP_ERR_INVALID, text);
}

void nbd_handshake_greet(struct nbd_session *s)
{
	struct bytes_out out = out_begin(s);

	nbd_wire_put_greeting(&out);
	out_end(s, &out);
}

/* ---- exports ---- */

static uint16_t export_flags(
    const struct nbd_session *s, const struct nbd_export_info *info)
{
	return (uint16_t)(info->flags | (s->structured ? NBD_WIRE_SEND_DF : 0));
}

/* A name of `len` bytes: false when the protocol forbids it. */
static bool get_name(struct bytes_in *in, uint32_t len, char *name)
{
	if (len > NBD_WIRE_STRING_MAX || len > bytes_left(in))
		return false;
	bytes_get(in, name, len);
	name[len] = '\0';
	return !memchr(name, '\0', len);
}

static void enter(struct nbd_session *s, const struct nbd_export_info *info)
{
	s->info = *info;
	s->meta = s->meta && !strcmp(s->meta_name, info->name);
	s->phase = NBD_SESSION_COMMAND;
	s->deadline = NSEC_NEVER;
}

static void export_name(struct nbd_session *s, struct bytes_in *in)
{
	char name[NBD_WIRE_STRING_MAX + 1], why[NBD_EXPORT_WHY] = "";
	struct bytes_out out = out_begin(s);
	struct nbd_export_info info;

	/* This option has no error reply: the connection ends instead. */
	if (!get_name(in, (uint32_t)bytes_left(in), name) ||
	    s->config.ops->open(s->config.ctx, name, &info, why)) {
		nbd_session_drain(s, "export name refused");
		return;
	}
	bytes_put64(&out, info.size);
	bytes_put16(&out, export_flags(s, &info));
	if (!s->no_zeroes)
		bytes_zero(&out, NBD_WIRE_EXPORT_ZEROES);
	out_end(s, &out);
	enter(s, &info);
}

static void info_text(
    struct nbd_session *s, uint32_t option, uint16_t type, const char *text)
{
	uint8_t buf[2 + NBD_EXPORT_TEXT];
	struct bytes_out data = bytes_out(buf, sizeof(buf));

	bytes_put16(&data, type);
	bytes_put(&data, text, strlen(text));
	reply(s, option, NBD_WIRE_REP_INFO, &data);
}

static void info_replies(struct nbd_session *s, uint32_t option,
    const struct nbd_export_info *info, unsigned wanted)
{
	uint8_t buf[16];
	struct bytes_out data = bytes_out(buf, sizeof(buf));

	bytes_put16(&data, NBD_WIRE_INFO_EXPORT);
	bytes_put64(&data, info->size);
	bytes_put16(&data, export_flags(s, info));
	reply(s, option, NBD_WIRE_REP_INFO, &data);
	if (wanted & 1u << NBD_WIRE_INFO_NAME)
		info_text(s, option, NBD_WIRE_INFO_NAME, info->name);
	if (wanted & 1u << NBD_WIRE_INFO_DESCRIPTION)
		info_text(
		    s, option, NBD_WIRE_INFO_DESCRIPTION, info->description);
	/* Asked for or not: clients that know the limits do better. */
	data = bytes_out(buf, sizeof(buf));
	bytes_put16(&data, NBD_WIRE_INFO_BLOCK_SIZE);
	bytes_put32(&data, info->min_block);
	bytes_put32(&data, PREFERRED_BLOCK);
	bytes_put32(&data, NBD_SESSION_LENGTH_MAX);
	reply(s, option, NBD_WIRE_REP_INFO, &data);
	acknowledge(s, option);
}

static void info_or_go(
    struct nbd_session *s, uint32_t option, struct bytes_in *in)
{
	char name[NBD_WIRE_STRING_MAX + 1], why[NBD_EXPORT_WHY] = "";
	bool go = option == NBD_WIRE_OPT_GO;
	struct nbd_export_info info;
	unsigned wanted = 0;
	uint16_t n;
	int error;

	if (!get_name(in, bytes_get32(in), name)) {
		invalid(s, option, "bad export name");
		return;
	}
	n = bytes_get16(in);
	if (in->bad || bytes_left(in) != 2 * (size_t)n) {
		invalid(s, option, "option length does not match its content");
		return;
	}
	while (n--) {
		uint16_t item = bytes_get16(in);

		if (item <= NBD_WIRE_INFO_BLOCK_SIZE)
			wanted |= 1u << item;
	}
	if (go)
		error = s->config.ops->open(s->config.ctx, name, &info, why);
	else
		error = s->config.ops->find(s->config.ctx, name, &info, why);
	if (error) {
		refuse(s, option,
		    error == -ENOENT ? NBD_WIRE_REP_ERR_UNKNOWN
				     : NBD_WIRE_REP_ERR_POLICY,
		    why);
		return;
	}
	info_replies(s, option, &info, wanted);
	if (go)
		enter(s, &info);
}

/* Tells of as many exports as there is room for, then comes back for more. */
static void list(struct nbd_session *s)
{
	uint8_t buf[4 + NBD_EXPORT_NAME + NBD_EXPORT_TEXT];
	struct nbd_export_info info;

	while (sizeof(s->out) - s->out_len >= REPLY_ROOM) {
		struct bytes_out data = bytes_out(buf, sizeof(buf));

		s->listing =
		    s->config.ops->list(s->config.ctx, s->listed, &info);
		if (!s->listing) {
			acknowledge(s, NBD_WIRE_OPT_LIST);
			return;
		}
		memcpy(s->listed, info.name, sizeof(s->listed));
		bytes_put32(&data, (uint32_t)strlen(info.name));
		bytes_put(&data, info.name, strlen(info.name));
		bytes_put(&data, info.description, strlen(info.description));
		reply(s, NBD_WIRE_OPT_LIST, NBD_WIRE_REP_SERVER, &data);
	}
}

static bool is_text(const uint8_t *p, uint32_t len, const char *text)
{
	return len == strlen(text) && !memcmp(p, text, len);
}

/* True in `match` when a query selects our only context. */
static bool get_queries(struct bytes_in *in, bool listing, bool *match)
{
	uint32_t n = bytes_get32(in);

	*match = listing && !n;
	while (n-- && !in->bad) {
		uint32_t len = bytes_get32(in);
		const uint8_t *query = bytes_view(in, len);

		if (!query || len > NBD_WIRE_STRING_MAX)
			return false;
		if (is_text(query, len, CONTEXT) ||
		    (listing && is_text(query, len, "base:")))
			*match = true;
	}
	return !in->bad && !bytes_left(in);
}

static void meta_context(
    struct nbd_session *s, uint32_t option, struct bytes_in *in)
{
	char name[NBD_WIRE_STRING_MAX + 1], why[NBD_EXPORT_WHY] = "";
	bool listing = option == NBD_WIRE_OPT_LIST_META_CONTEXT, match;
	uint8_t buf[4 + sizeof(CONTEXT)];
	struct bytes_out data = bytes_out(buf, sizeof(buf));
	struct nbd_export_info info;

	if (!listing)
		s->meta = false;
	if (!listing && !s->structured) {
		invalid(s, option, "negotiate structured replies first");
		return;
	}
	if (!get_name(in, bytes_get32(in), name) ||
	    !get_queries(in, listing, &match)) {
		invalid(s, option, "option length does not match its content");
		return;
	}
	if (s->config.ops->find(s->config.ctx, name, &info, why)) {
		refuse(s, option, NBD_WIRE_REP_ERR_UNKNOWN, why);
		return;
	}
	if (match) {
		bytes_put32(&data, listing ? 0 : NBD_SESSION_CONTEXT);
		bytes_put(&data, CONTEXT, strlen(CONTEXT));
		reply(s, option, NBD_WIRE_REP_META_CONTEXT, &data);
	}
	if (match && !listing) {
		s->meta = true;
		memcpy(s->meta_name, info.name, sizeof(s->meta_name));
	}
	acknowledge(s, option);
}

/* ---- what is received ---- */

static bool without_data(
    struct nbd_session *s, uint32_t option, const struct bytes_in *in)
{
	if (!bytes_left(in))
		return true;
	invalid(s, option, "this option has no data");
	return false;
}

static void option(struct nbd_session *s, uint32_t type, struct bytes_in *in)
{
	switch (type) {
	case NBD_WIRE_OPT_EXPORT_NAME:
		export_name(s, in);
		break;
	case NBD_WIRE_OPT_ABORT:
		acknowledge(s, type);
		nbd_session_drain(s, NULL);
		break;
	case NBD_WIRE_OPT_LIST:
		if (without_data(s, type, in)) {
			s->listing = true;
			s->listed[0] = '\0';
		}
		break;
	case NBD_WIRE_OPT_STARTTLS:
		if (without_data(s, type, in))
			refuse(s, type, NBD_WIRE_REP_ERR_POLICY,
			    "no TLS on this socket");
		break;
	case NBD_WIRE_OPT_INFO:
	case NBD_WIRE_OPT_GO:
		info_or_go(s, type, in);
		break;
	case NBD_WIRE_OPT_STRUCTURED_REPLY:
		if (s->structured)
			invalid(s, type, "already negotiated");
		else if (without_data(s, type, in)) {
			s->structured = true;
			acknowledge(s, type);
		}
		break;
	case NBD_WIRE_OPT_LIST_META_CONTEXT:
	case NBD_WIRE_OPT_SET_META_CONTEXT:
		meta_context(s, type, in);
		break;
	default:
		refuse(s, type, NBD_WIRE_REP_ERR_UNSUP, "unknown option");
		break;
	}
}

static bool client_flags(struct nbd_session *s)
{
	struct bytes_in in = bytes_in(s->rx + s->rx_pos, s->rx_len - s->rx_pos);
	uint32_t flags = bytes_get32(&in);

	if (in.bad)
		return false;
	s->rx_pos += NBD_WIRE_CLIENT_FLAGS;
	if (flags & ~(NBD_WIRE_FIXED_NEWSTYLE | NBD_WIRE_NO_ZEROES)) {
		nbd_session_drain(s, "unknown client flags");
		return false;
	}
	s->fixed = flags & NBD_WIRE_FIXED_NEWSTYLE;
	s->no_zeroes = flags & NBD_WIRE_NO_ZEROES;
	s->phase = NBD_SESSION_OPTION;
	return true;
}

/* The data of an option that is too long to be looked at. */
static bool skip(struct nbd_session *s)
{
	size_t n = MIN(s->rx_len - s->rx_pos, s->skip);

	s->rx_pos += n;
	s->skip -= n;
	if (s->skip)
		return false;
	refuse(s, s->skip_option, NBD_WIRE_REP_ERR_TOO_BIG, "option too long");
	return true;
}

/* Why this option ends the connection, or NULL. */
static const char *fatal(
    const struct nbd_session *s, const struct nbd_wire_option_header *h)
{
	bool name = h->option == NBD_WIRE_OPT_EXPORT_NAME;

	if (h->magic != NBD_WIRE_OPTION_MAGIC)
		return "bad option magic";
	if (!s->fixed && !name)
		return "option without fixed newstyle";
	if (name && h->length > NBD_WIRE_STRING_MAX)
		return "export name too long";
	if (h->length > NBD_SESSION_OPTION_SKIP)
		return "option too long to skip";
	if (s->options >= NBD_SESSION_OPTIONS)
		return "too many options";
	return NULL;
}

static bool next_option(struct nbd_session *s)
{
	struct bytes_in in = bytes_in(s->rx + s->rx_pos, s->rx_len - s->rx_pos);
	struct nbd_wire_option_header h;
	const char *why;

	if (bytes_left(&in) < NBD_WIRE_OPTION)
		return false;
	h = nbd_wire_get_option(&in);
	why = fatal(s, &h);
	if (why) {
		nbd_session_drain(s, why);
		return false;
	}
	if (h.length > NBD_SESSION_OPTION_MAX) {
		s->skip = h.length;
		s->skip_option = h.option;
		s->rx_pos += NBD_WIRE_OPTION;
	} else {
		if (bytes_left(&in) < h.length)
			return false;
		s->rx_pos += NBD_WIRE_OPTION + h.length;
		in = bytes_in(in.p + in.pos, h.length);
		option(s, h.option, &in);
	}
	s->options++;
	return true;
}

bool nbd_handshake_step(struct nbd_session *s)
{
	if (s->phase == NBD_SESSION_FLAGS)
		return client_flags(s);
	s->blocked = sizeof(s->out) - s->out_len < REPLY_ROOM;
	if (s->blocked)
		return false;
	if (s->skip)
		return skip(s);
	if (!s->listing)
		return next_option(s);
	list(s);
	return true;
}
