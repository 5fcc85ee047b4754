import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { OctetRange, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { TurnBudgets } from "../../../src/schedule/turn-budgets.ts";
import type { Form } from "../../../src/site/forms/form-data.ts";
import { formType, readForm } from "../../../src/site/forms/form-data.ts";
import { formShareBytes } from "../../../src/site/forms/form-shares.ts";
import { readLongForm } from "../../../src/site/forms/long-form.ts";
import { BodyError } from "../../../src/site/request.ts";
import { limitsWith } from "../../http1/transcript.ts";
import { FakeBody } from "../fake-request.ts";

const limits = limitsWith({ formFieldCountMax: 50 });
const budgets = new TurnBudgets(new EventLoop());
const urlencoded = "application/x-www-form-urlencoded";
const multipart = "multipart/form-data; boundary=B";

function typeOf(contentType: string): NonNullable<ReturnType<typeof formType>> {
  const type = formType(contentType);
  if (type === undefined) throw new Error(contentType);
  return type;
}

/** The entries of a form, or the kind of refusal. */
async function outcomeOf(read: () => Form | Promise<Form>): Promise<unknown> {
  try {
    return [...(await read())];
  } catch (error) {
    if (error instanceof BodyError) return error.kind;
    throw error;
  }
}

function long(content: Uint8Array, contentType: string): Promise<unknown> {
  const body = new FakeBody(undefined, undefined);
  const type = typeOf(contentType);
  return outcomeOf(() => readLongForm(content, body, type, limits, budgets));
}

function short(content: Uint8Array, contentType: string): Promise<unknown> {
  return outcomeOf(() => readForm(new OctetRange(content), typeOf(contentType), limits));
}

describe("a long form comes to the same as a short one", () => {
  test("urlencoded (WHATWG URL §5.1)", async () => {
    const bit = fc.constantFrom("&", "=", "a", "%41", "%", "%4", "+", "?", "%C3%BC", "ü", "%ff");
    const property = fc.asyncProperty(fc.array(bit, { maxLength: 20 }), async (bits) => {
      const content = utf8Bytes(bits.join(""));
      expect(await long(content, urlencoded)).toEqual(await short(content, urlencoded));
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  test("with escapes and delimiters on the border of two shares", async () => {
    const named = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n';
    for (let before = formShareBytes - 8; before <= formShareBytes + 1; before++) {
      const pairs = utf8Bytes(`${"a".repeat(before)}%41=%C3%BC&b=%zz`);
      expect(await long(pairs, urlencoded)).toEqual(await short(pairs, urlencoded));
      const parts = utf8Bytes(`${named}${"a".repeat(before - named.length)}\r\n${named}b\r\n--B--`);
      const values = await long(parts, multipart);
      expect(values).toEqual(await short(parts, multipart));
      expect(values).toHaveLength(2);
    }
  });

  test("refused when it has too many values, or is malformed", async () => {
    expect(await long(utf8Bytes("a&".repeat(50)), urlencoded)).toHaveLength(50);
    expect(await long(utf8Bytes("a&".repeat(51)), urlencoded)).toBe("body-too-large");
    expect(await long(utf8Bytes("a&".repeat(50).concat("a")), urlencoded)).toBe("body-too-large");
    expect(await long(utf8Bytes("--B"), multipart)).toBe("form");
    expect(await long(utf8Bytes("--B"), 'multipart/form-data; boundary="a;b"')).toBe("form");
  });
});
