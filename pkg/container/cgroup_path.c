// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Components are looked at from left to right; each match replaces the one before
 * it, so the innermost container is what remains.  Where the layouts come from:
 *
 *   /docker/ID, docker-ID.scope            moby daemon/oci_linux.go, WithCgroups()
 *   pod<uid>, kubepods-...-pod<uid>.slice  kubelet cm/cgroup_manager_linux.go; a slice has
 *                                          '_' for each '-' of the uid
 *   cri-containerd-ID.scope                containerd's CRI, getCgroupsPath(); it says
 *                                          "slice:cri-containerd:ID", which a runc with the
 *                                          cgroupfs driver takes for a directory's name
 *   crio-ID, crio-ID.scope                 CRI-O internal/config/cgmgr
 *   libpod-ID, libpod-ID.scope,            podman libpod/oci_conmon_linux.go; a pod's are in
 *   libpod-payload-ID                      libpod_parent/<pod's id>
 *   nerdctl-ID.scope                       nerdctl, generateCgroupPath()
 *   lxc.payload.NAME                       LXC src/lxc/cgroups/cgfsng.c
 *   machine-NAME.scope,                    systemd src/nspawn, src/machine
 *   systemd-nspawn@NAME.service
 */
#include "container/cgroup_path.h"

#include <string.h>

#include "container/cgroup_v1.h"

enum {
	HEX_ID_LEN = 64,
	UID_LEN_MIN = 32,
	UID_LEN_MAX = 36,
	NAME_LEN_MAX = 255,
};

/* A part of the path; not NUL-terminated. */
struct piece {
	const char *at;
	size_t len;
};

/* What the components before the present one have told. */
struct context {
	struct piece previous;
	bool in_kubepods;
	bool in_pod; /* the previous component is the pod's own cgroup */
	char pod_uid[CGROUP_PATH_POD_UID];
};

static bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && !memcmp(p.at, text, p.len);
}

static bool skip_prefix(struct piece *p, const char *prefix)
{
	size_t len = strlen(prefix);

	if (p->len < len || memcmp(p->at, prefix, len) != 0)
		return false;
	p->at += len;
	p->len -= len;
	return true;
}

static bool cut_suffix(struct piece *p, const char *suffix)
{
	size_t len = strlen(suffix);

	if (p->len < len || memcmp(p->at + p->len - len, suffix, len) != 0)
		return false;
	p->len -= len;
	return true;
}

