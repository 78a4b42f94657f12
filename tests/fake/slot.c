/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/slot.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file in memory, and in `*mem` where it is. */
static int open_memory(const char *text, uint8_t **mem)
{
	unsigned long long bytes;
	uint64_t *word;
	char *end;
	int fd;

	bytes = strtoull(text, &end, 10);
	if (end == text || *end || bytes % 512) {
		fprintf(stderr, "fake-target: bad memory size %s\n", text);
		return -1;
	}
	fd = memfd_create("fake-target", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)bytes))
		goto out;
	*mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*mem == MAP_FAILED)
		goto out;
	word = (uint64_t *)(void *)*mem;
	for (uint64_t at = 0; at < bytes; at += 8)
		*word++ = htobe64(at);
	return fd;
out:
	perror("fake-target: memory");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Begins a list with the MAC in `text`, if any; 0 or -1. */
static int first_mac(struct slot_macs *list, const char *text)
{
	uint8_t *m = list->mac[0];

	if (!text)
		return 0;
	list->count = 1;
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &m[0], &m[1],
		   &m[2], &m[3], &m[4], &m[5]) == 6
		   ? 0
		   : -1;
}

int slot_open(struct slot *s, const char *text)
{
	unsigned long shelf, slot;
	struct stat st;
	char *end;

	shelf = strtoul(text, &end, 10);
	if (end == text || *end != '.' || shelf > 0xffff)
		goto bad;
	text = end + 1;
	slot = strtoul(text, &end, 10);
	if (end == text || *end != '=' || slot > 0xff)
		goto bad;
	text = end + 1;
	s->shelf = (uint16_t)shelf;
	s->slot = (uint8_t)slot;
	if (!strncmp(text, "memory:", 7)) {
		s->fd = open_memory(text + 7, &s->mem);
		if (!s->options->fast)
			s->mem = NULL;
	} else {
		s->fd = open(text,
		    (s->options->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (s->fd < 0)
			fprintf(stderr, "fake-target: %s: %s\n", text,
			    strerror(errno));
	}
	if (s->fd < 0 || fstat(s->fd, &st))
		return -1;
	s->sectors = (uint64_t)st.st_size / 512;
	if (first_mac(&s->masks, s->options->mask) ||
	    first_mac(&s->owners, s->options->owner)) {
		fprintf(stderr, "fake-target: a MAC is xx:xx:xx:xx:xx:xx\n");
		return -1;
	}
	return 0;
bad:
	fprintf(stderr, "fake-target: a slot is SHELF.SLOT=FILE or "
			"SHELF.SLOT=memory:BYTES\n");
	return -1;
}

bool slot_has_mac(const struct slot_macs *list, const uint8_t mac[6])
{
	for (unsigned i = 0; i < list->count; i++) {
		if (!memcmp(list->mac[i], mac, 6))
			return true;
	}
	return false;
}

/* The largest of 8, 16, 32 and 64 that is not above it; less stays. */
static unsigned rounded(unsigned n)
{
	unsigned power = 64;

	while (power > n)
		power /= 2;
	return n < 8 ? n : power;
}

unsigned slot_limit(const struct slot *s, unsigned mtu)
{
	const struct persona *p = s->options->persona;
	unsigned n = mtu < 36 ? 0 : (mtu - 36) / 512;

	if (p->most && n > p->most)
		n = p->most;
	if (s->options->sectors && n > s->options->sectors)
		n = s->options->sectors;
	return p->round_sectors ? rounded(n) : n > 255 ? 255 : n;
}

unsigned slot_told_limit(const struct slot *s, unsigned mtu)
{
	return s->options->persona->tells_zero ? 0 : slot_limit(s, mtu);
}

bool slot_is_asked(const struct slot *s, const uint8_t *frame)
{
	unsigned shelf = frame_be16(frame + FRAME_SHELF);
	unsigned slot = frame[FRAME_SLOT];

	return (shelf == 0xffff || shelf == s->shelf) &&
	       (slot == 0xff || slot == s->slot);
}

/* The part of the rules that holds for every command. */
static void check_header(struct slot *s, const struct frame *in)
{
	const uint8_t *b = in->b;

	if (in->len < 60)
		count_violation(s->count, "a frame of %zu bytes", in->len);
	if (b[FRAME_VERFLAGS] != 0x10)
		count_violation(
		    s->count, "version and flags 0x%02x", b[FRAME_VERFLAGS]);
	if (b[FRAME_ERROR])
		count_violation(
		    s->count, "error 0x%02x in a request", b[FRAME_ERROR]);
	if (!(b[FRAME_TAG] & 0x80))
		s->count->low_tags++;
}

static void put_header(struct slot *s, const struct frame *in,
    const uint8_t mac[6], struct frame *out)
{
	unsigned version = 0x10;

	memcpy(out->b, in->b, FRAME_ARG);
	memcpy(out->b + FRAME_DST, in->b + FRAME_SRC, 6);
	memcpy(out->b + FRAME_SRC, mac, 6);
	if (s->options->persona->echo_version)
		version = in->b[FRAME_VERFLAGS] & 0xf0;
	/* The announcements of vblade are like that. */
	if (s->options->version0 && in->b[FRAME_COMMAND] == 1)
		version = 0;
	out->b[FRAME_VERFLAGS] = (uint8_t)(version | FRAME_FLAG_R);
	out->b[FRAME_ERROR] = 0;
	frame_put16(out->b + FRAME_SHELF, s->shelf);
	out->b[FRAME_SLOT] = s->slot;
	out->len = FRAME_ARG;
	out->data_len = 0;
}

/* An answer before the command is looked at; false: silence. */
static bool answer_early(
    const struct frame *in, struct frame *out, struct persona_answer a)
{
	if (a.kind != PERSONA_AOE)
		return false;
	frame_fail(out, (enum frame_aoe_error)a.error);
	/* The argument comes back as it came. */
	memcpy(out->b + FRAME_ARG, in->b + FRAME_ARG, in->len - FRAME_ARG);
	out->len = in->len;
	return true;
}

/* Has the frame all the bytes that the target wants to see? */
static bool is_whole(const struct persona *p, const struct frame *in)
{
	switch (in->b[FRAME_COMMAND]) {
	case 0:
		return in->len >= p->least_ata;
	case 1:
		return in->len >= p->least_config;
	case 2:
		return in->len >= FRAME_MLIST;
	case 3:
		return in->len >= FRAME_RLIST;
	default:
		return true;
	}
}

static bool answer_command(
    struct slot *s, const struct frame *in, unsigned mtu, struct frame *out)
{
	const struct persona *p = s->options->persona;
	unsigned version = in->b[FRAME_VERFLAGS] >> 4;

	if (version != 1 && p->version.kind != PERSONA_SERVED)
		return answer_early(in, out, p->version);
	if (in->b[FRAME_COMMAND] >= p->commands)
		return answer_early(in, out, p->command);
	if (!is_whole(p, in))
		return answer_early(in, out, p->runt);
	switch (in->b[FRAME_COMMAND]) {
	case 0:
		return slot_ata(s, in, mtu, out);
	case 1:
		return slot_config(s, in, mtu, out);
	case 2:
		return slot_mask(s, in, out);
	case 3:
		return slot_reserve(s, in, out);
	default:
		return slot_keyed(in, out);
	}
}

bool slot_answer(struct slot *s, const struct frame *in, const uint8_t mac[6],
    unsigned mtu, struct frame *out)
{
	if (s->masks.count && !slot_has_mac(&s->masks, in->b + FRAME_SRC)) {
		s->count->masked++;
		return false;
	}
	check_header(s, in);
	put_header(s, in, mac, out);
	if (!answer_command(s, in, mtu, out))
		return false;
	if (out->b[FRAME_VERFLAGS] & FRAME_FLAG_E) {
		s->count->aoe_errors++;
		if (s->options->persona->bare_errors)
			out->len = FRAME_ARG;
	}
	return true;
}

void slot_announce(
    struct slot *s, const uint8_t mac[6], unsigned mtu, struct frame *out)
{
	uint8_t request[60] = {0};
	struct frame in = {.b = request, .len = sizeof(request)};

	memset(request + FRAME_SRC, 0xff, 6);
	frame_put16(request + FRAME_TYPE, FRAME_ETHERTYPE);
	request[FRAME_COMMAND] = 1;
	put_header(s, &in, mac, out);
	slot_config(s, &in, mtu, out);
	s->count->configs--;
}

bool slot_stray(struct slot *s, const struct frame *in, const uint8_t mac[6],
    unsigned mtu, struct frame *out)
{
	struct slot_range range;

	if (s->options->stray == STRAY_NONE || !slot_transfer(s, in, &range) ||
	    in->b[FRAME_AFLAGS] & FRAME_AFLAG_WRITE)
		return false;
	slot_announce(s, mac, mtu, out);
	if (s->options->stray == STRAY_OTHER)
		frame_put16(
		    out->b + FRAME_BUFFERS, s->options->buffers ^ 0x8000);
	s->count->strays++;
	return true;
}
