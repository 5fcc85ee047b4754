/**
 * Sockets that postern was started with: by a service manager (sd_listen_fds(3)), or by the process
 * that it takes over from. Loaded only where the environment speaks of some.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import type { InheritedSocket } from "../../system/process/inherited-sockets.ts";
import { socketInspector } from "../../system/process/inherited-sockets.ts";
import { closeDescriptor } from "../../system/file-system.ts";
import type { ServeOptions } from "../../server/serve-options.ts";
import type { Config } from "../config/config.ts";
import type { Ahead } from "./listen-ahead.ts";
import type { PassedOperations } from "./passed-operations.ts";
import { takeOperations } from "./passed-operations.ts";

type Environment = Record<string, string | undefined>;

/** In which a process that is replaced describes the sockets that it passes on, as JSON. */
export const handoverVariable = "POSTERN_SOCKETS";

/** The variables of sd_listen_fds(3). */
const managerVariables = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] as const;

/** The first descriptor that a service manager passes: SD_LISTEN_FDS_START. */
const firstDescriptor = 3;
/** More sockets than this are no service manager's. */
const descriptorsMax = 64;

/** The name (FileDescriptorName=) of the sockets that redirect from http to https. */
const redirectName = "redirect";

/** What is passed on to a process that takes over, beside the descriptors themselves. */
export interface Handover extends Omit<Ahead, "release"> {
  readonly isManagers: boolean;
  /** Absent from a postern that couldn't pass these on yet. */
  readonly operations?: PassedOperations;
}

/** What a process was started with. */
export interface GivenToProcess {
  /** Undefined when the configuration asks for another port than that of the sockets. */
  readonly ahead: Ahead | undefined;
  /** Whether a service manager holds the sockets, too, and another process will get them. */
  readonly isManagers: boolean;
  /** Whether this process takes over from another one that still serves. */
  readonly isSuccessor: boolean;
  /** What the server is told of the sockets of metrics and health; absent for none. */
  readonly operations?: Partial<ServeOptions>;
  /** The file of a Unix socket that no process has any more when this one serves. */
  readonly leftFile?: string;
}

function closeDescriptors(all: readonly number[]): void {
  for (const descriptor of all) closeDescriptor(descriptor);
}

/** Closes the descriptors of `groups`. */
function closeAll(groups: readonly GivenSockets[]): void {
  closeDescriptors(groups.flatMap(({ main, redirect = [] }) => [...main, ...redirect]));
}

function ahead(sockets: Omit<Ahead, "release">): Ahead {
  return { ...sockets, release: () => closeAll(sockets.groups) };
}

/** The host that sockets with these addresses listen on. */
function hostOf(hosts: readonly string[]): string {
  const isLocalhost = hosts.length === 2 && hosts.includes("127.0.0.1") && hosts.includes("::1");
  return isLocalhost ? "localhost" : (hosts[0] ?? "");
}

/** What `sockets` are bound to; fails unless that is one port, or one Unix socket. */
function boundTo(
  sockets: readonly InheritedSocket[],
): Result<{ host: string; port: number; unix?: string }, string> {
  const [first] = sockets;
  if (first?.kind === "unix") {
    if (sockets.length > 1) return failure("more than one socket, and one of them a Unix socket");
    return success({ host: "localhost", port: 0, unix: first.path });
  }
  const inet = sockets.filter((socket) => socket.kind === "inet");
  const ports = new Set(inet.map(({ port }) => port));
  if (ports.size !== 1 || inet.length < sockets.length) {
    return failure(
      `sockets of one port are needed; one of another port redirects to https ` +
        `if it has FileDescriptorName=${redirectName}`,
    );
  }
  return success({ host: hostOf(inet.map(({ host }) => host)), port: inet[0]?.port ?? 0 });
}