/* Drop everything up to and including the last `text`; false if there is none. */
static bool skip_to_last(struct piece *p, const char *text)
{
	size_t len = strlen(text), i;

	for (i = p->len; i-- > 0;) {
		struct piece rest = { p->at + i, p->len - i };

		if (rest.len < len || memcmp(rest.at, text, len) != 0)
			continue;
		skip_prefix(&rest, text);
		*p = rest;
		return true;
	}
	return false;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static int hex_value(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static bool is_hex_id(struct piece p)
{
	size_t i;

	if (p.len != HEX_ID_LEN)
		return false;
	for (i = 0; i < p.len; i++) {
		if (!is_hex(p.at[i]))
			return false;
	}
	return true;
}

/* containerd's identifiers/validate.go: letters and digits with '.', '_', '-' between them. */
static bool is_plain_id(struct piece p)
{
	size_t i;

	for (i = 0; i < p.len; i++) {
		char c = p.at[i];
		bool alnum =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alnum && (!i || !strchr("._-", c)))
			return false;
	}
	return p.len > 0 && p.len <= NAME_LEN_MAX;
}

static void copy_piece(char *to, struct piece p)
{
	memcpy(to, p.at, p.len);
	to[p.len] = '\0';
}

static bool set_id(struct cgroup_path *out, const char *runtime, struct piece id)
{
	out->runtime = runtime;
	out->by_name = false;
	copy_piece(out->id, id);
	return true;
}

/* systemd writes what a unit's name can't hold as \xNN (unit_name_escape()). */
static bool set_unescaped_name(struct cgroup_path *out, const char *runtime, struct piece name)
{
	size_t used = 0, i = 0;

	while (i < name.len) {
		const char *s = name.at + i;
		bool escape = name.len - i >= 4 && s[0] == '\\' && s[1] == 'x' && is_hex(s[2]) &&
			      is_hex(s[3]);
		char c = escape ? (char)(hex_value(s[2]) << 4 | hex_value(s[3])) : *s;

		if (!c || c == '/')
			return false;
		out->id[used++] = c;
		i += escape ? 4 : 1;
	}
	out->id[used] = '\0';
	out->runtime = runtime;
	out->by_name = true;
	return used > 0;
}

/* A prefix that only one runtime writes, in front of its 64-digit ids. */
static const struct {
	const char *prefix;
	const char *runtime;
	bool scope_only;
} id_prefixes[] = {
	{ "docker-", "docker", true },      { "cri-containerd-", "containerd", true },
	{ "nerdctl-", "containerd", true }, { "crio-", "crio", false },
	{ "libpod-", "podman", false },     { "libpod-payload-", "podman", false },
};

static bool match_prefixed_id(struct piece name, bool in_pod, struct cgroup_path *out)
{
	bool scope = cut_suffix(&name, ".scope");
	size_t i;

	for (i = 0; i < sizeof(id_prefixes) / sizeof(*id_prefixes); i++) {
		struct piece id = name;

		if (id_prefixes[i].scope_only && !scope)
			continue;
		if (!skip_prefix(&id, id_prefixes[i].prefix))
			continue;
		if (is_hex_id(id))
			return set_id(out, id_prefixes[i].runtime, id);
		if (in_pod && id_prefixes[i].scope_only && is_plain_id(id))
			return set_id(out, id_prefixes[i].runtime, id);
	}
	return false;
}

/* "slice:prefix:ID", meant for a systemd driver, taken as a name by a cgroupfs one. */
static bool match_literal(struct piece name, struct cgroup_path *out)
{
	static const struct {
		const char *middle;
		const char *runtime;
	} rows[] = {
		{ ":cri-containerd:", "containerd" },
		{ ":docker:", "docker" },
		{ ":nerdctl:", "containerd" },
		{ ":crio:", "crio" },
		{ ":libpod:", "podman" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct piece id = name;

		if (skip_to_last(&id, rows[i].middle) && is_plain_id(id))
			return set_id(out, rows[i].runtime, id);
	}
	return false;
}

/* libvirt's machines have scopes of the same form; they are not nspawn's. */
static bool match_nspawn(struct piece name, const struct context *ctx, struct cgroup_path *out)
{
	if (!piece_is(ctx->previous, "machine.slice"))
		return false;

	if (skip_prefix(&name, "systemd-nspawn@"))
		return cut_suffix(&name, ".service") &&
		       set_unescaped_name(out, "systemd-nspawn", name);

	if (!skip_prefix(&name, "machine-") || !cut_suffix(&name, ".scope"))
		return false;
	if (skip_prefix(&name, "qemu\\x2d") || skip_prefix(&name, "lxc\\x2d"))
		return false;
	return set_unescaped_name(out, "systemd-nspawn", name);
}

static bool match_lxc(struct piece name, struct cgroup_path *out)
{
	if (!skip_prefix(&name, "lxc.payload.") || !name.len)
		return false;
	set_id(out, "lxc", name);
	out->by_name = true;
	return true;
}

/* A directory named by nothing but an id: who made it shows in where it is, if at all. */
static bool match_bare_id(struct piece name, const struct context *ctx, struct cgroup_path *out)
{
	struct piece parent = ctx->previous;

	if (ctx->in_pod && !cut_suffix(&parent, ".slice"))
		return is_plain_id(name) && set_id(out, "containerd", name);
	if (!is_hex_id(name) || piece_is(ctx->previous, "libpod_parent")) /* the latter: a pod */
		return false;
	if (piece_is(ctx->previous, "docker"))
		return set_id(out, "docker", name);
	if (piece_is(ctx->previous, "default") || piece_is(ctx->previous, "k8s.io"))
		return set_id(out, "containerd", name);
	return set_id(out, NULL, name);
}

/* Conmon is a runtime's process that happens to sit beside the container, in the pod too. */
static bool is_monitor(struct piece name)
{
	return skip_prefix(&name, "crio-conmon-") || skip_prefix(&name, "libpod-conmon-") ||
	       skip_prefix(&name, "lxc.monitor.");
}

static bool match(struct piece name, const struct context *ctx, struct cgroup_path *out)
{
	if (is_monitor(name))
		return false;
	return match_prefixed_id(name, ctx->in_pod, out) || match_literal(name, out) ||
	       match_nspawn(name, ctx, out) || match_lxc(name, out) ||
	       match_bare_id(name, ctx, out);
}

static bool contains(struct piece p, const char *text)
{
	return skip_to_last(&p, text);
}

/* The uid in "pod<uid>" or "...-pod<uid>.slice", with dashes as the API server has it. */
static bool pod_uid_of(struct piece name, bool in_kubepods, char uid[static CGROUP_PATH_POD_UID])
{
	bool slice = cut_suffix(&name, ".slice");
	size_t i;

	if (slice ? !contains(name, "kubepods") || !skip_to_last(&name, "-pod")
		  : !in_kubepods || !skip_prefix(&name, "pod"))
		return false;
	if (name.len < UID_LEN_MIN || name.len > UID_LEN_MAX)
		return false;

	for (i = 0; i < name.len; i++) {
		char c = name.at[i] == '_' ? '-' : name.at[i];

		if (!is_hex(c) && c != '-')
			return false;
		uid[i] = c;
	}
	uid[i] = '\0';
	return true;
}

/* In a literal "slice:prefix:ID" the pod's slice is part of the very same name. */
static struct piece until_colon(struct piece name)
{
	const char *colon = memchr(name.at, ':', name.len);

	return colon ? (struct piece){ name.at, (size_t)(colon - name.at) } : name;
}

static void advance(struct context *ctx, struct piece name)
{
	ctx->in_kubepods |= contains(name, "kubepods");
	ctx->in_pod = pod_uid_of(name, ctx->in_kubepods, ctx->pod_uid);
	ctx->previous = name;
}

/* The next component at or after *pos; false at the end of the path. */
static bool next_component(const char *path, size_t *pos, struct piece *name)
{
	while (path[*pos] == '/')
		(*pos)++;
	name->at = path + *pos;
	name->len = strcspn(name->at, "/");
	*pos += name->len;
	return name->len > 0;
}

static void fill_pod_uid(struct cgroup_path *found, struct context *ctx, struct piece name)
{
	if (memchr(name.at, ':', name.len))
		pod_uid_of(until_colon(name), true, ctx->pod_uid);
	memcpy(found->pod_uid, ctx->pod_uid, sizeof(found->pod_uid));
}

bool cgroup_path_parse(const char *path, struct cgroup_path *out)
{
	struct cgroup_path found = { 0 };
	struct context ctx = { 0 };
	struct piece name;
	size_t pos = cgroup_path_below_mount(path) - path;
	bool any = false;

	if (path[pos] != '/')
		return false;

	while (next_component(path, &pos, &name)) {
		struct cgroup_path here = { 0 };

		if (name.len > NAME_LEN_MAX || !match(name, &ctx, &here)) {
			advance(&ctx, name);
			continue;
		}
		fill_pod_uid(&here, &ctx, name);
		here.root_len = pos;
		here.nested = any;
		found = here;
		any = true;
		ctx = (struct context){ .previous = name };
	}

	if (any)
		*out = found;
	return any;
}
