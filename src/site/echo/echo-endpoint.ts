/**
 * POST with `--post echo`: acknowledges what was sent. The body is read as it arrives, in shares of
 * a turn, and the answer says what it held, as a page to browsers and as JSON to others. Nothing is
 * kept.
 *
 * Conditions are ignored: the method selects no representation here (RFC 9110 §13.2.1).
 */

import type { Limits } from "../../base/limits.ts";
import { prefersMedia } from "../../http/fields/accept-media.ts";
import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import type { Answer, Endpoint } from "../endpoint.ts";
import { inShares } from "../forms/form-shares.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import type { EchoedBody } from "./echo-digest.ts";
import { EchoDigest } from "./echo-digest.ts";
import { echoJson, echoOf, echoPage } from "./echo-page.ts";

/** What `EchoEndpoint` needs. */
interface EchoService {
  readonly pages: ErrorPages;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
}

const jsonType = "application/json";
const htmlType = "text/html";

/** Answers POST to any path with what was sent. */
export class EchoEndpoint implements Endpoint {
  readonly isRepeatable = false;
  readonly #service: EchoService;

  constructor(service: EchoService) {
    this.#service = service;
  }

  methods(): readonly string[] {
    return ["POST"];
  }

  /** Rejects with a `BodyError` when the body can't be read or parsed. */
  answer(request: Request): Answer | undefined {
    if (request.head.method !== "POST") return undefined;
    // As the form page does: octets without a length would be parsed as the next request.
    if (!request.head.hasContent) return this.#service.pages.refusal(refusals["length-required"]);
    return this.#read(request).then((body) => answerWith(request, body));
  }

  async #read({ body, head }: Request): Promise<EchoedBody> {
    const { budgets, limits } = this.#service;
    const digest = new EchoDigest(head.fields.get("content-type"), limits, body);
    const push = (share: Uint8Array): void => digest.push(share);
    const arrived = body.arrived(limits.bodyBytesMax);
    if (arrived !== undefined) await inShares(arrived.octets, budgets, push);
    else {
      for await (const piece of body.chunks(limits.bodyBytesMax)) {
        await inShares(piece, budgets, push);
      }
    }
    return digest.end();
  }
}

function answerWith({ head }: Request, body: EchoedBody): Response {
  const echo = echoOf(head, body);
  const builder = new ResponseBuilder(200)
    .field("Cache-Control", "no-store")
    .field("Vary", "Accept")
    .line(noSniff)
    .line(ownOriginOnly)
    .noting({ form: body.logged });
  return prefersMedia(head.fields.getAll("accept"), htmlType, jsonType)
    ? builder.html(echoPage(echo)).build()
    : builder.text(echoJson(echo), jsonType).build();
}
