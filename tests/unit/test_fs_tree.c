/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names and numbers of the file system: what is found, what is not, and
 * that a number never comes to mean another disk.
 */
#include "tests/unit/unit.h"

#include "fuse-fs/fs_tree.h"

static const struct fs_node root = {.kind = FS_ROOT};

static struct ata_identity disk(const char *model, const char *serial)
{
	struct ata_identity id = {.sectors = 8};

	snprintf(id.model, sizeof(id.model), "%s", model);
	snprintf(id.serial, sizeof(id.serial), "%s", serial);
	return id;
}

static void show(struct fs_tree *t, uint16_t shelf, uint8_t slot,
    const char *model, const char *serial)
{
	struct ata_identity id = disk(model, serial);
	struct aoe_addr addr = {shelf, slot};

	assert_true(fs_tree_show(t, addr, &id, true));
}

static bool lookup(const struct fs_tree *t, struct fs_node dir,
    const char *name, struct fs_node *out)
{
	return fs_tree_lookup(t, dir, name, out);
}

/* All names of a folder, each found by a lookup, joined by blanks. */
static void names(
    const struct fs_tree *t, struct fs_node dir, char *buf, size_t size)
{
	struct fs_entry e;
	size_t cursor = 0, len = 0;

	*buf = '\0';
	while (fs_tree_next(t, dir, &cursor, &e)) {
		struct fs_node found, back;

		assert_true(lookup(t, dir, e.name, &found));
		assert_int_equal(found.kind, e.node.kind);
		assert_true(fs_tree_node(t, fs_node_ino(e.node), &back));
		assert_int_equal(back.kind, e.node.kind);
		assert_ptr_equal(back.disk, e.node.disk);
		len += (size_t)snprintf(
		    buf + len, size - len, "%s%s", len ? " " : "", e.name);
		assert_true(len < size);
	}
}

static void the_tree(void **state)
{
	struct fs_node by = {.kind = FS_BY_SERIAL}, dir, node;
	struct fs_tree t;
	char text[512];

	(void)state;
	fs_tree_init(&t);
	names(&t, root, text, sizeof(text));
	assert_string_equal(text, "by-serial by-label by-uuid");
	show(&t, 10, 0, "Model", "S1");
	show(&t, 2, 254, "Model", "S 2");
	show(&t, 65534, 0, "", "../..");
	names(&t, root, text, sizeof(text));
	assert_string_equal(
	    text, "by-serial by-label by-uuid e2.254 e10.0 e65534.0");
	assert_true(lookup(&t, root, "e2.254", &dir));
	assert_int_equal(dir.kind, FS_DIR);
	names(&t, dir, text, sizeof(text));
	assert_string_equal(text,
	    "disk info.json config stats.json identify model serial size");
	names(&t, by, text, sizeof(text));
	assert_string_equal(text, "Model_S_2 Model_S1 _._..");
	assert_true(lookup(&t, by, "Model_S_2", &node));
	assert_string_equal(fs_node_target(node, text), "../e2.254/disk");
	fs_tree_fini(&t);
}

static void bad_names(void **state)
{
	static const char *const bad[] = {"", ".", "..", "e1.0x", "e65535.0",
	    "e1.255", "e01.0", "1.0", "E1.0", "e1", "e1.", "e1.0 ", " e1.0",
	    "e*.0", "e-1.0", "e1.00", "e2.0", "disk", "e1.0/disk",
	    "e99999999999999999999.0"};
	struct fs_node node, dir;
	struct fs_tree t;

	(void)state;
	fs_tree_init(&t);
	show(&t, 1, 0, "m", "s");
	assert_true(lookup(&t, root, "e1.0", &dir));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (lookup(&t, root, bad[i], &node))
			fail_msg("there is a '%s'", bad[i]);
	assert_false(lookup(&t, dir, "e1.0", &node));
	assert_false(lookup(&t, dir, "p1", &node));
	assert_true(lookup(&t, dir, "disk", &node));
	assert_false(lookup(&t, node, "disk", &node));
	fs_tree_fini(&t);
}

