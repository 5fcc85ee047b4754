import { expect, test } from "bun:test";

import { Traits } from "../../../src/check/blame/traits.ts";

test("answers are counted, and a strong tag is told from weak ones", () => {
  const traits = new Traits();
  const empty = { version: "HTTP/1.1", status: 200, reason: "", trailers: [] };
  const tagged = (value: string): void =>
    traits.note({ ...empty, fields: [{ name: "etag", value }], body: new Uint8Array(0) });
  tagged('W/"a"');
  expect([traits.answers, traits.sentStrongTag]).toEqual([1, false]);
  tagged('"a"');
  expect([traits.answers, traits.sentStrongTag]).toEqual([2, true]);
});

test("a server has sent a status, or a field in whatever case, once an answer had it", () => {
  const traits = new Traits();
  const fields = [{ name: "ETag", value: '"a"' }];
  const body = new Uint8Array(0);
  expect([traits.sent(206), traits.hasSent("etag")]).toEqual([false, false]);
  traits.note({ version: "HTTP/1.1", status: 206, reason: "", fields, trailers: [], body });
  expect([traits.sent(206), traits.sent(200)]).toEqual([true, false]);
  expect([traits.hasSent("etag"), traits.hasSent("Date")]).toEqual([true, false]);
});
