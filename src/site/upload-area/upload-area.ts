/**
 * What the listing of a folder has that takes files from its visitor: an area above the entries.
 * Without a script it is the form of `?upload`. Its code is loaded by the first such listing.
 */

import { uploadFormPart } from "../uploads/upload-page.ts";
import { uploadScript, uploadScriptDigest } from "./upload-script.ts";
import { uploadStyle, uploadStyleDigest } from "./upload-style.ts";

const markup = `<section id="upload" aria-label="Upload">
${uploadFormPart('<a href="./?upload">Plain form</a>')}
</section>
`;

/** The area, and its style and script, each with its digest for the page's policy. */
export const uploadArea = {
  markup,
  style: uploadStyle,
  styleDigest: uploadStyleDigest,
  script: uploadScript,
  scriptDigest: uploadScriptDigest,
} as const;
