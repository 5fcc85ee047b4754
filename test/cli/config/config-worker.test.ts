import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "postern-config-worker-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the worker sends back about a configuration that says `source`. */
async function read(name: string, source: string): Promise<unknown> {
  const file = join(folder, name);
  writeFileSync(file, source);
  const program = new URL("../../../src/cli/config/config-worker.ts", import.meta.url);
  const worker = new Worker(program);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => resolve(data));
  worker.postMessage(file, []);
  const outcome = await promise;
  worker.terminate();
  return outcome;
}

describe("the worker that runs a configuration", () => {
  test("sends the default export back", async () => {
    const source =
      'import { defineConfig } from "postern";\nexport default defineConfig({ port: 4 });';
    const value = { content: { value: { port: 4 } }, missing: [] };
    expect(await read("good.ts", source)).toEqual({ ok: true, value });
  });

  test("says where functions and symbols were, and keeps all else that it can send", async () => {
    const source = `const shared = { a: NaN, b: 5n, c: undefined, ["__proto__"]: () => {} };
      export default Object.assign(shared, { list: [1, Symbol("x"), shared] });`;
    const outcome = (await read("odd.ts", source)) as { value: { content: { value: object } } };
    const { value } = outcome.value.content;
    expect(outcome).toMatchObject({
      value: {
        missing: [
          { keys: ["value", "__proto__"], type: "function" },
          { keys: ["value", "list", "1"], type: "symbol" },
        ],
      },
    });
    expect(Object.keys(value)).toEqual(["a", "b", "c", "__proto__", "list"]);
    expect(value).toMatchObject({ a: NaN, b: 5n, c: undefined });
    expect(Reflect.get(value, "list")).toEqual([1, undefined, value]);
  });

  test("says what is missing, what is wrong, and where it doesn't compile", async () => {
    expect(await read("none.ts", "export const port = 4;")).toEqual({
      ok: false,
      error: ": expected a default export, got none",
    });
    expect(await read("thrown.ts", 'throw new Error("no luck");')).toEqual({
      ok: false,
      error: ": no luck",
    });
    expect(await read("broken.ts", "export default {\n  port: ,\n};")).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^:2: /),
    });
  });
});
