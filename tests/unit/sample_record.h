/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records as the ring delivers them, made by hand for tests. */
#ifndef CTRACE_SAMPLE_RECORD_H
#define CTRACE_SAMPLE_RECORD_H

#include <string.h>

#include "event/open_event.h"

struct sample_record {
	union {
		struct open_record record;
		char room[sizeof(struct open_record) + EVENT_NAME_BYTES + EVENT_PATH_BYTES];
	};
	char path[OPEN_EVENT_PATH_BYTES]; /* the decoder's */
};

/* nginx opens a file, by openat(2) and as descriptor 3. */
static inline void sample_start(struct sample_record *s)
{
	memset(s, 0, sizeof(*s));
	s->record.type = RECORD_OPEN;
	s->record.call = CALL_OPENAT;
	s->record.bits = OPEN_RESOLVED | OPEN_HAS_FLAGS;
	s->record.tgid = 4242;
	s->record.tid = 4243;
	s->record.ppid = 4200;
	s->record.uid = 33;
	s->record.gid = 34;
	s->record.ret = 3;
	s->record.cgroup_id = 4864;
	strcpy(s->record.comm, "nginx");
}

/* After sample_start(): the name, then the leaf-first path. */
static inline void sample_data(struct sample_record *s, struct bytes name, struct bytes leaf_first)
{
	s->record.name_len = name.len;
	s->record.path_len = leaf_first.len;
	memcpy(s->room + sizeof(s->record), name.at, name.len);
	memcpy(s->room + sizeof(s->record) + name.len, leaf_first.at, leaf_first.len);
}

static inline size_t sample_size(const struct sample_record *s)
{
	return sizeof(s->record) + s->record.name_len + s->record.path_len;
}

static inline struct bytes text_bytes(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

static inline int sample_decode(struct sample_record *s, struct open_event *ev)
{
	return open_event_decode(ev, s->room, sample_size(s), s->path);
}

#endif
