/**
 * The file of a Unix socket (unix(7)) that a server is to listen on. A server that was killed
 * leaves its file behind, and then bind(2) fails. So a file that is there is asked: a socket at
 * which no process listens refuses a connection and is removed. Anything else stays, and is an
 * error.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { socketPathFault } from "../base/socket-path.ts";
import { lookAt } from "../system/file-system.ts";
import type { Listener } from "./listener.ts";
import type { ListenFailure } from "./listening/listen-failure.ts";

/** S_IFMT and S_IFSOCK (sys/stat.h). */
const fileTypeMask = 0o170000;
const socketType = 0o140000;

function refused(message: string): Result<void, ListenFailure> {
  return failure({ kind: "failed", message });
}

/** Whether a process listens on the socket at `path`; the name of another error. */
async function answers(path: string): Promise<boolean | string> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.terminate();
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    // EAGAIN: it listens, and has no room for another client now (connect(2)).
    if (code === "EAGAIN") return true;
    return code === "ECONNREFUSED" || code === "ENOENT" ? false : code;
  }
}

/** Makes room for a socket at `path`: removes one that no process listens on any more. */
async function clearSocketPath(path: string): Promise<Result<void, ListenFailure>> {
  const fault = socketPathFault(path);
  if (fault !== undefined) return refused(fault);
  const before = lookAt(path);
  if (!before.ok) return success(undefined);
  if ((before.value.mode & fileTypeMask) !== socketType) {
    return refused(`${path} is there already, and is no socket`);
  }
  const isAnswered = await answers(path);
  if (isAnswered === true) return refused(`${path} is in use`);
  if (isAnswered !== false) return refused(`${path} can't be asked whether it is in use`);
  // Another server may have replaced it meanwhile.
  const after = lookAt(path);
  if (after.ok && after.value.isSame(before.value)) {
    process.getBuiltinModule("node:fs").unlinkSync(path);
  }
  return success(undefined);
}

/** Why `listen` at `path` has failed with the system's error `code`. */
function failureOf(code: string, path: string): ListenFailure {
  switch (code) {
    case "EADDRINUSE":
      return { kind: "failed", message: `${path} is in use` };
    case "ENOENT":
    case "ENOTDIR":
      return { kind: "failed", message: `there is no folder for the socket ${path}` };
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return { kind: "not-permitted", message: `the socket ${path} may not be made` };
    default:
      return { kind: "failed", message: `can't listen on ${path}: ${code}` };
  }
}

/**
 * Calls `listen` so that the file it makes has the permission bits `mode`, from its first moment
 * on.
 */
function withMode<Value>(mode: number | undefined, listen: () => Value): Value {
  if (mode === undefined) return listen();
  const before = process.umask(0o777 & ~mode);
  try {
    return listen();
  } finally {
    process.umask(before);
  }
}

/**
 * Has `listener` listen on a Unix socket at `path`, whose file gets the permission bits `mode`, or
 * those that the umask leaves.
 */
export async function openSocket(
  listener: Listener,
  path: string,
  mode: number | undefined,
): Promise<Result<void, ListenFailure>> {
  const cleared = await clearSocketPath(path);
  if (!cleared.ok) return cleared;
  try {
    return success(withMode(mode, () => listener.openUnix(path)));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return failure(failureOf(code, path));
  }
}
