/**
 * SIGUSR2: starts postern anew, with the same command line and the program as it is on the disk by
 * now. The new process inherits the listening sockets, those of metrics and health too, and a Unix
 * socket with its file. When it says that it serves, this one accepts no more connections, answers
 * what it has, and ends.
 *
 * No request is lost by that: both have the same sockets, so that a client which no process has
 * accepted yet stays in the queue, and a connection of this process is closed behind a response
 * that says so (RFC 9112 §9.6). When the new process doesn't get so far, this one goes on.
 */

import type { Server } from "../../server/serve.ts";
import { standardError } from "../../system/standard-streams.ts";
import type { Workers } from "../workers/workers.ts";
import type { GivenToProcess, Handover } from "./given-sockets.ts";
import { handoverVariable } from "./given-sockets.ts";
import { passOperations } from "./passed-operations.ts";
import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import { ownCommand } from "./own-command.ts";
import type { ServiceManager } from "./service-manager.ts";

/** The new process's message that it serves; it says nothing else. */
const servingMessage = "serving";

/** The first descriptor that a child inherits beside the standard streams. */
const firstDescriptor = 3;

type HandoverLimits = Readonly<
  Record<"workerAnswerTimeMs" | "handoverTimeMs" | "stopTimeMs", number>
>;

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** The listening sockets of `server`, in groups. */
function groupsOf(server: Server | Workers): readonly GivenSockets[] {
  return "groups" in server ? server.groups : [server.sockets];
}

/** What a new process gets. */
interface PassedOn {
  readonly handover: Handover;
  /** By the numbers that they have in this process. */
  readonly descriptors: readonly number[];
}

/**
 * What a new process is told of the sockets of `server`, and the descriptors that it gets.
 * Undefined when the system can't pass them on.
 */
function passedOn(server: Server | Workers, isManagers: boolean): PassedOn | undefined {
  const descriptors: number[] = [];
  const pass = (descriptor: number): number => {
    const known = descriptors.indexOf(descriptor);
    return firstDescriptor + (known < 0 ? descriptors.push(descriptor) - 1 : known);
  };
  const groups = groupsOf(server).map(({ main, redirect = [], removesFile = false }) => ({
    main: main.map(pass),
    redirect: redirect.map(pass),
    removesFile,
  }));
  const beside = "groups" in server ? server.operationsSockets : server.sockets;
  const operations = passOperations(server, beside, pass);
  const { host, port, unix, tlsRedirect } = server;
  const isOwnFile = unix === undefined || isManagers || groups.some((one) => one.removesFile);
  const isWhole = groups.length > 0 && !descriptors.includes(-1) && isOwnFile;
  if (!isWhole || operations === undefined) return undefined;
  const handover = {
    host,
    port,
    groups,
    isManagers,
    operations,
    ...(unix === undefined ? {} : { unix }),
    ...(tlsRedirect === undefined ? {} : { tlsRedirect }),
  };
  return { handover, descriptors };
}

/**
 * Starts a process that takes over with what is passed on. Resolves with it when it serves; rejects
 * with an Error when it has ended, or doesn't serve within `workerAnswerTimeMs`. In the latter case
 * it may have accepted clients, whom it answers before it ends, for as long as a process does that
 * another one has taken over from.
 */
async function startSuccessor(
  { handover, descriptors }: PassedOn,
  { workerAnswerTimeMs, handoverTimeMs, stopTimeMs }: HandoverLimits,
  manager: ServiceManager | undefined,
): Promise<Bun.Subprocess> {
  const passed = { [handoverVariable]: JSON.stringify(handover), ...manager?.environment };
  const serving = Promise.withResolvers<boolean>();
  const child = Bun.spawn(ownCommand(), {
    stdio: ["inherit", "inherit", "inherit", ...descriptors],
    env: { ...process.env, ...passed },
    ipc: (message) => {
      if (message === servingMessage) serving.resolve(true);
    },
  });
  const timer = setTimeout(() => serving.resolve(false), workerAnswerTimeMs);
  // A process that is stopped meanwhile leaves no other behind.
  const abandon = (): void => child.kill("SIGTERM");
  process.on("exit", abandon);
  const first = await Promise.race([serving.promise, child.exited]);
  clearTimeout(timer);
  process.off("exit", abandon);
  if (first === true) return child;
  if (first === false) {
    abandon();
    const kill = setTimeout(() => child.kill("SIGKILL"), handoverTimeMs + 2 * stopTimeMs);
    void child.exited.then(() => clearTimeout(kill));
    throw new Error(`the new process does not serve within ${workerAnswerTimeMs / 1000} s`);
  }
  const { signalCode } = child;
  const how = signalCode === null ? `ended with status ${first}` : `was killed by ${signalCode}`;
  throw new Error(`the new process ${how}`);
}

/**
 * Tells the process that this one takes over from that it serves; resolves when that has told its
 * service manager who serves now. Then the file that is left of a Unix socket is removed.
 */
export async function tellServing({ leftFile }: GivenToProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("disconnect", () => resolve());
  if (process.send?.(servingMessage) !== true) resolve();
  await promise;
  if (leftFile === undefined) return;
  const { SocketFile } = await import("../../server/unix-socket.ts");
  new SocketFile(leftFile).remove();
}

/**
 * Has another process take over from `server`, unless `isStopped` by then. Resolves with whether it
 * has; if not, standard error says why, and this process goes on.
 */
export async function handOver(
  server: Server | Workers,
  limits: HandoverLimits,
  given: GivenToProcess | undefined,
  manager: ServiceManager | undefined,
  isStopped: () => boolean,
): Promise<boolean> {
  if (process.pid === 1) {
    // Its end is the end of the container.
    say("SIGUSR2: this is the first process of a container: start another container");
    return false;
  }
  const passed = passedOn(server, given?.isManagers === true);
  if (passed === undefined) {
    say("SIGUSR2: this system can't pass on the sockets");
    return false;
  }
  manager?.reloading();
  try {
    const child = await startSuccessor(passed, limits, manager);
    if (isStopped()) {
      child.kill("SIGTERM");
      return false;
    }
    manager?.replacedBy(child.pid);
    child.disconnect();
    child.unref();
    return true;
  } catch (error) {
    manager?.reloaded();
    say(`SIGUSR2: ${error instanceof Error ? error.message : String(error)}; this one goes on`);
    return false;
  }
}
