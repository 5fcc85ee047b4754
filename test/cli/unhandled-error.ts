/** Preloaded by a program under test: signals make errors that nothing handles. */

process.on("SIGUSR2", () => void Promise.reject(new Error("a rejection, by a test")));
process.on("SIGWINCH", () => {
  throw new Error("an exception, by a test");
});
