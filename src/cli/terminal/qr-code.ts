/**
 * A QR code for a terminal, of half blocks: one character is two modules, one above the other. It
 * is dark on light whatever the terminal's colours are, since some readers take no inverted code.
 * Where there are no colours, it is right on a dark terminal.
 */

import { encode } from "uqr";

/** Black on white (ECMA-48 §8.3.117), and back. */
const blackOnWhite = "\u001b[30;107m";
const back = "\u001b[0m";

/** The code of `text`, in lines; `inverted` without colours. */
export function qrCode(text: string, inverted: boolean): string {
  const { data, size } = encode(text, { border: 4 });
  const isDark = (row: number, column: number): boolean => data[row]?.[column] === true;
  let lines = "";
  for (let row = 0; row < size; row += 2) {
    let line = "";
    for (let column = 0; column < size; column++) {
      const top = isDark(row, column) !== inverted;
      const bottom = row + 1 < size ? isDark(row + 1, column) !== inverted : false;
      line += top ? (bottom ? "█" : "▀") : bottom ? "▄" : " ";
    }
    lines += inverted ? `  ${line}\n` : `  ${blackOnWhite}${line}${back}\n`;
  }
  return lines;
}
