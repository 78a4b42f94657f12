/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Proves the engine in a virtual network with virtual time. Every scenario runs
 * in a child process, so that a crash is one failure and not the end.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "tests/sim/scenario.h"

#define CPU_LIMIT 300u /* seconds for one scenario, sanitizers included */

struct options {
	uint64_t seed, seeds; /* seeds: 0 = what the scenario wants */
	bool seeded;          /* by --seed: then it wants one */
	uint64_t soak;        /* seconds; new seeds as long as that */
	const char *trace;
	bool verbose, list;
};

static int run_here(const struct scenario *sc, const struct options *opt,
    uint64_t seed, struct tally *tally)
{
	struct world w;
	int error = world_init(&w, seed, opt->trace, opt->verbose);

	if (error) {
		fprintf(stderr, "sim: %s: %s\n", opt->trace, strerror(-error));
		return 1;
	}
	sc->run(&w);
	*tally = w.tally;
	error = world_fini(&w);
	if (error) {
		fprintf(stderr, "sim: %s: %s\n", opt->trace, strerror(-error));
		return 1;
	}
	if (w.failures > 12)
		fprintf(stderr, "  %u failures in all\n", w.failures);
	return w.failures ? 1 : 0;
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void limit_cpu(void)
{
	struct rlimit limit = {CPU_LIMIT, CPU_LIMIT};

	setrlimit(RLIMIT_CPU, &limit);
}

/* The child's part: what it came to goes into the pipe. */
static int run_piped(
    const struct scenario *sc, const struct options *opt, uint64_t seed, int fd)
{
	struct tally tally = {0};
	int rc = run_here(sc, opt, seed, &tally);

	if (write(fd, &tally, sizeof(tally)) != sizeof(tally))
		return 1;
	return rc;
}

/* True when it passed. `brief` prints failures only. */
static bool run_child(const struct scenario *sc, const struct options *opt,
    uint64_t seed, bool brief, struct tally *tally)
{
	double before = cpu_seconds();
	int status = 0, fd[2];
	bool good;
	pid_t pid;

	*tally = (struct tally){0};
	fflush(NULL);
	if (pipe(fd) < 0) {
		perror("sim");
		return false;
	}
	pid = fork();
	if (!pid) {
		limit_cpu();
		exit(run_piped(sc, opt, seed, fd[1]));
	}
	close(fd[1]);
	good = pid > 0 && waitpid(pid, &status, 0) == pid;
	if (!good)
		perror("sim");
	else if (read(fd[0], tally, sizeof(*tally)) != sizeof(*tally))
		*tally = (struct tally){0};
	close(fd[0]);
	if (!good)
		return false;
	good = WIFEXITED(status) && !WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		fprintf(stderr, "  killed by signal %d (%s)\n",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (!good || !brief)
		printf("%s %s (seed %" PRIu64 ", %.2f s)\n",
		    good ? "ok  " : "FAIL", sc->name, seed,
		    cpu_seconds() - before);
	if (!good)
		printf("replay: sim %s --seed %" PRIu64 "\n", sc->name, seed);
	return good;
}

static int usage(FILE *to)
{
	fputs(
	    "usage: sim [NAME...] [--seed N] [--seeds N] [--trace FILE] "
	    "[-v]\n"
	    "       sim --list\n"
	    "Runs the named scenarios (a prefix and '*' names several), or "
	    "all of them.\n"
	    "--seed N     the first seed (default: random, printed)\n"
	    "--seeds N    run each with so many seeds (default 1, or what it "
	    "wants,\n"
	    "             and SIM_SEEDS at most)\n"
	    "--soak N     run each with new seeds for N seconds, or until one "
	    "fails\n"
	    "--trace FILE write the frames as pcap (one scenario)\n"
	    "-v           show what the engine logs\n"
	    "Exit: 0 all passed, 1 something failed, 2 usage.\n",
	    to);
	return to == stdout ? 0 : 2;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno;
}

static bool parse(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
	    {"seed", required_argument, NULL, 's'},
	    {"seeds", required_argument, NULL, 'n'},
	    {"soak", required_argument, NULL, 'k'},
	    {"trace", required_argument, NULL, 't'},
	    {"list", no_argument, NULL, 'l'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "vh", longs, NULL)) != -1) {
		if (c == 's' && !number(optarg, &opt->seed))
			return false;
		if (c == 'n' && !number(optarg, &opt->seeds))
			return false;
		if (c == 'k' && !number(optarg, &opt->soak))
			return false;
		if (c == 's')
			opt->seeded = true;
		if (c == 't')
			opt->trace = optarg;
		if (c == 'l')
			opt->list = true;
		if (c == 'v')
			opt->verbose = true;
		if (c == 'h')
			exit(usage(stdout));
		if (c == '?')
			return false;
	}
	return true;
}

