/** Which symbolic links a tree on disk follows. */

/** The rules, as options name them. */
export const symlinkRules = ["inside", "follow", "deny"] as const;

/** Those whose target is inside the root, all ("follow"), or none ("deny"). */
export type SymlinkRule = (typeof symlinkRules)[number];
