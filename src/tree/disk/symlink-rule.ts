/** Which symbolic links a tree on disk follows. */

/** The values of the option `symlinks`. */
export const symlinkRules = ["inside", "follow", "deny"] as const;

/**
 * Which links are followed: those whose target is inside the root, all ("follow"), or none
 * ("deny").
 */
export type SymlinkRule = (typeof symlinkRules)[number];
