/**
 * The package's declarations in projects as people have them: each version of TypeScript, each way
 * of finding modules, with and without the types of a platform, with and without the checking of
 * declarations. Each project is strict, uses what the package exports, and expects its mistakes to
 * be errors, so that a type that has become `any` is noticed.
 *
 * TypeScript 5 and 7 are installed from the npm registry, by way of the installer's cache. Where that
 * can't be reached their tests are skipped. `bun check` is a TypeScript 7, too.
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import tools from "../../tools/package.json";
import { PackedPackage } from "./packed-package.ts";

// The package is built before the first test, and a compiler checks many projects in one.
setDefaultTimeout(300_000);

const compilers = { 5: "5.9.3", 7: "7.0.2" } as const;

/** What needs nothing of a platform. */
const plain = `import {
  BodyError,
  defaultLimits,
  defineConfig,
  type MemoryFiles,
  ResponseBuilder,
  type RouteHandler,
  serve,
  ServeError,
  type Server,
} from "postern";
import { recordScripts, wire, type WireOptions } from "postern/check";

const files: MemoryFiles = { "/a.txt": "a" };
export const config = defineConfig({ port: 0, limits: { idleTimeMs: 1000 } });
export const greet: RouteHandler = async ({ params, body }) => {
  let octets = 0;
  for await (const chunk of body) octets += chunk.length;
  if (octets > defaultLimits.bodyBytesMax) throw new BodyError("body-too-large");
  return new ResponseBuilder(200).text(\`\${params["name"] ?? ""} \${octets}\`).build();
};
export async function run(options: WireOptions): Promise<number> {
  const server: Server = await serve({ port: 0, files, wiretap: recordScripts("a", {}) });
  server.route("GET", "/hello/:name", greet);
  const href: string = server.url.href;
  wire(href, options);
  await server.stop();
  return server.port;
}
export const isOurs = (error: unknown): boolean => error instanceof ServeError;

// @ts-expect-error a port is a number
await serve({ port: "1" });
// @ts-expect-error an option by another name
await serve({ prot: 1 });
// @ts-expect-error 204 has no body (RFC 9110 §15.3.5)
new ResponseBuilder(204).text("a");
// @ts-expect-error a route answers with a response
export const wrong: RouteHandler = () => 5;
// @ts-expect-error a class that the package doesn't export as a value
import { Form } from "postern"; new Form(() => []);
`;

/** What uses the types of a platform, and resources. */
const withFetch = `import { type RouteHandler, serve } from "postern";

await using server = await serve({ port: 0 });
export const handler: RouteHandler = async ({ searchParams, signal }) => {
  const answer = await fetch(new URL("/a", server.url), { signal });
  return new Response(answer.body, { headers: { "X-A": searchParams.getAll("a").join() } });
};
using route = server.route("GET", "/a", handler);
export const path: string = server.url.pathname;
// @ts-expect-error it is a URL, and not anything
export const port: number = server.url.port;
// @ts-expect-error a route answers with a response
export const wrong: RouteHandler = () => new URL("/", server.url);
`;

const dom = ["ESNext", "DOM", "DOM.Iterable"];

/** Where the types of the platform come from. */
const platforms = {
  nothing: { lib: ["ES2022"], types: [] },
  "lib.dom": { lib: dom, types: [] },
  "@types/node": { lib: ["ESNext"], types: ["node"] },
  "@types/bun": { lib: ["ESNext"], types: ["bun"] },
  "@types/bun and lib.dom": { lib: dom, types: ["bun"] },
} as const;

const resolutions = { NodeNext: "NodeNext", Preserve: "bundler" } as const;

/** The settings that let more pass, which no project should need. */
const leniency = ["allowImportingTsExtensions", "skipLibCheck"] as const;

