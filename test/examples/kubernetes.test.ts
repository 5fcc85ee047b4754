/**
 * The sample for Kubernetes against the schema of its interface, against the options that there
 * are, and against a process that is started with its words. The schema is that of the package
 * kubernetes-models, which is installed from the registry into a temporary folder; where there is
 * none those tests are skipped, and say so.
 */

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { resolveLimits } from "../../src/base/limits.ts";
import { readCommandLine } from "../../src/cli/options/command-line.ts";
import { Command } from "../cli/command.ts";
import { StoreStub } from "../tree/store/store-stub.ts";

const sample = await Bun.file(
  join(import.meta.dir, "../../examples/kubernetes/postern.yaml"),
).text();

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

interface Labels {
  readonly matchLabels: Readonly<Record<string, string>>;
}

type Documents = readonly [
  {
    readonly kind: "Deployment";
    readonly spec: {
      readonly selector: Labels;
      readonly template: {
        readonly metadata: { readonly labels: Readonly<Record<string, string>> };
        readonly spec: {
          readonly terminationGracePeriodSeconds: number;
          readonly containers: readonly [Container];
        };
      };
    };
  },
  {
    readonly kind: "Service";
    readonly spec: {
      readonly selector: Readonly<Record<string, string>>;
      readonly ports: readonly { readonly targetPort: string }[];
    };
  },
  { readonly kind: "PodDisruptionBudget"; readonly spec: { readonly selector: Labels } },
];

const documents = Bun.YAML.parse(sample) as Documents;
const [deployment, service, budget] = documents;
const { template, selector } = deployment.spec;
const [container] = template.spec.containers;
const { livenessProbe, readinessProbe } = container;

/** Where each kind is in the package, and what its type is called. */
const kinds = {
  Deployment: "apps/v1/Deployment",
  Service: "v1/Service",
  PodDisruptionBudget: "policy/v1/PodDisruptionBudget",
} as const;

const folder = mkdtempSync(join(tmpdir(), "postern-kubernetes-"));
await Bun.write(join(folder, "package.json"), "{}");
const adding = Bun.spawn(["bun", "add", "kubernetes-models@5.1.0"], {
  cwd: folder,
  stdout: "ignore",
  stderr: "ignore",
  timeout: 60_000,
});
const isInstalled =
  (await adding.exited) === 0 && existsSync(join(folder, "node_modules/kubernetes-models"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the schema says of `document`: of each field that it has, of those that it lacks. */
async function faultOf(document: { readonly kind: keyof typeof kinds }): Promise<string> {
  const { kind } = document;
  const module = (await import(
    join(folder, `node_modules/kubernetes-models/${kinds[kind]}.js`)
  )) as {
    readonly [Name in keyof typeof kinds]: new (given: unknown) => { validate(): void };
  };
  try {
    new module[kind](document).validate();
    return "";
  } catch (error) {
    return String(error);
  }
}

/** What the types say, which know all fields: the schema lets pass those that it does not know. */
async function typeFaultsOf(
  given: readonly { readonly kind: keyof typeof kinds }[],
): Promise<string> {
  const lines = given.map(
    (document, index) =>
      `import type { I${document.kind} as T${index} } from "kubernetes-models/${kinds[document.kind]}";\n` +
      `export const d${index}: T${index} = ${JSON.stringify(document)};\n`,
  );
  await Bun.write(join(folder, "sample.ts"), lines.join(""));
  const compilerOptions = { module: "Preserve", strict: true, skipLibCheck: true, types: [] };
  await Bun.write(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true }, files: ["sample.ts"] }),
  );
  const checking = Bun.spawn([process.execPath, "check", "--no-script"], {
    cwd: folder,
    stdout: "pipe",
    stderr: "ignore",
  });
  const told = await checking.stdout.text();
  return (await checking.exited) === 0 ? "" : told;
}

