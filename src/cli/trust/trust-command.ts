/**
 * `postern trust` and `postern untrust`: have the stores of this machine trust the authority that
 * signs the certificates of `--tls`, or no longer. Both print first what they would run, and run
 * it when a person at a terminal agrees, or with `--yes`.
 *
 * Exit statuses: 0 when all is as it was asked for; 1 when something was not run, or failed; 2 when
 * a word or what is kept of the authority is wrong.
 */

import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import {
  keptAuthority,
  keptFiles,
  openFolder,
  trustedFile,
} from "../../server/tls/local/kept-certificate.ts";
import type { PrivateFolder } from "../../server/tls/local/private-folder.ts";
import { nssSteps } from "./nss-stores.ts";
import { systemStep } from "./system-store.ts";
import type { CommandWords, Machine, Step, TrustedAuthority } from "./trust-step.ts";
import { shownCommand } from "./trust-step.ts";

const help = `postern trust has this machine's stores of certificates trust the authority (CA)
that signs the certificates of --tls. postern untrust undoes that, and removes
the authority with its key.

  postern trust [--yes]
  postern untrust [--yes]

  --yes     run the commands without asking
  --help    print this

The authority may certify localhost, this machine's names and private addresses,
and nothing else. Both print what they would run, and ask. Where there is no
terminal to ask at, they run nothing without --yes.
`;

/** How a command talks and acts; tests give another one. */
export interface Dialog {
  readonly machine: Machine;
  readonly out: (text: string) => void;
  /** Asks a person; undefined where there is none. */
  readonly confirm: ((question: string) => boolean) | undefined;
  /** Runs a command to its end. Answers with its exit status, or why it can't be run. */
  readonly run: (command: CommandWords) => Promise<Result<number, string>>;
}

/** This machine. */
function ownMachine(): Machine {
  return {
    platform: process.platform,
    home: process.env["HOME"] ?? homedir(),
    isRoot: process.geteuid?.() === 0,
    find: (program) => Bun.which(program) ?? undefined,
    exists: existsSync,
    list: (folder) => {
      try {
        return readdirSync(folder);
      } catch {
        return [];
      }
    },
    output: (command) => {
      const quiet = { stdin: "ignore", stderr: "ignore" } as const;
      const { success: isFine, stdout } = Bun.spawnSync([...command], quiet);
      return isFine ? stdout.toString() : undefined;
    },
  };
}

