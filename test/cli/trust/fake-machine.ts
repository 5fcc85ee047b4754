/** A machine for plans: what is installed and what lies where is said by the test. */

import { dirname } from "node:path";

import type { Machine, TrustedAuthority } from "../../../src/cli/trust/trust-step.ts";

export interface FakeMachine {
  readonly platform?: NodeJS.Platform;
  readonly isRoot?: boolean;
  /** Programs that are installed. */
  readonly programs?: readonly string[];
  /** Paths that exist, besides the folders above them. */
  readonly paths?: readonly string[];
  /** What commands print; others fail. */
  readonly outputs?: Readonly<Record<string, string>>;
}

/** The folders above `path`, and itself. */
function upwards(path: string): readonly string[] {
  return path === "/" ? ["/"] : [path, ...upwards(dirname(path))];
}

export function machineWith(fake: FakeMachine): Machine {
  const { platform = "linux", isRoot = false, programs = [], paths = [], outputs = {} } = fake;
  const all = new Set(paths.flatMap(upwards));
  return {
    platform,
    home: "/home/ines",
    isRoot,
    find: (program) => (programs.includes(program) ? `/usr/bin/${program}` : undefined),
    exists: (path) => all.has(path),
    list: (folder) =>
      [...all]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1)),
    output: (command) => outputs[command.join(" ")],
  };
}

export const authority: TrustedAuthority = {
  file: "/home/ines/.local/share/postern/ca.pem",
  name: "postern CA 1a2b3c4d laptop",
  fingerprint: "AB:CD:EF:01:23:45:67:89:AB",
};
