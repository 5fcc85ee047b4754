/**
 * Of what was uploaded only documents that run scripts keep the policy that they are served with
 * (`sandboxLine`). Others don't need it, and the viewers that browsers have for some of them don't
 * work with it. What counts is the type that is sent, which a header rule may have set.
 */

import type { Response } from "../../http/message/response.ts";
import { sandboxLine } from "../content/cache-control.ts";
import type { Finisher } from "../endpoint.ts";

/** The types of documents that run scripts. */
const activeType = /^(?:text\/(?:html|xml|xsl)|application\/xml|[^;]*\+xml)\b/i;

/** Takes the policy off what can be no page. */
export class SandboxFinisher implements Finisher {
  readonly isRepeatable = true;

  finish(response: Response): Response {
    if (!response.fields.includes(sandboxLine)) return response;
    const isActive = response.fields.some(
      ([name, value]) => name.toLowerCase() === "content-type" && activeType.test(value),
    );
    if (isActive) return response;
    return { ...response, fields: response.fields.filter((field) => field !== sandboxLine) };
  }
}
