/**
 * Certificates that a careful client refuses, each for one reason alone: but for that one, the
 * client trusts the authority, and the certificate is for this machine and this time.
 */

import type { Result } from "../../../base/result.ts";
import { success } from "../../../base/result.ts";
import type { Certificate, KeyPair } from "../certificate.ts";
import { issueCertificate, makeAuthority, selfSignedCertificate } from "./authority.ts";
import { certifiableBy, keptAuthority } from "./kept-certificate.ts";
import type { Subjects } from "./machine-subjects.ts";
import { machineSubjects, withHosts } from "./machine-subjects.ts";
import { memoryCertificates } from "./memory-certificates.ts";

/** What is wrong with a certificate. */
export type CertificateFlaw =
  "expired" | "not-yet-valid" | "wrong-name" | "unknown-ca" | "self-signed";

const dayMs = 24 * 60 * 60 * 1000;

/** How long a certificate with a wrong time is valid, in days, and how far away that time is. */
const validDays = 30;
const awayDays = 7;

/** The one name of a certificate that is for another host. Its authority may certify it. */
const otherName = "wrong-name.localhost";

/** Who signs for a server, and what it may sign. */
interface Signer {
  readonly authority: KeyPair;
  readonly subjects: Subjects;
  /** What its clients are told to trust. */
  readonly ca: string;
  /** Whether clients that name a host are shown a certificate without addresses. */
  readonly hasByName: boolean;
}

/** That of servers with the setting `tls`, which listen on `hosts`. */
function signerFor(
  tls: true | "local",
  hosts: readonly string[],
  nowMs: number,
): Result<Signer, string> {
  const machine = machineSubjects();
  const subjects = withHosts(machine, hosts);
  if (tls === true) {
    const authority = memoryCertificates.authority(machine, nowMs);
    return success({ authority, subjects, ca: authority.cert, hasByName: false });
  }
  const kept = keptAuthority(nowMs);
  if (!kept.ok) return kept;
  const authority = kept.value;
  const certified = certifiableBy(authority, subjects);
  return success({ authority, subjects: certified, ca: authority.cert, hasByName: true });
}

/** The certificate for `subjects` with `flaw`, by `authority` if the flaw isn't that it is not. */
function flawed(
  flaw: CertificateFlaw,
  authority: KeyPair,
  subjects: Subjects,
  nowMs: number,
): KeyPair {
  switch (flaw) {
    case "expired": {
      const notAfterMs = nowMs - awayDays * dayMs;
      const validity = { notBeforeMs: notAfterMs - validDays * dayMs, notAfterMs };
      return issueCertificate(authority, subjects, nowMs, validity);
    }
    case "not-yet-valid": {
      const notBeforeMs = nowMs + awayDays * dayMs;
      const validity = { notBeforeMs, notAfterMs: notBeforeMs + validDays * dayMs };
      return issueCertificate(authority, subjects, nowMs, validity);
    }
    case "wrong-name":
      return issueCertificate(authority, { names: [otherName], addresses: [] }, nowMs);
    case "unknown-ca":
      return issueCertificate(authority, subjects, nowMs);
    case "self-signed":
      return selfSignedCertificate(subjects, nowMs);
  }
}

/**
 * The certificate with `flaw` of a server with the setting `tls`, for this machine and those of
 * `hosts` that are its own. Fails with a line when there is no authority.
 */
export function faultyCertificate(
  flaw: CertificateFlaw,
  tls: true | "local",
  hosts: readonly string[],
  nowMs: number,
): Result<Certificate, string> {
  const found = signerFor(tls, hosts, nowMs);
  if (!found.ok) return found;
  const { authority, subjects, ca, hasByName } = found.value;
  const signer =
    flaw === "unknown-ca"
      ? makeAuthority("unknown", { ...subjects, networks: [] }, nowMs)
      : authority;
  const pair = flawed(flaw, signer, subjects, nowMs);
  if (!hasByName) return success({ ...pair, ca });
  const byName = flawed(flaw, signer, { ...subjects, addresses: [] }, nowMs);
  return success({ ...pair, byName, ca });
}
