/**
 * A reader of Prometheus' text format, by its own definition
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4): it takes nothing
 * that isn't in there.
 */

const nameText = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const labelText = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const sampleLine = new RegExp(`^(${nameText})(?:\\{(${labelText}(?:,${labelText})*)\\})? (\\S+)$`);
const helpLine = new RegExp(`^# HELP (${nameText}) (.+)$`);
const typeLine = new RegExp(`^# TYPE (${nameText}) (counter|gauge|histogram)$`);

/** What a text says: types by family, and values by sample, as each is written. */
export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, number>;
}

/** The family that a sample called `name` belongs to. */
function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, "");
  return types.get(base) === "histogram" ? base : name;
}

/** Reads `text`. Throws an Error at the first line that may not stand where it does. */
export function readExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const [types, values] = [new Map<string, string>(), new Map<string, number>()];
  let [current, helped] = ["", ""];
  for (const line of text.slice(0, -1).split("\n")) {
    const [help, type, sample] = [helpLine.exec(line), typeLine.exec(line), sampleLine.exec(line)];
    if (help !== null) {
      helped = help[1] as string;
    } else if (type !== null) {
      const name = type[1] as string;
      if (name !== helped || types.has(name)) throw new Error(`misplaced: ${line}`);
      types.set(name, type[2] as string);
      current = name;
    } else {
      if (sample === null) throw new Error(`malformed: ${line}`);
      if (familyOf(sample[1] as string, types) !== current) throw new Error(`misplaced: ${line}`);
      const key = line.slice(0, line.lastIndexOf(" "));
      if (values.has(key)) throw new Error(`twice: ${line}`);
      const value = Number(sample[3]);
      if (Number.isNaN(value)) throw new Error(`no number: ${line}`);
      values.set(key, value);
    }
  }
  return { types, values };
}
