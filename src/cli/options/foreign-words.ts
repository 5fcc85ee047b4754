/**
 * What people write who come from another server, and how it is written here: options of other
 * names, letters, a port or an address without an option, and commands. It is loaded only for the
 * message about a word that postern doesn't know.
 */

/**
 * Options of serve 14, http-server 14, live-server 1, sirv 3, Vite 8 (`preview`), browser-sync,
 * Caddy 2 (`caddy file-server`), python -m http.server, static-web-server, simple-http-server, dufs
 * and miniserve, and directives of nginx. Names are compared without case, hyphens and underscores.
 */
const options: Readonly<Record<string, string>> = {
  address: "--host",
  bind: "--host",
  interfaces: "--host",
  listen: "--port",
  "unix-socket": "--unix",
  socket: "--unix",
  "server-name": "--allow-host",
  "allowed-hosts": "--allow-host",
  domain: "--host or --allow-host",
  spa: "--single",
  "single-page": "--single",
  "single-page-app": "--single",
  "history-api-fallback": "--single",
  "entry-file": "--single",
  "page-fallback": "--single",
  fallback: "--single",
  "try-files": "--single or --clean-urls",
  "render-spa": "--single",
  "pretty-urls": "--clean-urls",
  ext: "--clean-urls",
  extensions: "--clean-urls",
  "path-prefix": "--base",
  "route-prefix": "--base",
  prefix: "--base",
  mount: "/docs=FOLDER",
  alias: "/docs=FOLDER",
  directory: "a folder without an option",
  dir: "a folder without an option",
  root: "a folder without an option",
  "out-dir": "a folder without an option",
  "document-root": "a folder without an option",
  dotfiles: "--hidden",
  "no-dotfiles": "--no-hidden",
  "show-hidden": "--hidden",
  "allow-symlink": "--symlinks follow",
  "follow-symlinks": "--symlinks follow",
  "no-symlinks": "--symlinks deny",
  silent: "--quiet",
  "no-request-logging": "--log none",
  "no-logging": "--log none",
  "log-format": "--log",
  "access-log": "--log or --log-file",
  "log-level": "--log or --quiet",
  "log-ip": "--log combined",
  verbose: "--log combined",
  maxage: "--cache",
  "max-age": "--cache",
  expires: "--cache",
  "cache-control": "--cache",
  "cache-control-headers": "--cache",
  "cache-time": "--cache",
  "enable-cors": "--cors",
  "allow-cors": "--cors",
  "cors-origin": "--cors=ORIGIN",
  "cors-origins": "--cors=ORIGIN",
  "allow-origin": "--cors=ORIGIN",
  "cors-allow-origins": "--cors=ORIGIN",
  headers: "--header",
  "add-header": "--header",
  "no-compression": "--no-compress",
  "no-gzip": "--no-compress",
  qrcode: "--qr",
  browser: "--open",
  launch: "--open",
  "no-browser": "--no-open",
  watch: "--live",
  reload: "--live",
  livereload: "--live",
  "live-reload": "--live",
  "no-reload": "--no-live",
  https: "--tls",
  ssl: "--tls",
  http2: "--tls",
  "http-redirect": "--tls-redirect",
  "https-redirect": "--tls-redirect",
  "ssl-cert": "--tls-cert",
  "ssl-certificate": "--tls-cert",
  cert: "--tls-cert",
  "ssl-key": "--tls-key",
  "ssl-certificate-key": "--tls-key",
  key: "--tls-key",
  username: "--auth USER:PASSWORD",
  password: "--auth USER:PASSWORD",
  "basic-auth": "--auth USER:PASSWORD",
  "auth-basic": "--auth USER:PASSWORD",
  htpasswd: "--auth-file",
  "auth-basic-user-file": "--auth-file",
  "directory-listing": "--listing",
  autoindex: "--listing",
  "no-autoindex": "--no-listing",
  "no-dirlist": "--no-listing",
  "disable-indexing": "--no-listing",
  "enable-zip": "--allow-archive",
  "enable-tar": "--allow-archive",
  "enable-tar-gz": "--allow-archive",
  upload: "--post upload",
  uploads: "--post upload",
  "upload-files": "--post upload",
  "allow-upload": "--post upload or --put",
  "allow-all": "--post upload --put",
  "allow-delete": "--put",
  webdav: "--put",
  "upload-path": "--upload-dir",
  "client-max-body-size": "--max-body or --max-upload",
  "max-body-size": "--max-body",
  "proxy-pass": "--proxy",
  "set-real-ip-from": "--trust-proxy",
  "real-ip-header": "--trust-proxy",
  "keepalive-timeout": "--timeouts idle=60",
  timeout: "--timeouts",
  "limit-rate": "--throttle",
  threads: "--workers",
  "threads-multiplier": "--workers",
  "worker-processes": "--workers",
  cluster: "--workers",
};

