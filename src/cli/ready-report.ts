/**
 * Reports that the server listens to the program that has started it: as a line of JSON on a
 * descriptor of its own, or as a file with the port in it. Standard output stays free for the log.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { closeDescriptor, lookInto } from "../system/file-system.ts";
import type { CommandLine } from "./options/command-line.ts";

/** S_IFMT (sys/stat.h). What has no type is the engine's own: an event queue, say. */
const fileTypeMask = 0o170000;

/** Fails with a line when nothing that can be written to has been given as `descriptor`. */
export function checkDescriptor(descriptor: number): Result<void, string> {
  const stat = lookInto(descriptor);
  const isGiven = stat.ok && (stat.value.mode & fileTypeMask) !== 0 && !stat.value.isFolder;
  return isGiven
    ? success(undefined)
    : failure(`--ready json:${descriptor}: descriptor ${descriptor} is not open`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/** Writes `line` to `descriptor` and closes that, so that its reader sees the end. */
async function reportTo(descriptor: number, line: string): Promise<Result<void, string>> {
  try {
    await Bun.write(Bun.file(descriptor), line);
    closeDescriptor(descriptor);
    return success(undefined);
  } catch (error) {
    return failure(`--ready json:${descriptor}: ${codeOf(error)}`);
  }
}

/**
 * Writes `port` to `file`, under another name first, so that a reader finds the whole port or no
 * file. The file is removed when the process exits, unless another process has replaced it.
 */
function writePortFile(file: string, port: number): Result<void, string> {
  const { readFileSync, renameSync, rmSync, statSync, writeFileSync } =
    process.getBuiltinModule("node:fs");
  const text = `${port}\n`;
  let own = 0;
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    own = statSync(draft).ino;
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    return failure(`the port file ${file} can't be written: ${codeOf(error)}`);
  }
  process.on("exit", () => {
    try {
      if (statSync(file).ino === own && readFileSync(file, "utf8") === text) rmSync(file);
    } catch {
      // It is gone already.
    }
  });
  return success(undefined);
}

/**
 * Writes `line` to the descriptor that `ready` names, if it names one, and `port` to `portFile`, if
 * there is one. Fails with a line that says which of them can't be written.
 */
export async function report(
  port: number,
  line: string,
  ready: CommandLine["ready"],
  portFile: string | undefined,
): Promise<Result<void, string>> {
  const written = portFile === undefined ? success(undefined) : writePortFile(portFile, port);
  if (!written.ok || typeof ready !== "object") return written;
  return reportTo(ready.descriptor, line);
}
