/**
 * The names that files have while they are written: hidden ones, so that no visitor is told of
 * them, and none that anybody else would choose.
 */

const prefix = ".postern-upload-";
const pattern = /^\.postern-upload-[\da-f]{32}$/;

/** A name that nothing has. */
export function temporaryName(): string {
  return prefix + crypto.randomUUID().replaceAll("-", "");
}

/** Whether `name` is such a name. */
export function isTemporaryName(name: string): boolean {
  return pattern.test(name);
}
