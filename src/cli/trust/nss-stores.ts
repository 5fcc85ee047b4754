/**
 * The stores of NSS: on Linux the one of Chromium and Chrome, and on all systems one in each
 * profile of Firefox. `certutil` changes them (certutil(1)).
 */

import { join } from "node:path";

import type { CommandWords, Machine, Step, TrustedAuthority } from "./trust-step.ts";

/** A database, and what it belongs to. */
interface Store {
  readonly store: string;
  readonly folder: string;
}

/** Programs that use the database of the user. */
const chromiums = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "brave",
];

/** Where the profiles of Firefox are, by the way in which it was installed. */
const firefoxFolders = [
  ".mozilla/firefox",
  "snap/firefox/common/.mozilla/firefox",
  ".var/app/org.mozilla.firefox/.mozilla/firefox",
  "Library/Application Support/Firefox/Profiles",
];

/** The package of `certutil`, by the program that installs packages. */
const packages: readonly (readonly [program: string, words: string])[] = [
  ["apt-get", "apt-get install libnss3-tools"],
  ["dnf", "dnf install nss-tools"],
  ["pacman", "pacman -S nss"],
  ["zypper", "zypper install mozilla-nss-tools"],
  ["brew", "brew install nss"],
];

function firefoxStores({ home, list, exists }: Machine): readonly Store[] {
  return firefoxFolders.flatMap((folder) =>
    list(join(home, folder))
      .map((name) => ({ store: `Firefox, profile ${name}`, folder: join(home, folder, name) }))
      .filter(({ folder: profile }) => exists(join(profile, "cert9.db"))),
  );
}

function chromiumStores({ home, exists, find, platform }: Machine): readonly Store[] {
  const own = { store: "Chromium and Chrome", folder: join(home, ".pki/nssdb") };
  const snap = { store: "Chromium (snap)", folder: join(home, "snap/chromium/current/.pki/nssdb") };
  const isUsed = platform === "linux" && chromiums.some((name) => find(name) !== undefined);
  return [...(isUsed || exists(own.folder) ? [own] : []), ...(exists(snap.folder) ? [snap] : [])];
}

/** How `certutil` is installed here. */
function remedy({ find }: Machine): string {
  const known = packages.find(([program]) => find(program) !== undefined);
  return known === undefined ? "install NSS's tools (libnss3-tools, nss-tools)" : known[1];
}

function stepFor(
  machine: Machine,
  { store, folder }: Store,
  { file, name }: TrustedAuthority,
  isWanted: boolean,
): Step {
  if (machine.find("certutil") === undefined) {
    const rest = isWanted ? "" : `, or remove ${name} there by hand`;
    return { kind: "impossible", store, reason: `certutil is missing: ${remedy(machine)}${rest}` };
  }
  const database = `sql:${folder}`;
  const isThere = machine.exists(join(folder, "cert9.db"));
  const look: CommandWords = ["certutil", "-L", "-d", database, "-n", name];
  const isKnown = isThere && machine.output(look) !== undefined;
  if (isKnown === isWanted) return { kind: "done", store };
  if (!isWanted) {
    return { kind: "run", store, commands: [["certutil", "-D", "-d", database, "-n", name]] };
  }
  const make: readonly CommandWords[] = [
    ["mkdir", "-p", "-m", "700", folder],
    ["certutil", "-N", "-d", database, "--empty-password"],
  ];
  // C: an authority for servers, and for nothing else.
  const add: CommandWords = ["certutil", "-A", "-d", database, "-t", "C,,", "-n", name, "-i", file];
  return { kind: "run", store, commands: [...(isThere ? [] : make), add] };
}

/** What makes each store of NSS trust `authority`, or no longer. */
export function nssSteps(
  machine: Machine,
  authority: TrustedAuthority,
  isWanted: boolean,
): readonly Step[] {
  const stores = [...chromiumStores(machine), ...firefoxStores(machine)];
  return stores.map((store) => stepFor(machine, store, authority, isWanted));
}
