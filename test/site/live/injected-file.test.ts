import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { InjectedFile } from "../../../src/site/live/injected-file.ts";
import { FakeFile } from "../fake-file.ts";

describe("a file with octets inserted", () => {
  test("has the octets of both, wherever it is read", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary-ascii", maxLength: 20 }),
        fc.string({ unit: "binary-ascii", maxLength: 20 }),
        fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 9 }),
        fc.nat(60),
        fc.nat(60),
        (before, after, inserted, position, length) => {
          const octets = utf8Bytes(inserted);
          const file = new InjectedFile(new FakeFile(before + after), {
            at: before.length,
            octets,
          });
          const whole = before + inserted + after;
          expect(file.size).toBe(whole.length);
          const into = new Uint8Array(length);
          const count = file.read(into, position);
          expect(Buffer.from(into.subarray(0, count)).toString()).toBe(
            whole.slice(position, position + length),
          );
          expect(new TextDecoder().decode(file.readAll())).toBe(whole);
        },
      ),
    );
  });

  test("is the file in all else: its version, its changes, its end", () => {
    const file = new FakeFile("page", { mtimeMs: 5 });
    const injected = new InjectedFile(file, { at: 0, octets: utf8Bytes("script") });
    expect([injected.name, injected.mtimeMs, injected.version]).toEqual(["fake.txt", 5, "version"]);
    expect([injected.isUnchanged(), injected.isIntact()]).toEqual([true, true]);
    const share = injected.share();
    expect(share.share?.()).toBe(share);
    file.unchanged = false;
    expect([injected.isUnchanged(), injected.isIntact(), share.isIntact?.()]).toEqual([
      false,
      false,
      false,
    ]);
    expect(share.read(new Uint8Array(10), 0)).toBe(10);
    share.close();
    expect(file.closed).toBe(1);
    injected.close();
    expect(file.closed).toBe(2);
  });

  test("that can't be read says so", () => {
    const file = new FakeFile("page");
    file.read = () => -5;
    const injected = new InjectedFile(file, { at: 0, octets: utf8Bytes("script") });
    expect(injected.read(new Uint8Array(20), 0)).toBe(-5);
    expect(injected.readAll()).toBeUndefined();
  });
});
