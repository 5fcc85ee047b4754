/**
 * Counts requests, connections and refusals: an observer of the server. What a client sends never
 * becomes a label: a method that no standard registers is "other", and so is a status that has no
 * three digits.
 */

import type { Response } from "../../http/message/response.ts";
import type { ExchangeReport, Observer, RefusalReason } from "../../site/observer.ts";
import type { Request } from "../../site/request.ts";
import { statusUnanswered } from "../logging/unanswered.ts";
import { Histogram } from "./histogram.ts";
import type { MetricFamily, MetricSample } from "./metric-family.ts";
import { single } from "./metric-family.ts";

/** The methods that have a label of their own; all others share the last one. */
const methods = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "MKCOL",
  "other",
] as const;

const otherMethod = methods.length - 1;

const methodPlaces: ReadonlyMap<string, number> = new Map(
  methods.slice(0, otherMethod).map((method, place) => [method, place]),
);

/** Statuses have places from 0 on; those that are none share the place 0. */
const statusMin = 100;
const statusMax = 999;

/** In seconds: from a small file that is in memory to the longest download that is usual. */
const durationBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  30, 60, 300,
];

/** In octets. */
const sizeBounds = [0, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/** How many there were of each of a few kinds. */
class Tally<Kind extends string> {
  readonly #counts = new Map<Kind, number>();

  add(kind: Kind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  samples(label: string): readonly MetricSample[] {
    return [...this.#counts].map(([kind, value]) => ({
      suffix: "",
      labels: { [label]: kind },
      value,
    }));
  }
}

/** The counts of one server, from its start on. */
export class RequestMetrics implements Observer {
  /** By status, then by method. */
  readonly #requests = new Float64Array((statusMax - statusMin + 1) * methods.length);
  readonly #durations = methods.map(() => new Histogram(durationBounds));
  readonly #sizes = new Histogram(sizeBounds);
  readonly #refusals = new Tally<string>();
  readonly #turnedAway = new Tally<RefusalReason>();
  #begun = 0;
  #over = 0;
  #unanswered = 0;
  #broken = 0;
  #faulty = 0;
  #connections = 0;
  #dropped = 0;
  #tunnelsOpened = 0;
  #tunnelsOver = 0;

  connected(): void {
    this.#connections++;
  }

  refused(_remoteAddress: string, reason: RefusalReason): void {
    this.#turnedAway.add(reason);
  }

  dropped(): void {
    this.#dropped++;
  }

  began(): void {
    this.#begun++;
  }

  answered(_request: Request, { status }: Response): void {
    if (status === 101) this.#tunnelsOpened++;
  }

  ended({ request, method, response, refusal, octets, durationMs, whole }: ExchangeReport): void {
    if (request !== undefined) this.#over++;
    if (refusal !== undefined) this.#refusals.add(refusal);
    const status = response?.status ?? statusUnanswered;
    const ofMethod = method === "GET" ? 0 : (methodPlaces.get(method ?? "") ?? otherMethod);
    const ofStatus = status >= statusMin && status <= statusMax ? status - statusMin : 0;
    (this.#requests[ofStatus * methods.length + ofMethod] as number)++;
    if (response === undefined) {
      this.#unanswered++;
      return;
    }
    if (!whole) this.#broken++;
    if (response.note?.faults !== undefined) this.#faulty++;
    // What goes on in a tunnel is neither content nor a wait for an answer.
    if (status === 101) {
      this.#tunnelsOver++;
      return;
    }
    (this.#durations[ofMethod] as Histogram).observe(durationMs / 1000);
    this.#sizes.observe(octets);
  }

  #requestSamples(): readonly MetricSample[] {
    const samples: MetricSample[] = [];
    for (const [place, value] of this.#requests.entries()) {
      if (value === 0) continue;
      const method = methods[place % methods.length] as string;
      const code = String(statusMin + Math.floor(place / methods.length));
      samples.push({ suffix: "", labels: { method, code }, value });
    }
    return samples;
  }

  /** What has been counted. A label appears with its first request. */
  families(): readonly MetricFamily[] {
    return [...this.#requestFamilies(), ...this.#failureFamilies(), ...this.#connectionFamilies()];
  }

  #requestFamilies(): readonly MetricFamily[] {
    const durations = this.#durations.flatMap((histogram, place) => {
      const samples = histogram.samples({ method: methods[place] as string });
      return samples.at(-1)?.value === 0 ? [] : samples;
    });
    return [
      {
        name: "postern_http_requests_total",
        type: "counter",
        help: "Requests, by method and status code; 499 for those without a response.",
        samples: this.#requestSamples(),
      },
      {
        name: "postern_http_request_duration_seconds",
        type: "histogram",
        help: "From the whole head of a request to the end of its response; without tunnels.",
        samples: durations,
      },
      {
        name: "postern_http_response_size_bytes",
        type: "histogram",
        help: "Content that was sent in each response, without its head and framing.",
        samples: this.#sizes.samples(),
      },
      single(
        "gauge",
        "postern_http_requests_in_progress",
        "Requests whose response is not over, those in tunnels included.",
        this.#begun - this.#over,
      ),
    ];
  }

  #failureFamilies(): readonly MetricFamily[] {
    return [
      {
        name: "postern_http_refusals_total",
        type: "counter",
        help: "Requests that the connection refused before the site had answered, by kind.",
        samples: this.#refusals.samples("kind"),
      },
      single(
        "counter",
        "postern_http_requests_unanswered_total",
        "Requests whose connection ended before there was a response.",
        this.#unanswered,
      ),
      single(
        "counter",
        "postern_http_responses_broken_total",
        "Responses that were broken off before they were whole.",
        this.#broken,
      ),
      single(
        "counter",
        "postern_http_responses_faulty_total",
        "Responses that went wrong on purpose.",
        this.#faulty,
      ),
    ];
  }

  #connectionFamilies(): readonly MetricFamily[] {
    return [
      single(
        "counter",
        "postern_connections_total",
        "Connections that were accepted.",
        this.#connections,
      ),
      {
        name: "postern_connections_refused_total",
        type: "counter",
        help: "Connections that were turned away, by reason.",
        samples: this.#turnedAway.samples("reason"),
      },
      single(
        "counter",
        "postern_connections_dropped_total",
        "Connections that ended for a fault before their first request.",
        this.#dropped,
      ),
      single(
        "counter",
        "postern_tunnels_total",
        "WebSockets and other tunnels that were opened by a 101.",
        this.#tunnelsOpened,
      ),
      single(
        "gauge",
        "postern_tunnels_open",
        "WebSockets and other tunnels that are open.",
        Math.max(0, this.#tunnelsOpened - this.#tunnelsOver),
      ),
    ];
  }
}
