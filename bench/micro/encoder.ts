/** Encodes a response's head, from the value to text, as for a small file. */

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import { encodeHead, encodeResponse, keepAliveLines } from "../../src/http1/response-encoder.ts";
import type { Part } from "./part.ts";

const context = {
  minorVersion: 1,
  bodiless: false,
  persist: true,
  keepAlive: keepAliveLines(10_000),
  date: "Mon, 01 Jan 2024 00:00:00 GMT",
} as const;

const content = new Uint8Array(1024);

function fileAnswer() {
  return new ResponseBuilder(200)
    .field("ETag", '"1f3-65920080-400"')
    .field("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
    .field("Accept-Ranges", "bytes")
    .field("Cache-Control", "no-cache")
    .field("Vary", "Accept-Encoding")
    .field("X-Content-Type-Options", "nosniff")
    .bytes(content, "text/plain;charset=utf-8");
}

export function encoderParts(): readonly Part[] {
  const response = fileAnswer().build();
  const recurring = fileAnswer().buildCached();
  const { length } = encodeHead(response, context).head;
  return [
    {
      name: `encoder: a file's head, ${length} octets`,
      run: () => {
        const { head } = encodeResponse(response, context);
        if (head.length !== length) throw new Error(`${head.length} octets`);
      },
    },
    {
      name: "encoder: an answer of 1 KB that recurs, head and body",
      run: () => {
        if (encodeResponse(recurring, context).head.length !== length + content.length) {
          throw new Error("isn't kept");
        }
      },
    },
    {
      name: "builder: a file's answer, checked and built",
      run: () => {
        const { fields } = fileAnswer().build();
        if (fields.length !== response.fields.length) throw new Error(`${fields.length} fields`);
      },
    },
  ];
}
