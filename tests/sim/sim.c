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
#include <unistd.h>
#include "tests/sim/scenario.h"

#define CPU_LIMIT 300u /* seconds for one scenario, sanitizers included */

struct options {
	uint64_t seed, seeds;
	const char *trace;
	bool verbose, list;
};

static int run_here(
    const struct scenario *sc, const struct options *opt, uint64_t seed)
{
	struct world w;
	int error = world_init(&w, seed, opt->trace, opt->verbose);

	if (error) {
		fprintf(stderr, "sim: %s: %s\n", opt->trace, strerror(-error));
		return 1;
	}
	sc->run(&w);
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

/* True when it passed. */
static bool run_child(
    const struct scenario *sc, const struct options *opt, uint64_t seed)
{
	double before = cpu_seconds();
	int status = 0;
	bool good;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		limit_cpu();
		exit(run_here(sc, opt, seed));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("sim");
		return false;
	}
	good = WIFEXITED(status) && !WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		fprintf(stderr, "  killed by signal %d (%s)\n",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	printf("%s %s (seed %" PRIu64 ", %.2f s)\n", good ? "ok  " : "FAIL",
	    sc->name, seed, cpu_seconds() - before);
	if (!good)
		printf("replay: sim %s --seed %" PRIu64 "\n", sc->name, seed);
	return good;
}

static int usage(FILE *to)
{
	fputs("usage: sim [NAME...] [--seed N] [--seeds N] [--trace FILE] "
	      "[-v]\n"
	      "       sim --list\n"
	      "Runs the named scenarios (a prefix and '*' names several), or "
	      "all of them.\n"
	      "--seed N     the first seed (default: random, printed)\n"
	      "--seeds N    run each with so many seeds (default 1)\n"
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
		for (uint64_t i = 0; i < opt->seeds; i++) {
			(*ran)++;
			*failed += !run_child(sc, opt, opt->seed + i);
		}
	}
}

int main(int argc, char **argv)
{
	struct options opt = {.seeds = 1};
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
