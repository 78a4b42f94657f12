/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the helper that reads partition tables can still do: compute, read what
 * it was given, and nothing else.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fuse-fs/fs_sandbox.h"

enum {
	FINE = 40,
	NO_SANDBOX,
	LOST_KEPT,
	LEFT_OPEN,
	OPENED,
	SOCKET,
	SPAWNED,
	MAPPED,
	NO_MEMORY
};

static int try_all(int keep, int keep_too, int other)
{
	char byte = 0;

	if (fs_sandbox_enter(keep, keep_too))
		return NO_SANDBOX;
	if (pread(keep, &byte, 1, 0) != 1 || byte != 'x' ||
	    send(keep_too, "y", 1, 0) != 1)
		return LOST_KEPT;
	if (read(other, &byte, 1) != -1 || errno != EBADF)
		return LEFT_OPEN;
	if (open("/dev/null", O_RDONLY) != -1 || errno != EPERM)
		return OPENED;
	if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EPERM)
		return SOCKET;
	if (fork() != -1 || errno != EPERM)
		return SPAWNED;
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0) != MAP_FAILED)
		return MAPPED;
	return malloc(1 << 22) ? FINE : NO_MEMORY;
}

static void nothing_else(void **state)
{
	int file = memfd_create("test", 0), ends[2], other, status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(write(file, "x", 1), 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	other = open("/dev/zero", O_RDONLY);
	assert_true(other >= 0);
	pid = fork();
	if (!pid)
		_exit(try_all(file, ends[1], other));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
	assert_int_equal(recv(ends[0], &byte, 1, 0), 1);
	close(file);
	close(ends[0]);
	close(ends[1]);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
