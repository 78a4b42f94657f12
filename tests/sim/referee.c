/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/sim/referee.h"

#include <stdlib.h>
#include <string.h>

#define TAG_BITS 24
#define TAG_USE_BITS 4
#define MAC_BITS 8 /* of a MAC, in the note of a query */
#define NOTE_MASK 0xfffffffu
/* What a tag was used for. */
enum {
	TAG_FREE,
	TAG_CONFIG,
	TAG_IDENTIFY,
	TAG_DATA,
	TAG_FLUSH,
	TAG_SETTING,
	TAG_OTHER
};

/* Without an answer for so long, a path is identified again before data. */
#define SILENT NSEC_SEC

/* What the target says of itself is true for all ports: it is kept for none. */
#define NO_PORT 0u

/* What is true of an address, whoever answers for it. */
static const struct mac NOBODY;

/* One address behind one MAC, seen through one port. */
struct referee_peer {
	struct referee_peer *next;
	unsigned port;
	struct aoe_addr addr;
	struct mac mac;
	bool identified, configured, lba48;
	bool refused_flush; /* NO_PORT: one without a count */
	uint64_t epoch; /* NO_PORT: counts doubts; else: as it was identified */
	uint64_t sectors;
	uint64_t identity; /* NOBODY: the disk that is open; 0 = none */
	uint16_t buffers, firmware;
	uint8_t limit;
	uint32_t learned; /* IDENTIFY answers; a data frame's tag keeps it */
	uint32_t told; /* of all IDENTIFY requests, the last that it answered */
	uint32_t configured_by; /* NO_PORT: the same of config queries to it */
	nsec_t heard;           /* the last answer to us */
};

void referee_init(
    struct referee *r, struct world *w, uint8_t prefix, unsigned tag_bits)
{
	*r = (struct referee){.w = w, .prefix = prefix, .reuse = tag_bits != 0};
	r->tags = calloc(1u << TAG_BITS, sizeof(*r->tags));
	if (!r->tags)
		abort();
}

void referee_fini(struct referee *r)
{
	free(r->tags);
	for (unsigned i = 0; i < REFEREE_BUCKETS; i++)
		while (r->bucket[i]) {
			struct referee_peer *p = r->bucket[i];

			r->bucket[i] = p->next;
			free(p);
		}
}

static struct referee_peer *peer(
    struct referee *r, unsigned port, struct aoe_addr addr, struct mac mac)
{
	uint64_t key = (uint64_t)addr.shelf << 8 | addr.slot;
	struct referee_peer **at, *p;

	for (unsigned i = 0; i < sizeof(mac.b); i++)
		key = rng_mix(key ^ mac.b[i]);
	at = &r->bucket[key % REFEREE_BUCKETS];

	for (p = *at; p; p = p->next)
		if (p->port == port && addr_equal(p->addr, addr) &&
		    mac_equal(p->mac, mac))
			return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	p->port = port;
	p->addr = addr;
	p->mac = mac;
	p->next = *at;
	*at = p;
	return p;
}

static void foul(struct referee *r, const struct msg *m, const char *what)
{
	char text[MSG_TEXT], mac[MAC_TEXT];
	const uint8_t *b = m->dst.b;

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
	    b[2], b[3], b[4], b[5]);
	world_fail(
	    r->w, "frame sent: %s (%s to %s)", what, msg_text(m, text), mac);
}

static void check_tag(struct referee *r, const struct msg *m, uint8_t use)
{
	uint32_t *tag = &r->tags[m->tag & ((1u << TAG_BITS) - 1)];

	if (m->tag >> TAG_BITS != (0x80u | r->prefix))
		foul(r, m, "bit 31 or prefix of the tag is wrong");
	if (*tag != TAG_FREE && !r->reuse)
		foul(r, m, "tag was used before");
	*tag = use;
}

/* A number beside what the tag was used for. */
static void note_tag(struct referee *r, const struct msg *m, uint32_t note)
{
	r->tags[m->tag & ((1u << TAG_BITS) - 1)] |= note << TAG_USE_BITS;
}

/* Tells MACs apart, nearly. */
static uint32_t mac_bits(struct mac mac)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < sizeof(mac.b); i++)
		key = rng_mix(key ^ mac.b[i]);
	return (uint32_t)(key & ((1u << MAC_BITS) - 1));
}

/* When it was, and to whom it went. Those of one moment are in no order. */
static void note_query(struct referee *r, const struct msg *m)
{
	if (r->query == 0 || r->query_at != world_now(r->w))
		r->query++;
	r->query_at = world_now(r->w);
	note_tag(r, m, r->query << MAC_BITS | mac_bits(m->dst));
}

static bool zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static void check_setting(
    struct referee *r, const struct msg *m, const uint8_t *f, size_t len)
{
	size_t end = 32 + (size_t)m->string_len;

