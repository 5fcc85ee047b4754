/**
 * The word that a mistyped one was meant to be, for messages. Words are compared without case and
 * hyphens, so that `clean-urls` and `cleanUrls` are equal.
 */

/** Longer words are compared with nothing, so that a comparison takes at most 32 × 32 steps. */
const lengthMax = 32;

/** How many mistakes a word of `length` characters may have. */
function mistakesMax(length: number): number {
  return length <= 5 ? 1 : length <= 11 ? 2 : 3;
}

/**
 * How many characters have to be inserted, removed, replaced or swapped with their neighbour to
 * make `other` of `word` (Damerau and Levenshtein, without edits inside a swapped pair).
 */
function mistakesBetween(word: string, other: string): number {
  let beforeLast: readonly number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= word.length; i++) {
    const row = [i];
    for (let k = 1; k <= other.length; k++) {
      const isSame = word[i - 1] === other[k - 1];
      const replaced = (last[k - 1] ?? 0) + (isSame ? 0 : 1);
      let fewest = Math.min((last[k] ?? 0) + 1, (row[k - 1] ?? 0) + 1, replaced);
      const isSwap = i > 1 && k > 1 && word[i - 1] === other[k - 2] && word[i - 2] === other[k - 1];
      if (isSwap) fewest = Math.min(fewest, (beforeLast[k - 2] ?? 0) + 1);
      row.push(fewest);
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

const comparable = (word: string): string => word.replace(/[-_]/g, "").toLowerCase();

/**
 * The word of `words` that is nearest to `word`, the first of several; undefined when all differ
 * from it in more than a typing mistake or two.
 */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const given = comparable(word);
  if (given.length === 0 || given.length > lengthMax) return undefined;
  let nearest: string | undefined;
  let fewest = mistakesMax(given.length);
  for (const one of words) {
    const other = comparable(one);
    if (Math.abs(other.length - given.length) > fewest) continue;
    const mistakes = mistakesBetween(given, other);
    if (mistakes > fewest || (mistakes === fewest && nearest !== undefined)) continue;
    nearest = one;
    fewest = mistakes;
  }
  return nearest;
}
