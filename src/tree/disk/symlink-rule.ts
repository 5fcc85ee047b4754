/**
 * Which symbolic links a tree on disk follows: those whose target is inside the root, all, or none.
 */

export const symlinkRules = ["inside", "follow", "deny"] as const;

export type SymlinkRule = (typeof symlinkRules)[number];
