/**
 * Colours of a terminal (ECMA-48 §8.3.117, SGR), or none. `FORCE_COLOR` and `NO_COLOR` of the
 * environment decide as they do for other programs (force-color.org, no-color.org): `FORCE_COLOR`
 * goes first, as in Node, and with 0 it means no colours. Otherwise there are colours on a terminal
 * that isn't dumb.
 */

/** The styles, each with the codes that begin and end it. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof codes;

/** `text` in a style. */
export type Paint = (style: Style, text: string) => string;

const inColour: Paint = (style, text) => {
  const [begin, end] = codes[style];
  return `\u001b[${begin}m${text}\u001b[${end}m`;
};

/** The paint where there are no colours. */
export const plainPaint: Paint = (_, text) => text;

/** The environment's variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

function wantsColour(isTerminal: boolean, environment: Environment): boolean {
  const { FORCE_COLOR: force = "", NO_COLOR: no = "", TERM: term = "" } = environment;
  if (force !== "") return force !== "0" && force !== "false";
  return isTerminal && no === "" && term !== "dumb";
}

/** The paint for a terminal or something else that is written to; undefined for no colours. */
export function choosePaint(isTerminal: boolean, environment: Environment): Paint | undefined {
  return wantsColour(isTerminal, environment) ? inColour : undefined;
}
