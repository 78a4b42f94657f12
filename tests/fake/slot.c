/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/slot.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_memory(const char *text)
{
	unsigned long long bytes;
	uint8_t word[8], *mem;
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
	mem = mmap(NULL, bytes, PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		goto out;
	for (uint64_t at = 0; at < bytes; at += 8) {
		for (unsigned i = 0; i < 8; i++)
			word[i] = (uint8_t)(at >> (56 - 8 * i));
		memcpy(mem + at, word, 8);
	}
	munmap(mem, bytes);
	return fd;
out:
	perror("fake-target: memory");
	if (fd >= 0)
		close(fd);
	return -1;
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
		s->fd = open_memory(text + 7);
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

unsigned slot_limit(const struct slot *s, unsigned mtu)
{
	unsigned n = mtu < 36 ? 0 : (mtu - 36) / 512;

	if (s->options->sectors && n > s->options->sectors)
		n = s->options->sectors;
	return n > 255 ? 255 : n;
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
	memcpy(out->b, in->b, FRAME_ARG);
	memcpy(out->b + FRAME_DST, in->b + FRAME_SRC, 6);
	memcpy(out->b + FRAME_SRC, mac, 6);
	out->b[FRAME_VERFLAGS] = 0x10 | FRAME_FLAG_R;
	/* The announcements of vblade are like that. */
	if (s->options->version0 && in->b[FRAME_COMMAND] == 1)
		out->b[FRAME_VERFLAGS] = FRAME_FLAG_R;
	out->b[FRAME_ERROR] = 0;
	frame_put16(out->b + FRAME_SHELF, s->shelf);
	out->b[FRAME_SLOT] = s->slot;
	out->len = FRAME_ARG;
}

bool slot_answer(struct slot *s, const struct frame *in, const uint8_t mac[6],
    unsigned mtu, struct frame *out)
{
	bool answered;

	if (s->masks.count && !slot_has_mac(&s->masks, in->b + FRAME_SRC)) {
		s->count->masked++;
		return false;
	}
	check_header(s, in);
	put_header(s, in, mac, out);
	if (in->b[FRAME_VERFLAGS] >> 4 != 1) {
		frame_fail(out, FRAME_BAD_VERSION);
		s->count->aoe_errors++;
		return true;
	}
	switch (in->b[FRAME_COMMAND]) {
	case 0:
		answered = slot_ata(s, in, mtu, out);
		break;
	case 1:
		answered = slot_config(s, in, mtu, out);
		break;
	case 2:
		answered = slot_mask(s, in, out);
		break;
	case 3:
		answered = slot_reserve(s, in, out);
		break;
	default:
		frame_fail(out, FRAME_BAD_COMMAND);
		answered = true;
		break;
	}
	if (answered && out->b[FRAME_VERFLAGS] & FRAME_FLAG_E)
		s->count->aoe_errors++;
	return answered;
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
