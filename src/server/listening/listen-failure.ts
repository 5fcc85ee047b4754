/**
 * Why a server can't listen, from the system's error. Loaded by the first failure.
 */

/** The port is in use or not permitted, or the host isn't here. */
export interface ListenFailure {
  readonly kind: "port-taken" | "not-permitted" | "no-such-host" | "failed";
  readonly message: string;
}

/** What `error` says of listening on `host` and `port`. */
export function listenFailure(error: unknown, host: string, port: number): ListenFailure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "EADDRINUSE":
      return { kind: "port-taken", message: `port ${port} on ${host} is in use` };
    case "EACCES":
    case "EPERM":
      return { kind: "not-permitted", message: `port ${port} on ${host} may not be had` };
    case "EADDRNOTAVAIL":
    case "":
      return { kind: "no-such-host", message: `no such address here: ${host}` };
    default:
      return { kind: "failed", message: `can't listen on ${host}, port ${port}: ${code}` };
  }
}
