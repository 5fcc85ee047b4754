/** A home of its own for what postern keeps of the user, in place of the one of who runs the tests. */

import { rmSync } from "node:fs";
import { join } from "node:path";

import { TempSite } from "./temp-site.ts";

export class DataHome implements Disposable {
  readonly #temp = new TempSite("empty");
  readonly #before = process.env["XDG_DATA_HOME"];

  constructor() {
    process.env["XDG_DATA_HOME"] = this.path;
  }

  /** What XDG_DATA_HOME is set to. */
  get path(): string {
    return this.#temp.root;
  }

  /** The path of a file that postern keeps. */
  at(name: string): string {
    return join(this.path, "postern", name);
  }

  /** Removes all that is kept. */
  empty(): void {
    rmSync(join(this.path, "postern"), { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    if (this.#before === undefined) delete process.env["XDG_DATA_HOME"];
    else process.env["XDG_DATA_HOME"] = this.#before;
    this.#temp[Symbol.dispose]();
  }
}
