/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "nbd-bridge/nbd_wire.h"

struct nbd_wire_request nbd_wire_get_request(struct bytes_in *in)
{
	struct nbd_wire_request rq;

	rq.magic = bytes_get32(in);
	rq.flags = bytes_get16(in);
	rq.type = bytes_get16(in);
	rq.cookie = bytes_get64(in);
	rq.offset = bytes_get64(in);
	rq.length = bytes_get32(in);
	return rq;
}

struct nbd_wire_option_header nbd_wire_get_option(struct bytes_in *in)
{
	struct nbd_wire_option_header h;

	h.magic = bytes_get64(in);
	h.option = bytes_get32(in);
	h.length = bytes_get32(in);
	return h;
}

void nbd_wire_put_greeting(struct bytes_out *out)
{
	bytes_put64(out, NBD_WIRE_MAGIC);
	bytes_put64(out, NBD_WIRE_OPTION_MAGIC);
	bytes_put16(out, NBD_WIRE_FIXED_NEWSTYLE | NBD_WIRE_NO_ZEROES);
}

void nbd_wire_put_option_reply(
    struct bytes_out *out, uint32_t option, uint32_t type, uint32_t length)
{
	bytes_put64(out, NBD_WIRE_OPTION_REPLY_MAGIC);
	bytes_put32(out, option);
	bytes_put32(out, type);
	bytes_put32(out, length);
}

void nbd_wire_put_request(
    struct bytes_out *out, const struct nbd_wire_request *rq)
{
	bytes_put32(out, rq->magic);
	bytes_put16(out, rq->flags);
	bytes_put16(out, rq->type);
	bytes_put64(out, rq->cookie);
	bytes_put64(out, rq->offset);
	bytes_put32(out, rq->length);
}

void nbd_wire_put_simple(struct bytes_out *out, uint32_t error, uint64_t cookie)
{
	bytes_put32(out, NBD_WIRE_SIMPLE_MAGIC);
	bytes_put32(out, error);
	bytes_put64(out, cookie);
}

void nbd_wire_put_chunk(struct bytes_out *out, uint16_t flags, uint16_t type,
    uint64_t cookie, uint32_t length)
{
	bytes_put32(out, NBD_WIRE_CHUNK_MAGIC);
	bytes_put16(out, flags);
	bytes_put16(out, type);
	bytes_put64(out, cookie);
	bytes_put32(out, length);
}

uint32_t nbd_wire_error(int error)
{
	switch (-error) {
	case 0:
		return 0;
	case EPERM:
	case EROFS:
	case EACCES:
		return NBD_WIRE_EPERM;
	case ENOMEM:
		return NBD_WIRE_ENOMEM;
	case EINVAL:
		return NBD_WIRE_EINVAL;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return NBD_WIRE_ENOSPC;
	case ESHUTDOWN:
		return NBD_WIRE_ESHUTDOWN;
	default:
		return NBD_WIRE_EIO;
	}
}

const char *nbd_wire_error_text(uint32_t error)
{
	switch (error) {
	case NBD_WIRE_EPERM:
		return "the disk is read-only.";
	case NBD_WIRE_ENOMEM:
		return "out of memory.";
	case NBD_WIRE_EINVAL:
		return "no such range, command or flag.";
	case NBD_WIRE_ENOSPC:
		return "beyond the end of the disk.";
	case NBD_WIRE_ESHUTDOWN:
		return "the server is shutting down.";
	default:
		return "the disk failed; see the server's log.";
	}
}
