/**
 * `postern check`: plays wire scripts against this server, started for each script, or against
 * other servers.
 */

import { nearestWord } from "../base/nearest-word.ts";
import type { CheckOptions } from "../check/check.ts";
import { check } from "../check/check.ts";
import type { StartServer } from "../check/play/stage.ts";
import { serve } from "../server/serve.ts";
import { readCommandLine } from "./options/command-line.ts";
import { serveOptions } from "./config/to-serve-options.ts";
import { readSettings } from "./config/settings.ts";

const help = `postern check plays wire scripts, plain-text exchanges with an HTTP server.

  postern check SCRIPT|FOLDER... [options]

  --against URL        play them against the server at URL, http or https; repeatable (default:
                       postern itself)
  --tree DIR           write the scripts' files into DIR, to be served by the other server; with
                       nothing to play against, only that
  --no-replay          don't replay the scripts with their bytes cut at every position
  --json               report as JSON
  --help               print this

Exit status: 0 every must that was played held, 1 one did not, 2 a script or an option can't be
read.
`;

/** Starts postern with the flags and limits that a script names. */
export const startPostern: StartServer = async ({ root, arguments: words, limits, hosts }) => {
  const named = hosts.flatMap((host) => ["--allow-host", host]);
  const command = readCommandLine([...words, ...named, root], {});
  if (!command.ok) throw new Error(command.error);
  // The current folder's configuration would change the outcome of a script that doesn't name it.
  const { configFile } = command.value;
  const settings = await readSettings({
    ...command.value,
    configFile: configFile === "own" ? "none" : configFile,
  });
  if (!settings.ok) throw new Error(settings.error);
  const options = serveOptions({ ...settings.value.config, host: "127.0.0.1", log: "none" });
  // A check touches no file of the user's.
  const { tls } = options;
  const certificate = tls === "local" ? ({ tls: true } as const) : {};
  const server = await serve({
    ...options,
    ...certificate,
    port: 0,
    limits: { ...options.limits, ...limits },
  });
  const { tlsRedirect, url } = server;
  return {
    // What a script has to say about that port can be seen there alone.
    url: tlsRedirect === undefined ? url : new URL(`http://127.0.0.1:${tlsRedirect}/`),
    stop: () => server.stop({ force: true }),
  };
};

const optionNames = ["against", "tree", "no-replay", "json", "help"] as const;

function unknownOption(word: string): string {
  const near = nearestWord(word, optionNames);
  return near === undefined
    ? `unknown option ${word}; check --help lists them`
    : `unknown option ${word}: did you mean --${near}?`;
}

type Words = Pick<CheckOptions, "paths" | "against" | "json" | "replay" | "tree">;

/** Reads the words after `check`; a string says what is wrong with them. */
function readWords(words: readonly string[]): Words | string {
  const paths: string[] = [];
  const against: string[] = [];
  let tree: string | undefined;
  let json = false;
  let replay = true;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    switch (word) {
      case "--json":
        json = true;
        break;
      case "--no-replay":
        replay = false;
        break;
      case "--against":
      case "--tree": {
        const value = words[++i];
        if (value === undefined || value.startsWith("--")) return `${word} needs a value`;
        if (word === "--against") against.push(value);
        else tree = value;
        break;
      }
      default:
        if (word.startsWith("-")) return unknownOption(word);
        paths.push(word);
    }
  }
  if (paths.length === 0) return "check needs a script, or a folder of them";
  return { paths, against, json, replay, ...(tree === undefined ? {} : { tree }) };
}

/** Runs `check` with the words after it; returns the exit status. */
export async function runCheck(words: readonly string[]): Promise<0 | 1 | 2> {
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(help);
    return 0;
  }
  const read = readWords(words);
  if (typeof read === "string") {
    process.stderr.write(`postern: ${read}\n`);
    return 2;
  }
  return check({ ...read, start: startPostern, out: (text) => process.stdout.write(text) });
}
