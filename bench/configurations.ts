/**
 * The configurations of the servers written in C and Go: one worker, no access log, persistent
 * connections, and otherwise the defaults of their manuals and packages.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Case, Setup } from "./cases.ts";

/** The values from which a peer's configuration is made. */
export interface Site {
  /** The served folder. */
  readonly root: string;
  /** A copy of its text files, each with a gzip-compressed file beside it. */
  readonly codedRoot: string;
  /** A folder for the server's own files. It exists, with mode 0777. */
  readonly folder: string;
  readonly port: number;
  readonly setup: Setup;
  /** The paths of a certificate and its key, for a setup with TLS. */
  readonly certificate: string;
  readonly key: string;
  /** The case that will be measured. Servers with one fixed answer need it. */
  readonly asked: Case;
  /** The port of the backend on 127.0.0.1, for a setup that is proxied. */
  readonly backend?: number;
  /** The folder of postern's package. If absent, the checkout is started. */
  readonly package?: string;
}

const many = 1_000_000_000;
const filesMax = 20_000;

/** Servers started by root switch to the user that their packages use. */
const isRoot = process.getuid?.() === 0;

/** `cachedFiles` is the size of the open-file cache. If `undefined`, there is none. */
export function nginxConfig(site: Site, cachedFiles: number | undefined): string {
  const { root, codedRoot, folder, port, setup, backend } = site;
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `  ${kind}_temp_path ${join(folder, kind)};`).join("\n");
  const cache = `open_file_cache max=${cachedFiles} inactive=600s; open_file_cache_min_uses 1;`;
  const tls = `ssl_certificate ${site.certificate}; ssl_certificate_key ${site.key};
    ssl_protocols TLSv1.3;`;
  const upstream = `upstream backend {
    server 127.0.0.1:${backend};
    keepalive 256;
    keepalive_requests ${many};
  }`;
  const passing = `location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }`;
  if (setup.upload) writeFileSync(join(folder, "upload.bin"), "");
  return `${isRoot ? "user nobody nogroup;" : ""}
daemon off;
worker_processes 1;
worker_rlimit_nofile ${filesMax};
pid ${join(folder, "nginx.pid")};
error_log stderr crit;
events { worker_connections ${filesMax}; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests ${many};
  keepalive_timeout 600s;
  types { text/plain txt; text/html html; }
  ${cachedFiles === undefined ? "" : cache}
${temporary}
  ${setup.proxied ? upstream : ""}
  server {
    listen 127.0.0.1:${port}${setup.tls ? " ssl" : ""};
    ${setup.tls ? tls : ""}
    ${setup.gzip ? "gzip_static on;" : ""}
    ${setup.listing ? "autoindex on;" : ""}
    ${setup.upload ? "dav_methods PUT; client_max_body_size 0;" : ""}
    ${setup.proxied ? passing : ""}
    root ${setup.upload ? folder : setup.gzip ? codedRoot : root};
  }
}
`;
}

export function lighttpdConfig({ root, folder, port, setup }: Site): string {
  return `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${root}"
server.errorlog = "${join(folder, "error.log")}"
${isRoot ? 'server.username = "nobody"\nserver.groupname = "nogroup"' : ""}
server.max-worker = 0
server.max-fds = ${filesMax}
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 600
server.max-read-idle = 600
mimetype.assign = ( ".txt" => "text/plain", ".html" => "text/html" )
${setup.listing ? 'server.modules = ( "mod_dirlisting" )\ndir-listing.activate = "enable"' : ""}
`;
}

export function h2oConfig(site: Site): string {
  const { root, codedRoot, folder, port, setup } = site;
  const tls = `
  ssl:
    certificate-file: ${site.certificate}
    key-file: ${site.key}`;
  return `${isRoot ? "user: nobody" : ""}
num-threads: 1
max-connections: ${filesMax}
pid-file: ${join(folder, "h2o.pid")}
listen:
  host: 127.0.0.1
  port: ${port}${setup.tls ? tls : ""}
http1-request-timeout: 600
file.send-compressed: ${setup.gzip ? "ON" : "OFF"}
file.dirlisting: ${setup.listing ? "ON" : "OFF"}
hosts:
  default:
    paths:
      "/":
        file.dir: ${setup.gzip ? codedRoot : root}
`;
}

/** Connections of the clients and of the backend together. */
const proxiedMax = 2000;

export function haproxyConfig({ port, backend }: Site): string {
  return `global
  maxconn ${proxiedMax}
  nbthread 1
defaults
  mode http
  timeout client 600s
  timeout server 600s
  timeout connect 5s
  option forwardfor
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend backend
backend backend
  server backend 127.0.0.1:${backend}
`;
}

export function caddyConfig(site: Site): string {
  const { root, port, setup, certificate, key, backend } = site;
  const files = `root * ${root}\n\tfile_server${setup.listing ? " browse" : ""}`;
  const tls = `tls ${certificate} ${key} {
\t\tprotocols tls1.3
\t}`;
  return `{
\tadmin off
\tauto_https off
\tlog {
\t\tlevel ERROR
\t}
}

${setup.tls ? "https" : "http"}://:${port} {
\tbind 127.0.0.1
\t${setup.tls ? tls : ""}
\t${setup.proxied ? `reverse_proxy 127.0.0.1:${backend}` : files}
}
`;
}
