import type { Config } from "../../../src/cli/config/config.ts";

/** A configuration with every key. */
export const whole: Required<Config> = {
  root: "site",
  host: "::1",
  port: 0,
  allowHosts: ["site.example", ".lab.example"],
  tls: { cert: "cert.pem", key: "key.pem" },
  permissions: "process",
  explain: true,
  hidden: true,
  symlinks: "deny",
  listing: false,
  allowArchive: true,
  index: "home.html",
  single: true,
  cleanUrls: true,
  cache: 0,
  headers: [
    { name: "X-A", value: "" },
    { path: "/assets/**", name: "X-B", value: "b" },
  ],
  cors: { origins: ["https://example.com"], credentials: true },
  redirects: [
    { from: "/a", to: "/b" },
    { from: "/c/*", to: "https://example.com/*", status: 302 },
  ],
  rewrites: [{ from: "/d/:e", to: "/f/:e" }],
  compress: false,
  earlyHints: true,
  live: true,
  post: "off",
  form: "ask.html",
  log: "json",
  quiet: true,
  workers: 2,
  limits: { bodyBytesMax: 1, idleTimeMs: 2 },
};
