/**
 * The row of the option that says how object stores are asked. Whether an endpoint or a region can
 * be used is checked where the store is opened.
 */

import type { StoreOptions } from "../../tree/store/client/store-source.ts";
import { object } from "./composite-kind.ts";
import { fileMode } from "./connection-kinds.ts";
import type { OptionTable } from "./option.ts";
import { plainText, text, whole, wholeText } from "./value-kind.ts";

/** A longest time in seconds, some 68 years. */
const secondsMax = 2 ** 31;

const seconds = whole("a whole number of seconds", undefined, secondsMax);
const secondsText = wholeText("SECONDS", "a number of seconds", secondsMax);

export const storeRow = {
  store: {
    topic: "paths",
    kind: object<StoreOptions>({
      expected: "an object with endpoint and region",
      members: {
        endpoint: text("a URL"),
        region: text("a region"),
        accessKeyId: text("text"),
        secretAccessKey: text("text"),
        sessionToken: text("text"),
        fresh: seconds,
        staleIfError: seconds,
        mode: fileMode,
      },
    }),
    flags: [
      {
        name: "store-endpoint",
        member: "endpoint",
        text: plainText("URL"),
        summary: "the object store that s3://bucket/prefix is in",
      },
      {
        name: "store-fresh",
        member: "fresh",
        text: secondsText,
        summary: "how long its answers are used without asking; 0",
      },
      {
        name: "store-stale",
        member: "staleIfError",
        text: secondsText,
        summary: "how long they are used when it fails; 0",
      },
    ],
  },
} as const satisfies Pick<OptionTable, "store">;
