/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The simulated targets are what they claim to be: each is asked with frames
 * of its own, without the engine, and must show its column of the table of
 * known targets. And the engine gets along with every one of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tests/sim/rig.h"
#include "tests/sim/scenario.h"

#define SIZE (((uint64_t)1 << 28) + 1000) /* beyond what LBA28 reaches */
#define UNKNOWN 0x1000000u                /* not established: not asked */
#define ATA_ERROR 0x2000000u              /* any status with ERR */

/* A station that asks a target and keeps what comes back. */
struct asker {
	struct owned owned;
	struct world *w;
	struct net_port *port;
	struct net_sink sink;
	struct target *t;
	unsigned answers;
	uint32_t tag, order[64]; /* tags in order of answers */
	size_t len;
	uint8_t frame[MSG_MAX], zeros[MSG_MAX];
};

static void asker_hear(struct net_sink *sink, const uint8_t *frame, size_t len)
{
	struct asker *a = container_of(sink, struct asker, sink);
	struct msg m;

	memcpy(a->frame, frame, len);
	a->len = len;
	msg_get(&m, frame, len);
	a->order[a->answers++ % ARRAY_SIZE(a->order)] = m.tag;
}

static void asker_destroy(struct owned *o)
{
	struct asker *a = container_of(o, struct asker, owned);

	net_detach(&a->sink);
	free(a);
}

static struct asker *asker_new(struct world *w, enum persona_kind kind)
{
	struct target_options o = {.kind = kind,
	    .addr = {1, 0},
	    .mtu = 9000,
	    .disk = disk_new(w, SIZE),
	    .service = NSEC_MS};
	struct asker *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	o.buffers = persona_get(kind)->buffers;
	a->w = w;
	a->t = target_new(w, net_port_new(&w->net, net_mac(0x100)), &o);
	a->port = net_port_new(&w->net, net_mac(1));
	a->sink.receive = asker_hear;
	net_attach(a->port, &a->sink);
	world_own(w, &a->owned, asker_destroy);
	return a;
}

static struct msg request(struct asker *a, uint8_t command)
{
	return (struct msg){.dst = a->t->port->mac,
	    .src = a->port->mac,
	    .version = 1,
	    .addr = {1, 0},
	    .command = command,
	    .tag = ++a->tag};
}

static struct msg ata(
    struct asker *a, uint8_t opcode, uint64_t lba, unsigned count)
{
	struct msg m = request(a, MSG_ATA);

	m.ata = opcode;
	m.lba = lba;
	m.count = (uint8_t)count;
	m.aflags = msg_is_ext(&m) ? 0x40 : 0;
	if (msg_is_write(&m)) {
		m.aflags |= 1;
		m.data = a->zeros;
		m.data_len = count * MSG_SECTOR;
	}
	return m;
}

/* Sends `len` bytes of the message, zeros behind it if need be. */
static void post(struct asker *a, const struct msg *m, size_t len)
{
	uint8_t frame[MSG_MAX] = {0};
	size_t whole = msg_put(m, frame);

	net_send(a->port, frame, len ? len : MAX(whole, (size_t)60), 0);
}

/* True with the answer in `m`. */
static bool ask(struct asker *a, struct msg *m, size_t len)
{
	unsigned before = a->answers;

	post(a, m, len);
	world_run(a->w, 100 * NSEC_MS);
	if (a->answers == before)
		return false;
	msg_get(m, a->frame, a->len);
	return true;
}

/* What came of a request, in the words of persona.h. */
static uint32_t ask_outcome(struct asker *a, struct msg *m)
{
	uint8_t opcode = m->ata;
	uint32_t regs;

	if (!ask(a, m, 0))
		return PERSONA_SILENCE;
	regs = (uint32_t)m->ata << 8 | m->feature;
	if (!m->error)
		return regs;
	return m->command != MSG_ATA || a->len < 36 || m->ata == opcode
		   ? PERSONA_AOE(m->code)
		   : PERSONA_BOTH | regs;
}

static uint32_t ask_ata(
    struct asker *a, uint8_t opcode, uint64_t lba, unsigned count)
{
	struct msg m = ata(a, opcode, lba, count);

	return ask_outcome(a, &m);
}

static struct msg ask_config(struct asker *a)
{
	struct msg m = request(a, MSG_CONFIG);

