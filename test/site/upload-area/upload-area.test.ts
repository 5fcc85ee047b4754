import { afterAll, expect, test } from "bun:test";

import { uploadArea } from "../../../src/site/upload-area/upload-area.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

// What it does is shown by test/browser/upload-area.test.ts.

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

test("without a script it is a form that is sent to the folder, and links to ?upload", async () => {
  expect(uploadArea.markup).toContain(
    '<form method="post" enctype="multipart/form-data" action="./">',
  );
  expect(uploadArea.markup).toContain('<input type="file" name="file" multiple required>');
  expect(uploadArea.markup).toContain('<a href="./?upload">');
  const client = new SiteClient(site.root, { post: "upload" });
  const { status, body } = await client.ask("GET /?upload");
  expect(status).toBe(200);
  expect(body).toContain('<input type="file" name="file" multiple required>');
});

test.each([true, false])(
  "the policy names its style and script, previews: %p",
  async (previews) => {
    const client = new SiteClient(site.root, { post: "upload", previews });
    const { body, fields } = await client.ask("GET /");
    const policy = fields["Content-Security-Policy"] ?? "";
    for (const name of ["script", "style"]) {
      const texts = [...body.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`, "g"))];
      const digests = texts.map(([, text = ""]) => {
        const digest = new Bun.CryptoHasher("sha256").update(text).digest("base64");
        return ` 'sha256-${digest}'`;
      });
      expect(digests).toHaveLength(previews ? 3 : 2);
      expect(policy).toContain(`${name}-src${digests.join("")};`);
    }
  },
);
