/**
 * An adapter for `postern check --client`: the `fetch` of the program that runs it, which is undici
 * in Node and Bun's own in Bun. A line of JSON on standard input says what to ask for, and a line on
 * standard output what came.
 *
 *   postern check fixtures/clients --client 'undici=node examples/clients/fetch.mjs'
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await told(JSON.parse(line)))}\n`);
}
// Connections that are kept for further requests would keep the program running.
process.exit(0);

async function told({ method, url, fields, content }) {
  const body = content === undefined ? undefined : Buffer.from(content, "base64");
  try {
    const response = await fetch(url, { method, headers: fields, body });
    const octets = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      fields: [...response.headers],
      content: octets.toString("base64"),
    };
  } catch (error) {
    return { error: error.cause?.message ?? error.message };
  }
}
