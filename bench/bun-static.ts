/**
 * One file in memory: `Bun.serve` with a static `Response` as its route, which Bun answers without
 * running JavaScript. The file is read once, at the start.
 *
 *   bun bun-static.ts PORT ROOT PATH
 */

const [port, root = "", path = ""] = process.argv.slice(2);
const content = await Bun.file(`${root}/${path}`).bytes();

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  development: false,
  routes: { [`/${path}`]: new Response(content, { headers: { "Content-Type": "text/plain" } }) },
});