/* Every kind at the corners of the address space has a number of its own. */
static void numbers(void **state)
{
	static const struct aoe_addr addrs[] = {
	    {0, 0}, {0, 254}, {1, 0}, {256, 0}, {65534, 0}, {65534, 254}};
	uint64_t seen[ARRAY_SIZE(addrs) * 16];
	struct ata_identity id = disk("m", "s");
	struct fs_tree t;
	size_t count = 0;

	(void)state;
	fs_tree_init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		assert_true(fs_tree_show(&t, addrs[i], &id, false));
	for (size_t i = 0; i < t.count; i++) {
		for (int k = FS_DIR; k <= FS_UUID_LINK; k++) {
			struct fs_node n = {.kind = (enum fs_kind)k,
					   .disk = t.disks[i]},
				       back;
			uint64_t ino = fs_node_ino(n);

			assert_true(ino > FS_ROOT);
			for (size_t s = 0; s < count; s++)
				assert_true(seen[s] != ino);
			seen[count++] = ino;
			assert_true(fs_tree_node(&t, ino, &back));
			assert_ptr_equal(back.disk, n.disk);
			assert_int_equal(back.kind, n.kind);
		}
	}
	assert_int_equal(fs_node_ino(root), 1);
	fs_tree_fini(&t);
}

static void comes_and_goes(void **state)
{
	struct ata_identity a = disk("m", "a"), b = disk("m", "b");
	struct aoe_addr addr = {1, 0};
	struct fs_node node, back;
	uint64_t first, second;
	struct fs_tree t;

	(void)state;
	fs_tree_init(&t);
	assert_true(fs_tree_show(&t, addr, &a, false));
	assert_true(lookup(&t, root, "e1.0", &node));
	first = fs_node_ino(node);
	fs_tree_hide(&t, addr);
	assert_false(lookup(&t, root, "e1.0", &node));
	assert_false(fs_tree_node(&t, first, &back));
	/* The same one returns: its number is good again. */
	assert_true(fs_tree_show(&t, addr, &a, true));
	assert_true(fs_tree_node(&t, first, &back));
	/* Another one: the old number is never good again. */
	assert_true(fs_tree_show(&t, addr, &b, false));
	assert_false(fs_tree_node(&t, first, &back));
	assert_true(lookup(&t, root, "e1.0", &node));
	second = fs_node_ino(node);
	assert_true(first != second);
	assert_true(fs_tree_show(&t, addr, &a, false));
	assert_false(fs_tree_node(&t, first, &back));
	assert_false(fs_tree_node(&t, second, &back));
	fs_tree_fini(&t);
}

static void read_again(void **state)
{
	struct ata_identity a = disk("m", "a");
	struct aoe_addr addr = {1, 0};
	struct fs_tree t;

	(void)state;
	fs_tree_init(&t);
	assert_true(fs_tree_show(&t, addr, &a, false));
	assert_non_null(fs_tree_unread(&t));
	fs_tree_set_unread(&t, addr, false);
	fs_tree_retry(&t);
	assert_null(fs_tree_unread(&t));
	/* Not at once, but when it is time. */
	fs_tree_set_failed(&t, addr);
	assert_null(fs_tree_unread(&t));
	fs_tree_retry(&t);
	assert_non_null(fs_tree_unread(&t));
	fs_tree_set_unread(&t, addr, false);
	fs_tree_retry(&t);
	assert_null(fs_tree_unread(&t));
	fs_tree_fini(&t);
}

