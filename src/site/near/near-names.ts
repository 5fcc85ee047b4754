/**
 * Which of a folder's names are near to one that is missing: the same but for case, for a space and
 * what stands for one, for how a letter with an accent is composed (UAX #15), for the extension, or
 * but for one edit, as after a slip of the finger.
 */

/** A name, and the forms of it that are compared. */
export interface NameForms {
  readonly name: string;
  /** Composed (NFC) and in lower case. */
  readonly lower: string;
  /** The same without accents, and with one sign for all that separates words. */
  readonly bare: string;
  /** That without its extension. */
  readonly stem: string;
}

/** What people and programs write where a name has a space; "%20" is one that was encoded twice. */
const separators = /(?:%20|[\s_+-])+/gu;

const ascii = /^[\0-\x7f]*$/;

/** The forms of `name`. */
export function formsOf(name: string): NameForms {
  const lower = (ascii.test(name) ? name : name.normalize("NFC")).toLowerCase();
  const plain = ascii.test(lower) ? lower : lower.normalize("NFKD").replace(/\p{M}+/gu, "");
  const bare = plain.replace(separators, " ").trim();
  const dot = bare.lastIndexOf(".");
  return { name, lower, bare, stem: dot > 0 ? bare.slice(0, dot) : bare };
}

/** Shorter names are not compared by edits: among few letters every name is near. */
const editedUnitsMin = 3;

/** Whether one edit makes `a` of `b`: a letter more, less or another, or two that are swapped. */
function isOneEdit(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const [leftA, leftB] = [endA - start, endB - start];
  if (leftA <= 1 && leftB <= 1) return true;
  const isPair = leftA === 2 && leftB === 2;
  return isPair && a[start] === b[start + 1] && a[start + 1] === b[start];
}

/** How near `other` is to `asked`: 0 is nearest; undefined when it isn't near. */
export function nearness(asked: NameForms, other: NameForms): number | undefined {
  if (asked.name === other.name) return 0;
  if (asked.lower === other.lower) return 1;
  if (asked.bare === other.bare || unspaced(asked) === unspaced(other)) return 2;
  if (asked.stem === other.stem || asked.bare === other.stem || asked.stem === other.bare) return 3;
  const isLong = asked.bare.length >= editedUnitsMin && other.bare.length >= editedUnitsMin;
  return isLong && isOneEdit(asked.bare, other.bare) ? 4 : undefined;
}

function unspaced({ bare }: NameForms): string {
  return bare.includes(" ") ? bare.replaceAll(" ", "") : bare;
}
