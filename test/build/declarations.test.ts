import { describe, expect, test } from "bun:test";

import { completed } from "../../build/declarations.ts";

const isValue = (name: string): boolean => name === "serve";

describe("bundled declarations", () => {
  test("export as values what is there when the program runs", () => {
    const text = "declare class Form {}\nexport { Form, serve };\nexport type { A };\n";
    expect(completed(text, isValue)).toBe(
      "declare class Form {}\nexport { serve };\nexport type { Form };\nexport type { A };\n",
    );
    expect(completed("export { Form };\n", isValue)).toBe("export type { Form };\n");
  });

  test("take a platform's type from the program's global object, and only one that they use", () => {
    const text = completed("/** A Response. */\ndeclare const url: URL;\n", isValue);
    expect(text).toBe(
      "type URL = typeof globalThis extends { URL: new (...given: never) => infer T } ? T : { readonly href: string };\n" +
        "/** A Response. */\ndeclare const url: URL;\n",
    );
  });

  test("tell Fetch's Response from postern's", () => {
    const text = completed("type Both = Response | globalThis.Response;\n", isValue);
    expect(text).toEndWith("\ntype Both = Response | FetchResponse;\n");
    expect(text).toStartWith("type FetchResponse = typeof globalThis extends { Response: ");
  });

  test("ask for the library of resources where they are some", () => {
    const text = "interface Server extends AsyncDisposable {}\n";
    expect(completed(text, isValue)).toBe(`/// <reference lib="esnext.disposable" />\n${text}`);
  });

  test("are no program", () => {
    expect(completed("#!/usr/bin/env bun\ntype A = 1;\n", isValue)).toBe("type A = 1;\n");
  });
});
