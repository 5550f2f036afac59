/** What the bench knows of a proxy that it measures: how to find, configure and start it. */

export interface Contender {
  readonly name: string;
  /** Why it cannot be measured, or its version. */
  find(): { readonly version: string } | { readonly missing: string };
  /** Files that `command` needs, by name in `settings.dir`; what the operator of this proxy would write. */
  files(settings: ContenderSettings): readonly ConfigFile[];
  command(settings: ContenderSettings): readonly string[];
  /** Added to the environment. */
  env(settings: ContenderSettings): Readonly<Record<string, string>>;
}

export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

export interface ContenderTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Both in one file, as HAProxy wants them. */
  readonly bothFile: string;
  readonly resumes: boolean;
}

/** Everything listens on 127.0.0.1. */
export interface ContenderSettings {
  readonly dir: string;
  readonly port: number;
  /** For a metrics endpoint that cannot be switched off. */
  readonly sparePort: number;
  readonly originPort: number;
  readonly accessLog: boolean;
  /** Prefixes routed one by one, all to the origin; none = everything goes to the origin. */
  readonly routes: readonly string[];
  /** Health checks, breaker, passive health and a rate limit per client, none of which refuses anything; false = none of them. Unsaid: what comes by itself. */
  readonly guards?: boolean;
  /** Access log, metrics and traces, or nothing that shows what goes on. Unsaid: metrics, and the access log by `accessLog`. */
  readonly observed?: boolean;
  /** Certificate and key of the listener, and whether sessions may be resumed; null = plain HTTP. */
  readonly tls: ContenderTls | null;
  readonly workers: number;
}
