/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * raw IFACE SHELF.SLOT: sends frames as told on standard input, one line of
 * words each, and prints how they were answered:
 *
 *	cmd=N ver=N op=N aflags=N feature=N count=N lba=N len=BYTES
 *at=OFFSET:HEX
 *
 * The frame is 60 bytes where the words say nothing else; lba= fills the six
 * bytes as LBA48, at= sets any byte. Requests on one line, parted by ";", are
 * sent together. A plain config query goes out behind each line: whatever the
 * target leaves unanswered by then is silence, without waiting for it.
 *
 * An answer is "E<code>", an ATA status and error "41/10" (also behind an E),
 *or "ok", and then what else is in it. Several: the number of the request
 *first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ETHERTYPE 0x88a2
#define ROOM 66000
#define IDENTIFY 0xec
#define TAG 0xabcd0000u
#define LAST 0xffffu /* the low half of the tag of the query behind a line */
#define PATIENCE 10000

struct raw {
	int fd;
	uint32_t tag;
	unsigned shelf, slot;
	bool many;
	uint8_t opcode; /* of the last request */
	uint8_t out[ROOM], in[ROOM];
};

static void die(const char *what)
{
	fprintf(stderr, "raw: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
	while (bytes--) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

static void open_socket(struct raw *r, const char *interface)
{
	struct sockaddr_ll at = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETHERTYPE),
	    .sll_ifindex = (int)if_nametoindex(interface),
	};
	socklen_t len = sizeof(at);

	r->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (r->fd < 0 || !at.sll_ifindex ||
	    bind(r->fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(r->fd, (struct sockaddr *)&at, &len))
		die(interface);
	memset(r->out, 0xff, 6);
	memcpy(r->out + 6, at.sll_addr, 6);
	put(r->out + 12, 2, ETHERTYPE);
}

static void begin(struct raw *r, unsigned command, unsigned number)
{
	memset(r->out + 14, 0, ROOM - 14);
	r->out[14] = 0x10;
	put(r->out + 16, 2, r->shelf);
	r->out[18] = (uint8_t)r->slot;
	r->out[19] = (uint8_t)command;
	put(r->out + 20, 4, r->tag | number);
}

static void put_bytes(struct raw *r, const char *value)
{
	unsigned byte, offset;
	int used;

	if (sscanf(value, "%u:%n", &offset, &used) != 1)
		die("at= wants OFFSET:HEX");
	for (value += used; sscanf(value, "%2x", &byte) == 1; value += 2)
		r->out[offset++] = (uint8_t)byte;
}

/* One word of a request; the frame's length when the word says it. */
static size_t take_word(struct raw *r, const char *word, size_t len)
{
	static const struct {
		const char *name;
		unsigned offset;
	} bytes[] = {{"cmd=", 19}, {"aflags=", 24}, {"feature=", 25},
	    {"count=", 26}, {"op=", 27}};
	const char *value = strchr(word, '=');
	uint64_t n;

	if (!value++)
		die(word);
	n = strtoull(value, NULL, 0);
	for (unsigned i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		if (!strncmp(word, bytes[i].name, strlen(bytes[i].name))) {
			r->out[bytes[i].offset] = (uint8_t)n;
			return len;
		}
	}
	if (!strncmp(word, "ver=", 4))
		r->out[14] = (uint8_t)(n << 4);
	else if (!strncmp(word, "lba=", 4))
		for (unsigned i = 0; i < 6; i++)
			r->out[28 + i] = (uint8_t)(n >> (8 * i));
	else if (!strncmp(word, "at=", 3))
		put_bytes(r, value);
	else if (!strncmp(word, "len=", 4) && n <= ROOM)
		len = (size_t)n;
	else
		die(word);
	return len;
}

static void send_frame(struct raw *r, size_t len)
{
	if (send(r->fd, r->out, len, 0) != (ssize_t)len)
		die("send");
}

/* FNV-1a, to tell data apart. */
static uint32_t digest(const uint8_t *b, size_t len)
{
	uint32_t hash = 2166136261u;

	while (len--)
		hash = (hash ^ *b++) * 16777619u;
	return hash;
}

static void print_answer(const struct raw *r, const uint8_t *b, size_t len)
{
	if (r->many)
		printf("%u:", (unsigned)get(b + 22, 2));
	if (b[14] & 0x04)
		printf("E%u ", b[15]);
	if (b[19] == 0 && len >= 36)
		printf("%02x/%02x len=%zu v=%u count=%u lba=%" PRIu64, b[27],
		    b[25], len, b[14] >> 4, b[26],
		    (uint64_t)b[28] | (uint64_t)b[29] << 8 |
			(uint64_t)b[30] << 16 | (uint64_t)b[31] << 24);
	else if (b[14] & 0x04)
		printf("len=%zu v=%u", len, b[14] >> 4);
	else
		printf("ok len=%zu v=%u", len, b[14] >> 4);
	if (b[19] == 1 && !(b[14] & 0x04) && len >= 32)
		printf(" buffers=%u firmware=%04x sectors=%u string=%u",
		    (unsigned)get(b + 24, 2), (unsigned)get(b + 26, 2), b[28],
		    (unsigned)get(b + 30, 2));
	if (b[19] == 0 && len >= 548)
		printf(" data=%08x", digest(b + 36, len - 36));
	if (r->opcode == IDENTIFY && len >= 548)
		printf(" w83=%02x%02x model=%.8s serial=%.8s", b[36 + 167],
		    b[36 + 166], (const char *)b + 36 + 54,
		    (const char *)b + 36 + 20);
}

/* Prints what comes until the query behind the line is answered. */
static void print_answers(struct raw *r)
{
	struct pollfd in = {.fd = r->fd, .events = POLLIN};
	const char *between = "";
	ssize_t len;

	for (;;) {
		if (poll(&in, 1, PATIENCE) != 1)
			die("no answer to a config query");
		len = recv(r->fd, r->in, ROOM - 1, 0);
		if (len < 24 || !(r->in[14] & 0x08) ||
		    (get(r->in + 20, 4) & 0xffff0000) != r->tag)
			continue;
		r->in[len] = 0;
		if ((get(r->in + 20, 4) & 0xffff) == LAST)
			break;
		printf("%s", between);
		print_answer(r, r->in, (size_t)len);
		between = " | ";
	}
	printf("%s\n", *between ? "" : "silence");
	fflush(stdout);
	r->tag += 0x10000;
}

static void run_line(struct raw *r, char *line)
{
	char *rest, *word, *request;
	unsigned number = 0;
	size_t len;

	r->many = strchr(line, ';') != NULL;
	while ((request = strsep(&line, ";"))) {
		begin(r, 0, number++);
		len = 60;
		for (word = strtok_r(request, " \n", &rest); word;
		     word = strtok_r(NULL, " \n", &rest))
			len = take_word(r, word, len);
		send_frame(r, len);
		r->opcode = r->out[27];
	}
	begin(r, 1, LAST);
	send_frame(r, 60);
	print_answers(r);
}

int main(int argc, char **argv)
{
	struct raw *r = calloc(1, sizeof(*r));
	size_t room = 0;
	char *line = NULL;

	if (!r || argc != 3 ||
	    sscanf(argv[2], "%u.%u", &r->shelf, &r->slot) != 2) {
		fprintf(stderr, "usage: raw IFACE SHELF.SLOT <REQUESTS\n");
		return 2;
	}
	r->tag = TAG;
	open_socket(r, argv[1]);
	while (getline(&line, &room, stdin) > 0)
		run_line(r, line);
	free(line);
	close(r->fd);
	free(r);
	return 0;
}