static bool chosen(const char *name, char **names, int count)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(names[i]);

		if (!strcmp(names[i], name) ||
		    (len && names[i][len - 1] == '*' &&
			!strncmp(names[i], name, len - 1)))
			return true;
	}
	return !count;
}

static void add(struct tally *sum, const struct tally *t)
{
	sum->seeds++;
	sum->requests += t->requests;
	sum->frames += t->frames;
	sum->lost += t->lost;
	sum->resent += t->resent;
	sum->wrong += t->wrong;
	sum->late += t->late;
	sum->failed += t->failed;
}

static void print_tally(const char *name, const struct tally *t)
{
	printf("%-12s %6s %9s %9s %8s %8s %7s %11s %5s\n", "", "seeds",
	    "requests", "frames", "lost", "resent", "failed", "wrong bytes",
	    "late");
	printf("%-12s %6" PRIu64 " %9" PRIu64 " %9" PRIu64 " %8" PRIu64
	       " %8" PRIu64 " %7" PRIu64 " %11" PRIu64 " %5" PRIu64 "\n",
	    name, t->seeds, t->requests, t->frames, t->lost, t->resent,
	    t->failed, t->wrong, t->late);
}

/* How many seeds: asked for, or the scenario's own number. */
static uint64_t seeds_of(const struct scenario *sc, const struct options *opt)
{
	const char *most = getenv("SIM_SEEDS");
	uint64_t n = scenario_seeds(sc), limit;

	if (opt->seeds)
		return opt->seeds;
	if (n == 1 || opt->seeded)
		return 1;
	return most && number(most, &limit) && limit < n ? limit : n;
}

/* A scenario with all its seeds; how many failed. */
static unsigned run_seeds(
    const struct scenario *sc, const struct options *opt, unsigned *ran)
{
	time_t end = time(NULL) + (time_t)opt->soak;
	uint64_t n = seeds_of(sc, opt);
	bool many = scenario_seeds(sc) > 1 && (opt->soak || n > 1);
	struct tally sum = {0}, one;
	unsigned failed = 0;

	for (uint64_t i = 0; opt->soak ? time(NULL) < end : i < n; i++) {
		failed += !run_child(sc, opt, opt->seed + i, many, &one);
		add(&sum, &one);
		(*ran)++;
		if (opt->soak && failed)
			break;
	}
	if (many) {
		printf("%s: seeds from %" PRIu64 "\n", sc->name, opt->seed);
		print_tally(sc->name, &sum);
	}
	return failed;
}

static void run_all(const struct options *opt, char **names, int count,
    unsigned *ran, unsigned *failed)
{
	const struct scenario *sc = NULL;

	while ((sc = scenario_next(sc))) {
		if (!chosen(sc->name, names, count))
			continue;
		if (opt->list) {
			printf("%-20s %s\n", sc->name, sc->proves);
			(*ran)++;
			continue;
		}
		*failed += run_seeds(sc, opt, ran);
	}
}

int main(int argc, char **argv)
{
	struct options opt = {0};
	unsigned ran = 0, failed = 0;

	if (getrandom(&opt.seed, sizeof(opt.seed), 0) < 0)
		opt.seed = 1;
	opt.seed %= 1000000000;
	if (!parse(argc, argv, &opt))
		return usage(stderr);
	run_all(&opt, argv + optind, argc - optind, &ran, &failed);
	if (!ran) {
		fprintf(stderr, "sim: no such scenario: %s\n", argv[optind]);
		return 2;
	}
	if (!opt.list)
		printf("%u run, %u failed\n", ran, failed);
	return failed ? 1 : 0;
}
