/**
 * Shows two byte sequences around their first difference, in hexadecimal and ASCII: the row of
 * sixteen bytes with the difference, and one row before and after it.
 */

const rowBytes = 16;

/** The rows to print. Empty if the sequences are equal. */
export function byteDiff(expected: Uint8Array, came: Uint8Array): readonly string[] {
  const at = firstDifference(expected, came);
  if (at === -1) return [];
  const rowAt = at - (at % rowBytes);
  const from = Math.max(0, rowAt - rowBytes);
  const to = rowAt + 2 * rowBytes;
  const lines = [`differs at byte ${at}`];
  for (let row = from; row < to; row += rowBytes) {
    if (row >= expected.length && row >= came.length) break;
    lines.push(rowText("expected", expected, row), rowText("came", came, row));
    if (row === rowAt) lines.push(`${" ".repeat(20 + 3 * (at - rowAt))}^^`);
  }
  return lines;
}

/** The index of the first byte that differs, or that only one sequence has; -1 if none does. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : common;
}

function rowText(name: string, view: Uint8Array, at: number): string {
  const row = view.subarray(at, at + rowBytes);
  const label = `${name.padEnd(8)}  ${at.toString(16).padStart(8, "0")}`;
  if (row.length === 0) return `${label}  (ended at byte ${view.length})`;
  const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = Array.from(row, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".",
  ).join("");
  return `${label}  ${hex.padEnd(3 * rowBytes - 1)}  ${text}`;
}
