/** Swaps the folders `shown` and `kept`, over and over, until it is killed or has done enough. */

import { renameSync } from "node:fs";
import { join } from "node:path";

const root = process.argv[2] ?? "";
const [shown, kept, aside] = [join(root, "shown"), join(root, "kept"), join(root, "aside")];

process.stdout.write("swapping\n");
for (let i = 0; i < 5_000_000; i++) {
  renameSync(shown, aside);
  renameSync(kept, shown);
  renameSync(aside, kept);
}
