import { afterEach, expect, test } from "bun:test";

import { Connection } from "../../../../src/check/play/connection.ts";
import { PlayedConnection } from "../../../../src/check/play/exchange/played-connection.ts";
import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import type { FakeServer } from "../../fake-server.ts";
import { fakeServer } from "../../fake-server.ts";

const servers: FakeServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.stop();
});

const answer = { version: "HTTP/1.1", status: 200, toHead: false, announced: false };
const get = latin1Bytes("GET / HTTP/1.1\r\n\r\n");

/** A connection to a server that keeps what it is sent, and closes where it is sent an end. */
async function opened(received: string[] = []): Promise<PlayedConnection> {
  const server = fakeServer((socket, text) => {
    received.push(text);
    if (text.includes("end")) socket.end();
  });
  servers.push(server);
  const connection = await Connection.open(server.endpoint);
  if (!connection.ok) throw new Error(connection.error);
  return new PlayedConnection(connection.value);
}

async function ended(played: PlayedConnection): Promise<void> {
  played.connection.send(latin1Bytes("end"));
  while (played.connection.peer === "open") {
    await played.connection.changed(performance.now() + 5000);
  }
}

test("is over when the server closes it behind a whole answer, unasked", async () => {
  const played = await opened();
  played.sent(get);
  expect([played.isAsking, played.isOver]).toEqual([true, false]);
  played.answered({ ...answer, status: 100 });
  expect(played.isAsking).toBe(true);
  played.answered(answer);
  expect([played.isAsking, played.isOver]).toEqual([false, false]);
  await ended(played);
  expect([played.isOver, played.answer]).toEqual([true, answer]);
});

test("is not over where no answer came, or the client asked for its end", async () => {
  const silent = await opened();
  silent.sent(get);
  await ended(silent);
  expect(silent.isOver).toBe(false);
  const asked = await opened();
  asked.sent(latin1Bytes("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  asked.answered(answer);
  await ended(asked);
  expect(asked.isOver).toBe(false);
});

test("goes on with a new connection, where what had no answer is sent again", async () => {
  const received: string[] = [];
  const played = await opened();
  const { connection: next } = await opened(received);
  played.sent(latin1Bytes("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"));
  played.answered(answer);
  expect([played.canBeReplaced, played.isRepeatable]).toEqual([true, true]);
  played.replace(next);
  expect([played.connection, played.answer, played.isAsking]).toEqual([next, undefined, true]);
  while (received.length === 0) await Bun.sleep(1);
  expect(received.at(-1)).toBe("GET /b HTTP/1.1\r\n\r\n");
});

test("a POST is not repeated, and the rest of an answered request is none", async () => {
  const played = await opened();
  played.sent(latin1Bytes("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"));
  expect(played.isRepeatable).toBe(false);
  played.answered(answer);
  expect(played.canBeReplaced).toBe(false);
});
