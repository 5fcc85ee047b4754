/**
 * What a script may need of a server beyond the files of its tree, as `needs WORD` says. A server
 * that lacks one of these is no worse a server, so such scripts are played against it only when its
 * user says that it has it (`--with WORD`). postern has them all.
 */

/** A word of `needs`. */
export type Need = keyof typeof needs;

/** Each word, and what a server has that does this. */
export const needs = {
  "content-codings":
    "sends gzip, br or zstd to clients that accept it, made or found beside a file",
  downloads: "answers ?download and ?raw, and offers folders as archives",
  "error-pages": "answers errors with a page of its own, or with the tree's 404.html",
  "folder-redirect": "redirects a folder's name without its slash to the one with it",
  "hidden-names": "answers names that begin with a dot as if they were absent",
  listing: "answers a folder without an index file with a page that lists it",
  "permission-bits": "refuses what the mode bits don't let others read",
  "post-form": "takes a form by POST where the tree has a MyForm.html",
  previews: "shows images and READMEs in listings",
  symlinks: "follows symbolic links within the tree, and none out of it",
} as const;

export const needWords = Object.keys(needs) as readonly Need[];

/** Whether `word` is one of the words. */
export function isNeed(word: string): word is Need {
  return Object.hasOwn(needs, word);
}
