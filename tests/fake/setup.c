/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fake/setup.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *to)
{
	fputs(
	    "usage: fake-target -i IFACE... -s SHELF.SLOT=FILE... [options]\n"
	    "  -i, --interface IFACE     listen there; may be repeated\n"
	    "  -s, --slot SHELF.SLOT=FILE   export a file; may be repeated\n"
	    "  -s SHELF.SLOT=memory:BYTES   export memory: each 8 bytes hold\n"
	    "                            their own offset, big-endian\n"
	    "  --persona NAME            behave as plain (default), vblade,\n"
	    "                            ggaoed, kvblade, qaoed, vsx, "
	    "etherdrive\n"
	    "  --fast                    packet rings; memory without a copy\n"
	    "Instead of what the persona has:\n"
	    "  --buffers N  --sectors N  --firmware N  --serial S  --model M\n"
	    "  --lba28  --readonly  --no-flush\n"
	    "  --answer-version0         version 0 in config answers\n"
	    "  --announce                broadcast a config answer at start\n"
	    "  --mask MAC  --reserve MAC serve nobody else: silence, E 6\n"
	    "Faults by chance, in percent of the frames:\n"
	    "  --drop PCT                lose frames each way\n"
	    "  --burst PCT:N             lose N frames in a row each way\n"
	    "  --dup PCT   --dup-in PCT  answer twice, do a request twice\n"
	    "  --hold-in PCT:US          keep requests, others overtake them\n"
	    "  --hold-out PCT:US         keep answers\n"
	    "  --seed N                  of the chances (default 1)\n"
	    "Faults for certain:\n"
	    "  --delay-us N              from request to answer; more than\n"
	    "                            --buffers at once are then lost\n"
	    "  --jitter-us N             0 to N more, each answer its own\n"
	    "  --hole-in N --hole-out N  frames of more than N bytes vanish\n"
	    "  --error-on LBA:KIND[:N]   E1-E6 UNC IDNF ABRT ICRC SHORT\n"
	    "                            SILENT; N times, else for ever\n"
	    "  --stray-config same|other a config answer before that of each\n"
	    "                            read, other: and a wrong one\n"
	    "  --trouble KIND:MS         on SIGUSR2, for so long (0: until "
	    "the\n"
	    "                            next): silent, stall, E3 "
	    "(suspended),\n"
	    "                            E6 (reserved by another)\n"
	    "SIGUSR1 prints the counters as JSON, SIGTERM ends and prints.\n",
	    to);
}

enum {
	OPT_DROP = 256,
	OPT_BURST,
	OPT_DUP,
	OPT_DUP_IN,
	OPT_HOLD_IN,
	OPT_HOLD_OUT,
	OPT_HOLE_IN,
	OPT_HOLE_OUT,
	OPT_JITTER,
	OPT_TROUBLE,
	OPT_STRAY,
	OPT_PERSONA,
	OPT_FAST,
	OPT_MASK,
	OPT_RESERVE,
	OPT_SEED,
	OPT_DELAY,
	OPT_ERROR,
	OPT_BUFFERS,
	OPT_SECTORS,
	OPT_FIRMWARE,
	OPT_SERIAL,
	OPT_MODEL,
	OPT_LBA28,
	OPT_READONLY,
	OPT_NO_FLUSH,
	OPT_VERSION0,
	OPT_ANNOUNCE,
};

static const struct option options[] = {
    {"interface", required_argument, NULL, 'i'},
    {"slot", required_argument, NULL, 's'},
    {"drop", required_argument, NULL, OPT_DROP},
    {"burst", required_argument, NULL, OPT_BURST},
    {"dup", required_argument, NULL, OPT_DUP},
    {"dup-in", required_argument, NULL, OPT_DUP_IN},
    {"hold-in", required_argument, NULL, OPT_HOLD_IN},
    {"hold-out", required_argument, NULL, OPT_HOLD_OUT},
    {"hole-in", required_argument, NULL, OPT_HOLE_IN},
    {"hole-out", required_argument, NULL, OPT_HOLE_OUT},
    {"jitter-us", required_argument, NULL, OPT_JITTER},
    {"trouble", required_argument, NULL, OPT_TROUBLE},
    {"stray-config", required_argument, NULL, OPT_STRAY},
    {"persona", required_argument, NULL, OPT_PERSONA},
    {"fast", no_argument, NULL, OPT_FAST},
    {"mask", required_argument, NULL, OPT_MASK},
    {"reserve", required_argument, NULL, OPT_RESERVE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"delay-us", required_argument, NULL, OPT_DELAY},
    {"error-on", required_argument, NULL, OPT_ERROR},
    {"buffers", required_argument, NULL, OPT_BUFFERS},
    {"sectors", required_argument, NULL, OPT_SECTORS},
    {"firmware", required_argument, NULL, OPT_FIRMWARE},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"model", required_argument, NULL, OPT_MODEL},
    {"lba28", no_argument, NULL, OPT_LBA28},
    {"readonly", no_argument, NULL, OPT_READONLY},
    {"no-flush", no_argument, NULL, OPT_NO_FLUSH},
    {"answer-version0", no_argument, NULL, OPT_VERSION0},
    {"announce", no_argument, NULL, OPT_ANNOUNCE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static double number(struct setup *setup, const char *text, double max)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0 && v <= max)) {
		fprintf(stderr, "fake-target: %s is not a number up to %g\n",
		    text, max);
		setup->bad = true;
		return 0;
	}
	return v;
}

