/**
 * Preloaded by a package's program under test: says on standard error when all parts are loaded that
 * are named in `AWAITED_PARTS`, with the process.
 */

const awaited = (process.env["AWAITED_PARTS"] ?? "").split(" ");

const look = setInterval(() => {
  const paths = Object.keys(require.cache);
  if (!awaited.every((part) => paths.some((path) => path.includes(`/dist/${part}-`)))) return;
  clearInterval(look);
  process.stderr.write(`loaded by ${process.pid}\n`);
}, 5).unref();
