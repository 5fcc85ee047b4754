/**
 * Builds the package: the files of this checkout, and the command line bundled into a few parts with
 * the engine's bytecode. A start then reads one part instead of a hundred modules, and transpiles
 * and parses none of them. A different version of Bun ignores the bytecode and parses the parts
 * (bun-types/docs/bundler/bytecode.mdx).
 *
 *   bun bundle.ts            the parts and the manual page, in dist/; what `prepack` does
 *   bun bundle.ts FOLDER     the whole package, laid out in FOLDER as it is installed
 *
 * The first part has what the start imports by statements. What is loaded by `require` or `import()`
 * lies in further parts, because a part is read, and all of its functions are made, when the first
 * module of it is used. Each module lies in one part, so it has one instance; the other parts ask
 * that part for it. Bun's own splitting makes ESM only, for which there is no bytecode.
 *
 * Programs that import the package get the sources, with their types. Workers also run from the
 * sources, because each is a program of its own.
 */

import { cpSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import about from "./package.json";

/**
 * The parts in dist/, in their order. A module that is loaded later lies in the first part whose
 * pattern it matches, and brings the modules that it imports by statements.
 */
const parts: readonly (readonly [file: string, modules: RegExp])[] = [
  // The start, the first answer with a file, and the end of the first connection.
  ["postern.js", /^src\/(?:cli\/main|schedule\/collector)\.ts$/],
  // What most servers need sooner or later.
  [
    "often.js",
    /^src\/(?:(?:site\/(?:listing|preview|variants|pages|content)|tree\/listing|http|http1|schedule|server\/(?:connection|http1))\/(?!http1-tunnel|backend)|tree\/(?:mending|near)|site\/(?:guards|markdown\/readme\.ts)|cli\/terminal)/,
  ],
  ["check.js", /^src\/cli\/check-command\.ts$/],
  ["seldom.js", /./],
];

const [[firstPart]] = parts as [readonly [string, RegExp]];

/** An import of one module of this project by another. Paths are relative to the root. */
interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is a `require` or an `import()`, which run later, if at all. */
  readonly isLate: boolean;
}

/** The modules of the command line, and what they import: what the bundler finds. */
async function importsIn(root: string): Promise<readonly Import[]> {
  const imports: Import[] = [];
  const recorder: Bun.BunPlugin = {
    name: "imports",
    setup: (build) => {
      build.onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
        const to = relative(root, join(dirname(importer), path));
        imports.push({ from: relative(root, importer), to, isLate: kind !== "import-statement" });
        return undefined;
      });
    },
  };
  const entrypoints = [join(root, "src/cli/main.ts")];
  const external = Object.keys(about.dependencies);
  await Bun.build({ entrypoints, target: "bun", external, plugins: [recorder] });
  return imports;
}

/** The part of each module. */
function partsOf(imports: readonly Import[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const late = imports.filter(({ isLate }) => isLate).map(({ to }) => to);
  const roots = ["src/cli/main.ts", ...late];
  for (const [part, pattern] of parts) {
    const open = roots.filter((path) => pattern.test(path));
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (found.has(path)) continue;
      found.set(path, part);
      for (const { from, to, isLate } of imports) if (from === path && !isLate) open.push(to);
    }
  }
  return found;
}

/** The names that the module in `file` exports. */
function namesOf(file: string): readonly string[] {
  return new Bun.Transpiler({ loader: "ts" }).scan(readFileSync(file, "utf8")).exports;
}

/**
 * The entry of the part that a start loads: the program, and what other parts import. Its modules
 * are imported by statements, so that the bundler joins them all in one scope.
 */
function firstEntry(root: string, shared: readonly string[]): string {
  const names = shared.map((path) => namesOf(join(root, path)));
  const statements = shared.map((path, at) => {
    const list = names[at]?.map((name) => `${name} as ${name}$${at}`).join(", ");
    return `import { ${list} } from ${JSON.stringify(join(root, path))};`;
  });
  const values = shared.map((path, at) => {
    const list = names[at]?.map((name) => `${name}: ${name}$${at}`).join(", ");
    return `${JSON.stringify(path)}: { ${list} }`;
  });
  return `
    export { main } from ${JSON.stringify(join(root, "src/cli/main.ts"))};
    ${statements.join("\n")}
    let modules;
    export const load = (path) => (modules ??= { ${values.join(", ")} })[path];
  `;
}

