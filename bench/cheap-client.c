/*
 * A client that costs as little as one can: for measuring servers on a machine that they share with it.
 *
 *   cheap-client PORT CONNECTIONS DEPTH MILLISECONDS REQUESTS-FILE REQUEST-BYTES RESPONSE-BYTES
 *
 * One epoll loop. The file has requests of REQUEST-BYTES each, and every response has RESPONSE-BYTES. Each
 * connection sends DEPTH requests at once, counts the bytes that come, which the kernel discards
 * without copying them (MSG_TRUNC, tcp(7)), and then sends the next. Nothing is parsed and nothing compared: what
 * the answers are has to be looked at beforehand. It prints the requests that were answered, the
 * nanoseconds that they took, and those of its own CPU time.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 128, DISCARDED_BYTES = 1 << 20 };

struct connection {
  int fd;
  size_t next;      /* the request that is sent next */
  size_t awaited;   /* bytes of responses that are still to come */
};

static char *requests;
static size_t count, request_bytes, response_bytes, depth;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long long nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void load(const char *path) {
  struct stat status;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &status)) die(path);
  requests = malloc((size_t)status.st_size);
  if (!requests || read(file, requests, (size_t)status.st_size) != status.st_size) die(path);
  count = (size_t)status.st_size / request_bytes;
}

/* Requests are short, and all earlier ones are answered: the socket's buffer is empty. */
static void ask(struct connection *c) {
  for (size_t left = depth; left;) {
    size_t here = count - c->next < left ? count - c->next : left;
    size_t length = here * request_bytes;
    if (send(c->fd, requests + c->next * request_bytes, length, MSG_NOSIGNAL) != (ssize_t)length) die("send");
    c->next = (c->next + here) % count;
    left -= here;
  }
  c->awaited = depth * response_bytes;
}

int main(int argc, char **argv) {
  if (argc != 8) {
    fprintf(stderr, "see the comment in cheap-client.c\n");
    return 2;
  }
  size_t connections = strtoul(argv[2], NULL, 10);
  depth = strtoul(argv[3], NULL, 10);
  long long limit = strtoll(argv[4], NULL, 10) * 1000000;
  request_bytes = strtoul(argv[6], NULL, 10);
  response_bytes = strtoul(argv[7], NULL, 10);
  load(argv[5]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct connection *all = calloc(connections, sizeof *all);
  int poller = epoll_create1(0), on = 1;
  for (size_t i = 0; i < connections; i++) {
    struct connection *c = &all[i];
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->next = i * count / connections;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event)) die("epoll_ctl");
  }
  static char scrap[1];
  struct epoll_event events[EVENTS];
  long long begun = nanoseconds(CLOCK_MONOTONIC), own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID), now = begun;
  unsigned long long answered = 0;
  for (size_t i = 0; i < connections; i++) ask(&all[i]);
  while ((now = nanoseconds(CLOCK_MONOTONIC)) - begun < limit) {
    int ready = epoll_wait(poller, events, EVENTS, 1000);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      ssize_t came = recv(c->fd, scrap, DISCARDED_BYTES, MSG_TRUNC | MSG_DONTWAIT);
      if (came <= 0 || (size_t)came > c->awaited) {
        fprintf(stderr, "a response is not of %zu bytes, or the connection was closed\n", response_bytes);
        return 1;
      }
      c->awaited -= (size_t)came;
      if (c->awaited) continue;
      answered += depth;
      ask(c);
    }
  }
  printf("%llu %lld %lld\n", answered, now - begun, nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - own);
  return 0;
}
