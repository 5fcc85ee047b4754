/**
 * A proxy that records between a client of a test and a server, and what becomes of its scripts when
 * they are played against that server.
 */

import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { check } from "../src/check/check.ts";
import { runProxy } from "../src/cli/record/proxy-command.ts";

export class RecordedSession implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "postern-recorded-"));
  readonly said: string[] = [];
  readonly #out: string[] = [];
  readonly #end = Promise.withResolvers<void>();
  #status: Promise<number> = Promise.resolve(0);

  /** Records between a client and the server at `server`. */
  static async begin(server: URL, words: readonly string[] = []): Promise<RecordedSession> {
    const session = new RecordedSession();
    const begun = Promise.withResolvers<void>();
    const all = ["--proxy", server.origin, "--record", session.folder, "--port", "0", ...words];
    session.#status = runProxy(all, {
      out: (text) => {
        session.#out.push(text);
        begun.resolve();
      },
      error: (text) => session.said.push(text),
      ended: session.#end.promise,
    });
    await Promise.race([begun.promise, session.#status]);
    return session;
  }

  /** Where the client finds the server. */
  get url(): URL {
    return new URL(/http:\S+/u.exec(this.#out[0] ?? "")?.[0] ?? "");
  }

  /** Ends the recording; answers with its last lines. */
  async end(): Promise<string> {
    this.#end.resolve();
    expect(await this.#status).toBe(0);
    return this.#out.slice(1).join("");
  }

  /** The names of the scripts. */
  get names(): readonly string[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith(".wire"))
      .toSorted();
  }

  /** All scripts, one after another. */
  get text(): string {
    return this.names.map((name) => readFileSync(join(this.folder, name), "utf8")).join("\n");
  }

  [Symbol.dispose](): void {
    this.#end.resolve();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The titles of the phases in `folder` that don't hold against `server`, and how many do. */
export async function played(
  folder: string,
  server: URL,
  replay: boolean,
): Promise<{ readonly held: number; readonly failed: readonly string[] }> {
  let text = "";
  await check({
    paths: [folder],
    against: [server.origin],
    json: true,
    replay,
    start: () => Promise.reject(new Error("nothing is started")),
    out: (part) => {
      text += part;
    },
  });
  const report = JSON.parse(text) as {
    readonly servers: readonly {
      readonly scripts: readonly {
        readonly file: string;
        readonly phases?: readonly { readonly title: string; readonly held: boolean }[];
      }[];
    }[];
  };
  const phases = report.servers.flatMap(({ scripts }) =>
    scripts.flatMap((script) => script.phases ?? []),
  );
  const failed = phases.filter(({ held }) => !held).map((phase) => JSON.stringify(phase));
  return { held: phases.length - failed.length, failed };
}
