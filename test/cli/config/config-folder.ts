import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder whose files a test writes over and over. */
export class ConfigFolder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "postern-config-")));

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string): string {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content, { mode: 0o644 });
    return this.at(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
