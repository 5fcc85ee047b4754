/**
 * The scripts that test a client, with clients of which it is known what they do. A departure that is
 * known is expected as a finding: a script is never changed so that a client may pass.
 */

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { ClientCommand } from "../src/check/clients/client-command.ts";
import { readClientCommand } from "../src/check/clients/client-command.ts";
import { playClients } from "../src/check/clients/play-clients.ts";
import type { Column } from "../src/check/report/column.ts";
import { tally } from "../src/check/report/column.ts";
import { findingsOf } from "../src/check/report/finding.ts";
import { Course } from "../src/check/run/course.ts";
import { collectScripts } from "../src/check/script/collection.ts";
import type { Script, Strength } from "../src/check/script/script.ts";

// Each run of phases starts a client.
setDefaultTimeout(120_000);

const root = join(import.meta.dir, "..");
const collected = collectScripts([join(root, "fixtures/clients")]);
const scripts: readonly Script[] = collected.ok ? collected.value : [];
/** An answer takes what a busy machine makes of it. */
const bounds = { record: true, responseMs: 20_000 };

async function columnOf(client: string, replay = false): Promise<Column> {
  const command = readClientCommand(client);
  if (!command.ok) throw new Error(command.error);
  const commands: readonly ClientCommand[] = [command.value];
  const [column] = await playClients(scripts, commands, new Course({ replay, bounds }));
  if (column === undefined) throw new Error("no column");
  return column;
}

/** The failed phases of a strength, by the folder, the file and the title. */
function failed(strength: Strength, column: Column): readonly string[] {
  return findingsOf(strength, scripts, column).map(({ script, phase }) => {
    return `${script.file.split("/").at(-1)?.replace(".wire", "")}: ${phase.title}`;
  });
}

test("there are more than twenty, and they can be read", () => {
  expect(collected.ok ? [] : collected.error).toEqual([]);
  expect(scripts.length).toBeGreaterThan(20);
  expect(scripts.every(({ settings }) => settings.client === true)).toBe(true);
});

test("a strict client is right everywhere, also when it gets its bytes one by one", async () => {
  const client = join(import.meta.dir, "check/clients/strict-client.ts");
  const column = await columnOf(`${process.execPath} ${client}`, true);
  expect(failed("must", column)).toEqual([]);
  expect(failed("should", column)).toEqual([]);
  const { must } = tally(scripts, column);
  expect(must.played).toBeGreaterThan(80);
});

test("a careless client is found out", async () => {
  const client = join(import.meta.dir, "check/clients/careless-client.ts");
  const found = failed("must", await columnOf(`${process.execPath} ${client}`));
  for (const title of [
    "content-length: A connection that ends earlier leaves the content incomplete",
    "content-length: So does one that is reset",
    "chunked: Chunks of several sizes",
    "interim: 100 that was not asked for",
    "incomplete-chunks: The connection ends between two chunks",
    "invalid-length: Two lengths that differ",
    "extra-data: It is not the answer to the next request",
    "length-and-chunked: The chunks are the content, or it is an error",
    "no-content: What comes after 204 is not its content",
  ]) {
    expect(found).toContain(title);
  }
});

describe("the clients of docs/clients.md", () => {
  test("Bun's fetch departs where it is known to", async () => {
    const client = join(root, "examples/clients/fetch.mjs");
    const column = await columnOf(`${process.execPath} ${client}`);
    expect(failed("must", column)).toEqual([
      "fields: A folded line is one value with spaces",
      "length-and-chunked: In HTTP/1.0 the framing is faulty, and the connection ends",
      "until-close: A reset is no end",
      "chunked: White space before an extension is read over",
    ]);
    expect(failed("should", column)).toEqual([]);
  });

  test.skipIf(Bun.which("curl") === null)("curl departs nowhere else", async () => {
    const column = await columnOf("curl -q -sS {url}");
    const known = new Set([
      "content-length: A length of many digits is no small one",
      "invalid-length: Two lengths that differ",
      "invalid-length: Two lengths in one line",
      "invalid-length: A plus",
      "invalid-length: Digits, and then something else",
      "status-line: A later minor version is read as 1.1",
    ]);
    const found = [...failed("must", column), ...failed("should", column)];
    expect(found.filter((each) => !known.has(each))).toEqual([]);
    expect(tally(scripts, column).must.played).toBeGreaterThan(50);
  });
});
