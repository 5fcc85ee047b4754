/**
 * Puts faults on a response. The response itself stays proper, with a body that fits its fields;
 * the faults lie beside it, and only the connection that sends it applies them.
 */

import type { Response, ResponseFaults } from "../../http/message/response.ts";
import type { Request } from "../../site/request.ts";
import type { Faulting } from "../connection/faulty-transport.ts";
import type { FaultOptions } from "./fault-options.ts";
import { faultNames } from "./fault-options.ts";
import type { FaultSurroundings } from "./fault-output.ts";
import { FaultOutput } from "./fault-output.ts";
import { FaultyMessage } from "./faulty-message.ts";

/** `response`, the answer to `request`, with `faults`. */
export function withFaults(
  response: Response,
  faults: FaultOptions,
  _request: Request,
  surroundings: FaultSurroundings,
): Response {
  const faulting: Faulting = {
    over: (transport, sent) =>
      new FaultOutput(transport, new FaultyMessage(faults, sent), sent, surroundings),
  };
  return {
    ...response,
    note: { ...response.note, faults: faultNames(faults) },
    faults: faulting as unknown as ResponseFaults,
  };
}
