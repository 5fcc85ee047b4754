/**
 * Parses the statements about the tree:
 *
 *     tree   = "file" SP path *( SP option )
 *            / "dir" SP path *( SP option )
 *            / "fifo" SP path [ SP "mode=" mode ]
 *            / "link" SP path SP "->" SP target
 *            / "chmod" SP path SP mode
 *            / "remove" SP path
 *     option = "mode=" mode / "mtime=" date-time / "size=" 1*DIGIT SP "fill=count"
 *     mode   = 3*4( %x30-37 )
 *
 * A path is relative to the root, its segments are separated by "/", and none is empty, "." or
 * "..". A space in a path is written \x20.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { latin1Text } from "../../http/octets/bytes.ts";
import { readBytes } from "./escape.ts";
import type { Content, TreeChange } from "./script.ts";
import { checkLimits } from "../limits.ts";

const { nameBytesMax, fileBytesMax: fileSizeBytesMax } = checkLimits;

const fileModeDefault = 0o644;
const dirModeDefault = 0o755;

/** Parses a tree statement: its keyword and the rest of its line. */
export function readTreeStatement(
  keyword: string,
  rest: string,
  line: number,
): Result<TreeChange, string> {
  switch (keyword) {
    case "file":
      return readFile(rest, line);
    case "dir":
      return readDir(rest, line);
    case "fifo":
      return readFifo(rest, line);
    case "link":
      return readLink(rest, line);
    case "chmod":
      return readChmod(rest, line);
    default:
      return readRemove(rest, line);
  }
}

/** A path of the tree as Latin-1 text, its escapes resolved. */
export function readPath(text: string): Result<string, string> {
  const octets = readBytes(text);
  if (!octets.ok) return octets;
  const path = latin1Text(octets.value);
  const segments = path.split("/");
  const bad = segments.some((segment) => segment === "" || segment === "." || segment === "..");
  if (bad || path.includes("\0")) {
    return failure("a relative path without empty, . or .. segments and without NUL");
  }
  const long = segments.find((segment) => segment.length > nameBytesMax);
  if (long !== undefined) return failure(`names of ${nameBytesMax} bytes, not ${long.length}`);
  return success(path);
}

function readFile(rest: string, line: number): Result<TreeChange, string> {
  const words = rest.split(" ");
  const path = readPath(words[0] ?? "");
  if (!path.ok) return path;
  const options = readOptions(words.slice(1), ["mode", "mtime", "size", "fill"]);
  if (!options.ok) return options;
  const { size, fill } = options.value;
  if ((size === undefined) !== (fill === undefined)) return failure("size= and fill= together");
  if (fill !== undefined && fill !== "count") return failure("fill=count, the only pattern");
  const sizeBytes = Number(size ?? "0");
  if (!/^\d+$/u.test(size ?? "0") || sizeBytes > fileSizeBytesMax) {
    return failure(`size= a count of bytes up to ${fileSizeBytesMax}`);
  }
  const content: Content =
    size === undefined ? { kind: "bytes", bytes: new Uint8Array(0) } : { kind: "count", sizeBytes };
  const attributes = readAttributes(options.value, fileModeDefault);
  if (!attributes.ok) return attributes;
  return success({ kind: "file", line, path: path.value, content, ...attributes.value });
}

function readDir(rest: string, line: number): Result<TreeChange, string> {
  const words = rest.split(" ");
  const path = readPath(words[0] ?? "");
  if (!path.ok) return path;
  const options = readOptions(words.slice(1), ["mode", "mtime"]);
  if (!options.ok) return options;
  const attributes = readAttributes(options.value, dirModeDefault);
  if (!attributes.ok) return attributes;
  return success({ kind: "dir", line, path: path.value, ...attributes.value });
}

function readFifo(rest: string, line: number): Result<TreeChange, string> {
  const words = rest.split(" ");
  const path = readPath(words[0] ?? "");
  if (!path.ok) return path;
  const options = readOptions(words.slice(1), ["mode"]);
  if (!options.ok) return options;
  const attributes = readAttributes(options.value, fileModeDefault);
  if (!attributes.ok) return attributes;
  return success({ kind: "fifo", line, path: path.value, mode: attributes.value.mode });
}

function readLink(rest: string, line: number): Result<TreeChange, string> {
  const [from, target, ...more] = rest.split(" -> ");
  if (from === undefined || target === undefined || more.length > 0) {
    return failure("link PATH -> TARGET");
  }
  const path = readPath(from);
  if (!path.ok) return path;
  const octets = readBytes(target);
  if (!octets.ok) return octets;
  if (octets.value.length === 0 || octets.value.includes(0)) return failure("a target");
  return success({ kind: "link", line, path: path.value, target: latin1Text(octets.value) });
}

function readChmod(rest: string, line: number): Result<TreeChange, string> {
  const [from, modeText, ...more] = rest.split(" ");
  if (from === undefined || modeText === undefined || more.length > 0) {
    return failure("chmod PATH MODE");
  }
  const path = readPath(from);
  if (!path.ok) return path;
  const mode = readMode(modeText);
  if (!mode.ok) return mode;
  return success({ kind: "chmod", line, path: path.value, mode: mode.value });
}

function readRemove(rest: string, line: number): Result<TreeChange, string> {
  if (rest.includes(" ")) return failure("remove PATH, a space in it written \\x20");
  const path = readPath(rest);
  if (!path.ok) return path;
  return success({ kind: "remove", line, path: path.value });
}

function readMode(text: string): Result<number, string> {
  if (!/^[0-7]{3,4}$/u.test(text)) return failure("a mode in octal, like 0640");
  return success(Number.parseInt(text, 8));
}

function readOptions(
  words: readonly string[],
  allowed: readonly string[],
): Result<Readonly<Partial<Record<string, string>>>, string> {
  const options: Partial<Record<string, string>> = {};
  for (const word of words) {
    const at = word.indexOf("=");
    const name = word.slice(0, Math.max(at, 0));
    if (!allowed.includes(name)) {
      return failure(`${allowed.map((option) => `${option}=`).join(", ")} and not "${word}"`);
    }
    if (options[name] !== undefined) return failure(`${name}= once`);
    options[name] = word.slice(at + 1);
  }
  return success(options);
}

function readAttributes(
  options: Readonly<Partial<Record<string, string>>>,
  modeDefault: number,
): Result<{ readonly mode: number; readonly mtimeMs?: number }, string> {
  const mode = options["mode"] === undefined ? success(modeDefault) : readMode(options["mode"]);
  if (!mode.ok) return mode;
  const { mtime } = options;
  if (mtime === undefined) return success({ mode: mode.value });
  const mtimeMs = Date.parse(mtime);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/u.test(mtime) || Number.isNaN(mtimeMs)) {
    return failure("mtime= a UTC time like 2024-02-29T12:00:00Z");
  }
  return success({ mode: mode.value, mtimeMs });
}
