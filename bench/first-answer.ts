/**
 * Starts a server, tries to connect until it listens, requests one file, and prints the
 * milliseconds from exec to the end of the answer. Then stops the server.
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
/** The pause between two attempts, long enough to leave the server its core. */
const PAUSE_MS = 0.2;

const { command, environment, port, path } = JSON.parse(process.argv[2] ?? "") as Order;
const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

/**
 * The complete answer; `undefined` if nothing listens yet, or if the connection is closed without
 * an answer (sirv listens on the port for a moment to find out whether it is free).
 */
async function ask(): Promise<string | undefined> {
  const ended = Promise.withResolvers<void>();
  let answer = "";
  try {
    await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        // While nothing listens, the kernel may choose the same port as the local one. TCP then
        // connects the socket to itself (RFC 9293 §3.5, simultaneous open), which occupies the
        // port.
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
  const what = answer === undefined ? "nothing listens" : `got "${answer.slice(0, 40)}"`;
  process.stderr.write(`after ${Math.round(milliseconds)} ms ${what.replaceAll("\r\n", " ")}\n`);
  process.exitCode = 1;
}
