/**
 * A folder with a bit of everything that an audit tells of.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, symlinkSync } from "node:fs";

import { TempSite } from "../../temp-site.ts";

/** Makes it; the caller disposes of it. */
export function makeAuditedFolder(): TempSite {
  const site = new TempSite("empty");
  chmodSync(site.root, 0o755);
  site.file("index.html", "<title>Index</title>");
  site.file("a b.html", "shut", 0o640);
  for (const name of ["1", "2", "3", "4", "5"]) site.file(`photos/${name}.jpg`, "photo", 0o600);
  site.file("shut/a.html", "a");
  site.file("shut/deep/b.html", "b");
  chmodSync(site.at("shut"), 0o700);
  site.file("dropbox/known.html", "known");
  chmodSync(site.at("dropbox"), 0o711);
  site.file(".git/config", "[core]");
  site.file(".git/HEAD", "ref: refs/heads/main");
  site.file(".env", "KEY=1");
  site.file(".notes", "notes");
  site.file("keys/readme.txt", "x\n-----BEGIN EC PRIVATE KEY-----\nabc");
  site.file("keys/server.pem", "-----BEGIN CERTIFICATE-----\nabc");
  site.file("index.html~", "old");
  site.file("open.txt", "everyone's");
  chmodSync(site.at("open.txt"), 0o666);
  symlinkSync("/etc/hostname", site.at("outside"));
  symlinkSync("a b.html", site.at("alias"));
  symlinkSync("nothing", site.at("dangling"));
  execFileSync("mkfifo", [site.at("pipe")]);
  return site;
}
