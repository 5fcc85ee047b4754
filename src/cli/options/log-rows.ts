/** The rows of the options that say where the access log goes, and how large its files get. */

import type { OptionTable } from "./option.ts";
import type { FlagText } from "./value-kind.ts";
import { faultUnless, path, plainText } from "./value-kind.ts";

const units = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** Where a file may be rotated: a smaller one would be rotated by every few lines. */
const bytesMin = 4096;
const bytesMax = 2 ** 40;
/** Files that are kept unless it is said how many. */
const usualFiles = 5;
const filesMax = 100;

const expected = 'a size from 4k on, and how many files are kept, "10M" or "10Mx5"';

/** When the log is rotated, as `text` says, and what is kept; undefined when it says neither. */
export function readRotation(
  text: string,
): { readonly bytes: number; readonly files: number } | undefined {
  const [, digits, unit = "", count] = /^(\d{1,13})([kmg]?)(?:x(\d{1,3}))?$/i.exec(text) ?? [];
  const bytes = Number(digits) * (units[unit.toLowerCase() as keyof typeof units] ?? 1);
  const files = Number(count ?? usualFiles);
  if (!(bytes >= bytesMin && bytes <= bytesMax) || files < 1 || files > filesMax) return undefined;
  return { bytes, files };
}

const rotationText: FlagText<string> = {
  placeholder: "SIZE[xN]",
  expected,
  read: (given) => (readRotation(given) === undefined ? undefined : given),
};

export const logRows = {
  logFile: {
    topic: "output",
    scope: "command",
    kind: { ...path("a file's path"), text: plainText("FILE", "file") },
    flags: [
      { name: "log-file", summary: "append the access log to this file; SIGUSR1 reopens it" },
    ],
    restart: true,
  },
  logRotate: {
    topic: "output",
    scope: "command",
    kind: {
      fault: faultUnless(
        expected,
        (value) => typeof value === "string" && readRotation(value) !== undefined,
      ),
      text: rotationText,
    },
    flags: [{ name: "log-rotate", summary: "begin another file at this size, and keep N: 10Mx5" }],
    restart: true,
  },
} as const satisfies Partial<OptionTable>;