	if (!ask(a, &m, 0))
		world_fail(a->w, "no answer to a config query");
	return m;
}

/* Buffer Count and firmware. */
static uint32_t config(struct asker *a)
{
	struct msg m = ask_config(a);

	return (uint32_t)m.buffers << 16 | m.firmware;
}

static uint32_t sectors(struct asker *a)
{
	return ask_config(a).sectors;
}

static uint32_t other_command(struct asker *a)
{
	struct msg m = request(a, 5);

	return ask_outcome(a, &m);
}

static uint32_t too_many(struct asker *a)
{
	return ask_ata(a, MSG_READ48, 0, ask_config(a).sectors + 1u);
}

static uint32_t beyond(struct asker *a)
{
	return ask_ata(a, MSG_READ48, SIZE - 1, 2);
}

static uint32_t flush28(struct asker *a)
{
	return ask_ata(a, MSG_FLUSH28, 0, 0);
}

static uint32_t flush48(struct asker *a)
{
	return ask_ata(a, MSG_FLUSH48, 0, 0);
}

static uint32_t smart(struct asker *a)
{
	return ask_ata(a, 0xb0, 0, 1);
}

/* CHECK POWER MODE; active is count 0xff. */
static uint32_t power(struct asker *a)
{
	struct msg m = ata(a, MSG_POWER, 0, 0);
	uint32_t got = ask_outcome(a, &m);

	return got == 0x4000 && m.count != 0xff ? 0 : got;
}

static uint32_t power_count(struct asker *a)
{
	return ask_ata(a, MSG_POWER, 0, 1);
}

/* The version nibble of the answer to version 2. */
static uint32_t version(struct asker *a)
{
	struct msg m = request(a, MSG_CONFIG);

	m.version = 2;
	return ask(a, &m, 0) ? m.version : PERSONA_SILENCE;
}

/* 1: by opcode, 2: by aflag E. An EXT opcode without the flag tells. */
static uint32_t width(struct asker *a)
{
	uint64_t lba = ((uint64_t)1 << 28) + 5;
	struct msg m = ata(a, MSG_READ48, lba, 1);
	uint8_t high[MSG_SECTOR], low[MSG_SECTOR];

	m.aflags = 0;
	disk_read(a->t->opt.disk, lba, high);
	disk_read(a->t->opt.disk, 5, low);
	if (!ask(a, &m, 0) || m.data_len < MSG_SECTOR)
		return 0;
	return memcmp(m.data, high, MSG_SECTOR)
		   ? 2 * !memcmp(m.data, low, MSG_SECTOR)
		   : 1;
}

/* 1: first come, first served; 2: any order; 3: the later one is dropped. */
static uint32_t overlap(struct asker *a)
{
	bool ordered = true;

	for (unsigned i = 0; i < 30; i++) {
		struct msg first = ata(a, MSG_WRITE48, 8 * i, 2);
		struct msg second = ata(a, MSG_WRITE48, 8 * i + 1, 2);
		unsigned n = a->answers;

		post(a, &first, 0);
		post(a, &second, 0);
		world_run(a->w, 100 * NSEC_MS);
		if (a->answers == n + 1)
			return a->order[n % 64] == first.tag ? 3 : 0;
		ordered &= a->order[n % 64] == first.tag;
	}
	return ordered ? 1 : 2;
}

/* A repeated request gets: 2 answers, or 1 for the last copy of it. */
static uint32_t repeated(struct asker *a)
{
	struct msg first = ata(a, MSG_READ48, 0, 2), second = first;
	unsigned n = a->answers;

	second.tag = ++a->tag;
	post(a, &first, 0);
	post(a, &second, 0);
	world_run(a->w, 100 * NSEC_MS);
	if (a->answers == n + 1 && a->order[n % 64] != second.tag)
		return 0;
	return a->answers - n;
}

/* The shortest frame that is taken for a config query, or a read. */
static uint32_t shortest(struct asker *a, uint8_t command)
{
	for (size_t len = MSG_HEADER; len < 60; len++) {
		struct msg m = request(a, command);

		m.ata = command == MSG_ATA ? MSG_READ48 : 0;
		m.aflags = 0x40;
		m.count = 1;
		if (ask(a, &m, len) && !m.error)
			return (uint32_t)len;
	}
	return 0;
}

