/**
 * The TLS of one server: its certificate, which a reload or a look from time to time may replace,
 * and what answers those who come in cleartext.
 */

import type { Alarm } from "../../schedule/scheduler.ts";
import type { OpenSite, SiteSurroundings } from "../../site/open-site.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { ServerContext } from "../connection/protocol-connection.ts";
import { Listener } from "../listener.ts";
import { adoptAll } from "../listening/open-other.ts";
import type { CompleteOptions, ReloadOptions, TlsSetting } from "../serve-options.ts";
import { completeOptions } from "../serve-options.ts";
import type { Certificate } from "./certificate.ts";
import { chooseCertificate } from "./certificate-choice.ts";
import type { CertificateFlaw } from "./local/faulty-certificate.ts";
import type { CleartextService } from "./cleartext.ts";
import { SecureSockets } from "./secure-sockets.ts";

/** What the server has for its TLS. */
export interface TlsSurroundings extends Pick<SiteSurroundings, "budgets" | "hostNames"> {
  /** The present site. */
  readonly site: () => OpenSite;
  readonly context: ServerContext;
}

/** A server's listeners, and their ports. */
export interface Listening {
  readonly listeners: readonly Listener[];
  readonly port: number;
  /** The port that redirects to https. */
  readonly tlsRedirect: number | undefined;
}

/** TLS on the port of one server. */
export class ServerTls {
  readonly sockets: SecureSockets;
  readonly #surroundings: TlsSurroundings;
  readonly #alarm: Alarm;
  #options: CompleteOptions;
  #setting: TlsSetting;
  #certificate: Certificate;
  #flaws: readonly CertificateFlaw[] = [];
  /** The services of the present site: for the TLS port, and for the port that redirects. */
  #services: { samePort?: CleartextService; otherPort?: CleartextService } = {};

  /** Throws a `ServeError` when there is no certificate to present. */
  constructor(options: CompleteOptions, setting: TlsSetting, surroundings: TlsSurroundings) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#setting = setting;
    this.#certificate = this.#choose(setting, options, surroundings.site());
    const { scheduler } = surroundings.context;
    this.sockets = new SecureSockets(this.#certificate, scheduler);
    this.#alarm = scheduler.alarm();
    this.#awaitLook();
  }

  /** The authority that signed the certificate, if postern made it. */
  get ca(): string | undefined {
    return this.#certificate.ca;
  }

