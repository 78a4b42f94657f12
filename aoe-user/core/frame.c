/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/core/frame.h"
#include "aoe-user/core/flush.h"
#include "aoe-user/core/path.h"

static struct wire_header frame_header(const struct port *port, struct mac dst,
    struct aoe_addr addr, uint8_t command, uint32_t tag)
{
	return (struct wire_header){
	    .dst = dst,
	    .src = port->mac,
	    .version = WIRE_VERSION,
	    .addr = addr,
	    .command = command,
	    .tag = tag,
	};
}

static void frame_finish(
    struct copy *c, size_t header, const void *data, size_t len)
{
	c->frame.port = c->path->port->id;
	if (len == 0)
		header = wire_pad(c->header, header);
	c->frame.iov[0] = (struct iovec){c->header, header};
	c->frame.iov[1] = (struct iovec){(void *)(uintptr_t)data, len};
}

static void frame_put_ata(
    struct copy *c, const struct wire_ata *ata, const void *data, size_t len)
{
	struct wire_header h = frame_header(c->path->port, c->path->remote->mac,
	    c->dev->addr, WIRE_ATA, c->tag);
	size_t header = wire_put_ata(c->header, sizeof(c->header), &h, ata);

	c->opcode = ata->command;
	frame_finish(c, header, data, len);
}

void frame_put_config(struct copy *c)
{
	struct wire_config read = {.ccmd = WIRE_CONFIG_READ};
	struct wire_header h = frame_header(c->path->port, c->path->remote->mac,
	    c->dev->addr, WIRE_CONFIG, c->tag);

	frame_finish(c,
	    wire_put_config(c->header, sizeof(c->header), &h, &read), NULL, 0);
}

/* A string that fits in there travels in the header's buffer, and is padded. */
void frame_put_setting(struct copy *c)
{
	struct wire_config set = {.ccmd = WIRE_CONFIG_FORCE,
	    .string = c->rq->buf,
	    .string_len = c->rq->length};
	struct wire_header h = frame_header(c->path->port, c->path->remote->mac,
	    c->dev->addr, WIRE_CONFIG, c->tag);
	size_t len = wire_put_config(c->header, sizeof(c->header), &h, &set);

	if (len != 0) {
		frame_finish(c, len, NULL, 0);
		return;
	}
	set.string = NULL;
	len = wire_put_config(c->header, sizeof(c->header), &h, &set);
	frame_finish(c, len, c->rq->buf, c->rq->length);
}

void frame_put_flush(struct copy *c)
{
	const struct remote *r = c->path->remote;
	struct wire_ata ata = {0};

	c->flush_seq = c->dev->write_seq;
	c->counted = r->flush_counted;
	ata_put_flush(&ata, flush_opcode(r) == ATA_FLUSH_EXT, c->counted);
	frame_put_ata(c, &ata, NULL, 0);
}

void frame_put_transfer(struct copy *c, const uint8_t *mem)
{
	bool write = c->kind == COPY_WRITE;
	struct wire_ata ata = {0};

	ata_put_transfer(&ata, write, c->path->id.lba48, c->lba, c->count);
	frame_put_ata(c, &ata, write ? mem : NULL,
	    write ? (size_t)c->count * WIRE_SECTOR : 0);
}

void frame_put_identify(struct copy *c)
{
	struct wire_ata ata = {0};

	ata_put_identify(&ata);
	frame_put_ata(c, &ata, NULL, 0);
}

void frame_put_query(struct port *port, struct aoe_addr addr, uint32_t tag)
{
	struct wire_config read = {.ccmd = WIRE_CONFIG_READ};
	struct wire_header h =
	    frame_header(port, mac_broadcast, addr, WIRE_CONFIG, tag);
	size_t len = wire_put_config(
	    port->query_header, sizeof(port->query_header), &h, &read);

	port->query = (struct engine_frame){
	    .iov[0] = {port->query_header, wire_pad(port->query_header, len)},
	    .port = port->id,
	    .query = true,
	};
}