static void take_flag(struct target *t, struct setup *setup, int c)
{
	switch (c) {
	case OPT_LBA28:
		t->options.lba28 = true;
		break;
	case OPT_READONLY:
		t->options.readonly = true;
		break;
	case OPT_NO_FLUSH:
		t->options.no_flush = true;
		break;
	case OPT_VERSION0:
		t->options.version0 = true;
		break;
	case OPT_ANNOUNCE:
		setup->announce = true;
		break;
	case OPT_FAST:
		t->options.fast = true;
		break;
	default:
		setup->bad = true;
		break;
	}
}

/* "PCT:N"; the share is 0..1, and N. */
static uint64_t share_and_number(
    struct setup *setup, const char *text, double *share)
{
	char *end;
	double pct = strtod(text, &end);

	if (end == text || *end != ':' || !(pct >= 0 && pct <= 100)) {
		fprintf(stderr, "fake-target: %s is not PCT:N\n", text);
		setup->bad = true;
		return 0;
	}
	*share = pct / 100;
	return (uint64_t)number(setup, end + 1, 1e9);
}

static void take_fault(
    struct target *t, struct setup *setup, int c, const char *arg)
{
	struct fault *f = &t->fault;
	struct fault_line *in = &f->line[FAULT_IN], *out = &f->line[FAULT_OUT];

	switch (c) {
	case OPT_DROP:
		in->drop = out->drop = number(setup, arg, 100) / 100;
		break;
	case OPT_BURST:
		in->burst_length = out->burst_length =
		    (unsigned)share_and_number(setup, arg, &in->burst);
		out->burst = in->burst;
		break;
	case OPT_DUP:
		out->dup = number(setup, arg, 100) / 100;
		break;
	case OPT_DUP_IN:
		in->dup = number(setup, arg, 100) / 100;
		break;
	case OPT_HOLD_IN:
		in->hold_time = share_and_number(setup, arg, &in->hold) * 1000;
		break;
	case OPT_HOLD_OUT:
		out->hold_time =
		    share_and_number(setup, arg, &out->hold) * 1000;
		break;
	case OPT_HOLE_IN:
		in->hole = (size_t)number(setup, arg, 1e6);
		break;
	case OPT_HOLE_OUT:
		out->hole = (size_t)number(setup, arg, 1e6);
		break;
	case OPT_ERROR:
		setup->bad |= fault_add(f, arg) != 0;
		break;
	case OPT_TROUBLE:
		setup->bad |= fault_order_trouble(f, arg) != 0;
		break;
	case OPT_STRAY:
		t->options.stray =
		    !strcmp(arg, "same") ? STRAY_SAME : STRAY_OTHER;
		setup->bad |= t->options.stray == STRAY_OTHER &&
			      strcmp(arg, "other") != 0;
		break;
	default:
		take_flag(t, setup, c);
		break;
	}
}

static void take_option(
    struct target *t, struct setup *setup, int c, const char *arg)
{
	switch (c) {
	case 'i':
		if (setup->interfaces < TARGET_PORTS)
			setup->interface[setup->interfaces++] = arg;
		break;
	case 's':
		if (setup->slots < TARGET_SLOTS)
			setup->slot[setup->slots++] = arg;
		break;
	case OPT_SEED:
		t->fault.random = (uint64_t)number(setup, arg, 1e15) + 1;
		break;
	case OPT_DELAY:
		t->delay = (uint64_t)(number(setup, arg, 1e9) * 1000);
		break;
	case OPT_JITTER:
		t->jitter = (uint64_t)(number(setup, arg, 1e9) * 1000);
		break;
	case OPT_PERSONA:
		t->options.persona = persona_find(arg);
		break;
	case OPT_BUFFERS:
		setup->buffers = (int)number(setup, arg, 65535);
		break;
	case OPT_SECTORS:
		t->options.sectors = (unsigned)number(setup, arg, 255);
		break;
	case OPT_FIRMWARE:
		setup->firmware = (int)number(setup, arg, 65535);
		break;
	case OPT_SERIAL:
		t->options.serial = arg;
		break;
	case OPT_MODEL:
		t->options.model = arg;
		break;
	case OPT_MASK:
		t->options.mask = arg;
		break;
	case OPT_RESERVE:
		t->options.owner = arg;
		break;
	default:
		take_fault(t, setup, c, arg);
		break;
	}
}

int setup_read(struct setup *setup, struct target *t, int argc, char **argv)
{
	struct slot_options *o = &t->options;
	int c;

	setup->buffers = setup->firmware = -1;
	o->persona = persona_find("plain");
	t->fault.random = 2;
	while ((c = getopt_long(argc, argv, "i:s:h", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		take_option(t, setup, c, optarg);
	}
	if (setup->bad || optind < argc || !setup->interfaces ||
	    !setup->slots || !o->persona) {
		usage(stderr);
		return 2;
	}
	o->buffers = setup->buffers >= 0 ? (unsigned)setup->buffers
					 : o->persona->buffers;
	o->firmware = setup->firmware >= 0 ? (unsigned)setup->firmware
					   : o->persona->firmware;
	return -1;
}