	if (!zero(f + 24, 5) || f[29] >> 4)
		foul(r, m, "reserved bytes of a setting are not zero");
	if (end > len || (len > 60 && end != len))
		foul(r, m, "its length is not the config string's");
	else if (!zero(f + end, len - end))
		foul(r, m, "padding is not zero");
}

static void check_form(struct referee *r, const struct msg *m, const uint8_t *f,
    size_t len, struct mac mac, unsigned mtu)
{
	if (len < 60)
		foul(r, m, "shorter than 60 bytes");
	if (len > mtu + 14)
		foul(r, m, "larger than the MTU");
	if (!mac_equal(m->src, mac))
		foul(r, m, "source is not the port's MAC");
	if (f[14] != 0x10 || f[15])
		foul(r, m, "version, flags or error byte");
	if (msg_is_setting(m))
		check_setting(r, m, f, len);
	else if (m->command == MSG_CONFIG &&
		 (!zero(f + 24, 5) || f[29] & 0xf || !zero(f + 30, len - 30)))
		foul(r, m, "config query is not all zero");
	if (m->command == MSG_ATA && !zero(f + 34, 2))
		foul(r, m, "reserved bytes are not zero");
}

static void check_identity(
    struct referee *r, const struct msg *m, const struct referee_peer *p)
{
	uint64_t open = peer(r, NO_PORT, m->addr, NOBODY)->identity;

	if (open && p->identity != open)
		foul(r, m, "to another disk than the one that is open");
}

static void check_transfer(
    struct referee *r, const struct msg *m, const struct referee_peer *p)
{
	const struct referee_peer *told = peer(r, NO_PORT, m->addr, m->dst);
	unsigned limit = told->limit ? told->limit : 2;
	uint64_t lba = msg_sector(m);

	if (!p->identified || p->epoch != told->epoch)
		foul(r, m, "data to a target that is not identified");
	if (!m->count || m->count > limit)
		foul(r, m, "more sectors than the target takes");
	if (lba > p->sectors || m->count > p->sectors - lba)
		foul(r, m, "beyond the end of the disk");
	if (msg_is_ext(m) != p->lba48)
		foul(r, m, "LBA28 and LBA48 mixed up");
	if (!msg_is_ext(m) && m->lba >> 28 != 0xe)
		foul(r, m, "LBA28 form");
	if (msg_is_write(m) && m->data_len != m->count * MSG_SECTOR)
		foul(r, m, "data does not fit the count");
	if (msg_is_read(m) && !zero(m->data, m->data_len))
		foul(r, m, "padding is not zero");
	if (world_now(r->w) - p->heard > SILENT)
		foul(r, m, "data to a path that has been silent for a second");
}

static void check_ata(
    struct referee *r, const struct msg *m, const struct referee_peer *p)
{
	const struct referee_peer *told = peer(r, NO_PORT, m->addr, m->dst);
	unsigned want = (msg_is_ext(m) ? 0x40 : 0) | (msg_is_write(m) ? 1 : 0);

	/* Bit 4 (D) means nothing to any target and may be either way. */
	if ((m->aflags & ~0x10u) != want)
		foul(r, m, "aflags do not fit the opcode");
	if (m->ata != MSG_IDENTIFY)
		check_identity(r, m, p);
	if (msg_is_read(m) || msg_is_write(m))
		check_transfer(r, m, p);
	else if (m->ata == MSG_IDENTIFY && m->count != 1)
		foul(r, m, "IDENTIFY wants count 1");
	else if (msg_is_flush(m) && m->count > told->refused_flush)
		foul(r, m, "FLUSH wants count 0, and 1 if that is refused");
}

static uint8_t use_of(const struct msg *m)
{
	if (msg_is_setting(m))
		return TAG_SETTING;
	if (m->command == MSG_CONFIG)
		return TAG_CONFIG;
	if (m->command != MSG_ATA)
		return TAG_OTHER;
	if (m->ata == MSG_IDENTIFY)
		return TAG_IDENTIFY;
	if (msg_is_flush(m))
		return TAG_FLUSH;
	return TAG_DATA;
}

void referee_tx(struct referee *r, unsigned port, struct mac mac, unsigned mtu,
    const uint8_t *frame, size_t len)
{
	struct referee_peer *p;
	uint8_t use;
	struct msg m;

	r->frames++;
	if (!msg_get(&m, frame, len)) {
		world_fail(r->w, "frame sent: not AoE or too short");
		return;
	}
	use = use_of(&m);
	check_tag(r, &m, use);
	check_form(r, &m, frame, len, mac, mtu);
	if (use == TAG_CONFIG)
		r->queries++;
	if (m.dst.b[0] & 1) {
		if (use != TAG_CONFIG)
			foul(r, &m, "only config queries are broadcast");
		return;
	}
	p = peer(r, port, m.addr, m.dst);
	if (use == TAG_CONFIG)
		note_query(r, &m);
	r->data += use == TAG_DATA;
	if (use == TAG_DATA)
		note_tag(r, &m, p->learned);
	if (use == TAG_IDENTIFY)
		note_tag(r, &m, ++r->asked);
	if (use == TAG_SETTING && !p->identified)
		foul(r, &m, "setting for a target that is not identified");
	if (use == TAG_SETTING && !r->lies)
		check_identity(r, &m, p);
	if (m.command == MSG_ATA && !r->lies)
		check_ata(r, &m, p);
}

