/** What is remembered of a whole answer, to tell later why its connection ended. */

import type { Answer } from "../../blame/notes.ts";
import type { ResponseStep } from "../../script/script.ts";
import type { HttpResponse } from "../response-reader.ts";
import { fieldValues } from "../response-reader.ts";

/** The answer in a response. One without a body whatever its fields say is taken for HEAD's. */
export function answerOf({ framing }: ResponseStep, response: HttpResponse): Answer {
  const { version, status } = response;
  return { version, status, toHead: framing === "none", announced: announcesEnd(response) };
}

/** Whether the connection ends with this response (RFC 9112 §9.3). */
function announcesEnd({ version, fields }: HttpResponse): boolean {
  const options = fieldValues(fields, "Connection").join(",").toLowerCase().split(",");
  const named = new Set(options.map((option) => option.trim()));
  return named.has("close") || (version === "HTTP/1.0" && !named.has("keep-alive"));
}