/** The sockets of a service manager: `count` of them, from descriptor 3 on, with their `names`. */
function fromManager(count: number, names: readonly string[]): Result<Ahead, string> {
  const inspect = socketInspector();
  if (inspect === undefined) return failure("the libc of this system can't be called");
  const main: number[] = [];
  const redirect: number[] = [];
  const bound: { main: InheritedSocket[]; redirect: InheritedSocket[] } = {
    main: [],
    redirect: [],
  };
  for (let i = 0; i < count; i++) {
    const descriptor = firstDescriptor + i;
    const socket = inspect(descriptor);
    if (socket === undefined) {
      return failure(`descriptor ${descriptor} is no stream socket that listens (Accept=no)`);
    }
    const isRedirect = names[i] === redirectName;
    (isRedirect ? redirect : main).push(descriptor);
    bound[isRedirect ? "redirect" : "main"].push(socket);
  }
  const of = boundTo(bound.main);
  if (!of.ok) return of;
  const groups = [{ main, redirect }];
  if (redirect.length === 0) return success(ahead({ ...of.value, groups }));
  const redirecting = boundTo(bound.redirect);
  if (!redirecting.ok) return redirecting;
  return success(ahead({ ...of.value, tlsRedirect: redirecting.value.port, groups }));
}

/** Whether a socket of the address `held` is what `config` asks for, where it asks for one. */
function fits(config: Config, { host, port, unix, tlsRedirect }: Omit<Ahead, "release">): boolean {
  if (unix !== undefined) return config.unix === unix;
  const redirectFits =
    config.tlsRedirect === undefined
      ? tlsRedirect === undefined
      : tlsRedirect !== undefined && [0, tlsRedirect].includes(config.tlsRedirect);
  return (
    config.unix === undefined &&
    (config.host ?? host) === host &&
    (config.port === undefined || config.port === 0 || config.port === port) &&
    redirectFits
  );
}

/** The sockets that a process passes on which this one takes over from. */
function fromPredecessor(handover: string, config: Config): Result<GivenToProcess, string> {
  let parsed: Handover;
  try {
    parsed = JSON.parse(handover) as Handover;
  } catch {
    return failure(`${handoverVariable}: postern sets this itself when it is replaced`);
  }
  const { isManagers, operations: passed = {}, ...held } = parsed;
  const { options: operations, unused } = takeOperations(passed, config);
  closeDescriptors(unused);
  const taken = { isSuccessor: true, ...(operations === undefined ? {} : { operations }) };
  if (isManagers || fits(config, held)) {
    return success({ ...taken, ahead: ahead(held), isManagers });
  }
  // The configuration asks for another port by now.
  closeAll(held.groups);
  const isLeft = held.groups.some(({ removesFile }) => removesFile);
  const left = isLeft && held.unix !== undefined ? { leftFile: held.unix } : {};
  return success({ ...taken, ahead: undefined, isManagers: false, ...left });
}

/**
 * The sockets that `environment` says this process was given, for a server by `config`; undefined
 * for none. The variables are removed from `environment`: they aren't for children. Fails with a
 * line when the sockets can't be listened on, or when `config` asks for others.
 */
export function takeGivenSockets(
  environment: Environment,
  { pid, ppid }: Pick<NodeJS.Process, "pid" | "ppid">,
  config: Config,
): Result<GivenToProcess | undefined, string> {
  const { [handoverVariable]: handover, LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES } = environment;
  for (const name of [handoverVariable, ...managerVariables]) delete environment[name];
  if (handover !== undefined) return fromPredecessor(handover, config);
  if (LISTEN_FDS === undefined) return success(undefined);
  // A service among this process's ancestors has left its variables to its children.
  if (LISTEN_PID !== String(pid) && LISTEN_PID !== String(ppid)) return success(undefined);
  if (LISTEN_PID !== String(pid)) {
    return failure(
      `LISTEN_FDS: the sockets are for process ${LISTEN_PID}, and this is ${pid}; ` +
        `the service has to start postern itself, without bunx or a shell between`,
    );
  }
  const count = Number(LISTEN_FDS);
  if (!/^[1-9]\d?$/.test(LISTEN_FDS) || count > descriptorsMax) {
    return failure(
      `LISTEN_FDS: not a number of sockets from 1 to ${descriptorsMax}: ${LISTEN_FDS}`,
    );
  }
  for (const name of ["unix", "host", "port"] as const) {
    if (config[name] === undefined) continue;
    const remedy = name === "port" ? "leave out --port, and PORT" : `leave out --${name}`;
    return failure(`the service manager has given the socket to listen on: ${remedy}`);
  }
  const given = fromManager(count, (LISTEN_FDNAMES ?? "").split(":"));
  if (!given.ok) return failure(`LISTEN_FDS: ${given.error}`);
  return success({ ahead: given.value, isManagers: true, isSuccessor: false });
}
