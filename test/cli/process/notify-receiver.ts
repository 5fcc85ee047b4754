/** A service manager's end of sd_notify(3), in Python: Bun has no datagrams on Unix sockets. */

const program = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = sys.argv[1]
s.bind("\\0" + a[1:] if a.startswith("@") else a)
print("bound", flush=True)
while True:
    print(s.recv(4096).hex(), flush=True)
`;

/** Whether messages can be sent and received here. */
export const canReceive = process.platform === "linux" && Bun.which("python3") !== null;

export class NotifyReceiver implements AsyncDisposable {
  readonly address: string;
  readonly #process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #lines: AsyncGenerator<string>;

  private constructor(address: string) {
    this.address = address;
    this.#process = Bun.spawn(["python3", "-c", program, address], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#lines = this.#read();
  }

  /** Receives at `address`, as NOTIFY_SOCKET names it. */
  static async at(address: string): Promise<NotifyReceiver> {
    const receiver = new NotifyReceiver(address);
    await receiver.#lines.next();
    return receiver;
  }

  async *#read(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const octets of this.#process.stdout) {
      text += decoder.decode(octets, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      yield* lines;
    }
  }

  /** The next message; those of the watchdog only if `isWatchdogs`. */
  async next(isWatchdogs = false): Promise<string> {
    for (;;) {
      const message = await this.any();
      if ((message === "WATCHDOG=1") === isWatchdogs) return message;
    }
  }

  /** The next message, whatever it is. */
  async any(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the receiver has ended");
    return Buffer.from(line.value, "hex").toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }
}
