// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A small HTTP server by libevent.  What a client can cost is bounded: so many
 * connections, of which the oldest makes room for the newest; so many bytes of a
 * request; so many seconds without any.
 */
#include "metrics/server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "sandbox/sandbox.h"

#define CONNECTIONS   32
#define REQUEST_BYTES 4096
#define IDLE_SECONDS  5

struct metrics_server {
	struct metrics_server_settings settings;
	struct event_base *base;
	struct evhttp *http;
	struct event *stop; /* becomes readable when its pipe's other end is closed */
	int stop_pipe[2];
	pthread_t thread;
	bool running;
	sem_t confined; /* posted by the thread: *why holds what came of it */
	sem_t go;       /* waited for by the thread */
	struct error *why;
	int confined_result;
	struct bufferevent *connections[CONNECTIONS]; /* each a reference of ours, open or not */
	size_t next;
};

/* --- the address ---------------------------------------------------------------------- */

static int parse_listen(const char *listen, struct sockaddr_storage *addr, socklen_t *len)
{
	char text[64];
	int size = sizeof(*addr);

	/* ":PORT" is every address; where there is IPv6, its socket takes both kinds. */
	snprintf(text, sizeof(text), "%s%s", *listen == ':' ? "[::]" : "", listen);
	if (strlen(listen) >= sizeof(text) - 4 || !strrchr(text, ':') ||
	    evutil_parse_sockaddr_port(text, (struct sockaddr *)addr, &size))
		return -EINVAL;
	*len = size;
	/* without a port it is 0 in both kinds, at the same place */
	return ((struct sockaddr_in *)addr)->sin_port ? 0 : -EINVAL;
}

int metrics_server_check(const char *listen, struct error *err)
{
	struct sockaddr_storage addr;
	socklen_t len;

	if (!parse_listen(listen, &addr, &len))
		return 0;
	return error_say(err, -EINVAL,
			 "'%s' is not an address such as 127.0.0.1:9107, [::1]:9107 or :9107",
			 listen);
}

/* --- answers ---------------------------------------------------------------------------- */

static void answer(struct evhttp_request *rq, int code, const char *type, const char *text,
		   size_t len)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(rq);
	struct evbuffer *body = evbuffer_new();

	if (body)
		evbuffer_add(body, text, len);
	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Connection", "close");
	evhttp_send_reply(rq, code, code == 200 ? "OK" : "Service Unavailable", body);
	if (body)
		evbuffer_free(body);
}

static void answer_metrics(struct evhttp_request *rq, void *arg)
{
	const struct metrics_server *server = arg;
	size_t len;
	char *text = metrics_text(server->settings.metrics, &len);

	if (text)
		answer(rq, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
	else
		evhttp_send_error(rq, HTTP_INTERNAL, NULL);
	free(text);
}

static void answer_claim(struct evhttp_request *rq, bool claim)
{
	const char *text = claim ? "ok\n" : "no\n";

	answer(rq, claim ? 200 : HTTP_SERVUNAVAIL, "text/plain", text, strlen(text));
}

static void answer_health(struct evhttp_request *rq, void *arg)
{
	answer_claim(rq, metrics_healthy(((const struct metrics_server *)arg)->settings.metrics));
}

static void answer_ready(struct evhttp_request *rq, void *arg)
{
	answer_claim(rq, metrics_ready(((const struct metrics_server *)arg)->settings.metrics));
}

/* --- connections -------------------------------------------------------------------------- */

/*
 * For each new connection.  We keep a reference, so that the one whose place is taken can
 * be told, whether it is still open (it fails, as if its time were over) or not (nobody
 * listens to it any more).
 */
static struct bufferevent *new_connection(struct event_base *base, void *arg)
{
	struct metrics_server *server = arg;
	struct bufferevent **place = &server->connections[server->next++ % CONNECTIONS];

	if (*place) {
		bufferevent_trigger_event(*place, BEV_EVENT_READING | BEV_EVENT_TIMEOUT, 0);
		bufferevent_decref(*place);
	}
	*place = bufferevent_socket_new(base, -1, 0);
	if (*place)
		bufferevent_incref(*place);
	return *place;
}

static int listen_on(struct metrics_server *server, const char *listen)
{
	const unsigned int flags =
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
	struct evconnlistener *listener;
	struct sockaddr_storage addr = {};
	socklen_t len;
	int r = parse_listen(listen, &addr, &len);

	if (r < 0)
		return r;
	errno = 0;
	listener = evconnlistener_new_bind(server->base, NULL, NULL, flags, 64,
					   (struct sockaddr *)&addr, (int)len);
	if (!listener && errno == EAFNOSUPPORT && *listen == ':') { /* no IPv6 in this kernel */
		struct sockaddr_in any = {
			.sin_family = AF_INET,
			.sin_port = ((struct sockaddr_in6 *)&addr)->sin6_port,
		};

		listener = evconnlistener_new_bind(server->base, NULL, NULL, flags, 64,
						   (struct sockaddr *)&any, sizeof(any));
	}
	if (!listener)
		return errno ? -errno : -EIO;
	if (evhttp_bind_listener(server->http, listener))
		return 0;
	evconnlistener_free(listener);
	return -ENOMEM;
}

static void set_up_http(struct metrics_server *server)
{
	struct evhttp *http = server->http;

	evhttp_set_bevcb(http, new_connection, server);
	evhttp_set_timeout(http, IDLE_SECONDS);
	evhttp_set_max_headers_size(http, REQUEST_BYTES);
	evhttp_set_max_body_size(http, REQUEST_BYTES);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_cb(http, "/metrics", answer_metrics, server);
	evhttp_set_cb(http, "/healthz", answer_health, server);
	evhttp_set_cb(http, "/readyz", answer_ready, server);
}

/* --- the thread --------------------------------------------------------------------------- */

static void end_loop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	event_base_loopbreak(arg);
}

