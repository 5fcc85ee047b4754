/** A process that asks for the certificate that is kept, and prints it. */

import { keptCertificate } from "../../../../src/server/tls/local/kept-certificate.ts";

const kept = keptCertificate([], Date.now());
process.stdout.write(JSON.stringify(kept));