  #choose(setting: TlsSetting, options: CompleteOptions, { shows }: OpenSite): Certificate {
    const nowMs = this.#surroundings.context.clock.epochMs();
    const hosts = [options.host, ...options.allowHosts];
    return chooseCertificate(setting, { hosts, isServed: shows, nowMs });
  }

  /**
   * Has a certificate at hand with each of `flaws`, and with no other, for the same hosts, by the
   * authority of `setting`, which a reload may be about to change. Throws a `ServeError`, and
   * changes nothing, when they can't be made.
   */
  keepFlaws(flaws: readonly CertificateFlaw[], setting: TlsSetting = this.#setting): void {
    this.sockets.keepFlawed(this.#flawed(flaws, setting));
    this.#flaws = flaws;
  }

  #flawed(
    flaws: readonly CertificateFlaw[],
    setting: TlsSetting,
  ): ReadonlyMap<CertificateFlaw, Certificate> {
    const made = new Map<CertificateFlaw, Certificate>();
    if (flaws.length === 0) return made;
    if (typeof setting === "object") {
      const remedy = "tls must be true, or --tls be given without a certificate";
      throw new ServeError("faults", `only postern's own authority signs flaws: ${remedy}`);
    }
    const { faultyCertificate } =
      require("./local/faulty-certificate.ts") as typeof import("./local/faulty-certificate.ts");
    const { host, allowHosts } = this.#options;
    const nowMs = this.#surroundings.context.clock.epochMs();
    for (const flaw of flaws) {
      const certificate = faultyCertificate(flaw, setting, [host, ...allowHosts], nowMs);
      if (!certificate.ok) throw new ServeError("tls", certificate.error);
      made.set(flaw, certificate.value);
    }
    return made;
  }

  #present(certificate: Certificate): void {
    if (certificate.cert !== this.#certificate.cert || certificate.key !== this.#certificate.key) {
      this.sockets.renew(certificate);
    }
    this.#certificate = certificate;
  }

  /**
   * What a reload by `changed` to `site` does to TLS: the returned function does it. Throws a
   * `ServeError` when that can't be done.
   */
  prepare(changed: ReloadOptions, site: OpenSite): () => void {
    if (changed.tls === false) throw new ServeError("tls", "TLS can only be ended by a restart");
    const setting = changed.tls ?? this.#setting;
    const options = { ...completeOptions(changed), host: this.#options.host };
    // The files of one's own are read again only when they are named.
    const isRead = changed.tls !== undefined || typeof setting !== "object";
    const certificate = isRead ? this.#choose(setting, options, site) : this.#certificate;
    return () => {
      this.#setting = setting;
      this.#options = options;
      this.#services = {};
      this.#present(certificate);
      // They may be for other hosts now.
      this.keepFlaws(this.#flaws);
    };
  }

  /** Looks from time to time whether a local certificate still fits this machine and this time. */
  #awaitLook(): void {
    const { site, context } = this.#surroundings;
    this.#alarm.set(site().limits.certificateLookTimeMs, () => {
      try {
        if (typeof this.#setting !== "object") {
          this.#present(this.#choose(this.#setting, this.#options, site()));
          // One that isn't valid yet must not come to be.
          this.keepFlaws(this.#flaws);
        }
      } catch (error) {
        context.failed(error);
      }
      this.#awaitLook();
    });
  }

  /** Looks no more. */
  stop(): void {
    this.#alarm.clear();
  }

  #makeService(portFor: (named: number | undefined) => number): CleartextService {
    const { cleartextService } = require("./cleartext.ts") as typeof import("./cleartext.ts");
    const { budgets, hostNames, site } = this.#surroundings;
    return cleartextService(this.#options, { budgets, hostNames, tree: site().tree, portFor });
  }

  /** What answers in cleartext on `port`, where TLS is spoken. */
  cleartext(port: number): CleartextService {
    // A client that names a port has come by it, maybe through another machine that passes it on.
    this.#services.samePort ??= this.#makeService((named) => named ?? port);
    return this.#services.samePort;
  }

  /** What answers on another port than `port`, where TLS is spoken. */
  #redirecting(port: number): CleartextService {
    this.#services.otherPort ??= this.#makeService(() => port);
    return this.#services.otherPort;
  }

  /**
   * The listeners of a server whose `main` one is on `port`, with that which redirects to it, if
   * one is wanted. Throws a `ServeError` when its port can't be had.
   */
  withRedirect(main: Listener, port: number): Listening {
    const { host, tlsRedirect, reusePort, unix, sockets } = this.#options;
    if (tlsRedirect === undefined) return { listeners: [main], port, tlsRedirect };
    if (unix !== undefined) throw new ServeError("tls", "no port redirects to a Unix socket");
    // Faults of new connections are for the server's own port.
    const { nextFaults: _none, ...context } = this.#surroundings.context;
    const service = (): CleartextService => this.#redirecting(port);
    const listener = new Listener(
      {
        ...context,
        answer: (request, since) => service().answer(request, since),
        refuse: (refusal, request) => service().refuse(refusal, request),
      },
      service().factory,
    );
    const given = sockets?.redirect ?? [];
    if (given.length > 0) {
      adoptAll(listener, given);
      return { listeners: [main, listener], port, tlsRedirect };
    }
    const opened = listener.open(host, tlsRedirect, reusePort);
    if (opened.ok) return { listeners: [main, listener], port, tlsRedirect: opened.value };
    // Not "port-taken": the port that the server itself listens on is another one.
    throw new ServeError("listen", `the port that redirects to https: ${opened.error.message}`);
  }
}
