/**
 * Certificates for `tls: true` in a program: their authority is made in memory and never leaves the
 * process, so that a test touches no home and asks for no trust. It has no constraints on addresses
 * but only on names, because BoringSSL, with which Bun's `fetch` and `node:tls` verify, refuses
 * every certificate with an address under an authority that constrains addresses.
 */

import type { Certificate, KeyPair } from "../certificate.ts";
import { issueCertificate, makeAuthority } from "./authority.ts";
import type { Subjects } from "./machine-subjects.ts";
import { machineSubjects, withHosts } from "./machine-subjects.ts";
import { isFresh } from "./validity.ts";

/** The certificates of one authority, of which the latest is kept. */
class MemoryCertificates {
  #authority: KeyPair | undefined;
  #latest: { readonly subjects: string; readonly certificate: Certificate } | undefined;

  /** A certificate for this machine and those of `hosts` that are its own. */
  certificate(hosts: readonly string[], nowMs: number): Certificate {
    const machine = machineSubjects();
    const subjects = withHosts(machine, hosts);
    const text = JSON.stringify(subjects);
    if (this.#latest?.subjects !== text || !isFresh(this.#latest.certificate.cert, nowMs)) {
      const certificate = this.#issue(machine, subjects, nowMs);
      this.#latest = { subjects: text, certificate };
      return certificate;
    }
    return this.#latest.certificate;
  }

  #issue(machine: Subjects, subjects: Subjects, nowMs: number): Certificate {
    const authority = this.authority(machine, nowMs);
    return { ...issueCertificate(authority, subjects, nowMs), ca: authority.cert };
  }

  /** The authority, which is made for `machine` if there is none that will last. */
  authority(machine: Subjects, nowMs: number): KeyPair {
    const isKnown = this.#authority !== undefined && isFresh(this.#authority.cert, nowMs);
    const authority = isKnown ? this.#authority : undefined;
    const made = authority ?? makeAuthority("in memory", { ...machine, networks: [] }, nowMs);
    this.#authority = made;
    return made;
  }
}

/** Those of this process. All its servers share one authority, so making it is paid for once. */
export const memoryCertificates = new MemoryCertificates();
