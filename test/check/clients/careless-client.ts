/**
 * A client on raw TCP as it is written in a hurry: an adapter for `check --client` that has to be found
 * out. It takes whatever came until the connection ended or was silent for a moment, and everything
 * after the first empty line for the content.
 */

for await (const line of console) {
  const { method, url } = JSON.parse(line) as { readonly method: string; readonly url: string };
  const { hostname, port, host, pathname } = new URL(url);
  let text = "";
  let wake: (() => void) | undefined;
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data: (_, octets) => {
        text += octets.toString("latin1");
        wake?.();
      },
      close: () => wake?.(),
    },
  });
  socket.write(`${method} ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  for (let before = -1; before < text.length;) {
    before = text.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    await Promise.race([promise, Bun.sleep(200)]);
  }
  socket.end();
  const content = Buffer.from(text.split("\r\n\r\n").slice(1).join("\r\n\r\n"), "latin1");
  const status = Number(text.slice(9, 12));
  const told = { status, content: content.toString("base64") };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
