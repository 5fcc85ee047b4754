/**
 * A folder that belongs to one user alone, with files of keys in it. The folder has mode 0700 and
 * its files 0600. What belongs to another user, or what others may read, is refused and not mended:
 * its content may be known or made by someone else.
 *
 * Files are written whole under a name of their own and then given their name, so no reader sees
 * half of one, and of two processes that make the same file one wins.
 */

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import type { Result } from "../../../base/result.ts";
import { failure, success } from "../../../base/result.ts";

/** The largest file that is read. */
const fileBytesMax = 65_536;

/** The bits of a mode that let others do anything. */
const othersBits = 0o077;

/** The environment's variables, by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where postern keeps what belongs to the user (XDG Base Directory Specification; on macOS as
 * Apple's File System Programming Guide says). Fails when the user has no home.
 */
export function dataFolder(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): Result<string, string> {
  const { XDG_DATA_HOME: data = "", HOME: home = homedir() } = environment;
  // The specification has relative paths ignored.
  if (isAbsolute(data)) return success(join(data, "postern"));
  if (!isAbsolute(home)) return failure("there is no home to keep it in: HOME is no path");
  const parts = platform === "darwin" ? ["Library", "Application Support"] : [".local", "share"];
  return success(join(home, ...parts, "postern"));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** What helps where the system refuses to make something: a service may not have a home. */
function elsewhere(code: string): string {
  const isRefused = ["EACCES", "EPERM", "EROFS"].includes(code) && process.platform !== "darwin";
  return isRefused ? "; XDG_DATA_HOME names another place to keep it" : "";
}

/** Why what is at `path` can't be trusted; undefined when it can. Its mode should be `wanted`. */
function mistrust(path: string, { uid, mode }: Stats, wanted: "600" | "700"): string | undefined {
  const self = process.geteuid?.();
  if (self !== undefined && uid !== self) return `${path} belongs to another user (${uid})`;
  if ((mode & othersBits) === 0) return undefined;
  return `${path} may be read by others: chmod ${wanted} ${path}`;
}

/** The folder. */
export class PrivateFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Opens the folder at `path`, which is made if it isn't there. Fails with a line. */
  static open(path: string): Result<PrivateFolder, string> {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      const stat = lstatSync(path);
      if (!stat.isDirectory()) return failure(`${path} is no folder`);
      const reason = mistrust(path, stat, "700");
      return reason === undefined ? success(new PrivateFolder(path)) : failure(reason);
    } catch (error) {
      return failure(`${path} can't be made: ${codeOf(error)}${elsewhere(codeOf(error))}`);
    }
  }

  /** The path of the file called `name`. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** The text of the file called `name`; undefined when there is none. Fails with a line. */
  read(name: string): Result<string | undefined, string> {
    const path = this.at(name);
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const code = codeOf(error);
      return code === "ENOENT" ? success(undefined) : failure(`${path} can't be read: ${code}`);
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.size > fileBytesMax) return failure(`${path} is no file of a key`);
      const reason = mistrust(path, stat, "600");
      return reason === undefined ? success(readFileSync(fd, "latin1")) : failure(reason);
    } catch (error) {
      return failure(`${path} can't be read: ${codeOf(error)}`);
    } finally {
      closeSync(fd);
    }
  }

  /** Makes the file called `name`, unless there is one: then "exists". Fails with a line. */
  create(name: string, text: string): Result<"created" | "exists", string> {
    return this.#write(name, text, (from, to) => {
      try {
        linkSync(from, to);
        return "created";
      } catch (error) {
        if (codeOf(error) === "EEXIST") return "exists";
        throw error;
      }
    });
  }

  /** Makes the file called `name`, in the place of one that is there. Fails with a line. */
  replace(name: string, text: string): Result<"replaced", string> {
    return this.#write(name, text, (from, to) => {
      renameSync(from, to);
      return "replaced";
    });
  }

  #write<Outcome>(
    name: string,
    text: string,
    settle: (from: string, to: string) => Outcome,
  ): Result<Outcome, string> {
    const path = this.at(name);
    const draft = this.at(`.${name}.${crypto.randomUUID()}`);
    try {
      const fd = openSync(draft, "wx", 0o600);
      try {
        writeFileSync(fd, text, "latin1");
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return success(settle(draft, path));
    } catch (error) {
      return failure(`${path} can't be written: ${codeOf(error)}`);
    } finally {
      rmSync(draft, { force: true });
    }
  }
}
