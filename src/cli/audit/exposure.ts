/**
 * What looks as if visitors should not get it: by the names that keys, secrets, dumps and backups
 * usually have, and by how the file begins.
 *
 * A rule says what a thing is called in a report. It is a guess, and a report says so; what matters
 * is that a private key is not missed because of its name.
 */

/** What an exposed file looks like. */
export type ExposureKind =
  | "version-control"
  | "secrets"
  | "private-key"
  | "database-dump"
  | "backup"
  | "hidden"
  | "link-outside"
  | "writable";

/** In words, for a report. */
export const exposureTexts: Readonly<Record<ExposureKind, string>> = {
  "version-control": "the history of a repository",
  secrets: "settings with secrets, by its name",
  "private-key": "a private key",
  "database-dump": "a database, or a dump of one",
  backup: "a backup or an editor's copy",
  hidden: "a name with a dot in front, served by --hidden",
  "link-outside": "a link that leads out of the served folder",
  writable: "everyone on this machine may change it",
};

/** An exposed path: how many of its segments are the thing that is exposed. */
interface Exposure {
  readonly kind: ExposureKind;
  readonly depth: number;
}

const repositories = /^\.(?:git|hg|svn|bzr|jj)$/;

/** Names of folders and files that hold secrets. */
const secrets = new RegExp(
  [
    "^\\.env(?:\\..+)?$",
    "^\\.(?:aws|ssh|gnupg|kube|docker)$",
    "^\\.(?:npmrc|yarnrc|netrc|pgpass|my\\.cnf|pypirc|git-credentials|htpasswd|dockercfg)$",
    "^(?:wp-config\\.php|secrets?\\.(?:json|ya?ml|toml|ini|env)|credentials(?:\\.json)?)$",
    "^(?:service-account.*\\.json|terraform\\.tfstate(?:\\.backup)?)$",
  ].join("|"),
  "i",
);

/** Names of `.env` files that are meant to be shown. */
const samples = /^\.env\.(?:example|sample|template|dist)$/i;

const keys = /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$|\.(?:p12|pfx|jks|keystore|kdbx?|ppk)$/i;

const dumps = /\.(?:sql\.(?:gz|bz2|xz|zst|zip)|dump|sqlite3?|db3|mdb|rdb|pgdump)$/i;

const backups = /~$|\.(?:bak|backup|old|orig|save|sw[op]|tmp)$|^#.*#$|^\.#/i;

/** Lines of PEM that begin a private key (RFC 7468 §10, §11), and those of OpenSSH and PuTTY. */
const keyHeader = /(?:^|\n)-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File-/;

const sqliteHeader = "SQLite format 3\0";

/** What mysqldump, pg_dump and sqlite3's `.dump` write into the first lines. */
const sqlDump = /^-- (?:MySQL|MariaDB|PostgreSQL) .*dump|^PRAGMA foreign_keys=OFF;\r?\nBEGIN/im;

/** So much of a file is looked at. */
export const beginningBytes = 4096;

/** What the segments of a served path say by themselves; undefined for nothing. */
export function exposedByName(segments: readonly string[]): Exposure | undefined {
  for (const [i, name] of segments.entries()) {
    const depth = i + 1;
    if (repositories.test(name)) return { kind: "version-control", depth };
    if (secrets.test(name) && !samples.test(name)) return { kind: "secrets", depth };
    if (keys.test(name)) return { kind: "private-key", depth };
  }
  const last = segments.at(-1) ?? "";
  const depth = segments.length;
  if (dumps.test(last)) return { kind: "database-dump", depth };
  if (backups.test(last)) return { kind: "backup", depth };
  const hidden = segments.findIndex((name, i) => name.startsWith(".") && !isWellKnown(name, i));
  return hidden === -1 ? undefined : { kind: "hidden", depth: hidden + 1 };
}

function isWellKnown(name: string, depth: number): boolean {
  return depth === 0 && name === ".well-known";
}

/** What a file that begins with `octets` is; undefined for nothing of the kind. */
export function exposedByContent(octets: Uint8Array): ExposureKind | undefined {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  if (keyHeader.test(text)) return "private-key";
  if (text.startsWith(sqliteHeader) || sqlDump.test(text)) return "database-dump";
  return undefined;
}
