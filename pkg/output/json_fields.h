/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The members that several kinds of JSON lines have in common. */
#ifndef CTRACE_JSON_FIELDS_H
#define CTRACE_JSON_FIELDS_H

#include "container/container.h"
#include "output/json_writer.h"

/*
 * Each writes a key and its value, or nothing where nothing is known.  A text
 * that would take more than max bytes ends with "…", see json_label().
 */

/* label may be NULL. */
void json_put_label(struct json_writer *w, const char *key, const char *label, size_t max);

/* "container":{…}; c may be NULL.  labels: with the labels that are to be shown. */
void json_put_container(struct json_writer *w, const struct container *c, size_t max, bool labels);

/* "k8s":{…}; both node and c may be NULL. */
void json_put_k8s(struct json_writer *w, const char *node, const struct container *c, size_t max);

#endif
