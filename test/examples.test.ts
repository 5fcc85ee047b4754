/** The examples are tests themselves; this runs them with all the others. */

await import("../examples/wire.test.ts");
