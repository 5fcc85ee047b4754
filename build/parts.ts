/**
 * The programs of the package in a few parts, with the engine's bytecode. A start then reads one
 * part instead of a hundred modules, and transpiles and parses none of them. A different version of
 * Bun ignores the bytecode and parses the parts (bun-types/docs/bundler/bytecode.mdx).
 *
 * The first part has what a server's start imports by statements, from the command line or the
 * library. What is loaded by `require` or `import()` lies in further parts, because a part is read,
 * and all of its functions are made, when the first module of it is used. Each module lies in one
 * part, so it has one instance; the other parts ask that part for it. Bun's own splitting makes ESM
 * only, for which there is no bytecode outside of an executable.
 *
 * A worker process is a part. The program of a thread is a bundle of its own, because it is small,
 * and a thread that loaded parts would have all of their functions made again.
 *
 * The library is in the parts, too, for programs that import it. Bun's bundler, which such a program
 * may be given to, doesn't know their form; for it, each export of the package is also one file.
 *
 * All files but those that a start names carry the digest of what all of them are made of. A process
 * whose package is replaced then finds no file for a part that it hasn't loaded, in place of one
 * that is another version's. What it asks of such a part fails with an error, which is said once.
 *
 * The packages of the registry that postern uses are in the parts, so that an installation brings
 * no others. There are no source maps: they would be half of the package.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

import { leanPackages, writeMediaTypes } from "./lean-packages.ts";
import { programFile, programPlaces, threads, workerProcess } from "./programs.ts";
import about from "../package.json";

/** The folder of the checkout. */
const root = join(import.meta.dir, "..");

/** The URL of a part, as the part itself asks for it. */
const partUrl = "Bun.pathToFileURL(partFile)";
const places = programPlaces(root, partUrl);
const packages = leanPackages(root, true);

/** What the command line and the library begin with. */
const commandLine = "src/cli/main.ts";
const library = "index.ts";
const scriptLibrary = "check.ts";

/** Where postern's code begins. */
const beginnings = [commandLine, library, scriptLibrary, workerProcess];

/**
 * The parts in dist/, in their order. A module that is loaded later lies in the first part whose
 * pattern it matches, and brings the modules that it imports by statements.
 */
const parts: readonly (readonly [file: string, modules: RegExp])[] = [
  // The start, the first answer with a file, and the end of the first connection.
  ["postern-start.js", /^(?:index|src\/cli\/main|src\/schedule\/collector)\.ts$/],
  // What most servers need sooner or later, and what has another process take over.
  [
    "often.js",
    /^src\/(?:(?:site\/(?:listing|preview|variants|pages|content)|tree\/listing|http|http1|schedule|server\/(?:connection|http1))\/(?!http1-tunnel|backend)|tree\/(?:mending|denial|near)|site\/(?:guards|markdown\/readme\.ts)|cli\/terminal|cli\/process\/(?:handover|kept-code))/,
  ],
  // What the requests of a server with no options may need.
  [
    "requests.js",
    /^src\/(?:site\/(?:archive|download|markdown|near|rules\/navigation|upload-area)|server\/(?:live-text|logging\/dropped|http1)|site\/forms\/(?:long|form-digest))/,
  ],
  ["postern-scripts.js", /^(?:check|src\/cli\/check-command)\.ts$/],
  ["certificates.js", /^src\/server\/tls\/local\/(?:authority|\w+-certificates?)\.ts$/],
  ["media-types.js", /^node_modules\/mime\//],
  ["workers.js", /^src\/cli\/workers\/workers\.ts$/],
  // Behind the part of its supervisor, which would otherwise ask this program for modules.
  [programFile(workerProcess), /^src\/cli\/workers\/worker\.ts$/],
  ["seldom.js", /./],
];

/** The packages that postern's code imports. */
const packageNames = Object.keys(about.dependencies);

/** What imports a module of this project, or of a package. */
const ownImport = new RegExp(`^(?:\\.|(?:${packageNames.join("|")})$)`);

/** The module that `path` means in `importer`, relative to the checkout. */
function moduleAt(path: string, importer: string): string {
  const folder = dirname(importer);
  return relative(root, path.startsWith(".") ? join(folder, path) : Bun.resolveSync(path, folder));
}

const [[firstPart]] = parts as [readonly [string, RegExp]];

/** What the programs are made of. */
interface Program {
  readonly imports: readonly Import[];
  /** The part of each module. */
  readonly partOf: ReadonlyMap<string, string>;
  /** The file of a part, or of a thread's program, by its name: "often-1f2e3d4c.js". */
  readonly fileOf: (name: string) => string;
}

/** An import of one module of this project by another. Paths are relative to the root. */
interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether it is a `require` or an `import()`, which run later, if at all. */
  readonly isLate: boolean;
}

