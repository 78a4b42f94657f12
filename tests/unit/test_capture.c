/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capture file, read back by libpcap. */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aoe-user/io/capture.h"
#include "tests/unit/unit.h"

struct bench {
	char dir[64], path[80];
	struct log log;
	unsigned lines;
};

static void count_line(
    void *ctx, enum log_level level, const char *object, const char *text)
{
	struct bench *b = ctx;

	(void)level;
	(void)text;
	assert_non_null(object);
	b->lines++;
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(b);
	snprintf(
	    b->dir, sizeof(b->dir), "%.40s/captureXXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/frames.pcap", b->dir);
	b->log = (struct log){LOG_LEVEL_DEBUG, count_line, b};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	unlink(b->path);
	rmdir(b->dir);
	free(b);
	return 0;
}

static off_t size_of(const struct bench *b)
{
	struct stat st;

	assert_int_equal(stat(b->path, &st), 0);
	return st.st_size;
}

static void frames_come_back(void **state)
{
	struct bench *b = *state;
	uint8_t header[36], data[1024];
	struct iovec iov[2] = {{header, 36}, {data, 1024}};
	struct pcap_pkthdr *h;
	struct capture *c;
	const u_char *bytes;
	char err[PCAP_ERRBUF_SIZE];
	struct stat st;
	pcap_t *p;

	memset(header, 0xaa, sizeof(header));
	memset(data, 0x55, sizeof(data));
	umask(0);
	assert_int_equal(capture_open(&c, b->path, 0, &b->log), 0);
	capture_frame(c, (struct timespec){5, 123456789}, iov, 2, 0);
	capture_frame(c, (struct timespec){6, 999999999}, iov, 1, 0);
	capture_close(c);
	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	p = pcap_open_offline_with_tstamp_precision(
	    b->path, PCAP_TSTAMP_PRECISION_NANO, err);
	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	assert_int_equal(pcap_next_ex(p, &h, &bytes), 1);
	assert_int_equal(h->len, 1060);
	assert_int_equal(h->caplen, 1060);
	assert_int_equal(h->ts.tv_sec, 5);
	assert_int_equal(h->ts.tv_usec, 123456789);
	assert_memory_equal(bytes, header, 36);
	assert_memory_equal(bytes + 36, data, 1024);
	assert_int_equal(pcap_next_ex(p, &h, &bytes), 1);
	assert_int_equal(h->len, 36);
	assert_int_equal(h->ts.tv_usec, 999999999);
	assert_int_equal(pcap_next_ex(p, &h, &bytes), PCAP_ERROR_BREAK);
	pcap_close(p);
	assert_int_equal(b->lines, 0);
}

static void stops_at_the_limit(void **state)
{
	struct bench *b = *state;
	uint8_t frame[100] = {0};
	struct iovec iov = {frame, sizeof(frame)};
	struct capture *c;

	/* A file header of 24 and room for three records of 116. */
	assert_int_equal(capture_open(&c, b->path, 24 + 3 * 116, &b->log), 0);
	for (unsigned i = 0; i < 100; i++)
		capture_frame(c, (struct timespec){1, 0}, &iov, 1, 0);
	assert_int_equal(b->lines, 1);
	assert_int_equal(capture_deadline(c), NSEC_NEVER);
	assert_int_equal(size_of(b), 24 + 3 * 116);
	capture_close(c);
	assert_int_equal(size_of(b), 24 + 3 * 116);
}

static void is_flushed_once_a_second(void **state)
{
	struct bench *b = *state;
	uint8_t frame[60] = {0};
	struct iovec iov = {frame, sizeof(frame)};
	const nsec_t now = 50 * NSEC_SEC;
	struct capture *c;

	assert_int_equal(capture_open(&c, b->path, 0, &b->log), 0);
	assert_int_equal(capture_deadline(c), NSEC_NEVER);
	capture_frame(c, (struct timespec){1, 0}, &iov, 1, now);
	assert_int_equal(capture_deadline(c), now + NSEC_SEC);
	capture_frame(c, (struct timespec){1, 0}, &iov, 1, now + NSEC_MS);
	assert_int_equal(capture_deadline(c), now + NSEC_SEC);
	capture_flush(c, now + NSEC_MS);
	assert_int_equal(size_of(b), 0);
	capture_flush(c, now + NSEC_SEC);
	assert_int_equal(size_of(b), 24 + 2 * 76);
	assert_int_equal(capture_deadline(c), NSEC_NEVER);
	capture_close(c);
}

static void a_full_disk_stops_it(void **state)
{
	struct bench *b = *state;
	uint8_t frame[1000] = {0};
	struct iovec iov = {frame, sizeof(frame)};
	struct capture *c;

	assert_int_equal(capture_open(&c, "/dev/full", 0, &b->log), 0);
	for (unsigned i = 0; i < 2000; i++)
		capture_frame(c, (struct timespec){1, 0}, &iov, 1, 0);
	capture_flush(c, NSEC_NEVER);
	assert_int_equal(b->lines, 1);
	capture_close(c);
}

static void says_why_it_cannot(void **state)
{
	struct bench *b = *state;
	struct capture *c;

	assert_int_equal(
	    capture_open(&c, "/nowhere/at/all", 0, &b->log), -ENOENT);
	assert_int_equal(capture_open(&c, b->dir, 0, &b->log), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(frames_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		stops_at_the_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		is_flushed_once_a_second, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_full_disk_stops_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		says_why_it_cannot, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
