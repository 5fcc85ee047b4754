/** Preloaded by a program under test: answers a message with the paths of the loaded modules. */

process.on("message", () => process.send?.(Object.keys(require.cache)));