/** Whether postern's own code imports `path`, and not a package. */
function isOwn(importer: string): boolean {
  return !importer.includes("/node_modules/");
}

/** The digest of the files at `paths`, and of the version of Bun, whose bytecode the parts have. */
function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256").update(Bun.revision);
  for (const path of paths.toSorted()) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest("hex").slice(0, 8);
}

/** What the programs are made of: what the bundler finds. */
export async function readProgram(): Promise<Program> {
  const imports: Import[] = [];
  const recorder: Bun.BunPlugin = {
    name: "imports",
    setup: (build) => {
      build.onResolve({ filter: ownImport }, ({ path, importer, kind }) => {
        if (!isOwn(importer)) return undefined;
        const isLate = kind !== "import-statement";
        imports.push({ from: relative(root, importer), to: moduleAt(path, importer), isLate });
        return undefined;
      });
    },
  };
  const how = { target: "bun", metafile: true } as const;
  const entrypoints = beginnings.map((path) => join(root, path));
  const built = await Bun.build({ ...how, entrypoints, plugins: [recorder, places, packages] });
  const programs = threads.map((path) => join(root, path));
  const beside = await Bun.build({ ...how, entrypoints: programs, plugins: [places, packages] });
  const makers = readdirSync(import.meta.dir).map((name) => join("build", name));
  const digest = digestOf([...new Set([...modulesIn(built), ...modulesIn(beside), ...makers])]);
  const fileOf = (name: string): string =>
    name === firstPart ? name : name.replace(/\.js$/, `-${digest}.js`);
  return { imports, partOf: partsOf(imports), fileOf };
}

