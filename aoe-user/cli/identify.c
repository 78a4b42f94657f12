/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe identify: what a disk says of itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "aoe-user/cli/cli.h"
#include "aoe-user/cli/ident.h"
#include "common/opts.h"

#define SIZE_TEXT 32

/* As hexdump -C shows it: offset, sixteen bytes, the same as text. */
static void print_hex(const uint8_t *p, size_t len)
{
	size_t i, k;

	for (i = 0; i < len; i += 16) {
		printf("%04zx ", i);
		for (k = i; k < i + 16; k++)
			printf(" %02x", p[k]);
		fputs("  ", stdout);
		for (k = i; k < i + 16; k++)
			putchar(p[k] < ' ' || p[k] > '~' ? '.' : p[k]);
		putchar('\n');
	}
}

static void print_raw(const uint8_t *block)
{
	if (isatty(STDOUT_FILENO))
		print_hex(block, IDENT_BLOCK);
	else
		fwrite(block, 1, IDENT_BLOCK, stdout);
}

static void print_disk(const struct engine_device_info *info)
{
	char size[SIZE_TEXT];
	const struct ata_identity *id = &info->identity;
	const char *flush = id->flush_ext ? "FLUSH CACHE EXT"
			    : id->flush   ? "FLUSH CACHE"
					  : "no";

	printf("model            %s\n", id->model);
	printf("serial           %s\n", id->serial);
	printf("firmware         %s\n", id->firmware);
	printf("sectors          %" PRIu64 "\n", id->sectors);
	printf("size             %" PRIu64 " bytes (%s)\n",
	    id->sectors * WIRE_SECTOR,
	    opts_format_size(id->sectors * WIRE_SECTOR, size, sizeof(size)));
	printf("lba48            %s\n", id->lba48 ? "yes" : "no");
	printf("flush            %s\n", flush);
}

static void print_more(const struct ident *id)
{
	printf("write cache      %s\n", ident_feature_text(id->write_cache));
	printf("smart            %s\n", ident_feature_text(id->smart));
	printf("queue depth      %u\n", id->queue_depth);
	printf("logical sector   %u bytes\n", id->logical_bytes);
	printf("physical sector  %u bytes\n", id->physical_bytes);
	if (id->rotation == 1)
		puts("rotation         none");
	else if (id->rotation)
		printf("rotation         %u per minute\n", id->rotation);
	if (id->wwn)
		printf("wwn              %016" PRIx64 "\n", id->wwn);
}

static void print_target(const struct engine_device_info *info)
{
	size_t i;

	printf("target firmware  0x%04x\n", info->firmware);
	printf("target buffers   %u frames\n", info->buffers);
	printf("target sectors   %u per frame\n", info->sectors_max);
	fputs("config string    ", stdout);
	for (i = 0; i < info->config_len; i++) {
		uint8_t b = info->config[i];

		if (b < ' ' || b > '~' || b == '\\')
			printf("\\x%02x", b);
		else
			putchar(b);
	}
	puts(info->config_len ? "" : "(empty)");
}

static int identify(struct cli *c, struct aoe_addr addr, bool raw)
{
	struct engine_device_info info;
	char name[ADDR_TEXT];
	struct device *dev;
	struct ident more;

	if (cli_start(c, &addr, 1) || cli_open(c, addr, false, &dev))
		return CLI_FAILED;
	engine_device_info(dev, &info);
	if (!info.identify)
		return cli_error(
		    c, addr_format(addr, name), "it has not been identified");
	if (raw) {
		print_raw(info.identify);
		return cli_flush_stdout(c, CLI_OK);
	}
	ident_parse(info.identify, &more);
	print_disk(&info);
	print_more(&more);
	print_target(&info);
	return cli_flush_stdout(c, CLI_OK);
}

static int run(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {
	    CLI_LONG,
	    {"raw", no_argument, NULL, 'r'},
	    {0},
	};
	bool raw = false;
	int code;

	while (cli_option(c, argc, argv, CLI_SHORT, longs) != -1)
		raw = true;
	if (argc - optind != 1)
		cli_usage(c, "identify: give one address, such as e1.0");
	code = identify(c, cli_address(c, argv[optind]), raw);
	cli_stop(c);
	return code;
}

const struct command cmd_identify = {
    .name = "identify",
    .args = "[--raw] ADDRESS",
    .summary = "Show what a disk says of itself.",
    .help = "      --raw              the 512 bytes as they came; as a hex\n"
	    "                         dump when they go to a terminal\n",
    .run = run,
};
