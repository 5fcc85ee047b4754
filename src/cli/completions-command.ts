/** `postern completions bash|zsh|fish`: prints the script by which a shell completes postern. */

import { nearestWord } from "../base/nearest-word.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import type { Shell } from "./help/command-table.ts";
import { shells } from "./help/command-table.ts";

const help = `postern completions prints the script by which a shell completes the words of
postern: its commands, options and their values.

  bash   in ~/.bashrc:  source <(postern completions bash)
  zsh    in ~/.zshrc, below compinit:  source <(postern completions zsh)
  fish   postern completions fish > ~/.config/fish/completions/postern.fish
`;

/** The script of each shell. */
const scripts: Readonly<Record<Shell, () => Promise<string>>> = {
  bash: async () => (await import("./completions/bash.ts")).bashCompletions(),
  zsh: async () => (await import("./completions/zsh.ts")).zshCompletions(),
  fish: async () => (await import("./completions/fish.ts")).fishCompletions(),
};

/** What is wrong with `words`, in a line. */
function complaint([name, further]: readonly string[]): string {
  if (name === undefined) return `completions needs a shell: ${shells.join(", ")}`;
  if (further !== undefined) return `completions takes one shell, and not ${further}, too`;
  const near = nearestWord(name, shells);
  return near === undefined
    ? `there are completions for ${shells.join(", ")}, not for ${name}`
    : `there are no completions for ${name}: did you mean ${near}?`;
}

/** Runs `completions` with the words after it; returns the exit status. */
export async function runCompletions(words: readonly string[]): Promise<0 | 2> {
  if (words.includes("--help") || words.includes("-h")) {
    await standardOutput.write(help);
    return 0;
  }
  const shell = words.length === 1 ? shells.find((one) => one === words[0]) : undefined;
  if (shell === undefined) {
    await standardError.write(`postern: ${complaint(words)}\n`);
    return 2;
  }
  await standardOutput.write(await scripts[shell]());
  return 0;
}
