// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* About what a page's data needs. */
#define NODE_COST     12 /* beside the name: quotes, commas, the directory's number */
#define FACT_COST     14
#define NAME_MAX_COST 512

/* A failure or a write is worth showing before so many reads. */
#define TROUBLE_WEIGHT 20

struct candidate {
	__u32 node;
	__u32 root; /* of its container */
	__u32 rank; /* among the container's: 0 is the heaviest */
	__u64 weight;
};

static int by_weight(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	/* a directory has the smaller number, and goes first */
	return x->node < y->node ? -1 : x->node > y->node;
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* --- which files --------------------------------------------------------------------- */

static void find_roots(__u32 *root_of, const struct report *r, __u32 count)
{
	for (__u32 i = 0; i < count; i++) {
		__u32 owner = name_table_owner(r->nodes, i);

		root_of[i] = owner == NAME_NONE ? i : root_of[owner];
	}
}

static void weigh(struct candidate *c, const struct report *r, __u32 count)
{
	for (size_t i = 0; i < r->fact_count; i++) {
		const struct fact *f = &r->facts[i];
		bool trouble = f->error || access_writes(f->access);

		c[f->node].weight += f->count * (trouble ? TROUBLE_WEIGHT : 1);
	}
	for (__u32 i = count; i-- > 0;) {
		__u32 owner = name_table_owner(r->nodes, i);

		c[i].node = i;
		if (owner != NAME_NONE)
			c[owner].weight += c[i].weight;
	}
}

/* Round by round: of each container its heaviest, its second heaviest, ... */
static void rank(struct candidate *c, const __u32 *root_of, __u32 count)
{
	for (__u32 i = 0; i < count; i++)
		c[i].root = root_of[i];
	qsort(c, count, sizeof(*c), by_weight);
	for (__u32 i = 1; i < count; i++)
		c[i].rank = c[i].root == c[i - 1].root ? c[i - 1].rank + 1 : 0;
	qsort(c, count, sizeof(*c), by_rank);
}

static size_t cost_of(const struct report *r, __u32 node, __u32 facts)
{
	size_t len = name_table_name(r->nodes, node).len;

	return NODE_COST + facts * FACT_COST + (len < NAME_MAX_COST ? len : NAME_MAX_COST);
}

static void keep_heaviest(struct selection *s, const struct report *r, const struct candidate *c,
			  __u32 count, const __u32 *facts_of, size_t budget)
{
	for (__u32 i = 0; i < count; i++) {
		__u32 node = c[i].node;
		size_t cost = cost_of(r, node, facts_of[node]);

		if (cost > budget)
			break;
		budget -= cost;
		s->keeps[node] = true;
	}
}

/* Those that are kept, by container; roots always are. */
static void list_nodes(struct selection *s, __u32 count)
{
	__u32 *next = s->more_files; /* zero still, and not needed yet */

	for (__u32 i = 0; i < count; i++) {
		s->keeps[i] |= s->root_of[i] == i;
		next[s->root_of[i]] += s->keeps[i];
	}
	for (__u32 i = 0; i < count; i++) {
		__u32 of_this = next[i];

		if (s->root_of[i] != i)
			continue;
		next[i] = (__u32)s->node_count;
		s->node_count += of_this;
	}
	for (__u32 i = 0; i < count; i++)
		if (s->keeps[i])
			s->nodes[next[s->root_of[i]]++] = i;
	memset(next, 0, count * sizeof(*next));
}

/* --- their facts --------------------------------------------------------------------- */

static int by_place(const void *a, const void *b, void *root_of)
{
	const struct fact *x = a, *y = b;
	const __u32 *root = root_of;
	long d;

	if (root[x->node] != root[y->node])
		return root[x->node] < root[y->node] ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	d = x->more - y->more;
	if (!d)
		d = x->error - y->error;
	if (!d)
		d = x->exe - y->exe;
	if (!d)
		d = x->access - y->access;
	return d < 0 ? -1 : d > 0;
}

static void fold_fact(struct fact *f, const struct selection *s, const struct report *r,
		      enum fold fold)
{
	while (!s->keeps[f->node]) {
		f->node = name_table_owner(r->nodes, f->node);
		f->more = true;
	}
	if (!f->more)
		return;
	if (fold >= FOLD_EXE)
		f->exe = EXE_OTHERS;
	if (fold >= FOLD_EXE_ERRORS && f->error)
		f->error = ERROR_OTHERS;
}

static size_t merge(struct fact *f, size_t count, __u32 *root_of)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept && !by_place(&f[kept - 1], &f[i], root_of))
			f[kept - 1].count += f[i].count;
		else
			f[kept++] = f[i];
	}
	return kept;
}

static void select_facts(struct selection *s, const struct report *r, enum fold fold)
{
	if (!r->fact_count) /* and no array, which memcpy() and qsort_r() may not be given */
		return;
	memcpy(s->facts, r->facts, r->fact_count * sizeof(*s->facts));
	for (size_t i = 0; i < r->fact_count; i++)
		fold_fact(&s->facts[i], s, r, fold);
	qsort_r(s->facts, r->fact_count, sizeof(*s->facts), by_place, s->root_of);
	s->fact_count = merge(s->facts, r->fact_count, s->root_of);
}

static void count_more_files(struct selection *s, const struct report *r, __u32 count,
			     const __u32 *facts_of)
{
	for (__u32 i = 0; i < count; i++) {
		__u32 node = i;

		if (s->keeps[i] || !facts_of[i])
			continue;
		while (!s->keeps[node])
			node = name_table_owner(r->nodes, node);
		s->more_files[node]++;
	}
}

/* --- all of it ----------------------------------------------------------------------- */

static int selection_alloc(struct selection *s, const struct report *r, __u32 count)
{
	*s = (struct selection){
		.nodes = calloc(count + 1, sizeof(*s->nodes)),
		.facts = calloc(r->fact_count + 1, sizeof(*s->facts)),
		.root_of = calloc(count + 1, sizeof(*s->root_of)),
		.more_files = calloc(count + 1, sizeof(*s->more_files)),
		.keeps = calloc(count + 1, sizeof(*s->keeps)),
	};
	return s->nodes && s->facts && s->root_of && s->more_files && s->keeps ? 0 : -ENOMEM;
}

int selection_make(struct selection *s, const struct report *r, size_t budget, enum fold fold)
{
	__u32 count = name_table_count(r->nodes);
	auto_free struct candidate *candidates = calloc(count + 1, sizeof(*candidates));
	auto_free __u32 *facts_of = calloc(count + 1, sizeof(*facts_of)); /* not of its more */
	int rc = selection_alloc(s, r, count);

	if (rc < 0 || !candidates || !facts_of)
		return -ENOMEM;
	for (size_t i = 0; i < r->fact_count; i++)
		facts_of[r->facts[i].node] += !r->facts[i].more;
	find_roots(s->root_of, r, count);
	weigh(candidates, r, count);
	rank(candidates, s->root_of, count);
	keep_heaviest(s, r, candidates, count, facts_of, budget);
	list_nodes(s, count);
	select_facts(s, r, fold);
	count_more_files(s, r, count, facts_of);
	return 0;
}

void selection_done(struct selection *s)
{
	free(s->nodes);
	free(s->facts);
	free(s->root_of);
	free(s->more_files);
	free(s->keeps);
}
