/**
 * postern as a library, with a route that hashes an upload piece by piece. It answers 204 if the
 * upload is what the bench sends, 422 otherwise.
 *
 *   bun postern-upload.ts PORT ROOT BYTES
 */

import { ResponseBuilder, serve } from "../index.ts";
import { siteBytes, uploadBlock } from "./site.ts";

const [port, root = "", uploadBytes] = process.argv.slice(2);

const expected = ((): string => {
  const hasher = new Bun.CryptoHasher("sha256");
  const block = siteBytes(uploadBlock);
  for (let at = 0; at < Number(uploadBytes); at += block.length) hasher.update(block);
  return hasher.digest("hex");
})();

const server = await serve({ root, port: Number(port), record: false });
server.route("PUT", "/upload.bin", async (request) => {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const piece of request.body.chunks(Number(uploadBytes))) hasher.update(piece);
  return new ResponseBuilder(hasher.digest("hex") === expected ? 204 : 422).build();
});
