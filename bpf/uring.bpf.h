/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opens by io_uring, which enter the kernel by no open system call.
 *
 * For the tracepoint backend a request is seen twice: when it is submitted, while
 * its name is still there, and when it completes, with its result.  Both happen
 * in the program's own thread, in one of its workers or in its SQPOLL thread, all
 * of which have its tgid and its cgroup.  What is tried inline first and then
 * again in a worker completes once.
 *
 * Since 6.0 (5.10 to 5.19 hand the tracepoints no request, or at another place).
 */
#ifndef CTRACE_URING_BPF_H
#define CTRACE_URING_BPF_H

#include "open.bpf.h"

#define IORING_OP_OPENAT        18
#define IORING_OP_OPENAT2       28
#define IORING_FILE_INDEX_ALLOC (~0U) /* "any free slot": the result says which */
#define IOSQE_CQE_SKIP_SUCCESS  (1U << 6)
#define FILE_PTR_FLAGS          7ULL /* low bits of io_fixed_file and io_rsrc_node */

/* struct io_open since 7.0: the name is inside of another struct, as its first member. */
struct delayed_filename {
	struct filename *__incomplete_filename;
} __attribute__((preserve_access_index));
struct io_open___delayed {
	struct delayed_filename filename;
} __attribute__((preserve_access_index));

/* The table of direct descriptors up to 6.12: of struct io_fixed_file, which is one word. */
struct io_file_table___old {
	unsigned long *files;
} __attribute__((preserve_access_index));

/*
 * The names of requests under way, by request.  One that finds no room goes on
 * without: its path is the file's, and if it fails its name is not known.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, __u64);
	__type(value, char[EVENT_NAME_BYTES]);
} uring_names SEC(".maps");

/* --- a request ------------------------------------------------------------------- */

static __always_inline bool uring_opens(struct io_kiocb *req)
{
	__u8 opcode;

	if (!req || !bpf_core_field_exists(req->cmd))
		return false;
	opcode = kread(req, opcode);
	return opcode == IORING_OP_OPENAT || opcode == IORING_OP_OPENAT2;
}

static __always_inline void request_of_uring(struct scratch *s, struct io_kiocb *req)
{
	struct io_open *open = (struct io_open *)req; /* the request's first member */

	request_start(&s->request, false);
	request_set(&s->request,
		    kread(req, opcode) == IORING_OP_OPENAT ? CALL_IO_URING_OPENAT
							   : CALL_IO_URING_OPENAT2,
		    kread(open, dfd), 0);
	s->request.resolve = kread(open, how.resolve);
	if (bpf_core_field_exists(open->file_slot) && kread(open, file_slot))
		s->request.bits |= OPEN_NO_FD;
	/* The kernel has added O_LARGEFILE to what was asked for. */
	request_flags(&s->request, kread(open, how.flags) & ~O_LARGEFILE, kread(open, how.mode));
}

static __always_inline const char *uring_name(struct io_kiocb *req)
{
	struct io_open___delayed *delayed = (struct io_open___delayed *)req;
	struct io_open *open = (struct io_open *)req;
	struct filename *filename;

	if (bpf_core_field_exists(open->filename))
		filename = kread(open, filename);
	else if (bpf_core_field_exists(delayed->filename.__incomplete_filename))
		bpf_core_read(&filename, sizeof(filename),
			      &delayed->filename.__incomplete_filename);
	else
		return NULL;
	return filename ? kread(filename, name) : NULL;
}

/* No completion will be posted if it succeeds: REQ_F_CQE_SKIP is its UAPI flag of the SQE. */
static __always_inline bool uring_ends_unseen(struct io_kiocb *req)
{
	return kread(req, flags) & IOSQE_CQE_SKIP_SUCCESS;
}

/* --- its file ---------------------------------------------------------------------- */

static __always_inline struct file *uring_direct_file(struct io_kiocb *req, __u32 index)
{
	struct io_ring_ctx *ctx = kread(req, ctx);
	struct io_file_table___old *old = NULL;
	struct io_rsrc_node *node;
	unsigned long *files, file_ptr = 0;

	if (bpf_core_field_exists(ctx->file_table.data.nodes)) {
		if (index >= kread(ctx, file_table.data.nr))
			return NULL;
		node = kread_ptr(kread(ctx, file_table.data.nodes) + index);
		return node ? (struct file *)(kread(node, file_ptr) & ~FILE_PTR_FLAGS) : NULL;
	}
	if (!bpf_core_field_exists(old->files) || !bpf_core_field_exists(ctx->nr_user_files) ||
	    index >= kread(ctx, nr_user_files))
		return NULL;
	old = (void *)ctx + bpf_core_field_offset(ctx->file_table);
	bpf_core_read(&files, sizeof(files), &old->files);
	bpf_probe_read_kernel(&file_ptr, sizeof(file_ptr), files + index);
	return (struct file *)(file_ptr & ~FILE_PTR_FLAGS);
}

