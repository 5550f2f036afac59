/** What a probe is made to. */
import type { SocketAddress, UpstreamConfig } from '../../../config/model.ts';
import type { TargetTls } from '../../../web/target-tls.ts';

export interface ProbeTarget {
  /** As the configuration writes it, `api.internal:8080`: the `Host` of a check that names none. */
  readonly written: string;
  readonly socket: SocketAddress;
  /** Null = plain text. Resumes no sessions, so that each probe looks at the certificate. */
  readonly tls: TargetTls | null;
  /** What requests speak to it, and so http checks. */
  readonly httpVersion: UpstreamConfig['httpVersion'];
}

/** A unix socket has no name of its own. */
export function authorityOf({ written, socket }: ProbeTarget): string {
  return socket.kind === 'unix' ? 'localhost' : written;
}
