import { describe, expect, test } from "bun:test";

import { MessageInbox } from "../../../src/site/web-socket/message-inbox.ts";

describe("an inbox", () => {
  test("gives messages out in their order", () => {
    const inbox = new MessageInbox(1000);
    expect(inbox.take()).toBeUndefined();
    inbox.add("");
    inbox.add(Uint8Array.of(1));
    expect(inbox.take()).toBe("");
    inbox.add("b");
    expect(inbox.take()).toEqual(Uint8Array.of(1));
    expect(inbox.take()).toBe("b");
    expect(inbox.isEmpty).toBe(true);
    expect(inbox.take()).toBeUndefined();
  });

  test("is full by its octets, and by how many messages there are", () => {
    const inbox = new MessageInbox(1000);
    inbox.add("x".repeat(935));
    expect(inbox.isFull).toBe(false);
    inbox.add("");
    expect(inbox.isFull).toBe(true);
    inbox.take();
    expect(inbox.isFull).toBe(false);
    inbox.clear();
    for (let i = 0; i < 15; i++) inbox.add("");
    expect(inbox.isFull).toBe(false);
    inbox.add("");
    expect(inbox.isFull).toBe(true);
  });

  test("has room for one message, however long it is", () => {
    const inbox = new MessageInbox(0);
    expect(inbox.isFull).toBe(false);
    inbox.add("x".repeat(1000));
    expect(inbox.isFull).toBe(true);
  });
});
