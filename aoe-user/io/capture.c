/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/io/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPLEN 262144
#define FRAME_MAX 65664  /* the largest MTU, a header, room to spare */
#define BUFFER 262144    /* between us and write(2) */
#define FILE_HEADER 24   /* of a pcap file */
#define RECORD_HEADER 16 /* of each frame in it */
#define FLUSH_PERIOD NSEC_SEC

struct capture {
	pcap_t *pcap;
	pcap_dumper_t *dumper; /* NULL once it has stopped */
	const struct log *log;
	uint64_t size, limit; /* bytes */
	nsec_t flush_at;
	char *path;
	uint8_t frame[FRAME_MAX]; /* libpcap wants a frame in one piece */
	char buffer[BUFFER];
};

static FILE *capture_create(const char *path, char *buffer)
{
	FILE *file = NULL;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		file = fdopen(fd, "w");
	if (file)
		setvbuf(file, buffer, _IOFBF, BUFFER);
	else if (fd >= 0)
		close(fd);
	return file;
}

int capture_open(struct capture **out, const char *path, uint64_t limit,
    const struct log *log)
{
	struct capture *c = calloc(1, sizeof(*c));
	FILE *file = NULL;
	int ret = -ENOMEM;

	if (!c)
		return -ENOMEM;
	c->log = log;
	c->limit = limit ? limit : CAPTURE_LIMIT;
	c->size = FILE_HEADER;
	c->flush_at = NSEC_NEVER;
	c->path = strdup(path);
	c->pcap = pcap_open_dead_with_tstamp_precision(
	    DLT_EN10MB, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
	if (!c->path || !c->pcap)
		goto out;
	file = capture_create(path, c->buffer);
	if (!file) {
		ret = -errno;
		goto out;
	}
	c->dumper = pcap_dump_fopen(c->pcap, file);
	if (!c->dumper) {
		fclose(file);
		ret = -EIO;
		goto out;
	}
	*out = c;
	return 0;
out:
	capture_close(c);
	return ret;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->dumper)
		pcap_dump_close(c->dumper);
	if (c->pcap)
		pcap_close(c->pcap);
	free(c->path);
	free(c);
}

static void capture_stop(struct capture *c, const char *why)
{
	log_msg(c->log, LOG_LEVEL_WARN, c->path,
	    "capture stopped after %llu bytes: %s", (unsigned long long)c->size,
	    why);
	pcap_dump_close(c->dumper);
	c->dumper = NULL;
	c->flush_at = NSEC_NEVER;
}

void capture_frame(struct capture *c, struct timespec when,
    const struct iovec *iov, unsigned count, nsec_t now)
{
	struct pcap_pkthdr header = {.caplen = 0};
	size_t len = 0, kept = 0;

	if (!c || !c->dumper)
		return;
	for (unsigned i = 0; i < count; i++) {
		size_t n = MIN(iov[i].iov_len, FRAME_MAX - kept);

		if (n)
			memcpy(c->frame + kept, iov[i].iov_base, n);
		kept += n;
		len += iov[i].iov_len;
	}
	if (RECORD_HEADER + kept > c->limit - MIN(c->limit, c->size)) {
		capture_stop(c, "the limit is reached (--capture-limit)");
		return;
	}
	/* With nanosecond precision libpcap keeps them in tv_usec. */
	header.ts.tv_sec = when.tv_sec;
	header.ts.tv_usec = when.tv_nsec;
	header.caplen = (uint32_t)kept;
	header.len = (uint32_t)len;
	pcap_dump((u_char *)c->dumper, &header, c->frame);
	c->size += RECORD_HEADER + kept;
	if (c->flush_at == NSEC_NEVER)
		c->flush_at = nsec_add(now, FLUSH_PERIOD);
	if (ferror(pcap_dump_file(c->dumper)))
		capture_stop(c, "the file cannot be written");
}

nsec_t capture_deadline(const struct capture *c)
{
	return c ? c->flush_at : NSEC_NEVER;
}

void capture_flush(struct capture *c, nsec_t now)
{
	if (!c || !c->dumper || now < c->flush_at)
		return;
	c->flush_at = NSEC_NEVER;
	if (pcap_dump_flush(c->dumper))
		capture_stop(c, strerror(errno));
}
