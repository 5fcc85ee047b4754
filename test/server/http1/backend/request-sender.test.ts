import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import { RequestSender } from "../../../../src/server/http1/backend/request-sender.ts";
import { WriteQueue } from "../../../../src/server/connection/write-queue.ts";
import { BodyError } from "../../../../src/site/request.ts";
import { FakeTransport } from "../../fake-transport.ts";
import { FeedBody, outgoing } from "./outgoing.ts";

function begun(request: Parameters<typeof outgoing>[0]): {
  sender: RequestSender;
  transport: FakeTransport;
  queue: WriteQueue;
  failures: Error[];
} {
  const transport = new FakeTransport();
  const queue = new WriteQueue(transport);
  const failures: Error[] = [];
  const sender = new RequestSender(
    outgoing(request),
    queue,
    () => void queue.flush(),
    (error) => failures.push(error),
  );
  sender.begin();
  return { sender, transport, queue, failures };
}

const turn = (): Promise<void> => Bun.sleep(0);

describe("the sender of a request", () => {
  test("sends one without content at once", () => {
    const { sender, transport } = begun({});
    expect(transport.text).toBe("GET /x HTTP/1.1\r\nHost: b\r\n\r\n");
    expect(sender.isSent).toBeTrue();
  });

  test("sends content that has arrived with the head, in one write", () => {
    const { sender, transport } = begun({ content: 5, body: FeedBody.whole("hello") });
    expect(transport.writes).toHaveLength(1);
    expect(transport.text).toEndWith("Content-Length: 5\r\n\r\nhello");
    expect(sender.isSent).toBeTrue();
  });

  test("puts chunks in chunks anew, and ends them with the client's content", async () => {
    const body = new FeedBody();
    const { sender, transport } = begun({ content: "chunked", body });
    body.feed("hello");
    await turn();
    expect(transport.text).toEndWith("\r\n\r\n5\r\nhello\r\n");
    expect([sender.isSent, sender.awaitsClient]).toEqual([false, true]);
    body.end();
    await turn();
    expect(transport.text).toEndWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    expect([sender.isSent, sender.awaitsClient]).toEqual([true, false]);
  });

  test("reads no further while the backend's socket is full", async () => {
    const body = new FeedBody();
    const { sender, transport, queue } = begun({ content: 10, body });
    transport.room = 2;
    body.feed("hello");
    await turn();
    expect([body.isWanted, transport.text.slice(-2)]).toEqual([false, "he"]);
    transport.room = Infinity;
    queue.drained();
    queue.flush();
    sender.drained();
    await turn();
    expect([body.isWanted, transport.text.slice(-5)]).toEqual([true, "hello"]);
  });

  test("holds content back until it is asked for (RFC 9110 §10.1.1)", () => {
    const body = FeedBody.whole("hello");
    const { sender, transport } = begun({ content: 5, body, expectsContinue: true });
    expect(transport.text).toEndWith("Expect: 100-continue\r\n\r\n");
    expect([sender.isHeldBack, sender.isSent]).toEqual([true, false]);
    sender.release();
    sender.release();
    expect(transport.text).toEndWith("Expect: 100-continue\r\n\r\nhello");
    expect([sender.isHeldBack, sender.isSent]).toEqual([false, true]);
  });

  test("sends nothing more once the exchange is over, not even an end", async () => {
    const body = new FeedBody();
    const { sender, transport, failures } = begun({ content: "chunked", body });
    body.feed("hello");
    await turn();
    sender.stop();
    body.end();
    await turn();
    expect(transport.text).toEndWith("5\r\nhello\r\n");
    expect([sender.isSent, failures.length]).toEqual([false, 0]);
  });

  test("fails with the client's content", async () => {
    const body = new FeedBody();
    const { failures } = begun({ content: 5, body });
    body.fail(new BodyError("request-timeout"));
    await turn();
    expect(failures.map(({ message }) => message)).toEqual([
      "the request's body can't be read: request-timeout",
    ]);
    expect(latin1Bytes("")).toHaveLength(0);
  });
});