static __always_inline struct file *uring_file(struct io_kiocb *req, struct task_struct *task,
					       __u32 ret)
{
	struct io_open *open = (struct io_open *)req;
	__u32 slot = 0;

	if (bpf_core_field_exists(open->file_slot))
		slot = kread(open, file_slot);
	if (!slot)
		return file_of_fd(task, ret);
	return uring_direct_file(req, slot == IORING_FILE_INDEX_ALLOC ? ret : slot - 1);
}

/* --- submitted, completed ------------------------------------------------------------ */

/*
 * Until it completes.  An empty name, which no request gets as far as here with,
 * stands for one that has been reported already.  Where another one is kept of the
 * same request, that came to an end of which no tracepoint told.
 */
static __always_inline void uring_keep_name(struct io_kiocb *req, const char *name, __u64 root_id)
{
	__u64 key = (__u64)req;
	char *kept = bpf_map_lookup_elem(&uring_names, &key);

	if (kept && kept[0])
		count_loss(root_id, LOSS_UNFINISHED);
	bpf_map_update_elem(&uring_names, &key, name, BPF_ANY);
}

static __always_inline void uring_forget(__u64 key)
{
	bpf_map_delete_elem(&uring_names, &key);
}

/* Reported on submission: all that will be known of it, neither its result nor its file. */
static __always_inline int uring_report_unseen(void *raw, struct scratch *s, struct record *r,
					       struct io_kiocb *req, __u64 cgroup_id,
					       const struct cgroup_entry *traced)
{
	request_of_uring(s, req);
	s->request.name = uring_name(req);
	s->request.kernel_name = true;
	s->request.bits |= OPEN_NO_FD;
	s->opened.dentry = NULL;
	r->data[0] = 0;
	uring_keep_name(req, r->data, traced->root_id);
	if (!request_wanted(s, current_task(), traced->flags, 0))
		return 0;
	return report_last(raw, SCRATCH_URING_SUBMIT, cgroup_id, traced->root_id, 0);
}

static __always_inline int uring_submitted(void *raw, struct io_kiocb *req)
{
	struct cgroup_entry *traced;
	struct scratch *s;
	struct record *r;
	__u64 cgroup_id;

	if (!uring_opens(req))
		return 0;
	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	s = scratch_get(SCRATCH_URING_SUBMIT);
	r = record_own(SCRATCH_URING_SUBMIT);
	if (!s || !r)
		return 0;
	if (uring_ends_unseen(req))
		return uring_report_unseen(raw, s, r, req, cgroup_id, traced);
	if (bpf_probe_read_kernel_str(r->data, EVENT_NAME_BYTES, uring_name(req)) > 0)
		uring_keep_name(req, r->data, traced->root_id);
	return 0;
}

/* What is kept of the request is asked for until it is reported. */
static __always_inline void uring_forget_later(__u64 key)
{
	struct cpu_ring *ring = own_ring();

	if (ring)
		ring->order.uring_key = key;
}

static __always_inline int uring_completed(void *raw, __u32 slot, struct io_kiocb *req)
{
	struct task_struct *task = current_task();
	__u64 cgroup_id, key = (__u64)req;
	struct cgroup_entry *traced;
	struct scratch *s;
	char *name;
	long ret;

	if (!uring_opens(req))
		return 0;
	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	s = scratch_get(slot);
	if (!s)
		return 0;
	name = bpf_map_lookup_elem(&uring_names, &key);
	if (name && !name[0])
		goto done;

	ret = kread(req, cqe.res);
	request_of_uring(s, req);
	s->request.name = name;
	s->request.kernel_name = true;
	opened_set(&s->opened, ret >= 0 ? uring_file(req, task, ret) : NULL);
	if (!request_wanted(s, task, traced->flags, ret))
		goto done;
	if (name && raw)
		uring_forget_later(key);
	report_last(raw, slot, cgroup_id, traced->root_id, ret);
done:
	if (name)
		uring_forget(key);
	return 0;
}

/*
 * A completion that finds the ring full waits aside, and io_uring_complete doesn't
 * tell of it.  What does names the ring, the program's own number and the result, which
 * lead back to the request: of several that have one number and failed alike it may be any.
 */
struct uring_search {
	__u64 ctx, user_data;
	struct io_kiocb *found;
	__s32 res;
};

static long uring_is_sought(void *map, __u64 *key, char *name, struct uring_search *search)
{
	struct io_kiocb *req = (struct io_kiocb *)*key;

	if ((__u64)kread(req, ctx) != search->ctx ||
	    kread(req, cqe.user_data) != search->user_data || kread(req, cqe.res) != search->res)
		return 0;
	search->found = req;
	return 1;
}

static __always_inline int uring_overflowed(void *raw, __u64 ctx, __u64 user_data, __s32 res)
{
	struct uring_search search = { .ctx = ctx, .user_data = user_data, .res = res };

	bpf_for_each_map_elem(&uring_names, uring_is_sought, &search, 0);
	return uring_completed(raw, SCRATCH_URING_OVERFLOW, search.found);
}

#endif
