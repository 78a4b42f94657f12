/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * aoe-fuse: AoE disks as files.
 */
#include <stdio.h>
#include "aoe-user/daemon/protect.h"
#include "fuse-fs/fs_serve.h"

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
	struct fs_options options;
	char why[AOE_WHY];
	int status = 0;

	protect_descriptors();
	if (fs_options_parse(&options, argc, argv, why)) {
		if (*why)
			log_msg(&options.setup.log, LOG_LEVEL_ERROR, NULL, "%s",
			    why);
		fputs("Try 'aoe-fuse -h'.\n", stderr);
		status = EXIT_USAGE;
	} else if (options.setup.help) {
		printf("%s%s", fs_options_help, setup_help);
	} else if (options.setup.version) {
		puts("aoe-fuse " AOE_VERSION);
	} else {
		status = fs_serve(&options);
	}
	fs_options_fini(&options);
	return status;
}
