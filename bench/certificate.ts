/** A certificate for the TLS cases: ECDSA on P-256, self-signed, valid for a day. */

/** Writes `cert.pem` and `key.pem` into `folder`. Returns the reason if it can't. */
export function makeCertificate(folder: string): string | undefined {
  const openssl = Bun.which("openssl");
  if (openssl === null) return "openssl not found, so no TLS; apt-get install openssl";
  const made = Bun.spawnSync(
    `${openssl} req -x509 -nodes -days 1 -subj /CN=localhost
     -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout key.pem -out cert.pem`.split(/\s+/),
    { cwd: folder, stdout: "ignore", stderr: "pipe" },
  );
  return made.success ? undefined : `openssl: ${made.stderr.toString().trim().split("\n").at(-1)}`;
}