/** The dialog of a process with its terminal, if it has one. */
function ownDialog(): Dialog {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return {
    machine: ownMachine(),
    out: (text) => process.stdout.write(text),
    confirm: isTerminal ? (question) => confirm(question) : undefined,
    run: async (command) => {
      try {
        const stdio = ["inherit", "inherit", "inherit"] as const;
        return success(await Bun.spawn([...command], { stdio: [...stdio] }).exited);
      } catch (error) {
        return failure(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/**
 * The authority with the certificate `cert`, PEM text that `folder` keeps, as stores know it;
 * undefined if it is no certificate.
 */
function describe(cert: string, folder: PrivateFolder): TrustedAuthority | undefined {
  try {
    const { subject, fingerprint256: fingerprint } = new X509Certificate(cert);
    const name = /^CN=(.*)$/m.exec(subject)?.[1];
    return name === undefined ? undefined : { file: folder.at(trustedFile), name, fingerprint };
  } catch {
    return undefined;
  }
}

/** A step as it is printed: a line of its store, and a line for each command. */
function shownStep(step: Step, isWanted: boolean): string {
  switch (step.kind) {
    case "done":
      return `# ${step.store}: ${isWanted ? "trusts it already" : "doesn't know it"}\n`;
    case "impossible":
      return `# ${step.store}: ${step.reason}\n`;
    case "run":
      return `# ${step.store}\n${step.commands.map((one) => `${shownCommand(one)}\n`).join("")}`;
  }
}

/** Runs `commands`, which change `store`, until one fails. Answers whether none has. */
async function runStep(
  commands: readonly CommandWords[],
  store: string,
  { out, run }: Dialog,
): Promise<boolean> {
  for (const command of commands) {
    const outcome = await run(command);
    if (outcome.ok && outcome.value === 0) continue;
    const reason = outcome.ok ? `it ended with status ${outcome.value}` : outcome.error;
    out(`postern: ${store}: ${shownCommand(command)}: ${reason}\n`);
    return false;
  }
  return true;
}

/** Prints `steps`, and runs them if that is agreed on. Answers with the exit status. */
async function carryOut(
  steps: readonly Step[],
  isWanted: boolean,
  isAgreed: boolean,
  dialog: Dialog,
): Promise<0 | 1> {
  const { out, confirm } = dialog;
  out(steps.map((step) => shownStep(step, isWanted)).join(""));
  const isPossible = steps.every(({ kind }) => kind !== "impossible");
  if (!steps.some(({ kind }) => kind === "run")) return isPossible ? 0 : 1;
  if (!isAgreed && confirm === undefined) {
    out("postern: nothing was run; --yes runs these commands\n");
    return 1;
  }
  if (!isAgreed && confirm?.("Run these commands?") !== true) {
    out("postern: nothing was run\n");
    return 1;
  }
  let haveAllRun = true;
  for (const step of steps) {
    if (step.kind !== "run" || (step.needsAll === true && !haveAllRun)) continue;
    haveAllRun = (await runStep(step.commands, step.store, dialog)) && haveAllRun;
  }
  return haveAllRun && isPossible ? 0 : 1;
}

async function trust(isAgreed: boolean, dialog: Dialog): Promise<0 | 1 | 2> {
  const { machine, out } = dialog;
  const kept = keptAuthority(new SystemClock(new EventLoop()).epochMs());
  if (!kept.ok) {
    out(`postern: ${kept.error}\n`);
    return 2;
  }
  const authority = describe(kept.value.cert, kept.value.folder);
  if (authority === undefined) throw new Error("an authority has a name");
  out(`# ${authority.name}, SHA-256 ${authority.fingerprint}\n`);
  const steps = [systemStep(machine, authority, true), ...nssSteps(machine, authority, true)];
  const status = await carryOut(steps, true, isAgreed, dialog);
  out(`# For one program: curl --cacert ${shownCommand([authority.file])}\n`);
  return status;
}

async function untrust(isAgreed: boolean, dialog: Dialog): Promise<0 | 1 | 2> {
  const { machine, out } = dialog;
  const folder = openFolder();
  if (!folder.ok) {
    out(`postern: ${folder.error}\n`);
    return 2;
  }
  const text = folder.value.read(trustedFile);
  if (!text.ok) {
    out(`postern: ${text.error}\n`);
    return 2;
  }
  const kept = keptFiles.map((name) => folder.value.at(name)).filter((one) => machine.exists(one));
  const authority = text.value === undefined ? undefined : describe(text.value, folder.value);
  if (kept.length === 0) {
    out(`postern: there is no authority in ${folder.value.path}\n`);
    return 0;
  }
  const steps: Step[] =
    authority === undefined
      ? []
      : [systemStep(machine, authority, false), ...nssSteps(machine, authority, false)];
  // Without the files nothing can say any more what a store should not trust.
  const commands = [["rm", "-f", ...kept]] as const;
  steps.push({ kind: "run", store: "the authority and its key", commands, needsAll: true });
  return carryOut(steps, false, isAgreed, dialog);
}

/** Runs `trust` or `untrust` with the words after it; returns the exit status. */
export async function runTrust(
  command: "trust" | "untrust",
  words: readonly string[],
  dialog: Dialog = ownDialog(),
): Promise<0 | 1 | 2> {
  const { out } = dialog;
  if (words.includes("--help") || words.includes("-h")) {
    out(help);
    return 0;
  }
  const unknown = words.find((word) => word !== "--yes" && word !== "-y");
  if (unknown !== undefined) {
    out(`postern: unknown word ${unknown}; ${command} --help tells more\n`);
    return 2;
  }
  const isAgreed = words.length > 0;
  return command === "trust" ? trust(isAgreed, dialog) : untrust(isAgreed, dialog);
}
