/** The certificates of this folder, which `make.sh` made. They are for tests, and last until 2120. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The path of one of them. */
export function pemPath(name: string): string {
  return join(import.meta.dir, `${name}.pem`);
}

/** Its text. */
export function pemText(name: string): string {
  return readFileSync(pemPath(name), "utf8");
}

/** For a server: a certificate with an intermediate one, and its key. */
export const serverTls = { cert: pemPath("chain"), key: pemPath("key") };

/** For a client that trusts whom the root vouches for. */
export const clientTls = { ca: pemText("root") };
