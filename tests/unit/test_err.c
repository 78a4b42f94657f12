/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include "common/ata.h"
#include "common/err.h"
#include "tests/unit/unit.h"

static void aoe_codes(void **state)
{
	static const struct {
		uint8_t code;
		enum err_action action;
		int error;
		const char *text;
	} table[] = {
	    {0, ERR_FAIL, -EIO, "unknown AoE error"},
	    {1, ERR_FINAL, -EOPNOTSUPP, "unrecognised command"},
	    {2, ERR_REQUERY, -EIO, "bad argument"},
	    {3, ERR_LATER, -EIO, "device unavailable"},
	    {4, ERR_FINAL, -EEXIST, "config string already set"},
	    {5, ERR_FINAL, -EPROTO, "unsupported version"},
	    {6, ERR_FAIL, -EBUSY, "reserved by another initiator"},
	    {7, ERR_FAIL, -EIO, "unknown AoE error"},
	    {255, ERR_FAIL, -EIO, "unknown AoE error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct err_verdict v = err_from_aoe(table[i].code);

		assert_int_equal(v.action, table[i].action);
		assert_int_equal(v.error, table[i].error);
		assert_string_equal(v.text, table[i].text);
		assert_string_equal(err_aoe_text(table[i].code), table[i].text);
	}
	for (unsigned code = 0; code < 256; code++) {
		struct err_verdict v = err_from_aoe((uint8_t)code);

		assert_int_not_equal(v.action, ERR_DONE);
		assert_true(v.error < 0 && v.text && *v.text);
	}
}

/* What the targets are known to answer, cell by cell. */
static void known_targets(void **state)
{
	static const struct {
		const char *what;
		enum err_op op;
		uint8_t opcode, status, error;
		enum err_action action;
		int result;
	} table[] = {
	    {"vblade read", ERR_READ, 0x24, 0x40, 0x00, ERR_DONE, 0},
	    {"vblade write", ERR_WRITE, 0x34, 0x40, 0x00, ERR_DONE, 0},
	    {"vblade IDENTIFY", ERR_IDENTIFY, 0xec, 0x40, 0x00, ERR_DONE, 0},
	    {"VSX read-only IDENTIFY", ERR_IDENTIFY, 0xec, 0x40, 0x40, ERR_DONE,
		0},

	    {"vblade beyond end", ERR_READ, 0x24, 0x41, 0x10, ERR_FAIL, -EIO},
	    {"vblade beyond end", ERR_WRITE, 0x34, 0x41, 0x10, ERR_FAIL,
		-ENOSPC},
	    {"kvblade beyond end", ERR_READ, 0x24, 0x01, 0x10, ERR_FAIL, -EIO},
	    {"kvblade beyond end", ERR_WRITE, 0x34, 0x01, 0x10, ERR_FAIL,
		-ENOSPC},
	    {"VSX beyond end", ERR_READ, 0x24, 0x61, 0x04, ERR_FAIL, -EIO},
	    {"VSX beyond end", ERR_WRITE, 0x34, 0x61, 0x04, ERR_FAIL, -EIO},

	    {"vblade read-only file", ERR_WRITE, 0x34, 0x41, 0x04, ERR_SINGLE,
		-EROFS},
	    {"VSX write protect", ERR_WRITE, 0x34, 0x41, 0x40, ERR_SINGLE,
		-EROFS},
	    {"vblade I/O error", ERR_READ, 0x24, 0x41, 0x04, ERR_SINGLE, -EIO},
	    {"ggaoed too many sectors", ERR_READ, 0x24, 0x41, 0x04, ERR_SINGLE,
		-EIO},
	    {"ggaoed I/O error", ERR_READ, 0x24, 0x41, 0x40, ERR_SINGLE, -EIO},
	    {"kvblade I/O error", ERR_READ, 0x24, 0x21, 0x44, ERR_SINGLE, -EIO},
	    {"kvblade I/O error", ERR_WRITE, 0x34, 0x21, 0x44, ERR_FAIL, -EIO},

	    {"vblade flush", ERR_FLUSH, 0xe7, 0x00, 0x00, ERR_DONE, 0},
	    {"vblade flush, junk error", ERR_FLUSH, 0xe7, 0x00, 0x04, ERR_DONE,
		0},
	    {"kvblade, VSX flush", ERR_FLUSH, 0xe7, 0x40, 0x00, ERR_DONE, 0},
	    {"VSX flush ext", ERR_FLUSH, 0xea, 0x40, 0x00, ERR_DONE, 0},
	    {"ggaoed flush", ERR_FLUSH, 0xe7, 0xe7, 0x00, ERR_DONE, 0},
	    {"ggaoed flush ext", ERR_FLUSH, 0xea, 0xea, 0x00, ERR_DONE, 0},
	    {"the other flush's opcode", ERR_FLUSH, 0xe7, 0xea, 0x00, ERR_FAIL,
		-EIO},
	    {"vblade, qaoed flush ext", ERR_FLUSH, 0xea, 0x41, 0x04, ERR_FINAL,
		-EOPNOTSUPP},
	    {"kvblade flush ext", ERR_FLUSH, 0xea, 0x01, 0x04, ERR_FINAL,
		-EOPNOTSUPP},
	    {"disk flush failed", ERR_FLUSH, 0xea, 0x61, 0x00, ERR_FAIL, -EIO},

	    {"IDENTIFY refused", ERR_IDENTIFY, 0xec, 0x41, 0x04, ERR_FAIL,
		-EIO},
	    {"opcode as status", ERR_IDENTIFY, 0xec, 0xec, 0x00, ERR_FAIL,
		-EIO},
	    {"opcode as status", ERR_READ, 0x24, 0x24, 0x00, ERR_FAIL, -EIO},
	    {"bad address, bad data", ERR_READ, 0x24, 0x41, 0x50, ERR_FAIL,
		-EIO},
	    {"CRC", ERR_READ, 0x24, 0x41, 0x80, ERR_FAIL, -EIO},
	    {"CRC", ERR_WRITE, 0x34, 0x41, 0x80, ERR_FAIL, -EIO},
	    {"busy", ERR_READ, 0x24, 0x80, 0x00, ERR_FAIL, -EIO},
	    {"busy", ERR_WRITE, 0x34, 0x80, 0x00, ERR_FAIL, -EIO},
	    {"data requested", ERR_WRITE, 0x34, 0x48, 0x00, ERR_FAIL, -EIO},
	    {"error without bit", ERR_WRITE, 0x34, 0x41, 0x00, ERR_FAIL, -EIO},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct err_verdict v = err_from_ata(table[i].op,
		    table[i].opcode, table[i].status, table[i].error);

		if (v.action != table[i].action || v.error != table[i].result)
			fail_msg("%s (%02x/%02x): action %d, error %d",
			    table[i].what, table[i].status, table[i].error,
			    (int)v.action, v.error);
		assert_true(v.text && *v.text);
	}
}

/* All 65536 register pairs: nothing failed passes, nothing good fails. */
static void every_status_and_error(void **state)
{
	static const uint8_t opcodes[] = {0x24, 0x34, 0xea, 0xec};

	(void)state;
	for (unsigned i = 0; i < 4 * 65536; i++) {
		enum err_op op = (enum err_op)(i >> 16);
		uint8_t status = (uint8_t)(i >> 8), error = (uint8_t)i;
		uint8_t opcode = opcodes[op];
		bool good = !(status & (ATA_STATUS_BSY | ATA_STATUS_DF |
					   ATA_STATUS_DRQ | ATA_STATUS_ERR)) ||
			    (op == ERR_FLUSH && status == opcode);
		struct err_verdict v = err_from_ata(op, opcode, status, error);

		assert_int_equal(v.action == ERR_DONE, good);
		assert_true(good ? v.error == 0 : v.error < 0);
		/* Only a write runs out of space or meets a read-only disk. */
		if (v.error == -ENOSPC || v.error == -EROFS)
			assert_int_equal(op, ERR_WRITE);
		if (v.error == -EOPNOTSUPP)
			assert_int_equal(op, ERR_FLUSH);
		if (v.action == ERR_SINGLE)
			assert_true(op == ERR_READ || op == ERR_WRITE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(aoe_codes),
	    cmocka_unit_test(known_targets),
	    cmocka_unit_test(every_status_and_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
