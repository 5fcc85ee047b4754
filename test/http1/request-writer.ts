/**
 * Writes requests the way a client would, and arbitrary ones for property tests. It shares nothing
 * with the reader it is there to check.
 */

import * as fc from "fast-check";

import type { Said } from "./transcript.ts";

/** A chunk of a chunked body: its data, how its size is spelled, and its extensions as text. */
export interface WrittenChunk {
  readonly data: string;
  readonly zeros: number;
  readonly upper: boolean;
  readonly extensions: string;
}

/** The body of a request, as it goes on the wire. */
export type WrittenBody =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly data: string; readonly zeros: number }
  | {
      readonly kind: "chunked";
      readonly chunks: readonly WrittenChunk[];
      readonly last: WrittenChunk;
      readonly trailers: readonly WrittenField[];
    };

/** A field: name, value, and the blanks before and after the value. */
export interface WrittenField {
  readonly name: string;
  readonly value: string;
  readonly before: string;
  readonly after: string;
}

/** A request that is valid. */
export interface WrittenRequest {
  readonly emptyLines: number;
  /** Method and target, since not every target goes with every method. */
  readonly asked: { readonly method: string; readonly target: string };
  readonly version: string;
  readonly host: WrittenField;
  readonly fields: readonly WrittenField[];
  readonly framingFirst: boolean;
  readonly body: WrittenBody;
}

const line = (field: WrittenField): string =>
  `${field.name}:${field.before}${field.value}${field.after}\r\n`;

const pair = (field: WrittenField): string[] => [field.name, field.value];

function chunk({ data, zeros, upper, extensions }: WrittenChunk): string {
  const size = data.length.toString(16);
  return `${"0".repeat(zeros)}${upper ? size.toUpperCase() : size}${extensions}\r\n`;
}

function framingField(body: WrittenBody): WrittenField[] {
  const blanks = { before: " ", after: "" };
  switch (body.kind) {
    case "none":
      return [];
    case "length": {
      const value = "0".repeat(body.zeros) + String(body.data.length);
      return [{ name: "Content-Length", value, ...blanks }];
    }
    case "chunked":
      return [{ name: "Transfer-Encoding", value: "chunked", ...blanks }];
  }
}

function bodyText(body: WrittenBody): string {
  switch (body.kind) {
    case "none":
      return "";
    case "length":
      return body.data;
    case "chunked":
      return [
        ...body.chunks.map((each) => `${chunk(each)}${each.data}\r\n`),
        chunk(body.last),
        ...body.trailers.map(line),
        "\r\n",
      ].join("");
  }
}

function allFields(request: WrittenRequest): WrittenField[] {
  const framing = framingField(request.body);
  const rest = [request.host, ...request.fields];
  return request.framingFirst ? [...framing, ...rest] : [...rest, ...framing];
}

/** `request` from its request line to its empty line. */
export function writeHead(request: WrittenRequest): string {
  const { asked, version } = request;
  const section = allFields(request).map(line).join("");
  return `${asked.method} ${asked.target} ${version}\r\n${section}\r\n`;
}

/** `request` as it goes on the wire. */
export function write(request: WrittenRequest): string {
  return "\r\n".repeat(request.emptyLines) + writeHead(request) + bodyText(request.body);
}

/** What a reader has to say about `request`, as far as the writer knows it. */
export function expected(request: WrittenRequest): unknown[] {
  const { body } = request;
  const data =
    body.kind === "length"
      ? body.data
      : body.kind === "chunked"
        ? body.chunks.map((each) => each.data).join("")
        : "";
  return [
    {
      method: request.asked.method,
      rawTarget: request.asked.target,
      minorVersion: request.version === "HTTP/1.0" ? 0 : 1,
      framing:
        body.kind === "length" ? { kind: "length", octets: data.length } : { kind: body.kind },
      fields: [...allFields(request).map(pair), ["octets", writeHead(request)]],
    },
    ...(data === "" ? [] : [{ body: data }]),
    { end: body.kind === "chunked" ? body.trailers.map(pair) : [] },
  ];
}

/** What was said, with no more of a head than `expected` knows. */
export function comparable(said: Said): unknown {
  if (!("head" in said)) return said;
  const { method, rawTarget, minorVersion, framing } = said.head;
  return { method, rawTarget, minorVersion, framing, fields: said.fields };
}

const characters = (from: string, min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(from)), minLength: min, maxLength: max });

const alphanumeric = "abcXYZ019";
const token = characters(`!#$%&'*+-.^_\`|~${alphanumeric}`, 1, 8);
const blanks = characters(" \t", 0, 3);
const octets = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
});
const data = fc.oneof(octets, fc.constantFrom("", "\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"));
const valueText = fc
  .string({
    unit: fc.constantFrom(...Array.from('azAZ09 \t,;=:"\\/?#<>{}[]@\x80\xa0\xe9\xff')),
    maxLength: 20,
  })
  .map((text) => text.replace(/^[\t ]+|[\t ]+$/g, ""));

/** Names that mean something to the protocol itself; the other fields keep clear of them. */
const own = ["host", "expect", "connection", "content-length", "transfer-encoding"];

