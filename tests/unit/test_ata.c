/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/ata.h"
#include "tests/unit/unit.h"

enum { SERIAL = 20, FIRMWARE = 46, MODEL = 54 };

struct block {
	uint8_t b[512];
};

static void set_word(struct block *k, unsigned word, unsigned v)
{
	k->b[2 * word] = (uint8_t)v;
	k->b[2 * word + 1] = (uint8_t)(v >> 8);
}

static void set_words(struct block *k, unsigned word, unsigned n, uint64_t v)
{
	for (; n-- > 0; v >>= 16)
		set_word(k, word++, v & 0xffff);
}

/* As ATA wants it: blanks behind, pairs swapped. */
static void set_text(
    struct block *k, unsigned offset, unsigned len, const char *text)
{
	size_t n = strlen(text);

	for (unsigned i = 0; i < len; i++)
		k->b[offset + (i ^ 1)] = i < n ? (uint8_t)text[i] : ' ';
}

static struct block make_block(
    uint64_t lba28, uint64_t lba48, unsigned w83, unsigned w86)
{
	struct block k = {{0}};

	set_text(&k, SERIAL, 20, "1.0:storage");
	set_text(&k, FIRMWARE, 8, "V25");
	set_text(&k, MODEL, 40, "Coraid EtherDrive vblade");
	set_words(&k, 60, 2, lba28);
	set_words(&k, 100, 4, lba48);
	set_word(&k, 83, w83);
	set_word(&k, 86, w86);
	return k;
}

