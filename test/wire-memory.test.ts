/** The wire scripts against files in memory. A script's tree becomes the server's `files`. */

import { filesOf, playWireScripts } from "./wire-on-tree.ts";

playWireScripts("files in memory", async (script) => ({ options: { files: filesOf(script) } }));
