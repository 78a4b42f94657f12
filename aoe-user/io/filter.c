/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include "common/wire.h"

/* More than any frame: 65535 would cut what a large loopback MTU delivers. */
#define SNAPLEN 262144

static int filter_take(struct filter *f, const struct bpf_program *program)
{
	_Static_assert(sizeof(struct filter_op) == sizeof(struct bpf_insn),
	    "one layout for BPF instructions");
	if (!program->bf_len || program->bf_len > FILTER_OPS)
		return -EINVAL;
	f->count = program->bf_len;
	memcpy(f->op, program->bf_insns, f->count * sizeof(f->op[0]));
	return 0;
}

int filter_compile(struct filter *f, unsigned prefix)
{
	struct bpf_program program;
	char text[128];
	int ret = -EINVAL;
	pcap_t *p;

	if (prefix > 127)
		return -EINVAL;
	snprintf(text, sizeof(text),
	    "ether proto %#x and ether[14] & %u != 0 and "
	    "(ether[20] = %u or ether[19] = %u)",
	    WIRE_ETHERTYPE, WIRE_FLAG_RESPONSE, 0x80 | prefix,
	    (unsigned)WIRE_CONFIG);
	p = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	if (!p)
		return -ENOMEM;
	if (!pcap_compile(p, &program, text, 1, PCAP_NETMASK_UNKNOWN)) {
		ret = filter_take(f, &program);
		pcap_freecode(&program);
	}
	pcap_close(p);
	return ret;
}
