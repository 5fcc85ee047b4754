#!/usr/bin/env bun
/**
 * The command `postern`. An installed package runs a bundle (`bundle.ts`), which starts in half the
 * time. A checkout has no bundle and runs the sources.
 */

import type { main as Main } from "../src/cli/main.ts";

const bundle = "../dist/postern.js";

function load(): { readonly main: typeof Main } | undefined {
  try {
    return require(bundle);
  } catch (error) {
    if (error instanceof ResolveMessage && error.specifier === bundle) return undefined;
    throw error;
  }
}

const { main } = load() ?? (await import("../src/cli/main.ts"));
await main(process.argv.slice(2));
