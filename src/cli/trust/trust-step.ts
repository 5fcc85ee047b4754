/**
 * What `postern trust` and `postern untrust` would do: for each store of certificates the commands
 * that change it, or why that can't be done here. A command is a program and its words, and never
 * goes through a shell.
 */

/** A program and its words. */
export type CommandWords = readonly [program: string, ...words: string[]];

/** The part of the plan for one store. */
export type Step =
  | {
      readonly kind: "run";
      /** What the store is, "Firefox, profile default". */
      readonly store: string;
      /** Run one after the other, each if those before it have succeeded. */
      readonly commands: readonly CommandWords[];
      /** Whether it is left out when a step before it has failed. */
      readonly needsAll?: true;
    }
  | { readonly kind: "done"; readonly store: string }
  | { readonly kind: "impossible"; readonly store: string; readonly reason: string };

/** The machine as the plan sees it; tests give another one. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Whether the process may change the system's own files. */
  readonly isRoot: boolean;
  /** The path of a program; undefined when it isn't installed. */
  readonly find: (program: string) => string | undefined;
  /** Whether there is something at a path. */
  readonly exists: (path: string) => boolean;
  /** The names in a folder; none when there is no such folder. */
  readonly list: (folder: string) => readonly string[];
  /** What a program prints that changes nothing; undefined when it fails. */
  readonly output: (command: CommandWords) => string | undefined;
}

/** The authority that is to be trusted, or not any more. */
export interface TrustedAuthority {
  /** The path of its certificate. */
  readonly file: string;
  /** Its common name, by which stores know it. */
  readonly name: string;
  /** SHA-256, in hexadecimal digits with colons. */
  readonly fingerprint: string;
}

/** `word` as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `command` as a shell takes it, to be read and pasted. */
export function shownCommand(command: readonly string[]): string {
  return command.map(quoted).join(" ");
}
