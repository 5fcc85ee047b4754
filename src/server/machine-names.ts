/**
 * The names by which other machines of a local network reach this one. `node:os` is loaded when
 * they are first asked for, since most servers never do.
 */

/** The host name, its first label, and that label under .local (RFC 6762 §3). */
export function machineNames(): readonly string[] {
  const name = process.getBuiltinModule("node:os").hostname();
  const [label = ""] = name.split(".");
  return label === "" ? [] : [name, label, `${label}.local`];
}
