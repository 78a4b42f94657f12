/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/pcap.h"

#include <errno.h>
#include <stdint.h>

#define MAGIC_NSEC 0xa1b23c4du
#define SNAPLEN 262144u
#define LINKTYPE_ETHERNET 1u

int pcap_open(struct pcap *p, const char *path)
{
	/* Magic, version 2.4 (as one word in host order), zone, accuracy. */
	const uint16_t version[2] = {2, 4};
	const uint32_t magic = MAGIC_NSEC;
	const uint32_t rest[4] = {0, 0, SNAPLEN, LINKTYPE_ETHERNET};

	p->file = fopen(path, "wb");
	if (!p->file)
		return -errno;
	fwrite(&magic, sizeof(magic), 1, p->file);
	fwrite(version, sizeof(version), 1, p->file);
	fwrite(rest, sizeof(rest), 1, p->file);
	return 0;
}

void pcap_frame(struct pcap *p, nsec_t now, const void *frame, size_t len)
{
	uint32_t head[4];

	if (!p->file)
		return;
	head[0] = (uint32_t)(now / NSEC_SEC);
	head[1] = (uint32_t)(now % NSEC_SEC);
	head[2] = head[3] = (uint32_t)len;
	fwrite(head, sizeof(head), 1, p->file);
	fwrite(frame, len, 1, p->file);
}

int pcap_close(struct pcap *p)
{
	int bad;

	if (!p->file)
		return 0;
	bad = ferror(p->file);
	if (fclose(p->file))
		bad = 1;
	p->file = NULL;
	return bad ? -EIO : 0;
}
