/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the frames of a run as a capture file with nanosecond stamps, for
 * tshark and wireshark. Shares nothing with the product's own capture.
 */
#ifndef SIM_PCAP_H
#define SIM_PCAP_H

#include <stddef.h>
#include <stdio.h>
#include "common/nsec.h"

struct pcap {
	FILE *file; /* NULL = off */
};

/* 0 or -errno. */
int pcap_open(struct pcap *p, const char *path);
void pcap_frame(struct pcap *p, nsec_t now, const void *frame, size_t len);
/* 0 or -errno: a capture that could not be written is not silently short. */
int pcap_close(struct pcap *p);

#endif
