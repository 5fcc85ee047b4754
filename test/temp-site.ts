/**
 * A private copy of the sample site in the temporary directory, with its modes, for a test that changes
 * files; gone with `using`.
 */

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { copySite } from "../fixtures/modes.ts";

export class TempSite implements Disposable {
  readonly root: string;

  /** `empty` leaves the sample site's files out. */
  constructor(content: "site" | "empty" = "site") {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), "postern-site-")));
    if (content === "site") copySite(this.root);
  }

  /** The path of `name` on the disk. */
  at(name: string): string {
    return join(this.root, name);
  }

  /** Writes a file anew, whatever the umask and whatever its mode was. */
  file(name: string, content: string | Uint8Array, mode = 0o644): void {
    if (dirname(name) !== ".") this.folder(dirname(name));
    rmSync(this.at(name), { force: true });
    writeFileSync(this.at(name), content);
    chmodSync(this.at(name), mode);
  }

  folder(name: string, mode = 0o755): void {
    mkdirSync(this.at(name), { recursive: true });
    chmodSync(this.at(name), mode);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
