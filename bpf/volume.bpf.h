/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opens are many.  What makes them fewer before they cost a place in the ring:
 * only paths that are wanted, the same open once in a while with a count of the
 * rest, and so many a second of each container.
 *
 * A path that is not wanted was never asked for, like an open that a filter
 * leaves out.  What else is left out is counted for its container, so that
 *
 *	opens = delivered + repeated + over_rate + lost
 *
 * and the counts are in a map of their own that nothing is ever pushed out of.
 */
#ifndef CTRACE_VOLUME_BPF_H
#define CTRACE_VOLUME_BPF_H

#include "filter.bpf.h"
#include "maps.bpf.h"

#define EEXIST 17 /* include/uapi/asm-generic/errno-base.h */

/* --- which paths --------------------------------------------------------------------- */

/* Do len bytes of the record's data and of a prefix's text agree, from these places on? */
__noinline int prefix_agrees(__u32 slot, __u32 at, __u32 which, __u32 from, __u32 len)
{
	struct record *r = record_get(slot);

	if (!r || which >= PATH_PREFIXES_MAX)
		return 0;
	barrier_var(which); /* the verifier forgets the bound of what was put aside meanwhile */
	which &= PATH_PREFIXES_MAX - 1;
	for (__u32 i = 0; i < PATH_PREFIX_BYTES && i < len; i++) {
		__u32 in_data = at + i, in_text = from + i;

		barrier_var(in_data); /* or the bound is checked on another register than is used */
		barrier_var(in_text);
		if (in_data >= RECORD_DATA_BYTES || in_text >= 2 * PATH_PREFIX_BYTES ||
		    r->data[in_data] != settings.prefixes[which].text[in_text])
			return 0;
	}
	return 1;
}

/* The byte before data[at], or a '/' where it is the first. */
static __always_inline char byte_before(const struct record *r, __u32 at, __u32 first)
{
	if (at <= first)
		return '/';
	at--;
	barrier_var(at);
	return at < RECORD_DATA_BYTES ? r->data[at] : 0;
}

/* Of a failed open: do the prefix's last components, from this byte on, begin the name? */
static __always_inline bool name_continues(__u32 slot, const struct record *r, __u32 which,
					   __u32 from)
{
	__u32 start = r->data[0] == '/', name_len = r->open.name_len;
	__u32 len = settings.prefixes[which].len - from - 1; /* without the last '/' */
	__u32 end = start + len;

	if (end > name_len || !prefix_agrees(slot, start, which, PATH_PREFIX_BYTES + from, len))
		return false;
	barrier_var(end);
	return end == name_len || (end < RECORD_DATA_BYTES && r->data[end] == '/');
}

/*
 * Is the slot's path at or below a prefix?  Leaf first, that is how it ends; but
 * what a failed open asked for goes on in its name, root first:
 *
 *	prefix  /etc/nginx      leaf first "nginx/etc/", root first "etc/nginx/"
 *	opened  /etc/nginx/x    "x/nginx/etc/"
 *	failed  nginx/x         in the directory "etc/"
 */
__noinline int path_is_below(__u32 slot, __u32 which)
{
	struct record *r = record_get(slot);
	__u32 path, end, len, shared;

	if (!r || which >= PATH_PREFIXES_MAX)
		return 0;
	barrier_var(which);
	which &= PATH_PREFIXES_MAX - 1; /* what 5.10 believes */
	path = r->open.name_len;
	end = path + r->open.path_len;
	len = settings.prefixes[which].len;
	shared = len < end - path ? len : end - path;
	if (!prefix_agrees(slot, end - shared, which, len - shared, shared))
		return 0;
	if (shared == len)
		return byte_before(r, end - len, path) == '/';
	return !(r->open.bits & OPEN_RESOLVED) && name_continues(slot, r, which, shared);
}

#define NAME_STRETCH 1024 /* bytes looked at in one go, for the verifier's sake */

/* Is there a "//", "/./" or "/../" in these bytes of the name, or "/." or "/.." at its end? */
__noinline int name_winds(__u32 slot, __u32 at)
{
	struct record *r = record_get(slot);
	__u32 window = at ? 0 : '/', len;

	if (!r)
		return 1;
	if (!at && r->data[0] == '/')
		window = 0;
	len = r->open.name_len;
	for (__u32 i = 0; i < NAME_STRETCH; i++) {
		__u32 k = at + i;

		barrier_var(k);
		if (k >= len || k >= EVENT_NAME_BYTES)
			return (window & 0xffff) == 0x2f2e || (window & 0xffffff) == 0x2f2e2e;
		window = window << 8 | (unsigned char)r->data[k];
		if ((window & 0xffff) == 0x2f2f || (window & 0xffffff) == 0x2f2e2f ||
		    window == 0x2f2e2e2f)
			return 1;
	}
	return 0;
}

