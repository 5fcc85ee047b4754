/**
 * Measures what hashing alone costs. For each request the bytes of one upload are hashed with
 * SHA-256, in pieces as large as a socket delivers, and answered with 204. No upload is received.
 *
 *   bun bun-hash.ts PORT BYTES
 */

import { siteBytes, uploadBlock } from "./site.ts";

const PIECE_BYTES = 65_536;
const ANSWER = "HTTP/1.1 204 No Content\r\n\r\n";

const [port, uploadBytes] = process.argv.slice(2);
const block = siteBytes(uploadBlock);

function hashUpload(): void {
  const hasher = new Bun.CryptoHasher("sha256");
  for (let at = 0; at < Number(uploadBytes); at += PIECE_BYTES) {
    const from = at % block.length;
    hasher.update(block.subarray(from, from + PIECE_BYTES));
  }
  hasher.digest("hex");
}

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    // A request arrives in one read: the generator waits for the answer before it sends the next.
    data(socket) {
      hashUpload();
      socket.write(ANSWER);
    },
  },
});
