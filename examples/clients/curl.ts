/**
 * An adapter for `postern check --client`: the program curl, which is run for each request. A line of
 * JSON on standard input says what to ask for, and a line on standard output what came. `curl -sS
 * {url}` needs no adapter, but plays only the scripts that ask for one GET.
 *
 *   postern check fixtures/clients --client 'curl=bun examples/clients/curl.ts'
 */

interface Ask {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly content?: string;
}

for await (const line of console) {
  process.stdout.write(`${JSON.stringify(await told(JSON.parse(line) as Ask))}\n`);
}

async function told({ method, url, fields, content }: Ask): Promise<object> {
  // -X would name the method of each request that a redirect leads to, too.
  const methods: Readonly<Record<string, readonly string[]>> = { GET: [], HEAD: ["--head"] };
  const words = content === undefined ? [] : ["--data-binary", "@-"];
  if (method !== "POST" || content === undefined)
    words.push(...(methods[method] ?? ["-X", method]));
  const headers = fields.flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const outputs = method === "HEAD" ? ["-o", "/dev/null"] : [];
  const facts = "%{stderr}\n%{http_code} %{header_json}";
  const child = Bun.spawn(
    ["curl", "-q", "-sS", "-L", ...words, ...headers, ...outputs, "-w", facts, url],
    { stdin: Buffer.from(content ?? "", "base64"), stdout: "pipe", stderr: "pipe" },
  );
  const [body, said] = await Promise.all([child.stdout.bytes(), child.stderr.text()]);
  if ((await child.exited) !== 0) return { error: said.split("\n")[0] };
  const [, status = "", json = "{}"] = /\n(\d{3}) (\{[^]*)$/u.exec(said) ?? [];
  const got = Object.entries(JSON.parse(json) as Record<string, readonly string[]>);
  const pairs = got.flatMap(([name, values]) => values.map((value) => [name, value] as const));
  return { status: Number(status), fields: pairs, content: body.toBase64() };
}
