/**
 * Becoming another user for good (credentials(7)): the groups, the group and the user of the whole
 * process, with all its threads. Linux only.
 */

import { readdirSync, readFileSync } from "node:fs";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { openLibc, structReader } from "../libc.ts";

/** A user and a group, as the system's databases name them. */
interface Identity {
  readonly user: number;
  readonly group: number;
  /** By which the user's other groups are found; undefined for a number without an entry. */
  readonly name: string | undefined;
  readonly home: string | undefined;
}

/** Offsets in struct passwd and struct group (pwd.h, grp.h): glibc and musl, 64 bits. */
const passwdOffsets = { name: 0, user: 16, group: 20, home: 32 } as const;
const groupOffset = 16;

/** linux/prctl.h */
const PR_SET_NO_NEW_PRIVS = 38;

/** The highest number of a user or a group: (uid_t) -1 stands for none. */
const idMax = 0xffff_fffe;

function loadCalls() {
  return openLibc({
    getpwnam: { args: ["cstring"], returns: "ptr" },
    getpwuid: { args: ["u32"], returns: "ptr" },
    getgrnam: { args: ["cstring"], returns: "ptr" },
    initgroups: { args: ["cstring", "u32"], returns: "i32" },
    setgroups: { args: ["u64", "ptr"], returns: "i32" },
    setresgid: { args: ["u32", "u32", "u32"], returns: "i32" },
    setresuid: { args: ["u32", "u32", "u32"], returns: "i32" },
    prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  });
}

type Calls = NonNullable<ReturnType<typeof loadCalls>>;

const noLibc = "the libc of this system can't be called";

/** A C string. */
function cText(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

function findUser(calls: Calls, word: string): Identity | undefined {
  const isNumber = /^\d{1,10}$/.test(word) && Number(word) <= idMax;
  const entry = calls.getpwnam(cText(word)) ?? (isNumber ? calls.getpwuid(Number(word)) : null);
  if (entry === null) {
    // As nginx and docker have it, a number needs no entry; its group has to be given.
    return isNumber
      ? { user: Number(word), group: -1, name: undefined, home: undefined }
      : undefined;
  }
  const read = structReader();
  return {
    user: read.i32(entry, passwdOffsets.user) >>> 0,
    group: read.i32(entry, passwdOffsets.group) >>> 0,
    name: read.text(entry, passwdOffsets.name),
    home: read.text(entry, passwdOffsets.home),
  };
}

function findGroup(calls: Calls, word: string): number | undefined {
  const entry = calls.getgrnam(cText(word));
  if (entry !== null) return structReader().i32(entry, groupOffset) >>> 0;
  return /^\d{1,10}$/.test(word) && Number(word) <= idMax ? Number(word) : undefined;
}

/** The user and the group that `words` name, "NAME" or "NAME:GROUP", each a name or a number. */
export function findIdentity(words: string): Result<Identity, string> {
  const calls = loadCalls();
  if (calls === undefined) return failure(noLibc);
  const [, userWord = "", groupWord] = /^([^:\0]+)(?::([^:\0]+))?$/.exec(words) ?? [];
  if (userWord === "") return failure(`not NAME or NAME:GROUP: ${words}`);
  const user = findUser(calls, userWord);
  if (user === undefined) return failure(`no user is called ${userWord}`);
  if (groupWord === undefined) {
    if (user.group < 0) return failure(`user ${userWord} has no entry, so a group is needed`);
    return success(user);
  }
  const group = findGroup(calls, groupWord);
  if (group === undefined) return failure(`no group is called ${groupWord}`);
  return success({ ...user, group });
}

/** Whether each thread of this process has only `user` and `group`, whichever of four counts. */
function threadsAre({ user, group }: Pick<Identity, "user" | "group">): boolean {
  const [uids, gids] = [user, group].map((id) => Array(4).fill(id).join("\t"));
  return readdirSync("/proc/self/task").every((thread) => {
    const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
    return status.includes(`\nUid:\t${uids}\nGid:\t${gids}\n`);
  });
}

/**
 * Makes this process run as `identity`, with that user's groups and no others. It can't become
 * another user again: the saved user and all capabilities are gone, too. Programs that this thread
 * starts gain no rights by their own bits (no_new_privs, which is each thread's); it is the one
 * that Bun starts programs from. A failure leaves the process in between, so that it has to end.
 */
export function becomeIdentity(identity: Identity): Result<void, string> {
  const calls = loadCalls();
  if (calls === undefined) return failure(noLibc);
  const { user, group, name } = identity;
  const grouped =
    name === undefined ? calls.setgroups(0, null) : calls.initgroups(cText(name), group);
  if (grouped !== 0) return failure("its groups can't be set");
  if (calls.setresgid(group, group, group) !== 0) return failure("its group can't be set");
  if (calls.setresuid(user, user, user) !== 0) return failure("the user can't be set");
  if (calls.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) return failure("no_new_privs isn't set");
  // libc sets the user of each thread that it knows (nptl(7)); the kernel knows of all.
  if (!threadsAre(identity)) return failure("a thread has kept its user");
  if (user !== 0 && calls.setresuid(0, 0, 0) === 0) return failure("root can be had again");
  return success(undefined);
}
