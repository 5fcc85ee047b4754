/**
 * The file server that Bun's manual shows: `Bun.serve` answering with `Bun.file`.
 *
 *   bun bun-serve.ts PORT ROOT
 */

const [port, root = ""] = process.argv.slice(2);

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  fetch(request) {
    const file = Bun.file(root + new URL(request.url).pathname);
    return new Response(file);
  },
});