/* Can it be told where the path is?  Symbolic links in the name of a failed open can't. */
static __always_inline bool place_is_known(__u32 slot, const struct record *r)
{
	if (r->open.bits & OPEN_PATH_TRUNCATED)
		return false;
	if (r->open.bits & OPEN_RESOLVED)
		return true;
	if (!(r->open.bits & OPEN_HAS_BASE))
		return false;
	/* Stretches overlap by what could lie across their border. */
	for (__u32 at = 0; at < EVENT_NAME_BYTES; at += NAME_STRETCH - 3)
		if (at <= r->open.name_len && name_winds(slot, at))
			return false;
	return true;
}

/* What can't be told is reported: a filter must not hide what it did not understand. */
__noinline int path_wanted(__u32 slot)
{
	struct record *r = record_get(slot);
	int wanted = !settings.path_only;

	if (!r || !place_is_known(slot, r))
		return 1;
	if (r->open.bits & OPEN_FILE_NAMELESS)
		return wanted;
	for (__u32 i = 0; i < PATH_PREFIXES_MAX && i < settings.prefix_count; i++) {
		if (!path_is_below(slot, i))
			continue;
		if (settings.prefixes[i].exclude)
			return 0;
		wanted = 1;
	}
	return wanted;
}

/* --- the same open again --------------------------------------------------------------- */

struct reported_open {
	__u64 when_ns;
	__u64 repeated; /* times it was left out since; lost with the entry, the sum is not */
};

/* By hash_open(); what was not seen for longest goes first.  User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct reported_open);
} reported SEC(".maps");

struct sip {
	__u64 a, b, c, d;
};

#define ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

static __always_inline void sip_round(struct sip *h)
{
	h->a += h->b;
	h->c += h->d;
	h->b = ROTL(h->b, 13) ^ h->a;
	h->d = ROTL(h->d, 16) ^ h->c;
	h->a = ROTL(h->a, 32) + h->d;
	h->c += h->b;
	h->d = ROTL(h->d, 21) ^ h->a;
	h->b = ROTL(h->b, 17) ^ h->c;
	h->c = ROTL(h->c, 32);
}

static __always_inline void sip_word(struct sip *h, __u64 word)
{
	h->d ^= word;
	sip_round(h);
	h->a ^= word;
}

/*
 * SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF") of what makes
 * two opens the same.  It has a secret key, so a program can't make an open that
 * matters look like one of no interest.
 */
__noinline __u64 hash_open(__u32 slot)
{
	struct record *r = record_get(slot);
	struct sip h = {
		settings.hash_key[0] ^ 0x736f6d6570736575,
		settings.hash_key[1] ^ 0x646f72616e646f6d,
		settings.hash_key[0] ^ 0x6c7967656e657261,
		settings.hash_key[1] ^ 0x7465646279746573,
	};
	__u32 at, end, error;

	if (!r)
		return 0;
	end = r->open.name_len + r->open.path_len;
	at = r->open.bits & OPEN_RESOLVED ? r->open.name_len
					  : 0; /* the path, not how it was named */
	error = r->open.ret < 0 ? -r->open.ret : 0;
	barrier_var(end);
	if (end > RECORD_DATA_BYTES - sizeof(__u64))
		return 0;
	*(__u64 *)(r->data + end) = 0; /* the last word ends in zeros */

	sip_word(&h, r->open.root_id);
	sip_word(&h, r->open.exe_id);
	sip_word(&h, (__u64)error << 32 | r->open.flags);
	sip_word(&h, (__u64)(end - at) << 32 | r->open.path_len);
	for (__u32 i = 0; i < RECORD_DATA_BYTES / 8 && at < end; i++) {
		__u32 k = at;

		barrier_var(k);
		if (k > RECORD_DATA_BYTES - sizeof(__u64))
			break;
		sip_word(&h, *(__u64 *)(r->data + k));
		at += sizeof(__u64);
	}
	h.c ^= 0xff;
	sip_round(&h);
	sip_round(&h);
	sip_round(&h);
	return h.a ^ h.b ^ h.c ^ h.d;
}

