/** `postern man`: prints the manual page. */

import { standardError, standardOutput } from "../system/standard-streams.ts";

const help = `postern man prints the manual page postern(1), in the macros of mdoc(7).

  postern man | man -l -       read it (man-db), or postern man | mandoc -l
  postern man > postern.1      keep it, in a folder man1 of your MANPATH
`;

/** Runs `man` with the words after it; returns the exit status. */
export async function runMan(words: readonly string[]): Promise<0 | 2> {
  const [word] = words;
  if (word === "--help" || word === "-h") {
    await standardOutput.write(help);
    return 0;
  }
  if (word !== undefined) {
    await standardError.write(`postern: man takes no words, and not ${word}\n`);
    return 2;
  }
  const { manualPage } = await import("./manual/manual-page.ts");
  await standardOutput.write(manualPage());
  return 0;
}
