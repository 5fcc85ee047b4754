/**
 * The folder into which recorded scripts are written: `0001-get-index.wire`, and beside each script
 * that needs them a folder with bodies, `0001-bodies`.
 *
 * Numbers go on after the highest that is there, and no file is ever replaced. Traffic may be
 * private, so files have the mode 0600, and the folder, where it is made here, 0700.
 */

import { accessSync, constants, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { utf8Bytes } from "../../http/octets/bytes.ts";
import { checkLimits } from "../limits.ts";

export class ScriptFolder {
  readonly path: string;
  #number: number;

  private constructor(path: string, number: number) {
    this.path = path;
    this.#number = number;
  }

  /** The folder at `path`, which is made if it isn't there. Fails with what is wrong with it. */
  static open(path: string): Result<ScriptFolder, string> {
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) mkdirSync(path, { recursive: true, mode: 0o700 });
      else if (!stat.isDirectory()) return failure(`${path} is no folder`);
      accessSync(path, constants.W_OK | constants.X_OK);
      const numbers = readdirSync(path).map((name) => Number(/^(\d{4})-/u.exec(name)?.[1] ?? "0"));
      return success(new ScriptFolder(path, Math.max(0, ...numbers)));
    } catch (error) {
      return failure(messageOf(error));
    }
  }

  /** The number of the next script; undefined if there are none left. */
  get next(): string | undefined {
    return this.#number < checkLimits.scriptNumberMax
      ? String(this.#number + 1).padStart(4, "0")
      : undefined;
  }

  /**
   * Writes a script called `name` after its number, and the files beside it. Fails with the
   * system's message.
   */
  write(
    name: string,
    text: string,
    files: ReadonlyMap<string, Uint8Array>,
  ): Result<string, string> {
    const path = join(this.path, `${this.next}-${name}.wire`);
    this.#number++;
    try {
      for (const [beside, octets] of files) {
        const place = join(this.path, beside);
        mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
        writeFileSync(place, octets, { flag: "wx", mode: 0o600 });
      }
      // Last, so that a script is whole when it can be seen.
      writeFileSync(path, utf8Bytes(text), { flag: "wx", mode: 0o600 });
      return success(path);
    } catch (error) {
      return failure(messageOf(error));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
