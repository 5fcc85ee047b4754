/**
 * Puts faults on a response. The response itself stays proper, with a body that fits its fields;
 * the faults lie beside it, and only the connection that sends it applies them.
 */

import type { Response, ResponseFaults } from "../../http/message/response.ts";
import { bodyOctets } from "../../http/message/response.ts";
import { isContentless } from "../../http/message/status.ts";
import type { Request } from "../../site/request.ts";
import type { Faulting } from "./wire/faulty-transport.ts";
import type { FaultOptions } from "./fault-options.ts";
import { faultNames } from "./fault-options.ts";
import type { FaultName } from "./fault-table.ts";
import { faultTable } from "./fault-table.ts";
import type { PseudoRandom } from "./pseudo-random.ts";
import type { FaultSurroundings } from "./wire/fault-output.ts";
import { FaultOutput } from "./wire/fault-output.ts";
import { FaultyMessage } from "./wire/faulty-message.ts";

/** Whether the fault called `name` can happen to `response`, the answer to `request`. */
function canHappen(
  name: FaultName,
  faults: FaultOptions,
  { body, status }: Response,
  { head }: Request,
): boolean {
  const { phase } = faultTable[name];
  if (phase !== "framing" && phase !== "body") return true;
  if (head.method === "HEAD" || isContentless(status)) return false;
  const octets = bodyOctets(body);
  if (name === "contentLength") return octets !== undefined;
  if (octets === 0) return false;
  // A point of the content that is never reached; where its end is wrong, it may be behind it.
  if (name !== "cutAfterBytes" && name !== "stallAfterBytes") return true;
  const hasOwnEnd = faults.chunk === undefined && faults.contentLength === undefined;
  return !hasOwnEnd || octets === undefined || (faults[name] ?? 0) < octets;
}

/** Those of `faults` that can happen to `response`; undefined when none can. */
export function applicable(
  faults: FaultOptions,
  response: Response,
  request: Request,
): FaultOptions | undefined {
  // A 101 is the last of HTTP on its connection, and the tunnel's first octets may lie behind it.
  if (response.body.kind === "tunnel") return undefined;
  const all = Object.entries(faults) as [FaultName, never][];
  const some: FaultOptions = Object.fromEntries(
    all.filter(
      ([name]) => Object.hasOwn(faultTable, name) && canHappen(name, faults, response, request),
    ),
  );
  return faultNames(some).length === 0 ? undefined : some;
}

/** `response` with `faults`, all of which can happen to it. */
export function withFaults(
  response: Response,
  faults: FaultOptions,
  random: PseudoRandom,
  surroundings: FaultSurroundings,
): Response {
  const faulting: Faulting = {
    over: (transport, sent) => {
      const { faultEndlessBytesMax } = surroundings.limits();
      const message = new FaultyMessage(faults, sent, random, faultEndlessBytesMax);
      return new FaultOutput(transport, message, sent, surroundings);
    },
  };
  return {
    ...response,
    note: { ...response.note, faults: faultNames(faults) },
    faults: faulting as unknown as ResponseFaults,
  };
}
