/** What stands on a terminal that is wide enough, when it was given some text. */

/**
 * The lines of the terminal. Of controls it knows CR, LF, and the erasing of what is right of the
 * cursor (ECMA-48 §8.3.41, EL); others are an error. The escape may be written as ␛.
 */
export function screenOf(text: string): string {
  const lines: string[][] = [[]];
  let column = 0;
  for (const [token] of text.replaceAll("\u001b", "␛").matchAll(/␛\[K|␛.?.?|[^]/gu)) {
    const line = lines.at(-1) ?? [];
    if (token === "\r") column = 0;
    else if (token === "\n") {
      lines.push([]);
      column = 0;
    } else if (token.endsWith("[K") && token.length === 3) line.length = column;
    else if (token.length > 1) throw new Error(`the screen knows no ${JSON.stringify(token)}`);
    else line[column++] = token;
  }
  return lines.map((line) => line.join("")).join("\n");
}