static void partitions(void **state)
{
	static const struct fs_part parts[] = {
	    {.length = 4096, .label = "whole disk", .uuid = "U0"},
	    {.number = 1, .start = 512, .length = 512, .label = "../x"},
	    {.number = 127,
		.start = 1024,
		.length = 512,
		.label = "whole/disk"},
	};
	struct fs_node labels = {.kind = FS_BY_LABEL}, dir, node, back;
	struct aoe_addr addr = {1, 0};
	struct fs_tree t;
	uint64_t ino;
	char text[512];

	(void)state;
	fs_tree_init(&t);
	assert_false(fs_tree_set_parts(&t, addr, parts, 3));
	show(&t, 1, 0, "m", "s");
	assert_ptr_equal(fs_tree_unread(&t), t.disks[0]);
	fs_tree_set_unread(&t, addr, false);
	assert_null(fs_tree_unread(&t));
	assert_true(fs_tree_set_parts(&t, addr, parts, 3));
	assert_true(lookup(&t, root, "e1.0", &dir));
	names(&t, dir, text, sizeof(text));
	assert_string_equal(text, "disk info.json config stats.json identify "
				  "model serial size p1 p127");
	assert_true(lookup(&t, dir, "p127", &node));
	assert_int_equal(fs_disk_part(node.disk, node.part)->start, 1024);
	ino = fs_node_ino(node);
	assert_false(lookup(&t, dir, "p0", &node));
	assert_false(lookup(&t, dir, "p01", &node));
	assert_false(lookup(&t, dir, "p2", &node));
	assert_true(lookup(&t, labels, "_._x", &node));
	assert_string_equal(fs_node_target(node, text), "../e1.0/p1");
	/* Two of one name: the first has it. */
	assert_true(lookup(&t, labels, "whole_disk", &node));
	assert_string_equal(fs_node_target(node, text), "../e1.0/disk");
	assert_true(fs_tree_node(&t, ino, &back));
	assert_true(fs_tree_set_parts(&t, addr, parts, 2));
	assert_false(fs_tree_node(&t, ino, &back));
	/* Another disk: what the first had on it is not known of this one. */
	assert_true(fs_tree_show(&t, addr, &t.disks[0]->id, false));
	assert_int_equal(t.disks[0]->part_count, 0);
	assert_non_null(fs_tree_unread(&t));
	fs_tree_fini(&t);
}

/* Addresses without end take no memory without end, nor a number again. */
static void flood(void **state)
{
	struct ata_identity id = disk("m", "s");
	struct fs_node node, back;
	struct fs_tree t;
	uint64_t first;

	(void)state;
	fs_tree_init(&t);
	assert_true(fs_tree_show(&t, (struct aoe_addr){0, 0}, &id, false));
	assert_true(lookup(&t, root, "e0.0", &node));
	first = fs_node_ino(node);
	fs_tree_hide(&t, (struct aoe_addr){0, 0});
	for (unsigned i = 1; i <= 2 * FS_TREE_DISKS; i++) {
		struct aoe_addr addr = {
		    (uint16_t)(i / 255), (uint8_t)(i % 255)};

		assert_true(fs_tree_show(&t, addr, &id, false));
		assert_true(t.count <= FS_TREE_DISKS);
		fs_tree_hide(&t, addr);
	}
	assert_true(fs_tree_show(&t, (struct aoe_addr){0, 0}, &id, true));
	assert_false(fs_tree_node(&t, first, &back));
	fs_tree_fini(&t);
}

/* Any bytes as number, name or identity. */
static void any_bytes(void **state)
{
	struct unit_random r = unit_random("test_fs_tree");
	struct fs_node by = {.kind = FS_BY_SERIAL}, node;
	struct ata_identity id = disk("", "");
	struct fs_tree t;
	char text[1024];

	(void)state;
	fs_tree_init(&t);
	for (unsigned i = 0; i < 2000; i++) {
		unit_fill(&r, id.model, sizeof(id.model) - 1);
		unit_fill(&r, id.serial, sizeof(id.serial) - 1);
		assert_true(
		    fs_tree_show(&t, (struct aoe_addr){1, 0}, &id, false));
		names(&t, by, text, sizeof(text));
		assert_true(text[0] != '.');
		assert_null(strchr(text, '/'));
		for (const char *p = text; *p; p++)
			assert_true(*p > ' ' && *p < 127);
		(void)fs_tree_node(&t, unit_next(&r), &node);
		assert_false(lookup(&t, root, id.model, &node));
	}
	fs_tree_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tree),
	    cmocka_unit_test(bad_names),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(comes_and_goes),
	    cmocka_unit_test(read_again),
	    cmocka_unit_test(partitions),
	    cmocka_unit_test(flood),
	    cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