static uint32_t shortest_config(struct asker *a)
{
	return shortest(a, MSG_CONFIG);
}

static uint32_t shortest_read(struct asker *a)
{
	return shortest(a, MSG_ATA);
}

/* A config query cut to 30 bytes. */
static uint32_t cut(struct asker *a)
{
	struct msg m = request(a, MSG_CONFIG);

	return ask(a, &m, 30) ? PERSONA_AOE(m.code) : PERSONA_SILENCE;
}

static uint32_t medium(struct asker *a)
{
	a->t->opt.bad_lba = 7;
	a->t->opt.bad_sectors = 1;
	return ask_ata(a, MSG_READ48, 6, 2);
}

static uint32_t protected_write(struct asker *a)
{
	a->t->opt.readonly = true;
	return ask_ata(a, MSG_WRITE48, 0, 1);
}

static uint32_t protected_identify(struct asker *a)
{
	a->t->opt.readonly = true;
	return ask_ata(a, MSG_IDENTIFY, 0, 1);
}

static uint32_t brief_write(struct asker *a)
{
	struct msg m = ata(a, MSG_WRITE48, 0, 2);

	m.data_len -= 1;
	return ask_outcome(a, &m);
}

static uint32_t identify_count(struct asker *a)
{
	return ask_ata(a, MSG_IDENTIFY, 0, 0);
}

static uint32_t length_of(struct asker *a, struct msg m)
{
	return ask(a, &m, 0) ? (uint32_t)a->len : PERSONA_SILENCE;
}

static uint32_t length_error(struct asker *a)
{
	return length_of(a, ata(a, MSG_IDENTIFY, 0, 0));
}

static uint32_t length_beyond(struct asker *a)
{
	return length_of(a, ata(a, MSG_READ48, SIZE, 2));
}

static uint32_t count_zero(struct asker *a)
{
	return ask_ata(a, MSG_READ48, 0, 0);
}

static uint32_t answer_count(struct asker *a)
{
	struct msg m = ata(a, MSG_READ48, 8, 2);

	return ask(a, &m, 0) ? m.count : PERSONA_SILENCE;
}

static uint32_t answer_lba(struct asker *a)
{
	struct msg m = ata(a, MSG_READ48, 8, 2);

	return ask(a, &m, 0) ? (uint32_t)m.lba : PERSONA_SILENCE;
}

static uint32_t lba28(struct asker *a)
{
	return ask_ata(a, MSG_READ28, 0xe0000008, 1);
}

/* Word 83: what it says it has. */
static uint32_t features(struct asker *a)
{
	struct msg m = ata(a, MSG_IDENTIFY, 0, 1);

	if (!ask(a, &m, 0) || m.data_len < MSG_SECTOR)
		return PERSONA_SILENCE;
	return (uint32_t)m.data[166] | (uint32_t)m.data[167] << 8;
}

/* The first two letters of its model, as they stand. */
static uint32_t letters(struct asker *a)
{
	struct msg m = ata(a, MSG_IDENTIFY, 0, 1);

	if (!ask(a, &m, 0) || m.data_len < MSG_SECTOR)
		return PERSONA_SILENCE;
	return (uint32_t)m.data[54] << 8 | m.data[55];
}

/* Two neighbours at once, one of them on a bad sector: how many fail? */
static uint32_t neighbours(struct asker *a)
{
	a->t->opt.order = SERVICE_FIFO;
	a->t->opt.service = 0;
	a->t->opt.bad_lba = 10;
	a->t->opt.bad_sectors = 1;
	for (unsigned i = 0; i < 3; i++) {
		struct msg m = ata(a, MSG_READ48, 10 + 2 * i, 2);

		post(a, &m, 0);
	}
	world_run(a->w, 0);
	return (uint32_t)a->t->n.medium;
}

#define E(n) PERSONA_AOE(n)
#define BOTH PERSONA_BOTH
#define SILENCE PERSONA_SILENCE

