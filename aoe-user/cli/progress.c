/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aoe-user/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "common/opts.h"

#define BAR_MAX 24
#define SIZE_TEXT 32
#define TIME_TEXT 16
#define LINE_MAX 256

static double seconds(nsec_t t)
{
	return (double)t / (double)NSEC_SEC;
}

char *progress_time(uint64_t sec, char *buf, size_t size)
{
	if (sec >= 100 * 3600)
		snprintf(buf, size, "-:--");
	else if (sec >= 3600)
		snprintf(buf, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
		    sec / 3600, sec / 60 % 60, sec % 60);
	else
		snprintf(
		    buf, size, "%" PRIu64 ":%02" PRIu64, sec / 60, sec % 60);
	return buf;
}

void progress_sample(struct progress *p, uint64_t done, nsec_t now)
{
	double dt = seconds(nsec_since(p->drawn, now));
	double weight, rate;

	if (dt <= 0)
		return;
	rate = (double)(done - p->drawn_done) / dt;
	/* About three seconds of memory: steady to read, quick enough. */
	weight = dt / (dt + 3.0);
	if (p->drawn == p->start)
		weight = 1.0;
	p->rate += weight * (rate - p->rate);
	p->done = p->drawn_done = done;
	p->drawn = now;
}

/* "[=====>    ]  42%  " or nothing. */
static void bar(
    const struct progress *p, unsigned columns, char *buf, size_t size)
{
	unsigned percent, fill, width;
	char cells[BAR_MAX + 1];

	buf[0] = '\0';
	if (p->total == PROGRESS_UNKNOWN || !p->total)
		return;
	percent = (unsigned)((double)p->done * 100 / (double)p->total);
	if (columns < 80) {
		snprintf(buf, size, "%u%%  ", percent);
		return;
	}
	width = BAR_MAX;
	fill = (unsigned)((double)p->done * width / (double)p->total);
	memset(cells, ' ', width);
	memset(cells, '=', fill);
	if (fill < width)
		cells[fill] = '>';
	cells[width] = '\0';
	snprintf(buf, size, "[%s] %3u%%  ", cells, percent);
}

char *progress_text(
    const struct progress *p, unsigned columns, char *buf, size_t size)
{
	char drawn[BAR_MAX + 16], amount[SIZE_TEXT], rate[SIZE_TEXT];
	char left[TIME_TEXT] = "-:--";

	bar(p, columns, drawn, sizeof(drawn));
	opts_format_size(p->done, amount, sizeof(amount));
	opts_format_size((uint64_t)p->rate, rate, sizeof(rate));
	if (p->total == PROGRESS_UNKNOWN)
		progress_time(nsec_since(p->start, p->drawn) / NSEC_SEC, left,
		    sizeof(left));
	else if (p->rate >= 1.0)
		progress_time(
		    (uint64_t)((double)(p->total - p->done) / p->rate), left,
		    sizeof(left));
	snprintf(buf, size, "%s  %s%s  %s/s  %s%s", p->what, drawn, amount,
	    rate, left, p->total == PROGRESS_UNKNOWN ? "" : " left");
	if (columns && columns - 1 < strlen(buf))
		buf[columns - 1] = '\0';
	return buf;
}

static unsigned terminal_columns(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || !w.ws_col)
		return 80;
	return w.ws_col;
}

void progress_start(
    struct progress *p, const char *what, uint64_t total, bool on, nsec_t now)
{
	*p = (struct progress){
	    .on = on,
	    .what = what,
	    .total = total,
	    .start = now,
	    .drawn = now,
	};
}

void progress_update(struct progress *p, uint64_t done, nsec_t now)
{
	char line[LINE_MAX];

	p->done = done;
	if (!p->on || nsec_since(p->drawn, now) < PROGRESS_PERIOD)
		return;
	progress_sample(p, done, now);
	progress_text(p, terminal_columns(), line, sizeof(line));
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	p->shown = true;
}

void progress_clear(struct progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
}

void progress_end(struct progress *p, uint64_t done, bool well, nsec_t now)
{
	char amount[SIZE_TEXT], rate[SIZE_TEXT];
	double sec = seconds(nsec_since(p->start, now));

	progress_clear(p);
	if (!p->on || !well)
		return;
	opts_format_size(done, amount, sizeof(amount));
	opts_format_size(
	    sec > 0 ? (uint64_t)((double)done / sec) : 0, rate, sizeof(rate));
	fprintf(stderr, "%s  %s in %.1f s, %s/s\n", p->what, amount, sec, rate);
}
