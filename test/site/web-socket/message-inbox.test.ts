import { describe, expect, test } from "bun:test";

import { MessageInbox } from "../../../src/site/web-socket/message-inbox.ts";

/** Memory without a bound. */
const boundless = (): boolean => true;

describe("an inbox", () => {
  test("gives messages out in their order", () => {
    const inbox = new MessageInbox(1000, boundless);
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
    const inbox = new MessageInbox(1000, boundless);
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

  test("takes memory for what waits, and is full when there is none", () => {
    let held = 0;
    const hold = (bytes: number, before: number): boolean => {
      if (bytes > before && held - before + bytes > 200) return false;
      held += bytes - before;
      return true;
    };
    const inbox = new MessageInbox(1000, hold);
    inbox.add("x".repeat(36));
    inbox.add("x".repeat(36));
    expect([held, inbox.isFull]).toEqual([200, false]);
    // It has come, so it is kept.
    inbox.add("late");
    expect([held, inbox.isFull]).toEqual([200, true]);
    inbox.take();
    expect([held, inbox.isFull]).toEqual([168, false]);
    inbox.settle();
    expect(held).toBe(0);
    inbox.take();
    expect(inbox.take()).toBe("late");
    expect(held).toBe(0);
  });

  test("has room for one message, however long it is", () => {
    const inbox = new MessageInbox(0, boundless);
    expect(inbox.isFull).toBe(false);
    inbox.add("x".repeat(1000));
    expect(inbox.isFull).toBe(true);
  });
});