/* By the thread where there is one: the tracing loop may not do to sockets what this takes. */
static void tear_down(struct metrics_server *server)
{
	if (server->stop)
		event_free(server->stop);
	if (server->http)
		evhttp_free(server->http);
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (server->connections[i])
			bufferevent_decref(server->connections[i]);
	if (server->base)
		event_base_free(server->base);
}

/* Clients choose what comes in here, so that nothing but answering is left to it. */
static int confine(struct error *err)
{
	const struct sandbox_settings settings = { .serves = true };

	return sandbox_enter(&settings, NULL, err);
}

static void *serve(void *arg)
{
	struct metrics_server *server = arg;

	pthread_setname_np(pthread_self(), "ctrace-http");
	server->confined_result = server->settings.confined ? confine(server->why) : 0;
	sem_post(&server->confined);
	while (sem_wait(&server->go))
		; /* EINTR */
	event_base_dispatch(server->base);
	tear_down(server);
	return NULL;
}

/* Signals are the tracing loop's. */
static int start_thread(struct metrics_server *server, struct error *err)
{
	sigset_t all, before;
	int r;

	server->why = err;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&server->thread, NULL, serve, server);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return error_set(err, r, "start a thread for HTTP");
	server->running = true;
	while (sem_wait(&server->confined))
		; /* EINTR */
	return server->confined_result;
}

static int set_up(struct metrics_server *server)
{
	if (pipe2(server->stop_pipe, O_CLOEXEC))
		return -errno;
	server->base = event_base_new();
	server->http = server->base ? evhttp_new(server->base) : NULL;
	if (!server->http)
		return -ENOMEM;
	server->stop =
		event_new(server->base, server->stop_pipe[0], EV_READ, end_loop, server->base);
	if (!server->stop || event_add(server->stop, NULL))
		return -ENOMEM;
	set_up_http(server);
	return listen_on(server, server->settings.listen);
}

int metrics_server_open(struct metrics_server **out, const struct metrics_server_settings *settings,
			struct error *err)
{
	struct metrics_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return error_set(err, -ENOMEM, "listen on '%s'", settings->listen);
	server->settings = *settings;
	server->stop_pipe[0] = server->stop_pipe[1] = -1;
	sem_init(&server->confined, 0, 0);
	sem_init(&server->go, 0, 0);
	r = set_up(server);
	if (r)
		error_set(err, r, "listen on '%s'", settings->listen);
	else
		r = start_thread(server, err);
	if (r < 0) {
		metrics_server_stop(server);
		return r;
	}
	*out = server;
	return 0;
}

void metrics_server_go(struct metrics_server *server)
{
	if (server)
		sem_post(&server->go);
}

static void close_pipe(struct metrics_server *server)
{
	for (int i = 0; i < 2; i++)
		if (server->stop_pipe[i] >= 0)
			close(server->stop_pipe[i]);
}

/* The thread may still wait to be told to go: so it is, and finds the pipe closed. */
static void end_thread(struct metrics_server *server)
{
	close(server->stop_pipe[1]);
	server->stop_pipe[1] = -1;
	sem_post(&server->go);
	pthread_join(server->thread, NULL);
}

void metrics_server_stop(struct metrics_server *server)
{
	if (!server)
		return;
	if (server->running)
		end_thread(server);
	else
		tear_down(server);
	close_pipe(server);
	sem_destroy(&server->confined);
	sem_destroy(&server->go);
	free(server);
}