interface Project {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

/** All projects; the lenient ones have one of the settings, or both. */
function projects(): readonly Project[] {
  const subsets: readonly (readonly string[])[] = [[], ...leniency.map((name) => [name]), leniency];
  return Object.entries(platforms).flatMap(([platform, given]) =>
    Object.entries(resolutions).flatMap(([module, moduleResolution]) =>
      subsets.map((lenient) => ({
        name: [platform, module, ...lenient].join("-").replaceAll(/@types\/| /g, ""),
        settings: {
          ...given,
          module,
          moduleResolution,
          target: "ES2022",
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          skipLibCheck: lenient.includes("skipLibCheck"),
          allowImportingTsExtensions: lenient.includes("allowImportingTsExtensions"),
        },
        files: platform === "nothing" ? ["plain.ts"] : ["plain.ts", "with-fetch.ts"],
      })),
    ),
  );
}

const packed = new PackedPackage();
let folder = "";

beforeAll(async () => {
  await packed.pack();
  folder = await packed.install("project");
  mkdirSync(join(folder, "node_modules/@types"));
  for (const name of ["@types/bun", "@types/node", "bun-types", "undici-types"]) {
    const place = dirname(Bun.resolveSync(`${name}/package.json`, import.meta.dir));
    symlinkSync(place, join(folder, "node_modules", name));
  }
  await Bun.write(join(folder, "plain.ts"), plain);
  await Bun.write(join(folder, "with-fetch.ts"), withFetch);
  for (const { name, settings, files } of projects()) {
    const text = JSON.stringify({ compilerOptions: settings, files });
    await Bun.write(join(folder, `${name}.json`), text);
  }
});
afterAll(() => packed[Symbol.dispose]());

/** Installs a TypeScript. Returns its program; undefined where the registry can't be reached. */
const installing = Promise.all(
  Object.entries(compilers).map(async ([major, version]) => {
    const place = packed.folder(`typescript-${major}`);
    await Bun.write(join(place, "package.json"), "{}");
    // With the cache of the Bun that runs the tests, so that a compiler is loaded once.
    const child = Bun.spawn(["bun", "add", `typescript@${version}`], {
      cwd: place,
      env: { ...process.env, PATH: packed.path },
      stdout: "ignore",
      stderr: "ignore",
    });
    const program = join(place, "node_modules/typescript/bin/tsc");
    return [major, (await child.exited) === 0 ? program : undefined] as const;
  }),
);
const installed = new Map(await installing);
const ownCompiler = Bun.resolveSync("typescript/bin/tsc", import.meta.dir);

/** What `words`, a compiler in its build mode, say of the projects `names`. */
async function saidOf(words: readonly string[], names: readonly string[]): Promise<string> {
  const configs = names.map((name) => `${name}.json`);
  const { stdout, stderr, status } = await packed.run([...words, "-b", ...configs], folder);
  return `${stdout}${stderr}${status === 0 ? "" : `status ${status}`}`;
}

const all = projects().map(({ name }) => name);
/**
 * For compilers that take two seconds for each: those that let nothing pass, the less common ones
 * of them with one way of finding modules, and the most lenient.
 */
const few = all.filter((name) => {
  const lenient = leniency.filter((setting) => name.includes(setting));
  if (lenient.length === 2) return name.startsWith("bun-Preserve-");
  return lenient.length === 0 && (name.includes("NodeNext") || /^(?:nothing|bun)-/.test(name));
});

describe("the package type-checks in strict projects", () => {
  test("which are told apart by what they have", () => {
    expect(all).toHaveLength(40);
    expect(new Set(all).size).toBe(40);
    expect(few).toHaveLength(8);
  });

  test("of bun check, all of them", async () => {
    for (const name of all) {
      const words = ["bun", "check", "--no-script", "--no-pretty", "-p", `${name}.json`];
      const { stdout, stderr, status } = await packed.run(words, folder);
      expect([name, status, status === 0 ? "" : stdout + stderr]).toEqual([name, 0, ""]);
    }
  });

  const { typescript } = tools.devDependencies;

  test.concurrent(`of TypeScript ${typescript.split(".")[0]}`, async () => {
    expect(await saidOf(["bun", ownCompiler], few)).toBe("");
  });

  for (const [major, program] of installed) {
    const run = program === undefined ? test.skip : test.concurrent;
    run(`of TypeScript ${major} (needs the registry)`, async () => {
      expect(await saidOf(["bun", program ?? ""], few)).toBe("");
    });
  }
});

test("a project is told of what is wrong in it, by the same commands", async () => {
  const wrong = plain.replaceAll(/^\/\/ @ts-expect-error.*\n/gm, "");
  await Bun.write(join(folder, "wrong.ts"), wrong);
  const [project] = projects();
  const text = JSON.stringify({ compilerOptions: project?.settings, files: ["wrong.ts"] });
  await Bun.write(join(folder, "wrong.json"), text);
  expect((await saidOf(["bun", ownCompiler], ["wrong"])).match(/error TS\d+/g)).toHaveLength(5);
});
