/**
 * The script of the area for files (`page-script.txt`). It lets files and folders be chosen or
 * dropped, sends them, shows how far each has come, and goes on after a connection was lost.
 */

import script from "./page-script.txt" with { type: "text" };

/** The script, without its comments and the blanks that lines begin with. */
export const uploadScript = `\n${script}`.replaceAll(/\n *\/\/.*/g, "").replaceAll(/\n\s*/g, "\n");

/** The SHA-256 of the script, in base64, for the page's policy; a test compares it. */
export const uploadScriptDigest = "cXjCTi0tko5s5WR/IJy70gy1Nni/KeDo1ASqKAGD/iE=";
