/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NBD protocol's numbers and the layout of its messages. Pure: bytes to a
 * struct and back, big-endian on the wire, no state.
 */
#ifndef NBD_WIRE_H
#define NBD_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include "common/bytes.h"

/* Handshake, fixed newstyle. */
#define NBD_WIRE_MAGIC 0x4e42444d41474943ull        /* "NBDMAGIC" */
#define NBD_WIRE_OPTION_MAGIC 0x49484156454f5054ull /* "IHAVEOPT" */
#define NBD_WIRE_OPTION_REPLY_MAGIC 0x0003e889045565a9ull

#define NBD_WIRE_FIXED_NEWSTYLE 0x1u
#define NBD_WIRE_NO_ZEROES 0x2u

#define NBD_WIRE_GREETING 18u     /* bytes of the server's first message */
#define NBD_WIRE_CLIENT_FLAGS 4u  /* bytes of the client's */
#define NBD_WIRE_OPTION 16u       /* bytes of an option's header */
#define NBD_WIRE_OPTION_REPLY 20u /* bytes of an option reply's header */
#define NBD_WIRE_EXPORT_ZEROES 124u
#define NBD_WIRE_STRING_MAX 4096u

enum nbd_wire_option {
	NBD_WIRE_OPT_EXPORT_NAME = 1,
	NBD_WIRE_OPT_ABORT = 2,
	NBD_WIRE_OPT_LIST = 3,
	NBD_WIRE_OPT_STARTTLS = 5,
	NBD_WIRE_OPT_INFO = 6,
	NBD_WIRE_OPT_GO = 7,
	NBD_WIRE_OPT_STRUCTURED_REPLY = 8,
	NBD_WIRE_OPT_LIST_META_CONTEXT = 9,
	NBD_WIRE_OPT_SET_META_CONTEXT = 10,
};

enum nbd_wire_option_reply {
	NBD_WIRE_REP_ACK = 1,
	NBD_WIRE_REP_SERVER = 2,
	NBD_WIRE_REP_INFO = 3,
	NBD_WIRE_REP_META_CONTEXT = 4,
};

#define NBD_WIRE_REP_ERR_UNSUP 0x80000001u
#define NBD_WIRE_REP_ERR_POLICY 0x80000002u
#define NBD_WIRE_REP_ERR_INVALID 0x80000003u
#define NBD_WIRE_REP_ERR_UNKNOWN 0x80000006u
#define NBD_WIRE_REP_ERR_SHUTDOWN 0x80000007u
#define NBD_WIRE_REP_ERR_TOO_BIG 0x80000009u

enum nbd_wire_info {
	NBD_WIRE_INFO_EXPORT = 0,
	NBD_WIRE_INFO_NAME = 1,
	NBD_WIRE_INFO_DESCRIPTION = 2,
	NBD_WIRE_INFO_BLOCK_SIZE = 3,
};

/* Transmission flags: what an export can do. */
#define NBD_WIRE_HAS_FLAGS 0x1u
#define NBD_WIRE_READ_ONLY 0x2u
#define NBD_WIRE_SEND_FLUSH 0x4u
#define NBD_WIRE_SEND_FUA 0x8u
#define NBD_WIRE_SEND_DF 0x80u
#define NBD_WIRE_CAN_MULTI_CONN 0x100u
#define NBD_WIRE_SEND_CACHE 0x400u

/* Transmission. */
#define NBD_WIRE_REQUEST_MAGIC 0x25609513u
#define NBD_WIRE_SIMPLE_MAGIC 0x67446698u
#define NBD_WIRE_CHUNK_MAGIC 0x668e33efu

#define NBD_WIRE_REQUEST 28u /* bytes of a request's header */
#define NBD_WIRE_SIMPLE 16u  /* bytes of a simple reply's header */
#define NBD_WIRE_CHUNK 20u   /* bytes of a structured chunk's header */

enum nbd_wire_command {
	NBD_WIRE_CMD_READ = 0,
	NBD_WIRE_CMD_WRITE = 1,
	NBD_WIRE_CMD_DISC = 2,
	NBD_WIRE_CMD_FLUSH = 3,
	NBD_WIRE_CMD_TRIM = 4,
	NBD_WIRE_CMD_CACHE = 5,
	NBD_WIRE_CMD_WRITE_ZEROES = 6,
	NBD_WIRE_CMD_BLOCK_STATUS = 7,
};

/* Command flags. */
#define NBD_WIRE_FLAG_FUA 0x1u
#define NBD_WIRE_FLAG_DF 0x4u
#define NBD_WIRE_FLAG_REQ_ONE 0x8u

#define NBD_WIRE_CHUNK_DONE 0x1u

enum nbd_wire_chunk_type {
	NBD_WIRE_CHUNK_NONE = 0,
	NBD_WIRE_CHUNK_OFFSET_DATA = 1,
	NBD_WIRE_CHUNK_BLOCK_STATUS = 5,
	NBD_WIRE_CHUNK_ERROR = 0x8001,
};

/* The only errors that the protocol knows. */
enum nbd_wire_error {
	NBD_WIRE_EPERM = 1,
	NBD_WIRE_EIO = 5,
	NBD_WIRE_ENOMEM = 12,
	NBD_WIRE_EINVAL = 22,
	NBD_WIRE_ENOSPC = 28,
	NBD_WIRE_EOVERFLOW = 75,
	NBD_WIRE_ENOTSUP = 95,
	NBD_WIRE_ESHUTDOWN = 108,
};

struct nbd_wire_request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t cookie, offset;
	uint32_t length;
};

struct nbd_wire_option_header {
	uint64_t magic;
	uint32_t option, length;
};

/* The caller has made sure that the header's bytes are there. */
struct nbd_wire_request nbd_wire_get_request(struct bytes_in *in);
struct nbd_wire_option_header nbd_wire_get_option(struct bytes_in *in);

void nbd_wire_put_greeting(struct bytes_out *out);
void nbd_wire_put_option_reply(
    struct bytes_out *out, uint32_t option, uint32_t type, uint32_t length);
void nbd_wire_put_request(
    struct bytes_out *out, const struct nbd_wire_request *rq);
void nbd_wire_put_simple(
    struct bytes_out *out, uint32_t error, uint64_t cookie);
void nbd_wire_put_chunk(struct bytes_out *out, uint16_t flags, uint16_t type,
    uint64_t cookie, uint32_t length);

/* The wire's number for 0 or a negative errno; what it does not know is EIO. */
uint32_t nbd_wire_error(int error);
/* A short sentence for a wire error, ended by a period. */
const char *nbd_wire_error_text(uint32_t error);

#endif
