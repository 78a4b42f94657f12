/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "common/ata.h"
#include "common/compiler.h"
#include "common/err.h"

static const struct err_verdict aoe_verdicts[] = {
    /* An error without a number is no better than an unknown one. */
    [WIRE_ERR_NONE] = {ERR_FAIL, -EIO, "unknown AoE error"},
    [WIRE_ERR_COMMAND] = {ERR_FINAL, -EOPNOTSUPP, "unrecognised command"},
    [WIRE_ERR_ARGUMENT] = {ERR_REQUERY, -EIO, "bad argument"},
    [WIRE_ERR_UNAVAILABLE] = {ERR_LATER, -EIO, "device unavailable"},
    [WIRE_ERR_CONFIG_SET] = {ERR_FINAL, -EEXIST, "config string already set"},
    [WIRE_ERR_VERSION] = {ERR_FINAL, -EPROTO, "unsupported version"},
    /* A reservation is by source MAC: another port of ours may be in it. */
    [WIRE_ERR_RESERVED] = {ERR_FAIL, -EBUSY, "reserved by another initiator"},
};

struct err_verdict err_from_aoe(uint8_t code)
{
	if (code >= ARRAY_SIZE(aoe_verdicts))
		code = WIRE_ERR_NONE;
	return aoe_verdicts[code];
}

const char *err_aoe_text(uint8_t code)
{
	return err_from_aoe(code).text;
}

static struct err_verdict verdict(
    enum err_action action, int error, const char *text)
{
	return (struct err_verdict){action, error, text};
}

/* What is left when no bit of the error register decides. */
static struct err_verdict from_status(uint8_t status, uint8_t error)
{
	if (status & ATA_STATUS_DF)
		return verdict(ERR_FAIL, -EIO, "device fault");
	if (error & ATA_ERROR_ICRC)
		return verdict(ERR_FAIL, -EIO, "interface CRC error");
	if (error & ATA_ERROR_ABRT)
		return verdict(ERR_FAIL, -EIO, "command aborted");
	if (status & ATA_STATUS_BSY)
		return verdict(ERR_FAIL, -EIO, "device busy");
	return verdict(ERR_FAIL, -EIO, "ATA error");
}

static struct err_verdict from_read(uint8_t status, uint8_t error)
{
	if (error & ATA_ERROR_IDNF)
		return verdict(ERR_FAIL, -EIO, "sector not found");
	if (error & ATA_ERROR_UNC)
		return verdict(ERR_SINGLE, -EIO, "uncorrectable data");
	if (!(status & ATA_STATUS_DF) && error & ATA_ERROR_ABRT)
		return verdict(ERR_SINGLE, -EIO, "command aborted");
	return from_status(status, error);
}

static struct err_verdict from_write(uint8_t status, uint8_t error)
{
	if (error & ATA_ERROR_IDNF)
		return verdict(ERR_FAIL, -ENOSPC, "sector not found");
	/* kvblade: UNC and ABRT together with a fault are a failed medium. */
	if (status & ATA_STATUS_DF)
		return from_status(status, error);
	/* ggaoed: also any I/O error, of a merged neighbour perhaps. */
	if (error & ATA_ERROR_UNC)
		return verdict(ERR_SINGLE, -EROFS, "write protected");
	/* Or more sectors than ggaoed takes since its MTU was lowered. */
	if (error & ATA_ERROR_ABRT)
		return verdict(ERR_SINGLE, -EROFS, "write refused");
	return from_status(status, error);
}

static struct err_verdict from_flush(uint8_t status, uint8_t error)
{
	if (error & ATA_ERROR_ABRT)
		return verdict(ERR_FINAL, -EOPNOTSUPP, "flush not supported");
	return from_status(status, error);
}

struct err_verdict err_from_ata(
    enum err_op op, uint8_t opcode, uint8_t status, uint8_t error)
{
	if (op == ERR_FLUSH && status == opcode)
		return verdict(ERR_DONE, 0, "done");
	if (!(status & ATA_STATUS_FAILED))
		return verdict(ERR_DONE, 0, "done");
	switch (op) {
	case ERR_READ:
		return from_read(status, error);
	case ERR_WRITE:
		return from_write(status, error);
	case ERR_FLUSH:
		return from_flush(status, error);
	case ERR_IDENTIFY:
		break;
	}
	return from_status(status, error);
}