static uint64_t get_words(const uint8_t *block, unsigned word, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 2 * n; i--;)
		v = v << 8 | block[2 * word + i];
	return v;
}

/* Of model and serial, which make the disk. */
static uint64_t identity_of(const uint8_t block[512])
{
	uint64_t key = 1;

	for (unsigned i = 20; i < 40; i++)
		key = rng_mix(key ^ block[i]);
	for (unsigned i = 54; i < 94; i++)
		key = rng_mix(key ^ block[i]);
	return key;
}

static void learn_identity(struct referee_peer *p, const struct msg *m)
{
	if (m->error || m->ata & 0xa9 || m->data_len < MSG_SECTOR ||
	    zero(m->data, MSG_SECTOR))
		return;
	p->lba48 = get_words(m->data, 83, 1) & 0x400;
	p->sectors = get_words(m->data, 60, 2);
	if (p->lba48 && get_words(m->data, 100, 4))
		p->sectors = get_words(m->data, 100, 4);
	p->identity = identity_of(m->data);
	p->identified = true;
	p->learned++;
}

/*
 * Who tells something else than before may be another one. What it says unasked
 * is a reason to ask; what it says then, to a query of its own, counts unless
 * an answer to a later one came before.
 */
static void learn_config(
    struct referee_peer *p, const struct msg *m, uint32_t query)
{
	if (m->error || (query != 0 && query < p->configured_by))
		return;
	if (p->configured &&
	    (p->buffers != m->buffers || p->firmware != m->firmware ||
		p->limit != m->sectors))
		p->epoch++;
	if (!m->tag)
		p->epoch++; /* an announcement: it restarted */
	if (p->configured && query == 0)
		return;
	p->configured = true;
	p->configured_by = query;
	p->buffers = m->buffers;
	p->firmware = m->firmware;
	p->limit = m->sectors;
}

/* What it answers, and the number beside that; TAG_FREE when it was not us. */
static uint32_t use_of_answer(
    const struct referee *r, const struct msg *m, uint32_t *note)
{
	uint32_t tag = r->tags[m->tag & ((1u << TAG_BITS) - 1)];

	*note = tag >> TAG_USE_BITS;
	if (m->tag >> TAG_BITS != (0x80u | r->prefix))
		return TAG_FREE;
	return tag & ((1u << TAG_USE_BITS) - 1);
}

/* The config answer to that is the first one by the MAC that was asked. */
static bool is_asked(struct referee *r, const struct msg *m, uint32_t note)
{
	if ((note & ((1u << MAC_BITS) - 1)) != mac_bits(m->src))
		return false;
	/* Two may answer for one MAC: the first one counts. */
	r->tags[m->tag & ((1u << TAG_BITS) - 1)] = TAG_OTHER;
	return true;
}

void referee_rx(
    struct referee *r, unsigned port, const uint8_t *frame, size_t len)
{
	struct referee_peer *p, *told;
	uint32_t use, note;
	struct msg m;

	if (!msg_get(&m, frame, len) || !m.response)
		return;
	p = peer(r, port, m.addr, m.src);
	told = peer(r, NO_PORT, m.addr, m.src);
	use = use_of_answer(r, &m, &note);
	if (m.command == MSG_CONFIG && use != TAG_OTHER)
		learn_config(told, &m,
		    use == TAG_CONFIG && is_asked(r, &m, note)
			? note >> MAC_BITS
			: 0);
	if (use == TAG_FREE)
		return;
	if (world_now(r->w) - p->heard > SILENT)
		p->identified = false;
	p->heard = world_now(r->w);
	if (use == TAG_FLUSH && m.error && (m.code == 1 || m.code == 2))
		told->refused_flush = true;
	if (use == TAG_IDENTIFY && m.command == MSG_ATA) {
		/* Behind the answer to a later question it tells nothing. */
		if (note < p->told)
			return;
		p->told = note;
		learn_identity(p, &m);
		p->epoch = told->epoch;
	} else if (use == TAG_DATA && m.error && m.code == 2 &&
		   note == (p->learned & NOTE_MASK))
		p->identified = false; /* not asked again since it was sent */
}

void referee_hold(
    struct referee *r, struct aoe_addr addr, const uint8_t identify[512])
{
	peer(r, NO_PORT, addr, NOBODY)->identity = identity_of(identify);
}

void referee_down(struct referee *r, unsigned port)
{
	for (unsigned i = 0; i < REFEREE_BUCKETS; i++)
		for (struct referee_peer *p = r->bucket[i]; p; p = p->next)
			if (p->port == port)
				p->identified = false;
}
