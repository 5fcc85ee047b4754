/**
 * The file server that Bun's manual shows: `Bun.serve` answering with `Bun.file`.
 *
 *   bun bun-file.ts PORT ROOT [CERTIFICATE KEY]
 */

const [port, root = "", certificate, key] = process.argv.slice(2);
const hasTls = certificate !== undefined && key !== undefined;

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  ...(hasTls ? { tls: { cert: Bun.file(certificate), key: Bun.file(key) } } : {}),
  fetch(request) {
    const file = Bun.file(root + new URL(request.url).pathname);
    return new Response(file);
  },
});