static const struct {
	const char *what;
	uint32_t (*measure)(struct asker *a);
	uint32_t want[PERSONA_KINDS];
} table[] = {
    /* vblade, ggaoed, kvblade, qaoed, VSX, EtherDrive */
    {"unknown AoE command", other_command,
	{E(1), E(1), SILENCE, SILENCE, UNKNOWN, UNKNOWN}},
    {"count > advertised", too_many,
	{E(2), 0x4104, 0x4000, 0x4000, ATA_ERROR, UNKNOWN}},
    {"beyond end", beyond, {0x4110, 0x4110, 0x0110, 0x4000, 0x6104, UNKNOWN}},
    {"FLUSH", flush28, {0, 0xe700, 0x4000, BOTH | 0x4104, 0x4000, UNKNOWN}},
    {"FLUSH EXT", flush48,
	{0x4104, 0xea00, 0x0104, BOTH | 0x4104, 0x4000, UNKNOWN}},
    {"unknown ATA", smart,
	{0x4104, 0x4104, 0x0104, BOTH | 0x4104, SILENCE, ATA_ERROR}},
    {"version 2", version, {2, SILENCE, 1, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"LBA width", width, {1, 2, 1, 2, 1, UNKNOWN}},
    {"overlapping I/O", overlap, {1, 2, 2, UNKNOWN, 3, UNKNOWN}},
    {"smallest config query", shortest_config,
	{32, 32, 36, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"smallest read", shortest_read, {36, 36, 36, UNKNOWN, UNKNOWN, UNKNOWN}},
    /* What is told of each beside the table. */
    {"buffers, firmware", config,
	{0x104019, 0x400100, 0x4000002, 0x14400a, UNKNOWN, UNKNOWN}},
    {"sectors at MTU 9000", sectors, {17, 17, 16, 17, 16, UNKNOWN}},
    {"cut short", cut, {SILENCE, E(1), SILENCE, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"repeated while busy", repeated, {2, 2, 2, UNKNOWN, 1, UNKNOWN}},
    {"CHECK POWER", power,
	{0x4000, 0x4000, UNKNOWN, UNKNOWN, SILENCE, UNKNOWN}},
    {"... with count 1", power_count,
	{SILENCE, 0x4000, UNKNOWN, UNKNOWN, SILENCE, UNKNOWN}},
    {"bad sector", medium,
	{0x4104, 0x4140, 0x2144, BOTH | 0x4104, ATA_ERROR, UNKNOWN}},
    {"neighbours of one", neighbours, {1, 3, 1, 1, 1, 1}},
    {"write protected", protected_write,
	{0x4104, 0x4104, UNKNOWN, UNKNOWN, 0x4140, UNKNOWN}},
    {"... its IDENTIFY", protected_identify,
	{0x4000, 0x4000, 0x4000, 0x4000, 0x4040, UNKNOWN}},
    {"write with too little data", brief_write,
	{E(2), 0x4104, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"IDENTIFY with count 0", identify_count,
	{E(2), E(2), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"read of 0 sectors", count_zero,
	{0x4000, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"length of an E answer", length_error,
	{60, 24, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"length beyond the end", length_beyond,
	{36, 36, UNKNOWN, UNKNOWN, 36 + 1024, UNKNOWN}},
    {"count in answers", answer_count,
	{0, 2, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}},
    {"LBA in answers", answer_lba, {8, UNKNOWN, UNKNOWN, UNKNOWN, 10, UNKNOWN}},
    {"LBA28", lba28, {0x4000, 0x4000, 0x4000, 0x4000, ATA_ERROR, UNKNOWN}},
    {"word 83", features, {0x5400, 0x7400, UNKNOWN, 0x0400, UNKNOWN, UNKNOWN}},
    {"strings", letters,
	{'o' << 8 | 'C', 'g' << 8 | 'g', 't' << 8 | 'E', 'q' << 8 | 'a',
	    UNKNOWN, UNKNOWN}},
};

static void persona_table(struct world *w)
{
	for (unsigned k = 0; k < PERSONA_KINDS; k++)
		for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
			uint32_t want = table[i].want[k], got;
			struct asker *a;

			if (want == UNKNOWN)
				continue;
			a = asker_new(w, (enum persona_kind)k);
			got = table[i].measure(a);
			if (want == ATA_ERROR)
				got = got >> 8 < 0x100 && got & 0x100 ? want
								      : got;
			if (got != want)
				world_fail(w, "%s: %s is %x, not %x",
				    persona_get(k)->name, table[i].what, got,
				    want);
			target_kill(a->t);
		}
}

const struct scenario sc_persona[] = {
    {"persona_table", "each target shows its column of quirks", persona_table},
    {NULL, NULL, NULL},
};
