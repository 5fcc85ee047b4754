/**
 * The certificate that a server presents: one of the user's files, or a local one, signed by an
 * authority that postern makes. The code of local ones is loaded by servers that have one.
 */

import { ServeError } from "../../site/serve-error.ts";
import type { TlsSetting } from "../serve-options.ts";
import type { Certificate } from "./certificate.ts";
import { readCertificate } from "./certificate.ts";

/** What the choice depends on besides the setting. */
interface ChoiceContext {
  /** The hosts that the server is asked to answer to. */
  readonly hosts: readonly string[];
  /** Whether a file is served to strangers. */
  readonly isServed: (file: string) => boolean;
  /** In milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * The certificate for `tls`, as it is now: a local one is made, or made anew, if there is none that
 * fits this machine and time. Throws a `ServeError` with a line that says what is wrong.
 */
export function chooseCertificate(tls: TlsSetting, context: ChoiceContext): Certificate {
  const { hosts, isServed, nowMs } = context;
  if (tls === true) {
    const { memoryCertificates } =
      require("./local/memory-certificates.ts") as typeof import("./local/memory-certificates.ts");
    return memoryCertificates.certificate(hosts, nowMs);
  }
  if (tls !== "local") {
    if (typeof tls === "object" && (tls as unknown) !== null) return readCertificate(tls, isServed);
    throw new ServeError("tls", 'tls must be true, "local", or an object with cert and key');
  }
  const { keptCertificate } =
    require("./local/kept-certificate.ts") as typeof import("./local/kept-certificate.ts");
  const kept = keptCertificate(hosts, nowMs);
  if (!kept.ok) throw new ServeError("tls", kept.error);
  const { keyFiles } = kept.value;
  const served = keyFiles.find(isServed);
  if (served === undefined) return kept.value;
  throw new ServeError("tls", `the key in ${served} would be served to everyone`);
}
