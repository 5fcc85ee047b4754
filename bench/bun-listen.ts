/**
 * The lower bound for a server on Bun: what `Bun.listen` costs per request if nothing is parsed.
 *
 *   bun bun-listen.ts PORT ANSWER-FILE REQUEST-BYTES
 *
 * For every REQUEST-BYTES bytes that arrive on a connection it sends the content of ANSWER-FILE.
 * All answers to one event are sent in one write. floor.c does the same in C.
 */

import type { Socket } from "bun";

const COPIES = 64;
const COPIED_BYTES_MAX = 16_384;

interface Connection {
  /** The bytes of the incomplete request so far. */
  received: number;
  /** The number of bytes still to send. */
  owed: number;
  /** The offset in the answer at which they start. */
  position: number;
}

const [port, answerPath = "", requestBytes] = process.argv.slice(2);
const requestLength = Number(requestBytes);
const answer = await Bun.file(answerPath).bytes();
const copies = answer.length <= COPIED_BYTES_MAX ? COPIES : 1;
const answers = Buffer.concat(Array.from({ length: copies }, () => answer));

function flush(socket: Socket<Connection>): void {
  const state = socket.data;
  while (state.owed > 0) {
    const end = Math.min(answers.length, state.position + state.owed);
    const sent = socket.write(answers, state.position, end - state.position);
    if (sent <= 0) return;
    state.owed -= sent;
    state.position = (state.position + sent) % answer.length;
  }
}

Bun.listen<Connection>({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    open(socket) {
      socket.data = { received: 0, owed: 0, position: 0 };
    },
    data(socket, received) {
      const state = socket.data;
      state.received += received.length;
      state.owed += Math.floor(state.received / requestLength) * answer.length;
      state.received %= requestLength;
      flush(socket);
    },
    drain: flush,
  },
});
