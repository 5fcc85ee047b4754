/**
 * Why an upload is refused, and how each refusal is answered.
 */

import { badRequest, refusals, refusalTable } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import type { WritingFault } from "../../tree/writing/upload-tree.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import { gatewayResponse } from "../pages/gateway-response.ts";

/** The refusals. Their texts are about what was sent, and say nothing of the disk. */
export const uploadRefusals = refusalTable({
  "partial-put": badRequest("RFC 9110 §9.3.4", "A part of a file can't be put; send all of it."),
  "upload-name": {
    status: 403,
    section: "RFC 9110 §15.5.4",
    text: "A file is not stored, or removed, by this name.",
    close: false,
  },
  "upload-shut": {
    status: 403,
    section: "RFC 9110 §15.5.4",
    text: "Nothing may be stored, or removed, here.",
    close: false,
  },
  "not-there": {
    status: 404,
    section: "RFC 9110 §15.5.5",
    text: "There is no file by this name.",
    close: false,
  },
  "no-upload": {
    status: 404,
    section: "RFC 9110 §15.5.5",
    text: "There is no such upload, or it is over.",
    close: false,
  },
  "upload-fields": badRequest(
    "RFC 5789 §2.2",
    "Appending to an upload takes Upload-Offset, an integer, and Upload-Complete, ?0 or ?1.",
  ),
  "no-folder": {
    status: 409,
    section: "RFC 9110 §15.5.10",
    text: "There is no such folder to store a file in.",
    close: false,
  },
  "no-file": {
    status: 409,
    section: "RFC 9110 §15.5.10",
    text: "What has this name is no file.",
    close: false,
  },
  "name-taken": {
    status: 409,
    section: "RFC 9110 §15.5.10",
    text: "What has this name changes too often.",
    close: false,
  },
  "nothing-sent": {
    status: 400,
    section: "RFC 7578 §4.2",
    text: "The form has no file.",
    close: false,
  },
  "content-coding": {
    status: 415,
    section: "RFC 9110 §8.4",
    text: "A file is stored as it is sent; send it without a coding.",
    close: false,
  },
  "upload-slow": {
    status: 503,
    section: "RFC 9110 §15.6.4",
    text: "This came too slowly while others waited; try again in a moment.",
    close: true,
  },
  "storage-slow": {
    status: 503,
    section: "RFC 9110 §15.6.4",
    text: "The server took too long to store this, and hasn't; try again in a moment.",
    close: true,
  },
  "storage-failed": {
    status: 500,
    section: "RFC 9110 §15.6.1",
    text: "The server failed to store this.",
    close: false,
  },
  "quota-reached": {
    status: 507,
    section: "RFC 4918 §11.5",
    text: "The uploads here have all the room that they may have.",
    close: false,
  },
  "quota-uncounted": {
    status: 507,
    section: "RFC 4918 §11.5",
    text: "How much the uploads here have isn't known, so nothing more is stored.",
    close: false,
  },
  "storage-full": {
    status: 507,
    section: "RFC 4918 §11.5",
    text: "There is no room for this on the server.",
    close: false,
  },
});

const exhaustedCodes: readonly string[] = ["EMFILE", "ENFILE", "ENOMEM", "EBUSY"];

/** The answer when storing has failed: the system with a code, a store, or by the quota. */
export function storageFailure(fault: WritingFault, pages: ErrorPages): Response {
  if (typeof fault !== "string") {
    return gatewayResponse(fault, (refusal) => pages.refusal(refusal, fault.reason));
  }
  const code = fault;
  if (code === "quota") {
    return pages.refusal(
      uploadRefusals["quota-reached"],
      "uploadQuota (--upload-quota) is reached",
    );
  }
  if (code === "quota-uncounted") {
    const reason = "the folder can't be read, or has more entries than uploadSweepEntriesMax";
    return pages.refusal(uploadRefusals["quota-uncounted"], reason);
  }
  const reason = `the system says ${code}`;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
    return pages.refusal(uploadRefusals["storage-full"], reason);
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return pages.refusal(uploadRefusals["upload-shut"], `${reason} to the server itself`);
  }
  if (code === "EEXIST") return pages.refusal(uploadRefusals["name-taken"]);
  if (code === "ETIMEDOUT") return pages.refusal(uploadRefusals["storage-slow"], reason);
  if (exhaustedCodes.includes(code)) return pages.refusal(refusals.overloaded, reason);
  return pages.refusal(uploadRefusals["storage-failed"], reason);
}
