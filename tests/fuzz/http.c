// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a client sends to --listen, cut into pieces at each 0xff byte; in this thread and
 * over a socket of the loopback, for libevent has no other way in.
 */
#include "metrics/server.c" /* NOLINT(bugprone-suspicious-include): its insides, without the thread */

#include <arpa/inet.h>
#include <poll.h>

#include "fuzz.h"

static struct metrics_server server;
static struct sockaddr_in address;

static void start(void)
{
	struct metrics *m = metrics_new("1.2.3");
	char listen[32];
	struct error err;

	MUST(m);
	signal(SIGPIPE, SIG_IGN);
	metrics_add(m, METRICS_EVENTS, 1, NULL, 1);
	server.settings.metrics = m;
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* several of us run at once */
	for (int port = 20000 + getpid() % 20000, tries = 0; tries < 100; tries++, port++) {
		snprintf(listen, sizeof(listen), "127.0.0.1:%d", port);
		MUST(!metrics_server_check(listen, &err));
		server.settings.listen = listen;
		address.sin_port = htons(port);
		if (!set_up(&server))
			return;
		tear_down(&server);
		memset(server.connections, 0, sizeof(server.connections));
	}
	MUST(!"no port");
}

static void turn(int times)
{
	while (times--)
		event_base_loop(server.base, EVLOOP_NONBLOCK);
}

/*
 * Most connections are left in TIME_WAIT, and one address has no more than 28,000 ports:
 * each thousand come from another address of the loopback.
 */
static void bind_client(int fd)
{
	static unsigned int clients;
	const struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl((INADDR_LOOPBACK & 0xff000000) | 1 |
					 (clients++ / 1000 << 8 & 0xffff00)),
	};
	const int later = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof(later));
	MUST(!bind(fd, (const struct sockaddr *)&from, sizeof(from)));
}

/* A client that closes by RST. */
static int connect_client(void)
{
	const struct linger at_once = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	bind_client(fd);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		struct pollfd done = { .fd = fd, .events = POLLOUT };

		MUST(errno ==
		     EINTR); /* libFuzzer has an alarm; the connection goes on being made */
		while (poll(&done, 1, -1) < 0)
			MUST(errno == EINTR);
	}
	return fd;
}

static void check_answer(int fd)
{
	char text[64];
	ssize_t n = recv(fd, text, sizeof(text), MSG_DONTWAIT);

	/* in the version that was asked for: HTTP/0.1, if need be */
	MUST(n <= 0 || (n > 7 && !memcmp(text, "HTTP/", 5)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;
	int fd;

	if (!server.base)
		start();
	fd = connect_client();
	turn(1);
	for (; size; data += len, size -= len) {
		const uint8_t *cut = memchr(data, 0xff, size);

		len = cut ? (size_t)(cut - data) : size;
		if (len && send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		turn(1);
		len += !!cut;
	}
	shutdown(fd, SHUT_WR);
	turn(3);
	check_answer(fd);
	close(fd);
	turn(2);
	return 0;
}
