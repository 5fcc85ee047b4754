import { describe, expect, test } from "bun:test";

import {
  beginningBytes,
  exposedByContent,
  exposedByName,
  exposureTexts,
} from "../../../src/cli/audit/exposure.ts";

describe("by its name", () => {
  test.each([
    [".git/config", "version-control", 1],
    ["app/.svn/entries", "version-control", 2],
    [".env", "secrets", 1],
    ["app/.env.production", "secrets", 2],
    [".ssh/known_hosts", "secrets", 1],
    ["wp-config.php", "secrets", 1],
    ["id_ed25519", "private-key", 1],
    ["store.p12", "private-key", 1],
    ["dump.sql.gz", "database-dump", 1],
    ["app.sqlite", "database-dump", 1],
    ["index.html~", "backup", 1],
    ["config.php.bak", "backup", 1],
    [".index.html.swp", "backup", 1],
    [".notes", "hidden", 1],
    ["a/.b/c", "hidden", 2],
  ] as const)("%s is %s", (path, kind, depth) => {
    expect(exposedByName(path.split("/"))).toEqual({ kind, depth });
    expect(exposureTexts[kind]).not.toBe("");
  });

  test.each([
    "index.html",
    "id_rsa.pub",
    ".well-known/security.txt",
    "backup-plan.html",
    "schema.sql",
    "keyboard.html",
    "server.pem",
  ])("%s is nothing of the kind", (path) => {
    expect(exposedByName(path.split("/"))).toBeUndefined();
  });

  test(".env.example is a name with a dot, and no more", () => {
    expect(exposedByName([".env.example"])?.kind).toBe("hidden");
  });
});

describe("by how it begins", () => {
  const begin = "-----BEGIN";
  test.each([
    [`${begin} PRIVATE KEY-----\n`, "private-key"],
    [`Bag Attributes\n${begin} RSA PRIVATE KEY-----\n`, "private-key"],
    [`${begin} OPENSSH PRIVATE KEY-----\n`, "private-key"],
    [`${begin} ENCRYPTED PRIVATE KEY-----\n`, "private-key"],
    ["PuTTY-User-Key-File-3: ssh-ed25519", "private-key"],
    ["SQLite format 3\0", "database-dump"],
    ["-- MySQL dump 10.13", "database-dump"],
    ["--\n-- PostgreSQL database dump\n--", "database-dump"],
    ["PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;", "database-dump"],
    [`${begin} CERTIFICATE-----\n`, undefined],
    [`${begin} PUBLIC KEY-----\n`, undefined],
    [`how to read ${begin} PRIVATE KEY-----`, undefined],
    ["create table notes (id int);", undefined],
    ["", undefined],
  ] as const)("%j is %p", (text, kind) => {
    expect(exposedByContent(new TextEncoder().encode(text))).toBe(kind);
  });

  test("of a file, little is looked at", () => {
    expect(beginningBytes).toBeLessThanOrEqual(4096);
  });
});
