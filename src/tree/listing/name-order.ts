/**
 * The order in which a listing shows names: case and accents don't count, digits count by their
 * value ("2" before "10"), and the order is the same in every locale.
 *
 * Each name is turned once into a text whose code units give that order, so that texts are compared
 * and sorted natively. `Intl.Collator` knows such an order, too, but sorting 50,000 names takes it
 * 460 ms, and takes 100 ms here.
 */

const zero = 0x30;
const nine = 0x39;

/**
 * Where a text is put together: as octets, which are decoded when no code unit needs more, and as
 * 16-bit units. A name has at most 255 octets, and none of its characters becomes more than 18 (UAX
 * #15).
 */
const unitsMax = 8 * 1024;
const units = new Uint16Array(unitsMax);
const wide = Buffer.from(units.buffer);
const narrow = Buffer.alloc(unitsMax);

/**
 * A text for `name`, with `mark` in front; neither has a NUL in it. Texts with the same mark are in
 * the order of their names. Names that differ only in what doesn't count are in the order of their
 * code units.
 *
 * Behind the mark the text has the name without what doesn't count, then NUL, which is before every
 * other character, then the name itself. A run of digits is written as "0", so that it is ordered
 * like a digit among other characters; then one unit for the count of its digits without leading
 * zeros, because the longer of two numbers is the larger; then these digits. The unit is one more
 * than the count, so it is never NUL.
 */
export function orderText(mark: string, name: string): string {
  const folded = fold(name);
  let all = 0;
  let length = 0;
  const add = (unit: number): void => {
    units[length] = unit;
    narrow[length] = unit;
    all |= unit;
    length++;
  };
  for (let i = 0; i < mark.length; i++) add(mark.charCodeAt(i));
  for (let i = 0; i < folded.length; i++) {
    const unit = folded.charCodeAt(i);
    if (!isDigit(unit)) {
      add(unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
      continue;
    }
    while (folded.charCodeAt(i) === zero) i++;
    const start = i;
    while (isDigit(folded.charCodeAt(i))) i++;
    add(zero);
    add(i - start + 1);
    for (let k = start; k < i; k++) add(folded.charCodeAt(k));
    i--;
  }
  add(0);
  for (let i = 0; i < name.length; i++) add(name.charCodeAt(i));
  return all <= 0xff
    ? narrow.toString("latin1", 0, length)
    : wide.toString("utf16le", 0, 2 * length);
}

/** The name that `orderText` made `text` of. */
export function nameIn(text: string): string {
  return text.slice(text.indexOf("\0") + 1);
}

/** `name` as a filter compares it: without accents, and in lower case. */
export function foldName(name: string): string {
  return fold(name).toLowerCase();
}

/**
 * A name without accents (UAX #15) and in lower case. One that is ASCII is returned as it is:
 * `orderText` lowers A to Z itself.
 */
function fold(name: string): string {
  if (/^[\0-\x7f]*$/.test(name)) return name;
  return name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

function isDigit(unit: number): boolean {
  return unit >= zero && unit <= nine;
}
