/**
 * The package's declarations: what `postern` and `postern/check` export, and of all other types only
 * what these need, in a file for each and one for what both share. They need TypeScript 5.7 or
 * later, with any `lib` from ES2022 on, and no other package.
 *
 * A program that uses Fetch's types has them from `@types/bun`, `@types/node` or lib.dom. The
 * declarations name none of these three, so that they bring no globals: a type of the platform is
 * that of the program's global object, and where the program has none, what of it is certain.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** The platform's types that the declarations use, and what each is where a program has none. */
const platformTypes: Readonly<Record<string, string>> = {
  AbortSignal: "{ readonly aborted: boolean }",
  Response: "never",
  URL: "{ readonly href: string }",
  URLSearchParams: "Iterable<[string, string]> & { get(name: string): string | null }",
};

/** The name of a platform's type in the declarations; `Response` is postern's own. */
function nameOf(type: string): string {
  return type === "Response" ? "FetchResponse" : type;
}

/** The declarations' code without its comments. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, "");
}

/** What stands before declarations that use the platform's types, or resources of `using`. */
function preamble(code: string): string {
  const lines = Object.entries(platformTypes).flatMap(([type, fallback]) => {
    const name = nameOf(type);
    if (!new RegExp(`(?<!["'\`.\\w])${name}\\b`).test(code)) return [];
    const hasIt = `typeof globalThis extends { ${type}: new (...given: never) => infer T }`;
    return [`type ${name} = ${hasIt} ? T : ${fallback};\n`];
  });
  if (/\b(?:Async)?Disposable\b/.test(code)) {
    lines.unshift('/// <reference lib="esnext.disposable" />\n');
  }
  return lines.join("");
}

/**
 * `text`, declarations as they were bundled, with what they need. Of what is exported, only what
 * `isValue` names is there when the program runs; the rest are types.
 */
export function completed(text: string, isValue: (name: string) => boolean): string {
  const renamed = text
    .replace(/^#!.*\n/, "")
    .replaceAll("globalThis.Response", nameOf("Response"))
    .replaceAll(/^export \{ ([^}]*) \};$/gm, (_, list: string) => {
      const names = list.split(", ");
      const values = names.filter((name) => isValue(name));
      const types = names.filter((name) => !isValue(name));
      const lines = [
        values.length === 0 ? "" : `export { ${values.join(", ")} };`,
        types.length === 0 ? "" : `export type { ${types.join(", ")} };`,
      ];
      return lines.filter((line) => line !== "").join("\n");
    });
  return preamble(codeOf(renamed)) + renamed;
}

/** Writes the declarations of the checkout at `root` to `folder`; `values` are the exported values. */
export async function writeDeclarations(
  root: string,
  folder: string,
  values: readonly string[],
): Promise<void> {
  const bundle = await rollup({
    input: { index: join(root, "index.ts"), check: join(root, "check.ts") },
    plugins: [
      dts({ tsconfig: join(root, "tsconfig.json"), compilerOptions: { stripInternal: true } }),
    ],
    external: [/^(?:node|bun):/],
    onLog: (level, { message }) => {
      if (level !== "debug") throw new Error(message);
    },
  });
  await bundle.write({
    dir: folder,
    format: "es",
    chunkFileNames: "shared.d.ts",
    minifyInternalExports: false,
  });
  await bundle.close();
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".d.ts"))) {
    const file = Bun.file(join(folder, name));
    const isValue = (exported: string): boolean => values.includes(exported);
    await file.write(completed(await file.text(), isValue));
  }
}