/* It was reported a short while ago, and is counted there. */
static __always_inline bool is_repeat(struct record *r)
{
	struct reported_open *before = bpf_map_lookup_elem(&reported, &r->open.hash);

	if (!before || r->open.when_ns - before->when_ns >= settings.dedup_ns)
		return false;
	__sync_fetch_and_add(&before->repeated, 1);
	return true;
}

/* About to be reported; false if another CPU is just doing so. */
static __always_inline bool remember_open(struct record *r)
{
	struct reported_open now = { .when_ns = r->open.when_ns };
	struct reported_open *before = bpf_map_lookup_elem(&reported, &r->open.hash);

	if (!before)
		return bpf_map_update_elem(&reported, &r->open.hash, &now, BPF_NOEXIST) != -EEXIST;
	r->open.repeated = before->repeated;
	__sync_fetch_and_add(&before->repeated, -(__u64)r->open.repeated);
	before->when_ns = r->open.when_ns;
	return true;
}

/* --- how many ------------------------------------------------------------------------------ */

/* By root cgroup id; user space reads, and removes those that are gone.  It sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct volume_counts);
} volumes SEC(".maps");

/* Of all that found no room in the map above. */
struct volume_counts unattributed_volume = {};

static __always_inline struct volume_counts *volume_of(__u64 root_id)
{
	struct volume_counts *v = bpf_map_lookup_elem(&volumes, &root_id);

	if (!v) {
		struct volume_counts none = {};

		bpf_map_update_elem(&volumes, &root_id, &none, BPF_NOEXIST);
		v = bpf_map_lookup_elem(&volumes, &root_id);
	}
	return v ?: &unattributed_volume;
}

/*
 * The first so many of each second pass.  Where two CPUs begin a second at the same
 * time, either may set the limit: the difference is the opens of that moment.
 */
static __always_inline bool within_rate(struct volume_counts *v, __u64 when_ns)
{
	__u64 second = when_ns / 1000000000;

	if (v->second != second) {
		v->rate_limit = v->rate_asked + settings.rate;
		v->second = second;
	}
	__sync_fetch_and_add(&v->rate_asked, 1);
	return v->rate_asked <= v->rate_limit; /* own place or a later one: never too many */
}

/* What was not heard of for longest goes first.  User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct process_key);
	__type(value, struct process_counts);
} processes SEC(".maps");

static __always_inline void process_count(const struct record *r)
{
	struct process_key key = { .root_id = r->open.root_id, .tgid = r->open.tgid };
	struct process_counts *p = bpf_map_lookup_elem(&processes, &key);

	if (!p) {
		struct process_counts none = {};

		bpf_map_update_elem(&processes, &key, &none, BPF_NOEXIST);
		p = bpf_map_lookup_elem(&processes, &key);
		if (!p)
			return;
	}
	__sync_fetch_and_add(&p->opens, 1);
	if (r->open.ret < 0)
		__sync_fetch_and_add(&p->failures, 1);
	if (flags_write(r->open.flags))
		__sync_fetch_and_add(&p->writes, 1);
	__builtin_memcpy(p->comm, r->open.comm, sizeof(p->comm));
}

/* Counts the slot's open.  Returns 1 if it is to be reported. */
__noinline int volume_count(__u32 slot)
{
	struct record *r = record_get(slot);
	struct volume_counts *v;

	if (!r)
		return 1;
	v = volume_of(r->open.root_id);
	__sync_fetch_and_add(&v->opens, 1);
	if (r->open.ret < 0)
		__sync_fetch_and_add(&v->failures, 1);
	if (flags_write(r->open.flags))
		__sync_fetch_and_add(&v->writes, 1);
	if (settings.count_processes)
		process_count(r);

	if (settings.dedup_ns) {
		r->open.hash = hash_open(slot);
		if (is_repeat(r)) {
			__sync_fetch_and_add(&v->repeated, 1);
			return 0;
		}
	}
	if (settings.rate && !within_rate(v, r->open.when_ns)) {
		__sync_fetch_and_add(&v->over_rate, 1);
		return 0;
	}
	if (settings.dedup_ns && !remember_open(r)) {
		__sync_fetch_and_add(&v->repeated, 1);
		return 0;
	}
	return 1;
}

/* Is the open that the slot holds to be reported?  The one question of open_report(). */
static __always_inline bool volume_admits(__u32 slot)
{
	if (settings.prefix_count && !path_wanted(slot))
		return false;
	return !settings.count_volume || volume_count(slot);
}

/* It was to be reported and got lost: the next one like it is the first. */
static __always_inline void volume_take_back(struct record *r)
{
	if (settings.dedup_ns)
		bpf_map_delete_elem(&reported, &r->open.hash);
}

#endif
