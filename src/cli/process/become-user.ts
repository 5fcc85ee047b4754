/**
 * `--user`: the process becomes another user when it has its listening sockets, and before it reads
 * anything that it serves.
 */

import { becomeIdentity, findIdentity } from "../../system/process/user-identity.ts";
import { readNamedFile } from "../../system/named-file.ts";
import { ServeError } from "../../site/serve-error.ts";

function refused(user: string, why: string): ServeError {
  return new ServeError("user", `can't run as ${user}: ${why}`);
}

/**
 * Why the user that this process is now can't read its program, of which parts are loaded when they
 * are first used; undefined when it can, or all parts are in the one file of an executable.
 */
function lackOfProgram(): string | undefined {
  if (Bun.isStandaloneExecutable || readNamedFile(Bun.main).ok) return undefined;
  return `that user may not read ${Bun.main}, and postern loads more of itself later`;
}

/**
 * Makes this process run as `user`, "NAME" or "NAME:GROUP", for good. `environment` gets that
 * user's HOME, USER and LOGNAME. Throws a `ServeError` when that can't be: the process has to end.
 */
export function becomeUser(user: string, environment: Record<string, string | undefined>): void {
  const found = findIdentity(user);
  if (!found.ok) throw refused(user, found.error);
  const { name, home } = found.value;
  const [presentUser, presentGroup] = [process.geteuid?.(), process.getegid?.()];
  if (presentUser !== 0) {
    if (presentUser === found.value.user && presentGroup === found.value.group) return;
    throw refused(user, "only root can become another user");
  }
  const become = becomeIdentity(found.value);
  if (!become.ok) throw refused(user, become.error);
  const lack = lackOfProgram();
  if (lack !== undefined) throw refused(user, lack);
  if (home !== undefined) environment["HOME"] = home;
  if (name !== undefined) environment["USER"] = environment["LOGNAME"] = name;
}
