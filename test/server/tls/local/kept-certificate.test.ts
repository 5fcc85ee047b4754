import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { issueCertificate, makeAuthority } from "../../../../src/server/tls/local/authority.ts";
import {
  keptAuthority,
  keptCertificate,
  keptFiles,
} from "../../../../src/server/tls/local/kept-certificate.ts";
import { machineSubjects } from "../../../../src/server/tls/local/machine-subjects.ts";
import { pemText } from "../../../certificates/certificates.ts";
import { DataHome } from "../../../data-home.ts";

const home = new DataHome();
afterEach(() => home.empty());
afterAll(() => home[Symbol.dispose]());

const dayMs = 86_400_000;
const nowMs = Date.now();

type Kept = Extract<ReturnType<typeof keptCertificate>, { ok: true }>["value"];

function kept(hosts: readonly string[] = [], atMs = nowMs): Kept {
  const found = keptCertificate(hosts, atMs);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

function refusal(atMs = nowMs): string {
  const found = keptCertificate([], atMs);
  return found.ok ? "fine" : found.error;
}

/** What stands in a file that is kept. */
function text(name: string): string {
  return readFileSync(home.at(name), "utf8");
}

/** Changes what stands in it. */
function edit(name: string, change: (before: string) => string): void {
  writeFileSync(home.at(name), change(text(name)));
}

describe("a certificate that is kept", () => {
  test("is made once, with its authority, in files that are the user's alone", () => {
    const first = kept();
    expect(readdirSync(home.at("")).toSorted()).toEqual([...keptFiles].toSorted());
    for (const name of keptFiles) expect(statSync(home.at(name)).mode & 0o777).toBe(0o600);
    expect(kept()).toEqual(first);
    expect(text("ca.pem")).toBe(first.ca);
    expect(text("ca.pem")).not.toContain("PRIVATE");
    const { publicKey } = new X509Certificate(first.ca);
    expect(new X509Certificate(first.cert).verify(publicKey)).toBe(true);
  });

  test("is for this machine", () => {
    const { names, addresses } = machineSubjects();
    const cert = new X509Certificate(kept().cert);
    for (const name of names) expect(cert.checkHost(name)).toBe(name);
    for (const address of addresses) expect(cert.checkIP(address)).toBe(address);
  });

  test("is the same for all processes that start at one time", async () => {
    const program = join(import.meta.dir, "certificate-maker.ts");
    const makers = Array.from({ length: 4 }, () =>
      Bun.spawn([process.execPath, program], {
        env: { PATH: process.env["PATH"], XDG_DATA_HOME: home.path },
        stdout: "pipe",
        stderr: "inherit",
      }),
    );
    const printed = await Promise.all(makers.map((maker) => maker.stdout.text()));
    const made = printed.map((json) => JSON.parse(json) as { ok: boolean; value: Kept });
    expect(made.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    expect(new Set(made.map(({ value }) => value.ca)).size).toBe(1);
    const { publicKey } = new X509Certificate(made[0]?.value.ca ?? "");
    for (const { value } of made) {
      expect(new X509Certificate(value.cert).verify(publicKey)).toBe(true);
    }
    expect(readdirSync(home.at("")).toSorted()).toEqual([...keptFiles].toSorted());
  });

  test("is made anew before it ends, by the same authority", () => {
    const first = kept();
    expect(kept([], nowMs + 50 * dayMs).cert).toBe(first.cert);
    const second = kept([], nowMs + 65 * dayMs);
    expect(second.cert).not.toBe(first.cert);
    expect(second.ca).toBe(first.ca);
    expect(kept([], nowMs + 66 * dayMs)).toEqual(second);
  });

  test("is made anew when names or addresses have changed", () => {
    const first = kept();
    edit("server.pem", (before) => before.replace(/^addresses: .*$/m, "addresses: 10.9.9.9"));
    const second = kept();
    expect(second.cert).not.toBe(first.cert);
    edit("server.pem", (before) => before.replace(/^names: /m, "names: former "));
    expect(kept().cert).not.toBe(second.cert);
    expect(text("server.pem")).not.toContain("former");
  });

  test("has the names below localhost that a server answers to, and keeps them for others", () => {
    const first = kept(["app.localhost", "site.example"]);
    expect(new X509Certificate(first.cert).checkHost("app.localhost")).toBe("app.localhost");
    expect(new X509Certificate(first.cert).checkHost("site.example")).toBeUndefined();
    expect(kept().cert).toBe(first.cert);
    const both = new X509Certificate(kept(["b.localhost"]).cert);
    expect(both.checkHost("app.localhost")).toBe("app.localhost");
    expect(both.checkHost("b.localhost")).toBe("b.localhost");
  });

  test("leaves out names that the authority may not certify", () => {
    kept();
    edit("authority.pem", (before) => before.replace(/^names: .*$/m, "names: localhost"));
    const cert = new X509Certificate(kept(["a.localhost"]).cert);
    expect(cert.subjectAltName).toMatch(
      /^DNS:localhost, DNS:a\.localhost, IP Address:127\.0\.0\.1,/,
    );
  });

  test("has another beside it without addresses, for clients that name a host", () => {
    const { byName, ca, cert } = kept();
    const named = new X509Certificate(byName?.cert ?? "");
    expect(named.subjectAltName).not.toContain("IP Address");
    for (const name of machineSubjects().names) expect(named.checkHost(name)).toBe(name);
    expect(named.verify(new X509Certificate(ca).publicKey)).toBe(true);
    expect(named.checkPrivateKey(createPrivateKey(byName?.key ?? ""))).toBe(true);
    edit("server.pem", (before) => before.replace(byName?.cert ?? "", ""));
    expect(kept().cert).not.toBe(cert);
  });

  test("is made anew when its file is damaged, or another authority's", () => {
    const first = kept();
    edit("server.pem", (before) => before.slice(0, 300));
    const second = kept();
    expect(second.cert).not.toBe(first.cert);
    const machine = machineSubjects();
    const other = makeAuthority("other", { names: machine.names, networks: [] }, nowMs);
    const foreign = issueCertificate(other, machine, nowMs);
    edit("server.pem", (before) =>
      before.replace(/-----BEGIN[^]*/, (foreign.cert + foreign.key).repeat(2)),
    );
    expect(kept().cert).not.toBe(foreign.cert);
  });
});

describe("an authority that can't be used is said in a line, and stays", () => {
  test("when its file is damaged", () => {
    kept();
    const remedy = "postern untrust removes it, and the next start makes another";
    const line = `${home.at("authority.pem")}: no certificate with its key in it; ${remedy}`;
    const whole = text("authority.pem");
    for (const damaged of [
      "",
      whole.slice(0, 500),
      whole.replace(/MI/g, "AA"),
      whole.replace(/^names.*\n/m, ""),
      whole.replace(/-----BEGIN PRIVATE[^]*/, pemText("key")),
    ]) {
      writeFileSync(home.at("authority.pem"), damaged);
      expect(refusal()).toBe(line);
      expect(text("authority.pem")).toBe(damaged);
    }
  });

  test("when it is no authority", () => {
    kept();
    edit("authority.pem", (before) =>
      before.replace(/-----BEGIN[^]*/, pemText("other") + pemText("other-key")),
    );
    // A certificate without basic constraints isn't one (RFC 5280 §4.2.1.9).
    expect(refusal()).toBe(`${home.at("authority.pem")}: the certificate in it is no authority's`);
  });

  test("when it has ended, or the clock is wrong", () => {
    kept();
    const path = home.at("authority.pem");
    expect(refusal(nowMs + 3651 * dayMs)).toMatch(
      /: it ended on \d{4}-\d\d-\d\d; postern untrust, then postern trust, renews it$/,
    );
    expect(refusal(nowMs - 2 * dayMs)).toMatch(
      /: valid from \d{4}-\d\d-\d\d on; is the clock right\?$/,
    );
    expect(refusal(nowMs - 2 * dayMs)).toStartWith(path);
  });

  test("when others may read it", () => {
    kept();
    for (const name of keptFiles) {
      const path = home.at(name);
      chmodSync(path, 0o644);
      expect(refusal()).toBe(`${path} may be read by others: chmod 600 ${path}`);
      chmodSync(path, 0o600);
    }
  });
});

test("the file of the authority's certificate is mended from the authority's", () => {
  const { ca } = kept();
  rmSync(home.at("ca.pem"));
  expect(kept().ca).toBe(ca);
  expect(text("ca.pem")).toBe(ca);
  edit("ca.pem", () => "something else");
  const authority = keptAuthority(nowMs);
  expect(authority.ok && authority.value.file).toBe(home.at("ca.pem"));
  expect(text("ca.pem")).toBe(ca);
});