/** The entry of a part whose modules are evaluated one by one, each when it is first asked for. */
function laterEntry(root: string, shared: readonly string[]): string {
  const values = shared.map(
    (path) => `${JSON.stringify(path)}: () => require(${JSON.stringify(join(root, path))})`,
  );
  return `
    const modules = { ${values.join(", ")} };
    export const load = (path) => modules[path]();
  `;
}

/**
 * Puts `part` together: `partOf` says where each module lies. Of a module in another part, a
 * statement imports the values themselves, which no longer change, so that their use costs nothing.
 */
function division(
  root: string,
  part: string,
  imports: readonly Import[],
  partOf: ReadonlyMap<string, string>,
): Bun.BunPlugin {
  const isAsked = ({ from, to }: Import): boolean =>
    partOf.get(to) === part && partOf.get(from) !== part;
  const shared = [...new Set(imports.filter(isAsked).map(({ to }) => to))].toSorted();
  const entry = part === firstPart ? firstEntry(root, shared) : laterEntry(root, shared);
  return {
    name: "division",
    setup: (build) => {
      build.onResolve({ filter: /^(?:entry|part):/ }, ({ path }) => {
        const [namespace = "", name = ""] = path.split(":");
        return { namespace, path: name };
      });
      build.onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
        const to = relative(root, join(dirname(importer), path));
        if ((partOf.get(to) ?? part) === part) return undefined;
        return { namespace: kind === "import-statement" ? "shared" : "late", path: to };
      });
      build.onLoad({ filter: /./, namespace: "entry" }, () => ({ contents: entry, loader: "js" }));
      build.onLoad({ filter: /./, namespace: "part" }, ({ path }) => {
        return { contents: `export const { load } = require("./${path}");`, loader: "js" };
      });
      build.onLoad({ filter: /./, namespace: "shared" }, ({ path }) => {
        const names = namesOf(join(root, path)).join(", ");
        const contents = `
          import { load } from "part:${partOf.get(path)}";
          export const { ${names} } = load(${JSON.stringify(path)});
        `;
        return { contents, loader: "js" };
      });
      build.onLoad({ filter: /./, namespace: "late" }, ({ path }) => {
        const module = `require("./${partOf.get(path)}").load(${JSON.stringify(path)})`;
        return { contents: `module.exports = ${module};`, loader: "js" };
      });
    },
  };
}

/**
 * In a bundle, `import.meta.url` would be the path of the module on the machine that made the
 * bundle. This plugin replaces it with the module's path in the installed package, relative to the
 * program, bin/postern.ts.
 */
const modulePaths = (root: string): Bun.BunPlugin => ({
  name: "module paths",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = JSON.stringify(`/../../${relative(root, path)}`);
      const source = await Bun.file(path).text();
      const contents = source.replaceAll(
        "import.meta.url",
        `Bun.pathToFileURL(Bun.main + ${place}).href`,
      );
      if (contents.includes("import.meta."))
        throw new Error(`${path}: import.meta is used in a way that the bundle cannot replace`);
      return { contents, loader: "ts" };
    });
  },
});

/**
 * Writes the manual page of the package in `folder` into dist/. `man` of package.json is a list,
 * since npm 11 puts no single path where `man` looks.
 */
async function writeManual(folder: string): Promise<void> {
  const { manualPage } = await import("./src/cli/manual/manual-page.ts");
  for (const page of about.man) await Bun.write(join(folder, page), manualPage());
}

/** Bundles the command line of the package in `folder` into dist/. */
async function bundle(folder: string): Promise<void> {
  const root = resolve(folder);
  await writeManual(root);
  const imports = await importsIn(root);
  const partOf = partsOf(imports);
  for (const [part] of parts) {
    await Bun.build({
      entrypoints: [`entry:${part}`],
      outdir: join(root, "dist"),
      naming: part,
      target: "bun",
      // The only format that supports bytecode.
      format: "cjs",
      bytecode: true,
      minify: true,
      // Maps the stack of an error to the sources.
      sourcemap: "linked",
      external: [...Object.keys(about.dependencies), ...parts.map(([name]) => `./${name}`)],
      plugins: [division(root, part, imports, partOf), modulePaths(root)],
    });
  }
}

/** Writes the package to `folder`, without its dependencies. */
export async function layOut(folder: string): Promise<void> {
  for (const name of ["package.json", ...about.files]) {
    if (name === "dist") continue;
    cpSync(join(import.meta.dir, name), join(folder, name), { recursive: true });
  }
  await bundle(folder);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  await (folder === undefined ? bundle(import.meta.dir) : layOut(folder));
}