const field: fc.Arbitrary<WrittenField> = fc.record({
  name: fc.oneof(
    token.filter((name) => !own.includes(name.toLowerCase())),
    fc.constantFrom("Accept", "Hosts", "X-Expect", "Content_Length", "connectioN2", "TE"),
  ),
  value: valueText,
  before: blanks,
  after: blanks,
});

const hostName = fc.constantFrom("a", "example.com", "localhost:9001", "[::1]:80", "a%20b", "A:");
const host: fc.Arbitrary<WrittenField> = fc.record({
  name: fc.constantFrom("Host", "host", "HOST", "hOST"),
  value: hostName,
  before: blanks,
  after: blanks,
});

const query = characters(`${alphanumeric}-._~:/?@!$&'()*+,;=%[]^\`{|}\\`, 0, 12);
const path = query.map((text) => `/${text}`);
const asked: fc.Arbitrary<{ method: string; target: string }> = fc.oneof(
  fc.record({ method: token.filter((name) => name !== "CONNECT"), target: path }),
  fc.record({
    method: fc.constantFrom("GET", "POST"),
    target: fc.tuple(hostName, path).map(([name, rest]) => `http://${name}${rest}`),
  }),
  fc.constant({ method: "OPTIONS", target: "*" }),
  fc.constant({ method: "CONNECT", target: "example.com:443" }),
);

const quoted = characters(`${alphanumeric} ;=\\"\t,\xff`, 0, 6).map(
  (text) => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`,
);
const extension = fc
  .tuple(blanks, blanks, token, fc.option(fc.tuple(blanks, blanks, fc.oneof(token, quoted))))
  .map(([before, after, name, value]) => {
    const rest = value === null ? "" : `${value[0]}=${value[1]}${value[2]}`;
    return `${before};${after}${name}${rest}`;
  });
const chunkOf = (content: fc.Arbitrary<string>): fc.Arbitrary<WrittenChunk> =>
  fc.record({
    data: content,
    zeros: fc.nat(3),
    upper: fc.boolean(),
    extensions: fc.array(extension, { maxLength: 2 }).map((all) => all.join("")),
  });

const body: fc.Arbitrary<WrittenBody> = fc.oneof(
  fc.constant({ kind: "none" } as const),
  fc.record({ kind: fc.constant("length" as const), data, zeros: fc.nat(2) }),
  fc.record({
    kind: fc.constant("chunked" as const),
    chunks: fc.array(chunkOf(data.filter((text) => text.length > 0)), { maxLength: 4 }),
    last: chunkOf(fc.constant("")),
    trailers: fc.array(field, { maxLength: 3 }),
  }),
);

/** Any request that is valid. */
export const validRequest: fc.Arbitrary<WrittenRequest> = fc
  .record({
    emptyLines: fc.nat(2),
    asked,
    version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.7"),
    host,
    fields: fc.array(field, { maxLength: 5 }),
    framingFirst: fc.boolean(),
    body,
  })
  // Transfer-Encoding in HTTP/1.0 is faulty framing (RFC 9112 §6.1).
  .filter(({ version, body: { kind } }) => version !== "HTTP/1.0" || kind !== "chunked");

/** Pieces of HTTP, right ones and wrong ones. */
const scraps = [
  "\r\n",
  "\r\n\r\n",
  "\r",
  "\n",
  " ",
  "\t",
  "\0",
  "\x7f",
  "\xff",
  ":",
  ",",
  ";",
  '"',
  "\\",
  "=",
  "GET ",
  "CONNECT ",
  "GET / HTTP/1.1\r\n",
  "GET / HTTP/1.0\r\n",
  "POST /a HTTP/1.1\r\nHost: a\r\n",
  " HTTP/1.1\r\n",
  "HTTP/2.0",
  "Host: a\r\n",
  "Host:\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "Content-Length: 0x3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Connection: close\r\n",
  "Expect: 100-continue\r\n",
  "Expect: x\r\n",
  "X : a\r\n",
  "\r\n0\r\n\r\n",
  "3\r\nabc\r\n",
  "5;a=b\r\n",
  "ffffffffffffffff\r\n",
  "0",
  "a",
  "http://a/",
  "*",
] as const;

const scrap = fc.constantFrom(...scraps);

/** Octets that lean towards HTTP, valid only by chance. */
const noise = fc
  .array(fc.oneof({ weight: 6, arbitrary: scrap }, { weight: 1, arbitrary: octets }), {
    maxLength: 12,
  })
  .map((all) => all.join(""));

/** Valid requests with a few octets removed, doubled or replaced by a scrap. */
const mutated = fc
  .tuple(
    fc.array(validRequest, { minLength: 1, maxLength: 3 }).map((all) => all.map(write).join("")),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.option(scrap)), { minLength: 1, maxLength: 3 }),
  )
  .map(([text, changes]) => {
    let out = text;
    for (const [position, removed, inserted] of changes) {
      const at = position % (out.length + 1);
      out = out.slice(0, at) + (inserted ?? "") + out.slice(at + removed);
    }
    return out;
  });

/** Any input: valid, nearly valid, or noise. */
export const anyInput: fc.Arbitrary<string> = fc.oneof(
  fc.array(validRequest, { minLength: 1, maxLength: 3 }).map((all) => all.map(write).join("")),
  mutated,
  mutated,
  noise,
);
