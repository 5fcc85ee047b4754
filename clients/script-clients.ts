/** The clients that are a runtime and a program for it in `programs/`. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Client, Errand, Habit, Outcome } from "./client.ts";
import { outputOf, postedText } from "./client.ts";

const programs = join(import.meta.dir, "programs");

/** What a program is given besides the errand. */
function asked(errand: Errand, more: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({ ...errand, ...more, content: postedText });
}

/** A client that prints its outcomes as JSON. */
class ScriptClient implements Client {
  readonly name: string;
  readonly version: string;
  readonly habits: readonly Habit[];
  readonly #command: (errand: Errand) => readonly string[];
  readonly #environment: (errand: Errand) => Readonly<Record<string, string>>;

  constructor(
    name: string,
    version: string,
    command: (errand: Errand) => readonly string[],
    environment: (errand: Errand) => Readonly<Record<string, string>> = () => ({}),
    habits: readonly Habit[] = [],
  ) {
    this.habits = habits;
    this.name = name;
    this.version = version;
    this.#command = command;
    this.#environment = environment;
  }

  async run(errand: Errand): Promise<readonly Outcome[]> {
    const text = await outputOf(this.#command(errand), errand, this.#environment(errand));
    return JSON.parse(text) as readonly Outcome[];
  }
}

/** What `command` prints, in one line. */
function said(command: readonly string[]): string {
  return Bun.spawnSync([...command])
    .stdout.toString()
    .trim();
}

/** The `fetch` of Node, which undici is behind. */
export function nodeClient(node: string): Client {
  const version = said([node, "-p", "`${process.versions.undici} (Node ${process.version})`"]);
  return new ScriptClient(
    "undici",
    version,
    (errand) => [node, join(programs, "fetch.mjs"), asked(errand)],
    ({ caFile }) => (caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
  );
}

/** The `fetch` of the Bun that runs this. */
export function bunClient(): Client {
  return new ScriptClient("Bun", Bun.version, (errand) => {
    const { caFile } = errand;
    const more = caFile === undefined ? {} : { ca: readFileSync(caFile, "latin1") };
    return [process.execPath, join(programs, "fetch.mjs"), asked(errand, more)];
  });
}

/** Python's urllib.request. */
export function urllibClient(python: string): Client {
  const version = said([python, "-c", "import platform; print(platform.python_version())"]);
  return new ScriptClient(
    "urllib",
    version,
    (errand) => [python, join(programs, "ask_urllib.py"), asked(errand)],
    () => ({}),
    ["pieces"],
  );
}
