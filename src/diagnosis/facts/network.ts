/** Facts found out by asking over the network: listeners, targets, certificates. Types only. */

/** What clients of the proxy meet: asked over its own listeners, each several times so that each worker has its turn. */
export interface EndpointsState {
  readonly listeners: readonly {
    readonly id: string;
    readonly address: string;
    readonly tls: boolean;
    readonly health: EndpointAnswers;
    readonly ready: EndpointAnswers;
  }[];
  readonly admin: {
    readonly reached: boolean;
    readonly by: string | null;
    readonly took_ms: number;
    readonly why: string | null;
  };
  readonly metrics: {
    readonly address: string | null;
    readonly status: number | null;
    readonly took_ms: number;
    readonly why: string | null;
  };
}

export interface EndpointAnswers {
  readonly path: string;
  readonly asked: number;
  /** Answered 200 by the proxy itself. */
  readonly good: number;
  readonly refused: number;
  readonly timed_out: number;
  readonly reset: number;
  /** Other answers: status, who made it, how often. */
  readonly others: readonly {
    readonly status: number;
    readonly by: 'proxy' | 'upstream' | 'unknown';
    readonly cause: string | null;
    readonly count: number;
  }[];
  readonly p50_ms: number | null;
  readonly max_ms: number | null;
  /** Of what did not answer well; null when all did. */
  readonly why: string | null;
}

/** Every target asked by ourselves from here, and what the proxy thinks of it. */
export interface TargetsState {
  readonly targets: readonly TargetProbe[];
  /** Targets that were not asked as there were too many. */
  readonly omitted: number;
}

export interface TargetProbe {
  readonly upstream: string;
  /** As it is written: `api.internal:8080`. */
  readonly written: string;
  /** As asked: `10.0.0.1:8080`; null where the name has no address. */
  readonly address: string | null;
  readonly dns: ProbeStep | null;
  readonly tcp: ProbeStep | null;
  readonly tls: ProbeStep | null;
  /** The configured check, or `GET /` where there is none. */
  readonly http: (ProbeStep & { readonly path: string; readonly status: number | null }) | null;
  /** Where the check's path fails: `GET /` answers something below 500; null = not asked. */
  readonly other_path_answers: boolean | null;
  /** When the port refuses: another one that is commonly open is; when it is silent: another one answers. Null = not asked. */
  readonly host_answers: boolean | null;
  /** Where it cannot be reached, the hops to it by traceroute, or why there are none; null = not asked: only with consent. */
  readonly hops: readonly string[] | null;
  /** What the daemon thinks: `healthy`, `unhealthy`, `ejected`, `unknown`, `unchecked`; null = it was not asked. */
  readonly proxy_verdict: string | null;
}

export interface ProbeStep {
  readonly ok: boolean;
  readonly took_ms: number;
  /**
   * `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and other codes of the system, OpenSSL and DNS; `timeout`, `not_http`, `status`,
   * `body`, `no_http2`, `material` (the files of the upstream cannot be used); null when it is well.
   */
  readonly code: string | null;
  readonly words: string;
}

/** Files of certificates as they are on disk, and what is served. */
export interface CertificatesState {
  readonly certificates: readonly {
    readonly file: string;
    /** `listener https`, `upstream api`. */
    readonly uses: readonly string[];
    readonly subject: string | null;
    readonly not_before: string | null;
    readonly not_after: string | null;
    /** Days until it ends; negative = it has. */
    readonly days_left: number | null;
    /** Codes of `cert-check` (SNT-T…) with their words. */
    readonly problems: readonly {
      readonly code: string;
      readonly words: string;
      readonly severity: 'error' | 'warning';
    }[];
    /** The one on disk is the one that is served; null = not known, or what is on disk cannot be used. */
    readonly in_use: boolean | null;
    /** End of what the daemon has loaded, of several the first; null = not known. */
    readonly served_not_after: string | null;
  }[];
  /** Handshakes of clients that failed in the last five minutes, by reason, as far as the log of the daemon tells. */
  readonly failed_handshakes: readonly { readonly reason: string; readonly count: number }[];
}
