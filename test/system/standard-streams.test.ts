import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";

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
