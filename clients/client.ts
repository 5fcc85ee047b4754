/**
 * A real client: what it is asked to fetch, and what became of that. Each runs in a process of its
 * own, as its users run it, and not as a part of this program.
 */

/** What a client is asked to do. */
export interface Errand {
  readonly url: string;
  readonly method: "GET" | "POST";
  /**
   * What a client does only where its user asks for it.
   */
  readonly habit?: Habit;
  /** How often it asks, each time when the last one is over; clients that can, keep a connection. */
  readonly times: number;
  /** A page of the same server, from which a browser asks; without one it opens the URL itself. */
  readonly page?: string;
  /** A file with the authority (CA) that the client is to trust, as PEM text. */
  readonly caFile?: string;
  /** After it the client gives up a request, in milliseconds. */
  readonly limitMs: number;
}

/**
 * `retry` once after an answer that says so, `resume` what was broken off, or read the content in
 * `pieces` where a client is usually asked for all of it.
 */
export type Habit = "retry" | "resume" | "pieces";

/** The content that is sent with POST. */
export const postedText = "a=1";

/** What became of one request, as the client tells it. */
export interface Outcome {
  /** `hung` when the client's own limit ended it. */
  readonly kind: "ok" | "failed" | "hung";
  /** The status that the client tells its caller; undefined when there was none. */
  readonly status?: number;
  /** Octets of content that its caller got, also before an error. */
  readonly octets: number;
  /** The digest of these octets, in hexadecimal. */
  readonly sha256: string;
  /** The client's error, its code before its text; undefined for none. */
  readonly error?: string;
  readonly milliseconds: number;
}

/** A client on this machine. */
export interface Client {
  readonly name: string;
  /** With the library that makes its requests, where that has a version of its own. */
  readonly version: string;
  /** What it can be asked for. */
  readonly habits: readonly Habit[];
  /** The outcome of each of the requests. */
  run(errand: Errand): Promise<readonly Outcome[]>;
}

/**
 * How much longer than its own limit for each request a client may take to start, to report, and to
 * end. A client that takes longer is killed, and the run fails.
 */
const graceMs = 60_000;

/** The processes of clients that are running. */
const running = new Set<Bun.Subprocess>();

/** Ends all clients, whose runs then fail. */
export function stopClients(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** The standard output of `command`. Rejects when it prints nothing, with what it complained of. */
export async function outputOf(
  command: readonly string[],
  { times, limitMs }: Pick<Errand, "times" | "limitMs">,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: times * limitMs + graceMs,
    killSignal: "SIGKILL",
  });
  running.add(child);
  const [text, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  running.delete(child);
  if (text.trim() === "") throw new Error(`${command[0] ?? ""}: ${complaint.trim()}`);
  return text;
}