/** The part of each module. */
function partsOf(imports: readonly Import[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const late = imports.filter(({ isLate }) => isLate).map(({ to }) => to);
  const roots = [...beginnings, ...late];
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

/** The names of the values that a module exports. */
function namesOf(path: string): readonly string[] {
  const source = readFileSync(join(root, path), "utf8");
  return new Bun.Transpiler({ loader: "ts" }).scan(source).exports;
}

/** The path of a module as a string literal. */
function literal(path: string): string {
  return JSON.stringify(join(root, path));
}

/**
 * The entry of the part that a start loads: the program, the library, and what other parts import.
 * Its modules are imported by statements, so that the bundler joins them all in one scope. It
 * exports values, where the bundler would make two functions of each export, and call them.
 */
function firstEntry(shared: readonly string[]): string {
  const names = shared.map((path) => namesOf(path));
  const exported = namesOf(library);
  const statements = shared.map((path, at) => {
    const list = names[at]?.map((name) => `${name} as ${name}$${at}`).join(", ");
    return `import { ${list} } from ${literal(path)};`;
  });
  const values = shared.map((path, at) => {
    const list = names[at]?.map((name) => `${name}: ${name}$${at}`).join(", ");
    return `${JSON.stringify(path)}: { ${list} }`;
  });
  return `
    import { main } from ${literal(commandLine)};
    import { ${exported.join(", ")} } from ${literal(library)};
    ${statements.join("\n")}
    let modules;
    const load = (path) => (modules ??= { ${values.join(", ")} })[path];
    Object.assign(partExports, { main, load, ${exported.join(", ")} });
  `;
}

/** The entry of a part whose modules are evaluated one by one, each when it is first asked for. */
function laterEntry(shared: readonly string[]): string {
  const values = shared.map((path) => `${JSON.stringify(path)}: () => require(${literal(path)})`);
  return `
    const modules = { ${values.join(", ")} };
    export const load = (path) => modules[path]();
  `;
}

/** The entry of `part`, which other parts ask for the modules `shared`. */
function entryOf(part: string, shared: readonly string[]): string {
  if (part === firstPart) return firstEntry(shared);
  if (part === programFile(workerProcess)) return `import ${literal(workerProcess)};`;
  return laterEntry(shared);
}

/**
 * `text` of the module `from` of `part`, with the modules of other parts that it loads late asked
 * for in their parts. The bundler would make a module of each, with two functions at every start.
 */
function lateText(from: string, text: string, part: string, { partOf, fileOf }: Program): string {
  return text.replaceAll(
    /(?<!typeof )\b(require|import)\("(\.[^"]+\.ts)"\)/g,
    (found, word: string, path: string) => {
      const to = moduleAt(path, join(root, from));
      const other = partOf.get(to) ?? part;
      if (other === part) return found;
      const module = `loadPart("./${fileOf(other)}").load(${JSON.stringify(to)})`;
      return word === "require" ? module : `Promise.resolve().then(() => ${module})`;
    },
  );
}

/**
 * Puts `part` together. Of a module in another part, a statement imports the values themselves,
 * which no longer change, so that their use costs nothing.
 */
function division(part: string, { imports, partOf, fileOf }: Program): Bun.BunPlugin {
  const isAsked = ({ from, to }: Import): boolean =>
    partOf.get(to) === part && partOf.get(from) !== part;
  const asked = imports.filter(isAsked).map(({ to }) => to);
  if (partOf.get(scriptLibrary) === part) asked.push(scriptLibrary);
  const entry = entryOf(part, [...new Set(asked)].toSorted());
  const files: ReadonlySet<string> = new Set(parts.map(([name]) => `./${fileOf(name)}`));
  return {
    name: "division",
    setup: (build) => {
      build.onResolve({ filter: /^(?:entry|part):/ }, ({ path }) => {
        const [namespace = "", name = ""] = path.split(":");
        return { namespace, path: name };
      });
      build.onResolve({ filter: /^\.\/[^/]+\.js$/ }, ({ path }) =>
        files.has(path) ? { path, external: true } : undefined,
      );
      build.onResolve({ filter: ownImport }, ({ path, importer, kind }) => {
        if (!isOwn(importer)) return undefined;
        const to = moduleAt(path, importer);
        if ((partOf.get(to) ?? part) === part) return undefined;
        return { namespace: kind === "import-statement" ? "shared" : "late", path: to };
      });
      build.onLoad({ filter: /./, namespace: "entry" }, () => ({ contents: entry, loader: "js" }));
      build.onLoad({ filter: /./, namespace: "part" }, ({ path }) => {
        return { contents: `export const { load } = loadPart("./${fileOf(path)}");`, loader: "js" };
      });
      build.onLoad({ filter: /./, namespace: "shared" }, ({ path }) => {
        const contents = `
          import { load } from "part:${partOf.get(path)}";
          export const { ${namesOf(path).join(", ")} } = load(${JSON.stringify(path)});
        `;
        return { contents, loader: "js" };
      });
      build.onLoad({ filter: /./, namespace: "late" }, ({ path }) => {
        const file = fileOf(partOf.get(path) ?? "");
        const module = `loadPart("./${file}").load(${JSON.stringify(path)})`;
        return { contents: `module.exports = ${module};`, loader: "js" };
      });
    },
  };
}

/** The engine's names for this file; the bundler would write those of a module. */
const ownNames = "var partFile = __filename, partExports = exports;";

/** What is said where a part can't be read, and is the error of what needs it. */
const lostPart =
  "a part of postern can't be read, since its files were replaced or removed: restart it (SIGUSR2)";

/**
 * What the first part begins with: `loadPart`, which reads another part. The one error of all parts that
 * can't be read has a name by which those that write errors know that it has been said.
 */
const partReader = `${ownNames}
var lost, loadPart = exports.loadPart = (file) => {
  try {
    return require(file);
  } catch (error) {
    if (lost === undefined) {
      lost = new Error(${JSON.stringify(lostPart)}, { cause: error });
      lost.name = "LostPart";
      process.stderr.write("postern: " + lost.message + "\\n");
    }
    throw lost;
  }
};`;

/** What a further part begins with. */
const partUser = `${ownNames}
var { loadPart } = require("./${firstPart}");`;

/** How everything is bundled. */
const common = {
  target: "bun",
  // The only format that supports bytecode outside of an executable.
  format: "cjs",
  bytecode: true,
  minify: true,
  metafile: true,
  banner: ownNames,
} as const;

/** The modules that lie in a file, relative to the checkout. */
function modulesIn({ metafile }: Bun.BuildOutput): readonly string[] {
  const paths = Object.keys(metafile?.inputs ?? {});
  const written = paths.filter((path) => !/^(?:entry|part|shared|late):/.test(path));
  return written.map((path) => relative(root, join(process.cwd(), path)));
}

/** The names of all values that the package exports. */
export function exportedValues(): readonly string[] {
  return [library, scriptLibrary].flatMap((path) => namesOf(path));
}

/**
 * The module that other programs import. It takes the values from the parts, which load fastest.
 * A program that was bundled with it has no parts beside it; the bundler has put `whole` into it,
 * a file that it understands. Classes get the names back that the bundler has made short: Bun prints
 * `name` of errors, and `displayName` of other objects.
 */
function exportsOf(path: string, part: string, whole: string): string {
  const values = path === library ? "part" : `part.load(${JSON.stringify(path)})`;
  return `const parts = import.meta.dir + "/${part}";
function load() {
  try {
    const part = require(parts);
    return ${values};
  } catch (error) {
    if (error instanceof ResolveMessage && error.specifier === parts) return require("./${whole}");
    throw error;
  }
}
const values = load();
for (const [name, value] of Object.entries(values)) {
  if (!/^[A-Z]/.test(name)) continue;
  Object.defineProperties(value, { name: { value: name }, displayName: { value: name } });
}
export const { ${namesOf(path).join(", ")} } = values;
`;
}

/** Writes what other programs import to `folder`. */
export async function writeLibraries(folder: string, { fileOf }: Program): Promise<void> {
  const givers = { [library]: firstPart, [scriptLibrary]: "postern-scripts.js" };
  for (const [path, part] of Object.entries(givers)) {
    const name = basename(path, ".ts");
    await Bun.build({
      entrypoints: [join(root, path)],
      outdir: folder,
      naming: `${name}-whole.cjs`,
      // Plain CommonJS: as ESM, it would load all modules of the runtime that any of it uses.
      target: "node",
      format: "cjs",
      minify: true,
      banner: ownNames,
      plugins: [places, packages],
    });
    await Bun.write(join(folder, `${name}.js`), exportsOf(path, fileOf(part), `${name}-whole.cjs`));
  }
}

/**
 * Writes the programs and the parts to `folder`. Returns the modules of each, relative to the
 * checkout, by its name.
 */
export async function writePrograms(
  folder: string,
  program: Program,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { fileOf } = program;
  await writeMediaTypes(root, folder);
  const files = new Map<string, readonly string[]>();
  for (const [part] of parts) {
    const built = await Bun.build({
      ...common,
      banner: part === firstPart ? partReader : partUser,
      entrypoints: [`entry:${part}`],
      outdir: folder,
      naming: fileOf(part),
      plugins: [
        division(part, program),
        packages,
        programPlaces(
          root,
          partUrl,
          (name, text) => lateText(name, text, part, program),
          (path) => fileOf(programFile(path)),
        ),
      ],
    });
    files.set(part, modulesIn(built));
  }
  for (const path of threads) {
    const name = programFile(path);
    const built = await Bun.build({
      ...common,
      entrypoints: [join(root, path)],
      outdir: folder,
      naming: fileOf(name),
      plugins: [places, packages],
    });
    files.set(name, modulesIn(built));
  }
  return files;
}