describe.skipIf(!isInstalled)("the sample for Kubernetes, by kubernetes-models", () => {
  test("is what the schema demands", async () => {
    expect(documents.map(({ kind }) => kind)).toEqual([
      "Deployment",
      "Service",
      "PodDisruptionBudget",
    ]);
    for (const document of documents) expect(await faultOf(document)).toBe("");
    const counted = { ...deployment, spec: { ...deployment.spec, replicas: "3" } };
    expect(await faultOf(counted)).toContain("replicas must be integer");
  });

  test("has no field that there isn't", async () => {
    expect(await typeFaultsOf(documents)).toBe("");
    const mistyped = { ...budget, spec: { ...budget.spec, maxUnavailible: 1 } };
    expect(await typeFaultsOf([mistyped])).toContain("maxUnavailible");
  });
});

describe("the sample for Kubernetes", () => {
  test("selects its own pods and ports", () => {
    const { labels } = template.metadata;
    expect(selector.matchLabels).toEqual(labels);
    expect(service.spec.selector).toEqual(labels);
    expect(budget.spec.selector).toEqual(selector);
    const names = container.ports.map(({ name }) => name);
    const used = [livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.port);
    for (const port of [...used, ...service.spec.ports.map((one) => one.targetPort)]) {
      expect(names).toContain(port);
    }
  });

  test("has only options that there are, and is given the time that they need", () => {
    const read = readCommandLine(container.args, {});
    if (!read.ok) throw new Error(read.error);
    const { config } = read.value;
    const ports = Object.fromEntries(
      container.ports.map(({ name, containerPort }) => [name, containerPort]),
    );
    expect(config).toMatchObject({
      root: "s3://site",
      host: "0.0.0.0",
      port: ports["http"],
      health: `0.0.0.0:${ports["health"]}`,
      metrics: `0.0.0.0:${ports["metrics"]}`,
    });
    const limits = resolveLimits(config.limits ?? {});
    if (!limits.ok) throw new Error(limits.error.limit);
    const { drainTimeMs, stopTimeMs } = limits.value;
    const { periodSeconds, timeoutSeconds, failureThreshold } = readinessProbe;
    const noticedMs = (periodSeconds * failureThreshold + timeoutSeconds) * 1000;
    expect(drainTimeMs).toBeGreaterThan(noticedMs);
    expect(template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(
      drainTimeMs + stopTimeMs,
    );
  });

  test("starts a server that its probes find, and that drains when it is told to stop", async () => {
    const stub = await StoreStub.start();
    stub.put("index.html", "home");
    const { root, store } = stub.options();
    const words = container.args.map((word) =>
      word
        .replace("s3://site", root)
        .replace("0.0.0.0", "127.0.0.1")
        .replace(/\d{4}$/, "0"),
    );
    try {
      await using command = new Command([...words, "--ready=json", "--quiet"], {
        S3_ENDPOINT: store.endpoint,
        S3_REGION: store.region,
        S3_ACCESS_KEY_ID: store.accessKeyId,
        S3_SECRET_ACCESS_KEY: store.secretAccessKey,
      });
      const ready = JSON.parse((await command.line()) ?? "null") as {
        port: number;
        health: string;
      };
      const statusOf = async ({ httpGet: { path } }: Probe): Promise<number> =>
        (await fetch(new URL(path, ready.health))).status;
      const site = `http://127.0.0.1:${ready.port}/`;
      expect(await (await fetch(site)).text()).toBe("home");
      expect([await statusOf(livenessProbe), await statusOf(readinessProbe)]).toEqual([200, 200]);
      command.signal("SIGTERM");
      while ((await statusOf(readinessProbe)) === 200) await Bun.sleep(1);
      expect([await statusOf(livenessProbe), await statusOf(readinessProbe)]).toEqual([200, 503]);
      expect(await (await fetch(site)).text()).toBe("home");
    } finally {
      await stub.stop();
    }
  });
});
