import { expect, test } from "bun:test";
import { resolve } from "node:path";

const module = resolve(import.meta.dir, "../../../src/system/output/terminal-sink.ts");
const isLinux = process.platform === "linux";

/** Runs a program on a terminal; resolves with its status and with what the terminal was given. */
async function onTerminal(
  code: string,
  shown: (text: string, terminal: Bun.Terminal) => void = () => undefined,
): Promise<{ status: number; text: string }> {
  let text = "";
  const program = `import { TerminalSink } from ${JSON.stringify(module)};\n${code}`;
  const child = Bun.spawn([process.execPath, "-e", program], {
    terminal: {
      data: (terminal, octets) => {
        text += new TextDecoder().decode(octets);
        shown(text, terminal);
      },
    },
  });
  const status = await child.exited;
  child.terminal?.close();
  return { status, text };
}

test.skipIf(!isLinux)("a stopped terminal gets it all later, and is not waited for", async () => {
  let isStopped = false;
  const { status, text } = await onTerminal(
    `const sink = TerminalSink.open(1);
     sink.write("ready\\n");
     // Until Ctrl-S has come, a write is over at once.
     let waiting = sink.write(".");
     while (typeof waiting === "number") { await Bun.sleep(5); waiting = sink.write("."); }
     const rest = "x".repeat(100_000);
     await waiting;
     const all = await sink.write(rest);
     process.exit(all === rest.length ? 7 : 8);`,
    (shown, terminal) => {
      if (isStopped || !shown.includes("ready")) return;
      isStopped = true;
      terminal.write("\x13");
      setTimeout(() => terminal.write("\x11"), 200);
    },
  );
  expect(status).toBe(7);
  expect(text.replaceAll(/\s/g, "")).toMatch(/^ready\.+x{100000}$/);
});

test.skipIf(!isLinux)("the terminal of others stays blocking", async () => {
  const { status } = await onTerminal(`
    TerminalSink.open(1).write("a");
    const flags = (await Bun.file("/proc/self/fdinfo/1").text()).match(/flags:\\s+(\\d+)/)[1];
    process.exit((Number.parseInt(flags, 8) & 0o4000) === 0 ? 7 : 8);`);
  expect(status).toBe(7);
});

test("what can't be opened again has no sink", async () => {
  const { status } = await onTerminal(
    "process.exit(TerminalSink.open(999) === undefined ? 7 : 8);",
  );
  expect(status).toBe(7);
});
