import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";

import type { BunFile } from "bun";

import { bytes, milliseconds } from "../../src/base/units.ts";
import { ReaderProgress, StandardStream } from "../../src/system/standard-streams.ts";

const module = resolve(import.meta.dir, "../../src/system/standard-streams.ts");

/** Runs a program that has `standardOutput` and `standardError`. */
function run(code: string): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const program = `import { standardError, standardOutput } from ${JSON.stringify(module)};\n${code}`;
  return Bun.spawn([process.execPath, "-e", program], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

describe("a standard stream", () => {
  test("writes at once what comes before the process ends", async () => {
    const child = run(
      'void standardOutput.write("a\\n"); void standardError.write(Buffer.from("b\\n")); process.exit(3);',
    );
    expect(await child.stdout.text()).toBe("a\n");
    expect(await child.stderr.text()).toBe("b\n");
    expect(await child.exited).toBe(3);
  });

  test("resolves when a slow reader has been given everything, in its order", async () => {
    // More than a pipe holds (pipe(7): 64 KB), and the first write still waits when the second comes.
    const child = run(`
      const written = [standardOutput.write("a".repeat(300_000)), standardOutput.write("b".repeat(300_000))];
      await standardError.write("written\\n");
      // A write of nothing waits for the writes before it.
      await standardOutput.write("");
      process.exit(0);
    `);
    const reader = child.stderr.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("written\n");
    const text = await child.stdout.text();
    expect(text === "a".repeat(300_000) + "b".repeat(300_000)).toBe(true);
    expect(await child.exited).toBe(0);
  });

  test("writes lines above a footer, as long as there is one", async () => {
    const child = run(`
      standardOutput.footer = { below: (text) => \`<\${text}>\` };
      void standardOutput.write("a");
      void standardError.write("b");
      standardOutput.footer = undefined;
      void standardOutput.write("c");
    `);
    expect(await child.stdout.text()).toBe("<a>c");
    expect(await child.stderr.text()).toBe("b");
  });

  test.skipIf(process.platform !== "linux")(
    "tells of output for which no space is left",
    async () => {
      const stream = new StandardStream(() => Bun.file("/dev/full"));
      const lost: unknown[] = [];
      stream.lost = (text, code) => lost.push([Buffer.from(text as Uint8Array).length, code]);
      await stream.write("a\n");
      await stream.write(new Uint8Array(20_000));
      expect(lost).toEqual([
        [2, "ENOSPC"],
        [16_384, "ENOSPC"],
        [3616, "ENOSPC"],
      ]);
      expect(stream.isBroken).toBe(false);
    },
  );

  test("drops output without a reader, and the process continues", async () => {
    const child = run(`
      await standardOutput.write("a".repeat(300_000));
      await standardOutput.write("b");
      await standardError.write(\`still here, broken: \${standardOutput.isBroken}\\n\`);
    `);
    await child.stdout.cancel();
    expect(await child.stderr.text()).toBe("still here, broken: true\n");
    expect(await child.exited).toBe(0);
  });
});

test("a stream with a bound drops the text that its reader leaves no room for", async () => {
  const written: string[] = [];
  const taken = Promise.withResolvers<number>();
  const writer = {
    write: (text: string | Uint8Array): number => {
      written.push(typeof text === "string" ? text : Buffer.from(text).toString());
      return text.length;
    },
    flush: () => taken.promise,
  };
  const file = { writer: () => writer } as unknown as BunFile;
  const stream = new StandardStream(() => file, -1, bytes(10));
  for (const text of ["first of more than ten\n", "much more\n", "a\n"]) void stream.write(text);
  // The first write is under way, whatever its size, and leaves no room behind it.
  expect(stream.queued).toBe(23);
  taken.resolve(0);
  await stream.write("");
  for (const text of ["one\n", "two\n", "three\n", "4\n"]) void stream.write(text);
  await stream.write("");
  expect(written.join("")).toBe("first of more than ten\none\ntwo\n4\n");
});

describe("a terminal", () => {
  const told = "process.exit(standardOutput.isTerminal ? 10 : 20);";
  const program = `import { standardOutput } from ${JSON.stringify(module)};\n${told}`;

  test.each(["", "off"])(
    "is told from a pipe and from a device, with native calls %p",
    async (native) => {
      const env = { ...process.env, POSTERN_NATIVE: native };
      const command = [process.execPath, "-e", program];
      const onTerminal = Bun.spawn(command, { env, terminal: {} });
      expect(await onTerminal.exited).toBe(10);
      onTerminal.terminal?.close();
      for (const stdout of ["pipe", "ignore"] as const) {
        expect(await Bun.spawn(command, { env, stdout, stderr: "inherit" }).exited).toBe(20);
      }
    },
  );
});

describe("the progress of a reader", () => {
  const stallMs = milliseconds(20);
  const never = new Promise<never>(() => undefined);

  test("a wait ends with what it waits for", async () => {
    const progress = new ReaderProgress();
    await progress.waitFor(Promise.resolve(), stallMs, () => true);
  });

  test("a wait goes on for as long as the reader takes something", async () => {
    const progress = new ReaderProgress();
    const done = Promise.withResolvers<void>();
    let writes = 0;
    const reading = setInterval(() => {
      progress.note();
      if (++writes === 20) done.resolve();
    }, 5);
    await progress.waitFor(done.promise, milliseconds(1000), () => true);
    clearInterval(reading);
    expect(writes).toBe(20);
  });

  test("a wait ends when the reader takes nothing, and so does the next one, at once", async () => {
    const progress = new ReaderProgress();
    progress.note();
    await progress.waitFor(never, stallMs, () => true);
    // It would last for as long as the test may.
    await progress.waitFor(never, milliseconds(1_000_000), () => true);
  });

  test("a wait for what isn't written by this reader is no stall", async () => {
    const progress = new ReaderProgress();
    const done = Promise.withResolvers<void>();
    setTimeout(() => done.resolve(), 60);
    let isDone = false;
    void done.promise.then(() => (isDone = true));
    await progress.waitFor(done.promise, stallMs, () => false);
    expect(isDone).toBe(true);
  });
});
