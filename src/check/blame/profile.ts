/**
 * What may be asked of a server of others. A profile leaves out phases: those that such a server
 * can't be expected to satisfy, and the choices that are postern's own. Without a profile
 * everything is asked but what a script `needs`.
 */

import { latin1Text } from "../../http/octets/bytes.ts";
import type { Need } from "../script/need.ts";
import type { Phase } from "../script/script.ts";
import { subjectOf } from "./subject.ts";

export type Profile = keyof typeof profiles;

/** A reason not to ask, and the phases that it is about. */
interface Exception {
  readonly about: string;
  readonly sections?: readonly RegExp[];
  /** Fields of a request, in lower case, that such a server needn't know. */
  readonly fields?: readonly string[];
  /** Fields of an answer, in lower case, that it needn't send. */
  readonly expected?: readonly string[];
}

interface Rules {
  /** What such a server is, in a sentence of the report. */
  readonly server: string;
  readonly exceptions: readonly Exception[];
}

const profiles = {
  static: { server: "a static file server", exceptions: [] },
  http10: {
    server: "an HTTP/1.0 server",
    exceptions: [
      { about: "pipelining", sections: [/^RFC 9112 §9\.3\.2$/u] },
      {
        about: "transfer codings",
        sections: [/^RFC 9112 §(?:6\.1|7)(?:\.|$)/u],
        fields: ["transfer-encoding", "te", "trailer"],
      },
      { about: "expectations", sections: [/^RFC 9110 §10\.1\.1$/u], fields: ["expect"] },
      {
        about: "entity tags and their conditions",
        sections: [/^RFC 9110 §13\.1\.[1245]$/u, /^RFC 9110 §8\.8\.3(?:\.|$)/u],
        fields: ["if-match", "if-none-match", "if-unmodified-since", "if-range"],
      },
      { about: "the close option", expected: ["connection"] },
      { about: "the Host field", sections: [/^RFC 9112 §3\.2(?:\.|$)/u, /^RFC 9110 §7\.[24]$/u] },
    ],
  },
  proxy: {
    server: "an intermediary",
    exceptions: [
      { about: "trailer sections", sections: [/^RFC 9110 §6\.5/u, /^RFC 9112 §7\.1\.2$/u] },
      { about: "expectations", sections: [/^RFC 9110 §10\.1\.1$/u], fields: ["expect"] },
      {
        about: "requests on the server itself",
        sections: [/^RFC 9110 §9\.3\.7$/u, /^RFC 9112 §3\.2\.4$/u],
      },
      { about: "upgrades", sections: [/^RFC 9110 §7\.8$/u], fields: ["upgrade"] },
    ],
  },
} as const satisfies Readonly<Record<string, Rules>>;

export const profileNames = Object.keys(profiles) as readonly Profile[];

/** What the user said of the servers that already run. */
export interface Asked {
  readonly profile?: Profile;
  /** What they have besides files. */
  readonly with?: readonly Need[];
}

/** What a script needs and the server lacks. */
export function lackedNeeds(needs: readonly Need[], asked: Asked): readonly Need[] {
  return needs.filter((need) => asked.with?.includes(need) !== true);
}

/** Why a phase is not asked of a server of this profile; `undefined` if it is. */
export function reasonNotToAsk(phase: Phase, profile: Profile | undefined): string | undefined {
  if (profile === undefined) return undefined;
  const { server, exceptions }: Rules = profiles[profile];
  const of = `of ${server} (--profile ${profile})`;
  if (phase.references.every((reference) => reference.startsWith("postern: "))) {
    return `not asked ${of}: a choice of postern's own`;
  }
  if (profile === "http10" && subjectOf(phase).persistence) return `not asked ${of}: persistence`;
  const exception = exceptions.find((each) => concerns(each, phase));
  return exception === undefined ? undefined : `not asked ${of}: ${exception.about}`;
}

function concerns(exception: Exception, phase: Phase): boolean {
  const { sections = [], fields = [], expected = [] } = exception;
  const { references } = phase;
  if (references.some((each) => sections.some((section) => section.test(each)))) return true;
  if (fields.length > 0 && sentFields(phase).some((name) => fields.includes(name))) return true;
  return expected.length > 0 && expectedFields(phase).some((name) => expected.includes(name));
}

/** The names of the fields that a phase expects in answers, in lower case. */
function expectedFields({ steps }: Phase): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "response") return [];
    const needed = step.fields.filter(({ kind }) => kind !== "absent");
    return needed.map(({ name }) => name.toLowerCase());
  });
}

/** The names at the beginning of the lines that a phase sends, in lower case. */
function sentFields({ steps }: Phase): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "send") return [];
    return step.parts.flatMap((part) => {
      if (part.kind !== "text") return [];
      const text = part.text
        .map((piece) => (piece instanceof Uint8Array ? latin1Text(piece) : ""))
        .join("");
      return [...text.matchAll(/^([!-9;-~]+):/gmu)].map(([, name = ""]) => name.toLowerCase());
    });
  });
}
