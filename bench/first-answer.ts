/**
 * Starts a server, knocks until it opens, asks for one file, and prints how many milliseconds went
 * by from exec to the end of the answer. Ends the server.
 *
 *   bun first-answer.ts '{"command": ["…"], "environment": {}, "port": 8080, "path": "/a"}'
 */

interface Order {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly port: number;
  readonly path: string;
}

const PATIENCE_MS = 10_000;
const STOP_MS = 3000;
/** Between two knocks: seldom enough to leave the server its core. */
const PAUSE_MS = 0.2;

const { command, environment, port, path } = JSON.parse(process.argv[2] ?? "") as Order;
const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

/**
 * The answer, up to the end of the connection; undefined when nobody listens yet, or somebody who
 * only tries the port and hangs up (sirv does).
 */
async function ask(): Promise<string | undefined> {
  const ended = Promise.withResolvers<void>();
  let answer = "";
  try {
    await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        // While nobody listens, a port that is free may be given to this end, too, and TCP connects
        // the socket with itself (RFC 9293 §3.5, simultaneous open): that would take the port.
        open: (socket) => {
          if (socket.localPort === port) socket.terminate();
          else socket.write(request);
        },
        data: (socket, bytes) => {
          answer += bytes.toString("latin1");
          if (!isWhole(answer)) return;
          ended.resolve();
          socket.terminate();
        },
        close: () => ended.resolve(),
      },
    });
  } catch {
    return undefined;
  }
  const timer = setTimeout(() => ended.resolve(), PATIENCE_MS);
  await ended.promise;
  clearTimeout(timer);
  return answer === "" ? undefined : answer;
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf("\r\n\r\n") + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)?.[1];
  return headEnd > 3 && length !== undefined && answer.length >= headEnd + Number(length);
}

const started = performance.now();
const server = Bun.spawn([...command], {
  env: { ...process.env, ...environment },
  stdin: "ignore",
  stdout: "ignore",
  stderr: "ignore",
});
let answer: string | undefined;
while (answer === undefined && performance.now() - started < PATIENCE_MS) {
  answer = await ask();
  if (answer === undefined) Bun.sleepSync(PAUSE_MS);
}
const milliseconds = performance.now() - started;
server.kill("SIGTERM");
const killer = setTimeout(() => server.kill("SIGKILL"), STOP_MS);
await server.exited;
clearTimeout(killer);
if (answer?.startsWith("HTTP/1.1 200 ")) {
  process.stdout.write(String(milliseconds));
} else {
  const what = answer === undefined ? "nobody listens" : `got "${answer.slice(0, 40)}"`;
  process.stderr.write(`after ${Math.round(milliseconds)} ms ${what.replaceAll("\r\n", " ")}\n`);
  process.exitCode = 1;
}
