/** The program of an executable: the command line, without an `await` that its start would wait for. */

import { main } from "../src/cli/main.ts";

void main(process.argv.slice(2));
