// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opens by io_uring, which enter the kernel by no open system call:
 *
 *	uring inline|async|sqpoll|direct|skip|flood openat|openat2 NAME...
 *
 * inline: tried in the submitting thread; async: forced to a worker thread;
 * sqpoll: a kernel thread submits; direct: into the ring's own table of files;
 * skip: no completion is asked for; flood: more completions than there is room for.
 * Raw system calls and no liburing, so that nothing but a compiler is needed.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "report.h"

struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	bool sqpoll, async, direct, skip, flood;
};

static unsigned int *at(char *base, unsigned int offset)
{
	return (unsigned int *)(base + offset);
}

static void *map(const struct ring *ring, size_t size, unsigned long long offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		       offset);

	if (p == MAP_FAILED)
		give_up("mmap");
	return p;
}

static void ring_set_up(struct ring *ring)
{
	const struct io_uring_params *p = &ring->params;
	int no_files[4] = { -1, -1, -1, -1 };

	if (ring->sqpoll) {
		ring->params.flags = IORING_SETUP_SQPOLL;
		ring->params.sq_thread_idle = 2000;
	}
	ring->fd = syscall(SYS_io_uring_setup, 8, &ring->params);
	if (ring->fd < 0 && (errno == ENOSYS || errno == EPERM))
		_exit(77); /* not built in, or switched off by sysctl */
	if (ring->fd < 0)
		give_up("io_uring_setup");

	ring->sq = map(ring, p->sq_off.array + p->sq_entries * sizeof(unsigned int),
		       IORING_OFF_SQ_RING);
	ring->cq = map(ring, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);
	ring->sqes = map(ring, p->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (ring->direct &&
	    syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, no_files, 4) < 0)
		give_up("io_uring_register");
}

static void submit(struct ring *ring, const struct io_uring_sqe *sqe)
{
	const struct io_sqring_offsets *o = &ring->params.sq_off;
	unsigned int tail = *at(ring->sq, o->tail);
	unsigned int index = tail & *at(ring->sq, o->ring_mask);

	ring->sqes[index] = *sqe;
	at(ring->sq, o->array)[index] = index;
	__atomic_store_n(at(ring->sq, o->tail), tail + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ring->sqpoll && !(*at(ring->sq, o->flags) & IORING_SQ_NEED_WAKEUP))
		return;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 0, ring->sqpoll ? IORING_ENTER_SQ_WAKEUP : 0,
		    NULL, 0) < 0)
		give_up("io_uring_enter");
}

static int complete(struct ring *ring)
{
	const struct io_cqring_offsets *o = &ring->params.cq_off;
	unsigned int head = *at(ring->cq, o->head);
	const struct io_uring_cqe *cqe;
	int result;

	while (__atomic_load_n(at(ring->cq, o->tail), __ATOMIC_ACQUIRE) == head)
		syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	cqe = (struct io_uring_cqe *)(ring->cq + o->cqes) + (head & *at(ring->cq, o->ring_mask));
	result = cqe->res;
	__atomic_store_n(at(ring->cq, o->head), head + 1, __ATOMIC_RELEASE);
	return result;
}

static void one_open(struct ring *ring, const char *call, const char *name)
{
	struct open_how how = { .flags = O_RDONLY };
	struct report r = {
		.name = name, .dirfd = AT_FDCWD, .proc_fd = -1, .direct = ring->direct
	};
	struct io_uring_sqe sqe = { .fd = AT_FDCWD, .addr = (unsigned long)name };

	if (strcmp(call, "openat2") == 0) {
		r.call = "io_uring_openat2";
		sqe.opcode = IORING_OP_OPENAT2;
		sqe.len = sizeof(how);
		sqe.off = (unsigned long)&how;
	} else {
		r.call = "io_uring_openat";
		sqe.opcode = IORING_OP_OPENAT;
		sqe.open_flags = O_RDONLY;
	}
	sqe.flags = ring->async ? IOSQE_ASYNC : 0;
	sqe.file_index = ring->direct ? 1 : 0; /* slot 0, counted from 1 */

	if (ring->skip) {
		sqe.flags |= IOSQE_CQE_SKIP_SUCCESS;
		r.direct = true; /* which descriptor it got nobody tells */
	}
	submit(ring, &sqe);
	if (ring->flood)
		return;
	if (ring->skip)
		submit(ring, &(struct io_uring_sqe){ .opcode = IORING_OP_NOP });
	r.fd = complete(ring);
	report_open(&r);
}

/* Completions that found no room come once there is some again. */
static void flood(struct ring *ring, const char *call, const char *name)
{
	unsigned long done = 4ul * ring->params.cq_entries, failed = 0, i;

	for (i = 0; i < done; i++)
		one_open(ring, call, name);
	for (i = 0; i < done; i++)
		failed += complete(ring) < 0;
	report_done(done, failed);
}

int main(int argc, char **argv)
{
	struct ring ring = { .fd = -1 };
	int i;

	if (argc < 4)
		return 2;
	ring.async = strcmp(argv[1], "async") == 0;
	ring.sqpoll = strcmp(argv[1], "sqpoll") == 0;
	ring.direct = strcmp(argv[1], "direct") == 0;
	ring.skip = strcmp(argv[1], "skip") == 0;
	ring.flood = strcmp(argv[1], "flood") == 0;
	ring_set_up(&ring);
	if (ring.skip && !(ring.params.features & IORING_FEAT_CQE_SKIP))
		return 77;
	for (i = 3; ring.flood && i < argc; i++)
		flood(&ring, argv[2], argv[i]);
	for (i = 3; !ring.flood && i < argc; i++)
		one_open(&ring, argv[2], argv[i]);
	return 0;
}
