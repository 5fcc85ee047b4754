/**
 * The file of a Unix socket (unix(7)) that a server is to listen on. A server that was killed
 * leaves its file behind, and then bind(2) fails. So a file that is there is asked: a socket at
 * which no process listens refuses a connection and is removed. Anything else stays, and is an
 * error.
 *
 * Bun removes the file of a socket that it has made when it closes the socket, by its path. A
 * server that another process takes over from must leave it. So Bun makes the socket and closes it
 * in the same turn, while the file has another name, and the server accepts on a copy of the
 * descriptor, which has no file for Bun. That takes libc; without it the socket stays Bun's.
 */

import type { BigIntStats } from "node:fs";

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { socketPathFault } from "../base/socket-path.ts";
import { lookAt } from "../system/file-system.ts";
import { loadPortCalls } from "../system/port-calls.ts";
import type { Listener } from "./listener.ts";
import type { ListenFailure } from "./listening/listen-failure.ts";

/** S_IFMT and S_IFSOCK (sys/stat.h). */
const fileTypeMask = 0o170000;
const socketType = 0o140000;

const files = process.getBuiltinModule("node:fs");

/** What is at `path`, which may be a link; undefined for nothing, and where it can't be seen. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return files.lstatSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

/** The file of a socket that listens, which the server that made it removes. */
export class SocketFile {
  readonly #path: string;
  /** The file; undefined once it has been removed, or isn't this server's any more. */
  #own: BigIntStats | undefined;

  /** There is a socket at `path`. */
  constructor(path: string) {
    this.#path = path;
    this.#own = statOf(path);
  }

  /**
   * Removes the file, unless another is in its place. To be called while the socket is open, since
   * the system may give the number of the file to another one afterwards.
   */
  remove(): void {
    const there = statOf(this.#path);
    const isOwn = there?.ino === this.#own?.ino && there?.dev === this.#own?.dev;
    this.leave();
    if (there === undefined || !isOwn) return;
    try {
      files.unlinkSync(this.#path);
    } catch {
      // The folder is another user's by now, or another process was faster.
    }
  }

  /** Leaves the file where it is, for good: another process has the socket. */
  leave(): void {
    this.#own = undefined;
  }
}

/**
 * The file at `path` of a socket that another process has made, and which this server is to remove.
 * It gets the permission bits `mode`, unless it is gone or another user's by now.
 */
export function takeFile(path: string, mode: number | undefined): SocketFile {
  try {
    if (mode !== undefined) files.chmodSync(path, mode);
  } catch {
    // The socket is served all the same.
  }
  return new SocketFile(path);
}

function refused(message: string): Result<void, ListenFailure> {
  return failure({ kind: "failed", message });
}

/** The system's name of `error`. */
function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Whether a process listens on the socket at `path`; the name of another error. */
async function answers(path: string): Promise<boolean | string> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } });
    socket.terminate();
    return true;
  } catch (error) {
    const code = codeOf(error);
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
    files.unlinkSync(path);
  }
  return success(undefined);
}

/** Why `listen` at `path` has failed with the system's error `code`. */
function failureOf(code: string, path: string): ListenFailure {
  switch (code) {
    case "EADDRINUSE":
    case "EEXIST":
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

/** Gives the file `aside` the name `path`. Throws where another server has a file there by now. */
function putBack(aside: string, path: string): void {
  try {
    files.linkSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") return files.renameSync(aside, path);
    files.unlinkSync(aside);
    throw error;
  }
  files.unlinkSync(aside);
}

/**
 * Has `listener` accept on a copy of its one socket, whose file is at `path`, and Bun know of no
 * file. Answers with the file; undefined where there is no libc, and Bun removes it.
 */
function takeFromBun(listener: Listener, path: string): SocketFile | undefined {
  const copy = loadPortCalls()?.copy(listener.descriptors[0] ?? -1) ?? -1;
  if (copy < 0) return undefined;
  const aside = `${path}.${process.pid}`;
  files.renameSync(path, aside);
  listener.closeSockets();
  listener.openAt({ fd: copy });
  putBack(aside, path);
  return new SocketFile(path);
}

/**
 * Has `listener` listen on a Unix socket at `path`, whose file gets the permission bits `mode`, or
 * those that the umask leaves. Answers with the file, if the server has to remove it itself.
 */
export async function openSocket(
  listener: Listener,
  path: string,
  mode: number | undefined,
): Promise<Result<SocketFile | undefined, ListenFailure>> {
  const cleared = await clearSocketPath(path);
  if (!cleared.ok) return cleared;
  try {
    withMode(mode, () => listener.openAt({ unix: path }));
    return success(takeFromBun(listener, path));
  } catch (error) {
    return failure(failureOf(codeOf(error), path));
  }
}
