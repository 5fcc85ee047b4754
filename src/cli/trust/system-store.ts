/**
 * The system's own store of certificates, which curl, wget, git, Python's ssl and others read: on
 * Debian and its kin a folder and `update-ca-certificates` (update-ca-certificates(8)), elsewhere
 * on Linux p11-kit's `trust` (trust(1)), on macOS the user's keychain and `security`.
 */

import { join } from "node:path";

import type { CommandWords, Machine, Step, TrustedAuthority } from "./trust-step.ts";

const debianFolder = "/usr/local/share/ca-certificates";
const store = "the system's store";

/** `command`, run by root. */
function asRoot({ isRoot }: Machine, command: CommandWords): CommandWords {
  return isRoot ? command : ["sudo", ...command];
}

/** The way of Debian: a copy in a folder, and a program that reads the folder. */
function debianStep(machine: Machine, authority: TrustedAuthority, isWanted: boolean): Step {
  const copy = join(
    debianFolder,
    `postern-${authority.fingerprint.replaceAll(":", "").slice(0, 16)}.crt`,
  );
  if (machine.exists(copy) === isWanted) return { kind: "done", store };
  const change: CommandWords = isWanted
    ? ["install", "-m", "0644", authority.file, copy]
    : ["rm", "-f", copy];
  const update: CommandWords = isWanted
    ? ["update-ca-certificates"]
    : ["update-ca-certificates", "--fresh"];
  return { kind: "run", store, commands: [asRoot(machine, change), asRoot(machine, update)] };
}

/** The way of macOS: the keychain of this user, which asks for a password itself. */
function keychainStep(
  { home, output }: Machine,
  authority: TrustedAuthority,
  isWanted: boolean,
): Step {
  const keychain = join(home, "Library/Keychains/login.keychain-db");
  const isTrusted = output(["security", "verify-cert", "-c", authority.file]) !== undefined;
  if (isTrusted === isWanted) return { kind: "done", store };
  const { file } = authority;
  const command: CommandWords = isWanted
    ? ["security", "add-trusted-cert", "-r", "trustRoot", "-k", keychain, file]
    : ["security", "remove-trusted-cert", file];
  return { kind: "run", store, commands: [command] };
}

/** What makes the system's store trust `authority`, or no longer. */
export function systemStep(machine: Machine, authority: TrustedAuthority, isWanted: boolean): Step {
  const { platform, find, exists } = machine;
  if (platform === "darwin") return keychainStep(machine, authority, isWanted);
  if (find("update-ca-certificates") !== undefined && exists(debianFolder)) {
    return debianStep(machine, authority, isWanted);
  }
  if (find("trust") !== undefined) {
    const anchors = machine.output(["trust", "list", "--filter=ca-anchors"]) ?? "";
    if (anchors.includes(authority.name) === isWanted) return { kind: "done", store };
    const word = isWanted ? "--store" : "--remove";
    const command = asRoot(machine, ["trust", "anchor", word, authority.file]);
    return { kind: "run", store, commands: [command] };
  }
  // Without either it can't have been made to trust anything.
  if (!isWanted) return { kind: "done", store };
  const programs = "update-ca-certificates (package ca-certificates) nor trust (package p11-kit)";
  return { kind: "impossible", store, reason: `neither ${programs} is here` };
}
