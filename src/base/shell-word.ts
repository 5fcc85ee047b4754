/**
 * A text, of a file's name most often, as one word of a POSIX shell, so that a command that is
 * printed can be pasted.
 */

import { nameOctets } from "./file-name.ts";

/** Characters that mean nothing to a shell, wherever they stand; zsh expands "=" at the start. */
const plain = /^[\w@%+:,./-][\w@%+:,./=-]*$/;

/** Characters that would end the line, control a terminal, or change the direction of text. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * `text` quoted for a shell, where it has to be. Text with control characters is written as $'…'
 * (POSIX.1-2024 XCU §2.2.4), so that it stays one line and says what it is; so are octets that
 * aren't UTF-8.
 */
export function shellWord(text: string): string {
  if (plain.test(text)) return text;
  if (!unprintable.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\'\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === "\\" || character === "'") return `\\${character}`;
    return [...nameOctets(character)]
      .map((octet) => `\\${octet.toString(8).padStart(3, "0")}`)
      .join("");
  });
  return `$'${escaped}'`;
}
