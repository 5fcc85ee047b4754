/*
 * The lower bound: what the kernel costs per request if the server does nothing.
 *
 *   floor PORT ANSWER-FILE REQUEST-BYTES
 *
 * One epoll loop on 127.0.0.1. It doesn't parse: for every REQUEST-BYTES bytes that arrive on a
 * connection it sends the content of ANSWER-FILE, from memory if it is small, with sendfile if it is
 * large. A server that parses its requests can't cost less.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS = 128, COPIES = 64, COPIED_BYTES_MAX = 16384 };

struct connection {
  int fd;
  int waits_for_output;
  size_t received;  /* bytes of the request that has begun */
  size_t owed;      /* bytes still to send */
  size_t position;  /* where in the answer they start */
};

static int answer_file;
static char *answers;        /* the answer, `copies` times; not used when it is large */
static size_t answer_bytes;
static size_t copies;
static int poller;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void load(const char *path) {
  struct stat status;
  answer_file = open(path, O_RDONLY);
  if (answer_file < 0 || fstat(answer_file, &status)) die(path);
  answer_bytes = (size_t)status.st_size;
  copies = answer_bytes <= COPIED_BYTES_MAX ? COPIES : 1;
  if (copies == 1) return;
  answers = malloc(answer_bytes * copies);
  if (!answers || pread(answer_file, answers, answer_bytes, 0) != status.st_size) die(path);
  for (size_t copy = 1; copy < copies; copy++)
    memcpy(answers + copy * answer_bytes, answers, answer_bytes);
}

static ssize_t send_part(int fd, size_t position, size_t length) {
  off_t offset = (off_t)position;
  if (copies == 1) return sendfile(fd, answer_file, &offset, length);
  return send(fd, answers + position, length, 0);
}

static void watch(struct connection *c, int operation, int output) {
  struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = c};
  if (epoll_ctl(poller, operation, c->fd, &event)) die("epoll_ctl");
  c->waits_for_output = output;
}

static void hang_up(struct connection *c) {
  close(c->fd);
  free(c);
}

/* Sends the owed bytes, as many as the socket takes. Returns 0 if the connection is lost. */
static int flush(struct connection *c) {
  while (c->owed) {
    size_t length = answer_bytes * copies - c->position;
    if (length > c->owed) length = c->owed;
    ssize_t sent = send_part(c->fd, c->position, length);
    if (sent < 0 && errno != EAGAIN) return 0;
    if (sent < 0) break;
    c->owed -= (size_t)sent;
    c->position = (c->position + (size_t)sent) % answer_bytes;
  }
  if (c->waits_for_output != (c->owed > 0)) watch(c, EPOLL_CTL_MOD, c->owed > 0);
  return 1;
}

static void receive(struct connection *c, size_t request_bytes) {
  static char buffer[65536];
  ssize_t count = recv(c->fd, buffer, sizeof buffer, 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) return hang_up(c);
  c->received += (size_t)count;
  c->owed += c->received / request_bytes * answer_bytes;
  c->received %= request_bytes;
  if (!flush(c)) hang_up(c);
}

static int listen_on(int port) {
  int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 512)) die("listen");
  return fd;
}

static void accept_one(int listener) {
  int yes = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct connection *c = calloc(1, sizeof *c);
  if (!c) die("calloc");
  c->fd = fd;
  watch(c, EPOLL_CTL_ADD, 0);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(atoi(arguments[1]));
  load(arguments[2]);
  size_t request_bytes = (size_t)atol(arguments[3]);
  poller = epoll_create1(0);
  struct connection door = {.fd = listener};
  watch(&door, EPOLL_CTL_ADD, 0);
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(poller, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (c == &door) accept_one(listener);
      else if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c, request_bytes);
      else if (!flush(c)) hang_up(c);
    }
  }
}