/** Options of theirs for what postern does without one, or doesn't do, and what to say of it. */
const remarks: Readonly<Record<string, string>> = {
  browse: "folders are listed without an option; --open opens the browser",
  gzip: "answers are compressed where the client takes it, without an option",
  brotli: "answers are compressed where the client takes it, without an option",
  compression: "answers are compressed where the client takes it, without an option",
  etag: "answers have an ETag without an option",
  "no-etag": "answers always have an ETag",
  "no-cache": "caches ask each time without an option",
  "no-clipboard": "nothing is copied to the clipboard",
  "no-port-switching": "a port that is named is never replaced, without an option",
  "strict-port": "a port that is named is never replaced, without an option",
  immutable: "with --cache, names with a digest are immutable without an option",
  utc: "--log json has times in UTC",
  "error-page": "404.html and 403.html in the root are its error pages, without an option",
  page404: "404.html in the root is its error page, without an option",
  mimetypes: "--header '/*.xyz Content-Type: a/b' sets a type",
  cgi: "no programs are run; --proxy passes requests on to a server",
  templates: "files are sent as they are",
  "upload-size-limit": "uploads are bounded by limits.uploadBytesMax in a configuration",
  "max-upload-size": "uploads are bounded by limits.uploadBytesMax in a configuration",
  "max-file-size": "uploads are bounded by limits.uploadBytesMax in a configuration",
  redirect: "redirects are set in a configuration: redirects",
  rewrite: "rewrites are set in a configuration: rewrites",
};

/** Letters of theirs that mean nothing here. Where two servers differ, both are named. */
const letters: Readonly<Record<string, string>> = {
  b: "--host",
  i: "--host",
  l: "--port",
  d: "a folder without an option",
  L: "--log none",
  u: "--post upload or --no-compress",
  S: "--tls",
  C: "--cors or --tls-cert",
  K: "--tls-key",
  P: "--proxy",
  e: "--clean-urls",
  t: "--timeouts",
  m: "--cache",
  A: "--post upload --put",
  V: "--version",
};

/** Words that are commands or programs of others. */
const commands: ReadonlySet<string> = new Set(
  "serve server start preview dev run file-server http-server http.server live-server".split(" "),
);

/** All names and letters of options that are known. */
export const foreignNames: readonly string[] = [options, remarks, letters].flatMap((table) =>
  Object.keys(table),
);

const comparable = (name: string): string => name.replace(/[-_.]/g, "").toLowerCase();

/** What `name` has in `table`, however it is written. */
function entryOf(table: Readonly<Record<string, string>>, name: string): string | undefined {
  const key = comparable(name);
  const found = Object.keys(table).find((one) => comparable(one) === key);
  return found === undefined ? undefined : table[found];
}

/** What an option of another server is here: how it is written, or a remark. */
type Meant =
  | { readonly kind: "written"; readonly text: string }
  | { readonly kind: "remark"; readonly text: string };

/**
 * What the option called `name`, without dashes, is here. `name` may be one letter. Undefined when
 * no server that is known here has it.
 */
export function optionMeant(name: string): Meant | undefined {
  if (name.length === 1) {
    const text = Object.hasOwn(letters, name) ? letters[name] : undefined;
    return text === undefined ? undefined : { kind: "written", text };
  }
  const text = entryOf(options, name);
  if (text !== undefined) return { kind: "written", text };
  const remark = entryOf(remarks, name);
  return remark === undefined ? undefined : { kind: "remark", text: remark };
}

/** A host, as an address or a name; a name alone is rather a folder's. */
const hostPattern = /^(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[?[\da-f]*:[\da-f:.]*:[\da-f:.]*\]?)$/i;

/**
 * The options for a place to listen that is written as one word: "8000", ":8000",
 * "0.0.0.0:8000", "localhost", "http://localhost:8000/", "tcp://0.0.0.0:5000". Undefined when it
 * is none.
 */
function placeMeant(word: string): string | undefined {
  const bare = word.replace(/^(?:tcp|https?):\/\/|\/$/g, "");
  const [, before = "", port] = /^(?:(.*):)?(\d{1,5})$/.exec(bare) ?? [];
  const isPort = port !== undefined && Number(port) <= 65_535;
  if (isPort && (before === "" || before === "*")) return `--port ${port}`;
  const host = isPort && !hostPattern.test(bare) ? before : bare;
  if (!hostPattern.test(host)) return undefined;
  const name = host.replace(/^\[|\]$/g, "");
  return host === bare ? `--host ${name}` : `--host ${name} --port ${port}`;
}

/** The end of the line about a value that may be a place to listen; "" when it is none. */
export function placeHint(value: string): string {
  const place = placeMeant(value);
  return place === undefined ? "" : `; did you mean ${place}?`;
}

/**
 * The end of the line about a configuration called `name` that isn't there: -c is the time of
 * caches for http-server, and -1 none.
 */
export function configHint(name: string): string {
  if (!/^-?\d{1,10}$/.test(name)) return "";
  const meant = name.startsWith("-") ? "no --cache" : `--cache ${name}`;
  return `; did you mean ${meant}?`;
}

/**
 * The end of the line about `operands` of which one names no folder, or that are too many: what
 * the first that is known from elsewhere is written like here; "" when there is none.
 */
export function operandHint(...operands: readonly string[]): string {
  for (const word of operands) {
    if (word === "help") return "; did you mean --help?";
    if (commands.has(word)) return `; ${word} is no command: name the folder alone`;
    const hint = placeHint(word);
    if (hint !== "") return hint;
  }
  return "";
}
