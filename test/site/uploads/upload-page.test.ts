import { describe, expect, test } from "bun:test";

import { storedResponse, uploadFormPage } from "../../../src/site/uploads/upload-page.ts";
import { requestOf } from "../fake-request.ts";
import { show } from "../shown-response.ts";

const stored = { name: "a (2).txt", sentAs: "<a>.txt", octets: 3, isReadable: true };

describe("what was stored", () => {
  test("is told as JSON, with the address of one file", () => {
    const answer = show(storedResponse(requestOf("POST /"), [stored], "./", { reason: "x" }));
    expect(answer.status).toBe(201);
    expect(answer.fields).toMatchObject({
      Location: "./a%20(2).txt",
      "Cache-Control": "no-store",
      Vary: "Accept",
      "Content-Type": "application/json",
    });
    expect(JSON.parse(answer.body)).toEqual({
      files: [
        {
          name: "a (2).txt",
          location: "./a%20(2).txt",
          sentAs: "<a>.txt",
          octets: 3,
          readable: true,
        },
      ],
    });
  });

  test("is told as a page to browsers, with a form for more", () => {
    const request = requestOf("POST /in", { Accept: "text/html,*/*;q=0.8" });
    const answer = show(storedResponse(request, [stored], "./in/", {}));
    expect(answer.fields["Content-Type"]).toBe("text/html; charset=utf-8");
    expect(answer.body).toContain('<a href="./in/a%20(2).txt">a (2).txt</a>');
    expect(answer.body).toContain("sent as &lt;a&gt;.txt");
    expect(answer.body).toContain('enctype="multipart/form-data"');
    expect(answer.body).not.toContain("<a>.txt");
  });

  test("says that visitors can't read it", () => {
    const shut = { ...stored, isReadable: false };
    const json = show(storedResponse(requestOf("POST /"), [shut], "./", {})).body;
    expect(json).toContain("--upload-mode");
    const request = requestOf("POST /", { Accept: "text/html" });
    const page = show(storedResponse(request, [shut], "./", {})).body;
    expect(page).toContain("--upload-mode");
    expect(page).not.toContain('<a href="./a');
  });

  test("has no one address when there are several files", () => {
    const answer = show(storedResponse(requestOf("POST /"), [stored, stored], "./", {}));
    expect(answer.fields["Location"]).toBeUndefined();
  });
});

test("the form can be used without a script", () => {
  expect(uploadFormPage(1)).toContain('<input type="file" name="file" multiple required>');
  expect(uploadFormPage(1)).not.toContain("<script");
});

test("the form has the page's style, after what was stored, too", () => {
  const asked = requestOf("POST /", { Accept: "text/html" });
  const page = show(storedResponse(asked, [stored], "./", {})).body;
  for (const markup of [uploadFormPage(1), page]) {
    expect(markup).toMatch(/button, ::file-selector-button \{[^}]*background: var\(--back\)/);
  }
});

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [20 * 1024 ** 2, "20 MiB"],
  [2 * 1024 ** 3 - 1, "1.9 GiB"],
  [1.5 * 1024 ** 3, "1.5 GiB"],
  [16 * 1024 ** 3, "16 GiB"],
  [3 * 1024 ** 5, "3072 TiB"],
])("the form's page says a limit of %d, and never more", (octetsMax, text) => {
  expect(uploadFormPage(octetsMax)).toContain(`<p class="soft">At most ${text} at once.</p>`);
});
