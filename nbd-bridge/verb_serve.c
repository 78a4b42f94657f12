/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "nbd-bridge/nbd_serve.h"
#include "nbd-bridge/verb.h"

int verb_serve(struct verb_args *a)
{
	struct nbd_serve_options options = {
	    .setup = &a->setup,
	    .path = a->unix_path,
	    .addr_count = (size_t)a->count,
	    .wait = a->wait,
	    .read_only = a->read_only,
	    .min_block = a->min_block,
	    .max_connections = a->max_connections,
	};
	struct aoe_addr *addrs = NULL;
	char why[ADDR_WHY];
	int i, rc;

	if (a->count)
		addrs = calloc((size_t)a->count, sizeof(*addrs));
	if (a->count && !addrs) {
		verb_complain(a, "out of memory");
		return VERB_FAILED;
	}
	for (i = 0; i < a->count; i++) {
		if (addr_parse_pattern(a->args[i], &addrs[i], why)) {
			verb_complain(a, "%s", why);
			free(addrs);
			return VERB_USAGE;
		}
	}
	options.addrs = addrs;
	rc = nbd_serve_run(&options);
	free(addrs);
	return rc;
}
