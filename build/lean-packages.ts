/**
 * Smaller forms of packages of the registry, for bundles that hold them. Bun leaves out what isn't
 * used of a module only where running it can have no effect, and these modules put decorators on
 * classes, or fill registers, as they are run.
 */

import { join } from "node:path";

/** What stands for a module that is imported by its package's name, below node_modules. */
const replaced: Readonly<Record<string, string>> = {
  // Where Node is one of its conditions, the package leads to a form that is loaded whole.
  tslib: "tslib/tslib.es6.mjs",
  // The library for ASN.1 uses nothing else of it.
  "@peculiar/utils": "@peculiar/utils/build/esm/bytes/index.js",
};

/** What no certificate of ours has, of the modules that one of @peculiar/asn1-x509 passes on. */
const unusedParts =
  /^export \* from "\.\/(?:authority_info|certificate_|crl_|entrust|inhibit|invalidity|issuer_|policy_|private_|subject_(?:dir|info)|tbs_cert_list).*$/gm;

/** A table of media types, as the one export of a module; it is called by the module's name. */
const mediaTypes = /\/mime\/dist\/types\/(\w+)\.js$/;

/** The file that holds the tables of media types for all bundles in a folder. */
const mediaTypesFile = "media-types.json";

/** Writes `mediaTypesFile` to `folder`, with the tables of the checkout at `root`. */
export async function writeMediaTypes(root: string, folder: string): Promise<void> {
  const names = ["standard", "other"] as const;
  const tables = names.map(async (name) => {
    const path = join(root, `node_modules/mime/dist/types/${name}.js`);
    return [name, ((await import(path)) as { readonly default: object }).default] as const;
  });
  const all = Object.fromEntries(await Promise.all(tables));
  await Bun.write(join(folder, mediaTypesFile), JSON.stringify(all));
}

/**
 * Gives the bundler the smaller forms of the packages that the checkout at `root` has installed.
 * `hasFile` says whether `mediaTypesFile` lies beside the bundle, for several that share it.
 */
export function leanPackages(root: string, hasFile = false): Bun.BunPlugin {
  const names = new RegExp(`^(?:${Object.keys(replaced).join("|")})$`);
  return {
    name: "lean packages",
    setup: (build) => {
      build.onResolve({ filter: names }, ({ path }) => ({
        path: join(root, "node_modules", replaced[path] ?? path),
      }));
      build.onLoad(
        { filter: /\/asn1-x509\/build\/\w+\/(?:\w+\/)?index\.js$/ },
        async ({ path }) => {
          const contents = (await Bun.file(path).text()).replaceAll(unusedParts, "");
          return { contents, loader: "js" };
        },
      );
      const file = `./${mediaTypesFile}`;
      build.onResolve({ filter: /^\.\/media-types\.json$/ }, () => ({
        path: file,
        external: true,
      }));
      build.onLoad({ filter: mediaTypes }, async ({ path }) => {
        const name = mediaTypes.exec(path)?.[1];
        const { default: types } = (await import(path)) as { readonly default: object };
        // The bytecode of an object's literal takes four times its text; a text is taken as it is.
        const text = `JSON.parse(${JSON.stringify(JSON.stringify(types))})`;
        const table = hasFile ? `require(${JSON.stringify(file)}).${name}` : text;
        return { contents: `export default Object.freeze(${table});`, loader: "js" };
      });
    },
  };
}
