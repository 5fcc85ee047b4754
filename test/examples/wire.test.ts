/** The example is a test itself; this runs it with all the others. */

await import("../../examples/wire.test.ts");