static void capacities(void **state)
{
	static const struct {
		const char *what;
		uint64_t lba28, lba48;
		unsigned w83, w86;
		uint64_t sectors; /* 0: refused */
		bool is_lba48;
	} table[] = {
	    {"vblade", 8192, 8192, 0x5400, 0x1400, 8192, true},
	    {"one sector", 1, 1, 0x5400, 0x1400, 1, true},
	    {"large", 0x0fffffff, 1ull << 40, 0x5400, 0x1400, 1ull << 40, true},
	    {"2^48-1", 0x0fffffff, (1ull << 48) - 1, 0x5400, 0,
		(1ull << 48) - 1, true},
	    {"2^48", 0, 1ull << 48, 0x5400, 0, 1ull << 48, true},
	    {"beyond LBA48", 8192, (1ull << 48) + 1, 0x5400, 0, 0, false},
	    {"all ones", 8192, UINT64_MAX, 0x5400, 0, 0, false},
	    {"w100 larger", 8192, 9000, 0x5400, 0, 9000, true},
	    {"w100 smaller", 8192, 5, 0x5400, 0, 5, true},
	    {"w100 zero", 8192, 0, 0x5400, 0, 8192, true},
	    {"only w100", 0, 8192, 0x5400, 0, 8192, true},
	    {"qaoed: no validity bits", 8192, 9000, 0x0400, 0x0400, 9000, true},
	    {"only w86 tells", 8192, 9000, 0x4000, 0x0400, 9000, true},
	    {"LBA28 only", 8192, 0, 0x4000, 0, 8192, false},
	    {"LBA28 only, junk in w100", 8192, 9000, 0x4000, 0, 8192, false},
	    {"LBA28, no words", 8192, 9000, 0, 0, 8192, false},
	    {"LBA28, words of ones", 8192, 9000, 0xffff, 0xffff, 8192, false},
	    {"LBA28, largest", 0x0fffffff, 0, 0x4000, 0, 0x0fffffff, false},
	    {"LBA28, too large", 0x10000000, 0, 0x4000, 0, 0x0fffffff, false},
	    {"LBA28, ones", 0xffffffff, 0, 0x4000, 0, 0x0fffffff, false},
	    {"w60 word order", 0x00010002, 0, 0x4000, 0, 0x00010002, false},
	    {"no capacity", 0, 0, 0x5400, 0x1400, 0, false},
	    {"no LBA28 capacity", 0, 8192, 0x4000, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct block k = make_block(
		    table[i].lba28, table[i].lba48, table[i].w83, table[i].w86);
		struct ata_identity id = {.sectors = 77};
		int r = ata_parse_identity(k.b, &id);

		if (r != (table[i].sectors ? 0 : -EINVAL))
			fail_msg("%s: returned %d", table[i].what, r);
		if (id.sectors != (r ? 77 : table[i].sectors))
			fail_msg("%s: %" PRIu64 " sectors", table[i].what,
			    id.sectors);
		assert_int_equal(id.lba48, table[i].is_lba48);
	}
}

/* Word 83, else 86 if 87 makes it valid, else what every disk had once. */
static void flush_needs_valid_words(void **state)
{
	static const struct {
		unsigned w83, w86, w87;
		bool flush, flush_ext;
	} table[] = {{0x4000, 0xffff, 0x4000, false, false},
	    {0x5000, 0, 0x4000, true, false}, {0x6000, 0, 0, false, true},
	    {0x7000, 0, 0, true, true}, {0x7400, 0, 0, true, true},
	    {0x3000, 0, 0, true, false}, {0xb000, 0, 0, true, false},
	    {0xe000, 0, 0, true, false}, {0xffff, 0xffff, 0xffff, true, false},
	    {0x0000, 0, 0, true, false}, {0x0400, 0x2000, 0x8000, true, false},
	    {0x0400, 0x2000, 0x4000, false, true},
	    {0xffff, 0x1400, 0x4000, true, false},
	    {0x0400, 0x0400, 0x7fff, false, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct block k =
		    make_block(8192, 8192, table[i].w83, table[i].w86);
		struct ata_identity id;

		set_word(&k, 87, table[i].w87);
		assert_int_equal(ata_parse_identity(k.b, &id), 0);
		assert_int_equal(id.flush, table[i].flush);
		assert_int_equal(id.flush_ext, table[i].flush_ext);
	}
}

static void long_sectors_are_refused(void **state)
{
	static const struct {
		unsigned w106;
		uint32_t words;
		uint64_t size;
	} table[] = {{0x5000, 2048, 4096}, {0x7003, 2048, 4096},
	    {0x5000, 260, 520}, {0x5000, 0x20100, 0x40200}, {0x5000, 0, 0},
	    {0x5000, UINT32_MAX, 0x1fffffffeull}, {0x5000, 256, 512},
	    {0x6003, 2048, 512}, {0x4000, 2048, 512}, {0x1000, 2048, 512},
	    {0x9000, 2048, 512}, {0xffff, UINT32_MAX, 512}, {0, 0, 512}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct block k = make_block(8192, 8192, 0x5400, 0x1400);
		struct ata_identity id = {.sectors = 77};
		bool good = table[i].size == 512;

		set_word(&k, 106, table[i].w106);
		set_words(&k, 117, 2, table[i].words);
		assert_true(ata_sector_size(k.b) == table[i].size);
		assert_int_equal(
		    ata_parse_identity(k.b, &id), good ? 0 : -EMEDIUMTYPE);
		assert_int_equal(id.sectors, good ? 8192 : 77);
	}
}

static void all_zero_is_told_apart(void **state)
{
	struct ata_identity id = {.sectors = 77};
	struct block k = {{0}};

	(void)state;
	assert_int_equal(ata_parse_identity(k.b, &id), -ENODATA);
	for (unsigned i = 0; i < sizeof(k.b); i++) {
		k.b[i] = 1;
		assert_int_not_equal(ata_parse_identity(k.b, &id), -ENODATA);
		k.b[i] = 0;
	}
	memset(k.b, 0xff, sizeof(k.b));
	assert_int_equal(ata_parse_identity(k.b, &id), 0);
	assert_true(id.sectors == ATA_LBA28_LIMIT);
	assert_false(id.lba48 || id.flush_ext);
	assert_true(id.flush);
}

static void texts(void **state)
{
	struct block k = make_block(8192, 8192, 0x5400, 0);
	struct ata_identity id;

	(void)state;
	assert_int_equal(ata_parse_identity(k.b, &id), 0);
	assert_string_equal(id.model, "Coraid EtherDrive vblade");
	assert_string_equal(id.serial, "1.0:storage");
	assert_string_equal(id.firmware, "V25");

	/* Full fields have no terminator of their own. */
	set_text(&k, MODEL, 40, "0123456789012345678901234567890123456789");
	set_text(&k, SERIAL, 20, "abcdefghijklmnopqrst");
	set_text(&k, FIRMWARE, 8, "firmware");
	ata_parse_identity(k.b, &id);
	assert_string_equal(
	    id.model, "0123456789012345678901234567890123456789");
	assert_string_equal(id.serial, "abcdefghijklmnopqrst");
	assert_string_equal(id.firmware, "firmware");

	/* Right justified, blanks inside, and what must not reach a terminal.
	 */
	set_text(&k, SERIAL, 20, "   two  words");
	set_text(&k, MODEL, 40, "a\033[31mb\xc3\xa4\n\x7f");
	set_text(&k, FIRMWARE, 8, "");
	ata_parse_identity(k.b, &id);
	assert_string_equal(id.serial, "two  words");
	assert_string_equal(id.model, "a?[31mb????");
	assert_string_equal(id.firmware, "");
}

/* C strings as qaoed writes them, and swapped ones that end with a zero. */
static void unswapped_texts(void **state)
{
	static const struct {
		const char *model, *serial;
	} table[] = {
	    {"123456789", "shelf"},
	    {"123456789", "disk"},
	    {"1234567890", "shelf"},
	    {"odd", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		for (unsigned flip = 0; flip < 2; flip++) {
			struct block k = make_block(8192, 8192, 0x400, 0x400);
			struct ata_identity id;

			memset(k.b + SERIAL, 0, 20);
			memset(k.b + MODEL, 0, 40);
			memset(k.b + FIRMWARE, 0, 8);
			for (unsigned n = 0; table[i].model[n]; n++)
				k.b[MODEL + (n ^ flip)] =
				    (uint8_t)table[i].model[n];
			for (unsigned n = 0; table[i].serial[n]; n++)
				k.b[SERIAL + (n ^ flip)] =
				    (uint8_t)table[i].serial[n];
			assert_int_equal(ata_parse_identity(k.b, &id), 0);
			assert_string_equal(id.model, table[i].model);
			assert_string_equal(id.serial, table[i].serial);
			assert_string_equal(id.firmware, "");
		}
	}
}

static void random_blocks(void **state)
{
	struct unit_random r = unit_random("ata");

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct block k;
		uint8_t *exact;
		struct ata_identity id;

		unit_fill(&r, k.b, sizeof(k.b));
		if (i % 2)
			set_word(&k, 103, 0);
		exact = unit_copy(k.b, sizeof(k.b));
		if (!ata_parse_identity(exact, &id)) {
			assert_in_range(id.sectors, 1, ATA_LBA48_LIMIT);
			assert_true(strlen(id.model) <= 40);
			assert_true(strlen(id.serial) <= 20);
			assert_true(strlen(id.firmware) <= 8);
			for (const char *p = id.model; *p; p++)
				assert_in_range(*p, ' ', '~');
		}
		free(exact);
	}
}

static void same_identity(void **state)
{
	const struct ata_identity a = {
	    .sectors = 8, .model = "m", .serial = "s", .firmware = "f"};
	struct ata_identity b = a;

	(void)state;
	strcpy(b.firmware, "g");
	b.lba48 = true;
	assert_true(ata_same_identity(&a, &b, true));
	b.sectors = 9;
	assert_true(ata_same_identity(&a, &b, false));
	assert_false(ata_same_identity(&a, &b, true));
	b = a;
	strcpy(b.serial, "t");
	assert_false(ata_same_identity(&a, &b, false));
	b = a;
	strcpy(b.model, "mm");
	assert_false(ata_same_identity(&a, &b, false));
}

static void transfers(void **state)
{
	static const struct {
		bool write, lba48;
		uint64_t lba;
		unsigned count;
		uint8_t aflags, opcode;
		uint64_t registers;
	} table[] = {
	    {false, true, 0, 1, 0x40, 0x24, 0},
	    {true, true, 0x010203040506, 2, 0x41, 0x34, 0x010203040506},
	    {false, true, (1ull << 48) - 255, 255, 0x40, 0x24,
		(1ull << 48) - 255},
	    {false, true, 0xe0000000, 1, 0x40, 0x24, 0xe0000000},
	    {false, false, 0, 1, 0x00, 0x20, 0xe0000000},
	    {true, false, 0x01234567, 2, 0x01, 0x30, 0xe1234567},
	    {true, false, 0x0fffffef, 17, 0x01, 0x30, 0xefffffef},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct wire_ata a;

		memset(&a, 0xff, sizeof(a));
		ata_put_transfer(&a, table[i].write, table[i].lba48,
		    table[i].lba, table[i].count);
		assert_int_equal(a.aflags, table[i].aflags);
		assert_int_equal(a.feature, 0);
		assert_int_equal(a.count, table[i].count);
		assert_int_equal(a.command, table[i].opcode);
		assert_true(a.lba == table[i].registers);
	}
}

/* Sector 2^28 + 5 must never be taken for sector 5: the program ends. */
static void addresses_are_never_cut(void **state)
{
	static const struct {
		bool lba48;
		uint64_t lba;
		unsigned count;
	} table[] = {{false, (1ull << 28) + 5, 1}, {false, (1ull << 28) - 1, 2},
	    {true, (1ull << 48) + 5, 1}, {true, (1ull << 48) - 1, 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0) {
			struct wire_ata a;

			close(STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
			ata_put_transfer(&a, true, table[i].lba48, table[i].lba,
			    table[i].count);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
}

static void other_commands(void **state)
{
	struct wire_ata a;

	(void)state;
	ata_put_identify(&a);
	assert_int_equal(a.aflags, 0);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.command, 0xec);
	assert_true(a.lba == 0xa0000000);
	ata_put_flush(&a, false, 0);
	assert_int_equal(a.aflags, 0);
	assert_int_equal(a.count, 0);
	assert_int_equal(a.command, 0xe7);
	ata_put_flush(&a, true, 1);
	assert_int_equal(a.aflags, WIRE_AFLAG_EXT);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.command, 0xea);
}

static void constant_serials(void **state)
{
	struct ata_identity id = {.serial = "1.0:host"};

	(void)state;
	assert_false(ata_serial_is_constant(&id));
	strcpy(id.serial, "SN HERE");
	assert_true(ata_serial_is_constant(&id));
	*id.serial = '\0';
	assert_true(ata_serial_is_constant(&id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(capacities),
	    cmocka_unit_test(flush_needs_valid_words),
	    cmocka_unit_test(long_sectors_are_refused),
	    cmocka_unit_test(all_zero_is_told_apart),
	    cmocka_unit_test(texts),
	    cmocka_unit_test(unswapped_texts),
	    cmocka_unit_test(random_blocks),
	    cmocka_unit_test(same_identity),
	    cmocka_unit_test(constant_serials),
	    cmocka_unit_test(transfers),
	    cmocka_unit_test(addresses_are_never_cut),
	    cmocka_unit_test(other_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
