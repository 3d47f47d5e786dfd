// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* floor OBJECT PROGRAM...: attach these programs of floor.bpf.c until a signal comes. */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

static int forget(void *ctx, void *record, size_t size)
{
	(void)ctx, (void)record, (void)size;
	return 0;
}

/* A ring that is full would be cheaper than one that is read. */
static int empty(struct bpf_object *obj)
{
	int map = bpf_object__find_map_fd_by_name(obj, "records");
	struct ring_buffer *ring = ring_buffer__new(map, forget, NULL, NULL);

	if (!ring)
		return 1;
	while (ring_buffer__consume(ring) >= 0)
		usleep(20000);
	return 1;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc > 2 ? bpf_object__open_file(argv[1], NULL) : NULL;

	if (!obj)
		return 1;
	for (int i = 2; i < argc; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, argv[i]);

		if (!prog || bpf_program__set_autoload(prog, true))
			return 1;
	}
	if (bpf_object__load(obj))
		return 1;
	for (int i = 2; i < argc; i++)
		if (!bpf_program__attach(bpf_object__find_program_by_name(obj, argv[i])))
			return 1;
	fprintf(stderr, "attached\n");
	return empty(obj); /* the kernel detaches at our end */
}
