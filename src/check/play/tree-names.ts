/**
 * Which names in the root folder a script that changes its tree can change. After such a script
 * only these are written afresh, and scripts that change different names are played at once.
 *
 * A name counts up to its first dot: `a.txt.br` beside `a.txt` may be a form of it. A script whose
 * changes can be seen elsewhere (links, the pages of the root) has all names.
 */

import type { Script } from "../script/script.ts";

/** The pages that a server may give for any path. */
const pages: ReadonlySet<string> = new Set(["index", "403", "404"]);

/** A name in the root folder up to its first dot, one at its beginning aside. */
export function stemOf(path: string): string {
  const [name = ""] = path.split("/", 1);
  return /^\.?[^.]*/u.exec(name)?.[0] ?? "";
}

/** The stems of the names that a script reads or changes; `undefined` if they may be all. */
export function touchedStems(script: Script): ReadonlySet<string> | undefined {
  if (script.settings.stateful) return undefined;
  const changes = script.phases.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === "change" ? [step.change] : [])),
  );
  const entries = [...script.tree, ...changes];
  const stems = new Set(entries.map(({ path }) => stemOf(path)));
  const seenElsewhere = entries.some(({ kind }) => kind === "link");
  return seenElsewhere || [...stems].some((stem) => pages.has(stem)) ? undefined : stems;
}

/**
 * The scripts in chains: those of one chain share a name and are played one after another, and
 * different chains at once. Scripts that may change all names are `exclusive`.
 */
export function chainsOf(scripts: readonly Script[]): {
  readonly chains: readonly (readonly Script[])[];
  readonly exclusive: readonly Script[];
} {
  let chains: { readonly stems: ReadonlySet<string>; readonly scripts: readonly Script[] }[] = [];
  const exclusive: Script[] = [];
  for (const script of scripts) {
    const stems = touchedStems(script);
    if (stems === undefined) {
      exclusive.push(script);
      continue;
    }
    const joined = chains.filter((chain) => !chain.stems.isDisjointFrom(stems));
    const all = joined.reduce<ReadonlySet<string>>((sum, chain) => sum.union(chain.stems), stems);
    const members = [...joined.flatMap((chain) => chain.scripts), script];
    chains = chains.filter((chain) => !joined.includes(chain));
    chains.push({ stems: all, scripts: members });
  }
  return { chains: chains.map((chain) => chain.scripts), exclusive };
}
